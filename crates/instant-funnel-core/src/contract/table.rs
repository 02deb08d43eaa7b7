//! The InstantFunnel table, version 2. Generated from `contracts/instant-funnel.toml`; do not edit by hand.

use super::{Attribute, Contract, Rule, StepInfo, fixed};

/// The version of [`CONTRACT`].
pub const CONTRACT_VERSION: u32 = 2;

const LANDING: u32 = 0;
const PROVISION: u32 = 1;
const CLAIM: u32 = 2;
const PAID: u32 = 3;

/// The contract `InstantFunnel`, version 2.
pub static CONTRACT: Contract = TABLE;

const TABLE: Contract = Contract {
    event_name: "InstantFunnel",
    version: CONTRACT_VERSION,
    counter: "instant_conversion_funnel_total",
    steps: &[
        StepInfo { name: "landing", critical: false },
        StepInfo { name: "provision", critical: false },
        StepInfo { name: "claim", critical: true },
        StepInfo { name: "paid", critical: true },
    ],
    attributes: &[
        fixed::event_type("InstantFunnel"),
        fixed::funnel_step(&["landing", "provision", "claim", "paid"]),
        fixed::SERVICE_NAME,
        fixed::COMMIT_ID,
        fixed::COHORT,
        fixed::EVENT_ID,
        fixed::JOURNEY_ID,
        fixed::JOURNEY_START,
        fixed::ENTRY_ACTOR,
        fixed::ACTOR,
        fixed::ENV,
        fixed::FINGERPRINT.on(&[LANDING, PROVISION, CLAIM]).when("anonymous steps, and `claim` as the link"),
        fixed::FINGERPRINT_KEY_ID.on(&[LANDING, PROVISION, CLAIM]),
        fixed::EMAIL_HASH.on(&[CLAIM]).when("`claim`, optional"),
        Attribute::caller("tier", Rule::Slug, "the plan: `anonymous`, `free`, `hobby`, `pro`, …")
            .on(&[PROVISION, CLAIM, PAID])
            .when("most steps, not `landing`"),
        Attribute::caller("teamId", Rule::Uuid { versions: fixed::TEAM_VERSIONS }, "the team, opaque")
            .on(&[CLAIM, PAID])
            .when("`claim`, `paid`"),
        Attribute::caller(
            "service",
            Rule::Slug,
            "the sub-service or handler: `db`, `cache`, `nosql`, `vector`, `queue`, …",
        )
        .on(&[PROVISION])
        .when("`provision`"),
        Attribute::caller("renewal", Rule::Bool, "this charge is not the first").on(&[PAID]).when("`paid`"),
        Attribute::caller("reasonCode", Rule::Slug, "why, as a code; close it to a list"),
        fixed::TRACE_ID,
        fixed::SPAN_ID,
    ],
};

/// Positions in the table that the typed events write to.
pub(crate) mod at {
    use super::super::fixed::FixedPositions;
    use super::TABLE;

    pub(crate) const FIXED: FixedPositions = FixedPositions::of(&TABLE);
    pub(crate) const TIER: usize = TABLE.index("tier");
    pub(crate) const TEAM_ID: usize = TABLE.index("teamId");
    pub(crate) const SERVICE: usize = TABLE.index("service");
    pub(crate) const RENEWAL: usize = TABLE.index("renewal");
    pub(crate) const REASON_CODE: usize = TABLE.index("reasonCode");
}

const _: () =
    assert!(TABLE.attributes.len() <= super::MAX_ATTRIBUTES, "more attributes than a record has room for");
