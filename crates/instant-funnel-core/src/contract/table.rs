//! The InstantFunnel table, version 2. The only place where its keys are spelt.

use super::{
    Attribute, Contract, Derivation, DerivationMethod, Maker, Origin, Presence, Rule, StepInfo, StepSet,
};

/// The version of [`CONTRACT`].
pub const CONTRACT_VERSION: u32 = 2;

const LANDING: u32 = 0;
const PROVISION: u32 = 1;
const CLAIM: u32 = 2;
const PAID: u32 = 3;

const STEP_NAMES: &[&str] = &["landing", "provision", "claim", "paid"];

const fn attribute(key: &'static str, rule: Rule, origin: Origin, steps: &[u32]) -> Attribute {
    let steps = if steps.is_empty() { StepSet::ALL } else { StepSet::of(steps) };
    Attribute {
        key,
        rule,
        origin,
        steps,
        presence: Presence::Always,
        brief: "",
        derived_from: None,
        made_by: None,
        links: false,
    }
}

impl Attribute {
    const fn always(self, brief: &'static str) -> Self {
        Self { presence: Presence::Always, brief, ..self }
    }

    const fn when(self, when: &'static str, brief: &'static str) -> Self {
        Self { presence: Presence::When(when), brief, ..self }
    }

    const fn derived_from(self, field: &'static str, method: DerivationMethod) -> Self {
        Self { derived_from: Some(Derivation { field, method }), ..self }
    }

    const fn made_by(self, maker: Maker) -> Self {
        Self { made_by: Some(maker), ..self }
    }

    const fn links(self) -> Self {
        Self { links: true, ..self }
    }
}

const fn hex(digits: usize) -> Rule {
    Rule::Hex { min: digits, max: digits, letter: true }
}

/// Journeys are minted here: at random, or at random behind the time.
pub(crate) const JOURNEY_VERSIONS: &[u8] = &[4, 7];
/// Teams come from other people's databases: anything opaque.
pub(crate) const TEAM_VERSIONS: &[u8] = &[4, 5, 7, 8];

const ACTORS: &[&str] =
    &["agent_claude", "agent_mcp", "agent_curl", "agent_other", "human_dashboard", "prober", "unknown"];

/// The InstantFunnel contract, version 2.
pub static CONTRACT: Contract = TABLE;

const TABLE: Contract = Contract {
    event_name: "InstantFunnel",
    version: CONTRACT_VERSION,
    steps: &[
        StepInfo { name: STEP_NAMES[0], critical: false },
        StepInfo { name: STEP_NAMES[1], critical: false },
        StepInfo { name: STEP_NAMES[2], critical: true },
        StepInfo { name: STEP_NAMES[3], critical: true },
    ],
    attributes: &[
        attribute("newrelic.event.type", Rule::Const("InstantFunnel"), Origin::Contract, &[])
            .always("makes New Relic store the record as a custom event; the event name alone does not"),
        attribute("funnelStep", Rule::OneOf(STEP_NAMES), Origin::Step, &[]).always("the step that was taken"),
        attribute("serviceName", Rule::Name { max: 64 }, Origin::Process, &[])
            .always("the service that recorded the step"),
        attribute("cohort", Rule::OneOf(&["real", "synthetic"]), Origin::CallerOrProcess, &[])
            .always("whether a person or a probe moved; stamped on every event"),
        attribute("eventId", hex(32), Origin::CallerOrGenerated, &[])
            .always("one business fact, one id: a retry repeats it, so readers count distinct ids")
            .made_by(Maker::EventId)
            .derived_from("eventFact", DerivationMethod::EventId),
        attribute("journeyId", Rule::Uuid { versions: JOURNEY_VERSIONS }, Origin::Caller, &[])
            .when("whenever known", "random, minted at first touch: the one id that spans all four steps")
            .links(),
        attribute("tier", Rule::Slug, Origin::Caller, &[PROVISION, CLAIM, PAID])
            .when("most steps, not `landing`", "the plan: `anonymous`, `free`, `hobby`, `pro`, …"),
        attribute("env", Rule::Slug, Origin::CallerOrProcess, &[])
            .when("when configured or known", "the deployment: `development`, `production`, …"),
        attribute("fingerprint", hex(32), Origin::Caller, &[LANDING, PROVISION, CLAIM])
            .when(
                "anonymous steps, and `claim` as the link",
                "a pseudonym of the network (/24 or /48) and its ASN",
            )
            .made_by(Maker::Fingerprint)
            .links(),
        attribute("fingerprintKeyId", hex(8), Origin::Caller, &[LANDING, PROVISION, CLAIM])
            .when("with a keyed `fingerprint`", "which key made the pseudonym")
            .made_by(Maker::KeyId)
            .links(),
        attribute("teamId", Rule::Uuid { versions: TEAM_VERSIONS }, Origin::Caller, &[CLAIM, PAID])
            .when("`claim`, `paid`", "the team, opaque"),
        attribute("service", Rule::Slug, Origin::Caller, &[PROVISION])
            .when("`provision`", "the sub-service or handler: `db`, `cache`, `nosql`, `vector`, `queue`, …"),
        attribute("actor", Rule::OneOf(ACTORS), Origin::Caller, &[]).when("when classified", "who acted"),
        attribute("emailHash", hex(16), Origin::Caller, &[CLAIM])
            .when("`claim`, optional", "a pseudonym of the e-mail address, the only form one may take")
            .made_by(Maker::EmailHash)
            .derived_from("email", DerivationMethod::EmailHash)
            .links(),
        attribute("renewal", Rule::Bool, Origin::Caller, &[PAID])
            .when("`paid`", "this charge is not the first"),
        attribute("reasonCode", Rule::Slug, Origin::Caller, &[])
            .when("optional", "why, as a code; close it to a list"),
        attribute("commitId", Rule::Hex { min: 7, max: 40, letter: true }, Origin::Process, &[])
            .when("when configured", "the commit that runs"),
        attribute("trace.id", Rule::Hex { min: 32, max: 32, letter: false }, Origin::TraceId, &[])
            .when("when a span is active", "its trace"),
        attribute("span.id", Rule::Hex { min: 16, max: 16, letter: false }, Origin::SpanId, &[])
            .when("when a span is active", "the span itself"),
    ],
};

/// Positions in the table that the typed events write to.
pub(crate) mod at {
    use super::TABLE;

    pub(crate) const COHORT: usize = TABLE.index("cohort");
    pub(crate) const EVENT_ID: usize = TABLE.index("eventId");
    pub(crate) const JOURNEY_ID: usize = TABLE.index("journeyId");
    pub(crate) const TIER: usize = TABLE.index("tier");
    pub(crate) const ENV: usize = TABLE.index("env");
    pub(crate) const FINGERPRINT: usize = TABLE.index("fingerprint");
    pub(crate) const FINGERPRINT_KEY_ID: usize = TABLE.index("fingerprintKeyId");
    pub(crate) const TEAM_ID: usize = TABLE.index("teamId");
    pub(crate) const SERVICE: usize = TABLE.index("service");
    pub(crate) const ACTOR: usize = TABLE.index("actor");
    pub(crate) const EMAIL_HASH: usize = TABLE.index("emailHash");
    pub(crate) const RENEWAL: usize = TABLE.index("renewal");
    pub(crate) const REASON_CODE: usize = TABLE.index("reasonCode");
}

const _: () = assert!(TABLE.attributes.len() <= super::MAX_ATTRIBUTES, "raise MAX_ATTRIBUTES");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_critical_steps_are_claim_and_paid() {
        let critical: Vec<_> = CONTRACT.steps.iter().filter(|step| step.critical).collect();
        assert_eq!(critical.iter().map(|step| step.name).collect::<Vec<_>>(), ["claim", "paid"]);
    }

    #[test]
    fn every_attribute_is_documented_and_every_key_is_ascii_and_unique() {
        for attribute in CONTRACT.attributes {
            assert!(
                !attribute.presence.to_string().is_empty() && !attribute.brief.is_empty(),
                "{}",
                attribute.key
            );
            assert!(attribute.key.is_ascii(), "{}", attribute.key);
            let same =
                CONTRACT.attributes.iter().filter(|other| other.key.eq_ignore_ascii_case(attribute.key));
            assert_eq!(same.count(), 1, "{}", attribute.key);
        }
    }

    #[test]
    fn the_personal_field_is_named_in_any_letter_case_and_is_no_key() {
        for field in ["email", "Email", "EMAIL", "eMail"] {
            assert_eq!(CONTRACT.derived(field), Some((at::EMAIL_HASH, DerivationMethod::EmailHash)));
            assert_eq!(CONTRACT.position(field), None);
        }
        assert_eq!(CONTRACT.derived("e-mail"), None);
    }

    #[test]
    fn a_span_passes_on_what_an_event_may_share_and_never_an_id_of_its_own() {
        assert_eq!(CONTRACT.inherited("email"), Some(at::EMAIL_HASH));
        assert_eq!(CONTRACT.inherited("tier"), Some(at::TIER));
        for own in ["eventId", "eventFact", "funnelStep", "commitId", "serviceName", "nope"] {
            assert_eq!(CONTRACT.inherited(own), None, "{own}");
        }
    }
}
