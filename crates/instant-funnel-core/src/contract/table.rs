//! The InstantFunnel table, version 1. The only place where its keys are spelt.

use super::{Attribute, Contract, Derivation, Origin, Priority, PseudonymKind, Rule, StepInfo, StepSet};

/// The version of [`CONTRACT`].
pub const CONTRACT_VERSION: u32 = 1;

/// A step of the funnel. Exhaustive on purpose: a new step must break every match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Somebody arrived.
    Landing,
    /// Somebody got a resource, mostly anonymously.
    Provision,
    /// An anonymous resource was claimed by a team.
    Claim,
    /// A team's charge succeeded.
    Paid,
}

impl Step {
    /// The steps in funnel order.
    pub const ALL: [Self; 4] = [Self::Landing, Self::Provision, Self::Claim, Self::Paid];

    /// The value of `funnelStep` and of the Prometheus label `step`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        CONTRACT.steps[self.index()].name
    }

    /// The position in the funnel, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A text that is no step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a funnel step; the steps are landing, provision, claim and paid")]
pub struct ParseStepError;

impl std::str::FromStr for Step {
    type Err = ParseStepError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or(ParseStepError)
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

const LANDING: u32 = 0;
const PROVISION: u32 = 1;
const CLAIM: u32 = 2;
const PAID: u32 = 3;

const STEP_NAMES: &[&str] = &["landing", "provision", "claim", "paid"];

const fn attribute(key: &'static str, rule: Rule, origin: Origin, steps: &[u32]) -> Attribute {
    let steps = if steps.is_empty() { StepSet::ALL } else { StepSet::of(steps) };
    Attribute { key, rule, origin, steps, when: "", brief: "", derived_from: None }
}

impl Attribute {
    const fn doc(self, when: &'static str, brief: &'static str) -> Self {
        Self { when, brief, ..self }
    }

    const fn derived_from(self, field: &'static str, pseudonym: PseudonymKind) -> Self {
        Self { derived_from: Some(Derivation { field, pseudonym }), ..self }
    }
}

const fn hex(digits: usize) -> Rule {
    Rule::Hex { min: digits, max: digits, letter: true }
}

/// What a record's resource may say, by key, each a [`Rule::Name`] of 64 characters: who sends, nothing else.
pub const RESOURCE_KEYS: &[&str] = &[
    "service.name",
    "service.namespace",
    "service.version",
    "service.instance.id",
    "deployment.environment.name",
    "telemetry.sdk.name",
    "telemetry.sdk.language",
    "telemetry.sdk.version",
];

/// The rule of every resource attribute.
pub const RESOURCE_RULE: Rule = Rule::Name { max: 64 };

/// The InstantFunnel contract, version 1.
pub static CONTRACT: Contract = TABLE;

const TABLE: Contract = Contract {
    event_name: "InstantFunnel",
    version: CONTRACT_VERSION,
    steps: &[
        StepInfo { name: STEP_NAMES[0], priority: Priority::Bulk },
        StepInfo { name: STEP_NAMES[1], priority: Priority::Bulk },
        StepInfo { name: STEP_NAMES[2], priority: Priority::Value },
        StepInfo { name: STEP_NAMES[3], priority: Priority::Value },
    ],
    attributes: &[
        attribute("newrelic.event.type", Rule::Const("InstantFunnel"), Origin::Contract, &[]).doc(
            "always",
            "makes New Relic store the record as a custom event; the event name alone does not",
        ),
        attribute("funnelStep", Rule::OneOf(STEP_NAMES), Origin::Step, &[])
            .doc("always", "the step that was taken"),
        attribute("serviceName", Rule::Name { max: 64 }, Origin::Process, &[])
            .doc("always", "the service that recorded the step"),
        attribute("cohort", Rule::OneOf(&["real", "synthetic"]), Origin::CallerOrProcess, &[])
            .doc("always", "whether a person or a probe moved; stamped on every event"),
        attribute("eventId", hex(32), Origin::CallerOrGenerated, &[])
            .doc("always", "one business fact, one id: a retry repeats it, so readers count distinct ids"),
        attribute("journeyId", Rule::Uuid, Origin::Caller, &[])
            .doc("whenever known", "random, minted at first touch: the one id that spans all four steps"),
        attribute("tier", Rule::Slug, Origin::Caller, &[PROVISION, CLAIM, PAID])
            .doc("most steps, not `landing`", "the plan: `anonymous`, `free`, `hobby`, `pro`, …"),
        attribute("env", Rule::Slug, Origin::CallerOrProcess, &[])
            .doc("when configured or known", "the deployment: `development`, `production`, …"),
        attribute("fingerprint", hex(32), Origin::Caller, &[LANDING, PROVISION, CLAIM]).doc(
            "anonymous steps, and `claim` as the link",
            "a pseudonym of the network (/24 or /48) and its ASN",
        ),
        attribute("fingerprintKeyId", hex(8), Origin::Caller, &[LANDING, PROVISION, CLAIM])
            .doc("with a keyed `fingerprint`", "which key made the pseudonym"),
        attribute("teamId", Rule::Uuid, Origin::Caller, &[CLAIM, PAID])
            .doc("`claim`, `paid`", "the team, opaque"),
        attribute("service", Rule::Slug, Origin::Caller, &[PROVISION])
            .doc("`provision`", "the sub-service or handler: `db`, `cache`, `nosql`, `vector`, `queue`, …"),
        attribute(
            "actor",
            Rule::OneOf(&[
                "agent_claude",
                "agent_mcp",
                "agent_curl",
                "agent_other",
                "human_dashboard",
                "prober",
                "unknown",
            ]),
            Origin::Caller,
            &[],
        )
        .doc("when classified", "who acted"),
        attribute("emailHash", hex(16), Origin::Caller, &[CLAIM])
            .doc("`claim`, optional", "a pseudonym of the e-mail address, the only form one may take")
            .derived_from("email", PseudonymKind::Email),
        attribute("renewal", Rule::Bool, Origin::Caller, &[PAID])
            .doc("`paid`", "this charge is not the first"),
        attribute("reasonCode", Rule::Slug, Origin::Caller, &[])
            .doc("optional", "why, as a code; close it to a list"),
        attribute("commitId", Rule::Hex { min: 7, max: 40, letter: true }, Origin::Caller, &[])
            .doc("optional", "the commit that runs"),
        attribute("trace.id", Rule::Hex { min: 32, max: 32, letter: false }, Origin::TraceId, &[])
            .doc("when a span is active", "its trace"),
        attribute("span.id", Rule::Hex { min: 16, max: 16, letter: false }, Origin::SpanId, &[])
            .doc("when a span is active", "the span itself"),
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
    pub(crate) const COMMIT_ID: usize = TABLE.index("commitId");
}

const _: () = assert!(TABLE.attributes.len() <= super::MAX_ATTRIBUTES, "raise MAX_ATTRIBUTES");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_equal_the_canonical_list() {
        let names: Vec<_> = Step::ALL.iter().map(|step| step.as_str()).collect();
        assert_eq!(names, ["landing", "provision", "claim", "paid"]);
        assert_eq!(names, STEP_NAMES);
        assert_eq!(CONTRACT.steps.iter().map(|step| step.name).collect::<Vec<_>>(), names);
    }

    #[test]
    fn the_steps_of_value_are_claim_and_paid() {
        let value: Vec<_> = CONTRACT.steps.iter().filter(|step| step.priority == Priority::Value).collect();
        assert_eq!(value.iter().map(|step| step.name).collect::<Vec<_>>(), ["claim", "paid"]);
    }

    #[test]
    fn every_attribute_is_documented_and_every_key_is_ascii_and_unique() {
        for attribute in CONTRACT.attributes {
            assert!(!attribute.when.is_empty() && !attribute.brief.is_empty(), "{}", attribute.key);
            assert!(attribute.key.is_ascii(), "{}", attribute.key);
            let same =
                CONTRACT.attributes.iter().filter(|other| other.key.eq_ignore_ascii_case(attribute.key));
            assert_eq!(same.count(), 1, "{}", attribute.key);
        }
    }

    #[test]
    fn the_personal_field_is_named_in_any_letter_case_and_is_no_key() {
        for field in ["email", "Email", "EMAIL", "eMail"] {
            assert_eq!(CONTRACT.derived(field), Some((at::EMAIL_HASH, PseudonymKind::Email)));
            assert_eq!(CONTRACT.position(field), None);
        }
        assert_eq!(CONTRACT.derived("e-mail"), None);
    }
}
