//! The keys that every contract has, and that none can redefine. The only place where they are spelt.
//!
//! A contract can say on which steps some of them occur; what their values are and who supplies them is the same
//! everywhere, so that middleware, collector and queries treat each contract alike.

use super::attribute::{Attribute, DerivationMethod, JourneyPart, Maker, Origin, RequestPart, Supplier};
use super::lists::{Actor, Cohort};
use super::{Contract, Rule};

const fn hex(digits: usize) -> Rule {
    Rule::Hex { min: digits, max: digits, letter: true }
}

/// Journeys are minted here: at random, or at random behind the time.
pub(crate) const JOURNEY_VERSIONS: &[u8] = &[4, 7];
/// Teams come from other people's databases: anything opaque.
pub const TEAM_VERSIONS: &[u8] = &[4, 5, 7, 8];
/// 2020-01-01, in milliseconds since 1970: no journey began before.
pub const JOURNEYS_SINCE: i64 = 1_577_836_800_000;

/// What New Relic reads: the name of the event.
#[must_use]
pub const fn event_type(name: &'static str) -> Attribute {
    Attribute::constant(
        "newrelic.event.type",
        name,
        "makes New Relic store the record as a custom event; the event name alone does not",
    )
}

/// The step, of a contract that is a funnel.
#[must_use]
pub const fn funnel_step(names: &'static [&'static str]) -> Attribute {
    let rule = Rule::OneOf(names);
    Attribute::new("funnelStep", rule, Origin::Step, Supplier::Caller, "the step that was taken").always()
}

/// `serviceName`.
pub const SERVICE_NAME: Attribute =
    Attribute::process("serviceName", Rule::Name { max: 64 }, "the service that recorded the step").always();

/// `commitId`.
pub const COMMIT_ID: Attribute = Attribute::process(
    "commitId",
    Rule::Hex { min: 7, max: 40, letter: true },
    "the commit of the running build",
)
.when("when configured");

/// `cohort`.
pub const COHORT: Attribute = Attribute::new(
    "cohort",
    Rule::OneOf(Cohort::TEXTS),
    Origin::CallerOrProcess,
    Supplier::Journey(JourneyPart::Cohort),
    "whether a person or a probe took the step; set on every event",
)
.always();

/// `eventId`.
pub const EVENT_ID: Attribute = Attribute::new(
    "eventId",
    hex(32),
    Origin::CallerOrGenerated,
    Supplier::Caller,
    "the id of one business fact; a retry repeats it, so queries count distinct ids",
)
.always()
.made_by(Maker::EventId)
.derived_from("eventFact", DerivationMethod::EventId);

/// `journeyId`.
pub const JOURNEY_ID: Attribute = Attribute::new(
    "journeyId",
    Rule::Uuid { versions: JOURNEY_VERSIONS },
    Origin::Caller,
    Supplier::Journey(JourneyPart::Id),
    "a random id, made when the journey begins; it connects all steps",
)
.when("whenever known")
.links()
.derived_from("journey", DerivationMethod::Journey);

/// `journeyStart`.
pub const JOURNEY_START: Attribute = Attribute::new(
    "journeyStart",
    Rule::Instant { earliest: JOURNEYS_SINCE },
    Origin::Journey,
    Supplier::Journey(JourneyPart::Start),
    "when the journey began; its age is `timestamp - journeyStart`",
)
.when("with `journeyId`, unless its beginning is unknown")
.links();

/// `entryActor`.
pub const ENTRY_ACTOR: Attribute = Attribute::new(
    "entryActor",
    Rule::OneOf(Actor::TEXTS),
    Origin::Journey,
    Supplier::Journey(JourneyPart::EntryActor),
    "who began the journey",
)
.when("with `journeyStart`")
.links();

/// `actor`.
pub const ACTOR: Attribute = Attribute::new(
    "actor",
    Rule::OneOf(Actor::TEXTS),
    Origin::Caller,
    Supplier::Request(RequestPart::Actor),
    "who acted",
)
.when("when classified");

/// `env`.
pub const ENV: Attribute = Attribute::new(
    "env",
    Rule::Slug,
    Origin::CallerOrProcess,
    Supplier::Process,
    "the deployment: `development`, `production`, …",
)
.when("when configured or known");

/// `fingerprint`.
pub const FINGERPRINT: Attribute = Attribute::new(
    "fingerprint",
    hex(32),
    Origin::Caller,
    Supplier::Request(RequestPart::Fingerprint),
    "a pseudonym of the network (/24 or /48) and its ASN",
)
.when("when known")
.made_by(Maker::Fingerprint)
.links();

/// `fingerprintKeyId`: on the steps of `fingerprint`.
pub const FINGERPRINT_KEY_ID: Attribute = Attribute::new(
    "fingerprintKeyId",
    hex(8),
    Origin::Caller,
    Supplier::Request(RequestPart::FingerprintKey),
    "which key made the pseudonym",
)
.when("with a keyed `fingerprint`")
.made_by(Maker::KeyId)
.links();

/// `emailHash`.
pub const EMAIL_HASH: Attribute = Attribute::caller(
    "emailHash",
    hex(16),
    "a pseudonym of the e-mail address; an address is recorded in no other form",
)
.made_by(Maker::EmailHash)
.derived_from("email", DerivationMethod::EmailHash)
.links();

/// `trace.id`.
pub const TRACE_ID: Attribute = Attribute::new(
    "trace.id",
    Rule::Hex { min: 32, max: 32, letter: false },
    Origin::TraceId,
    Supplier::Span,
    "its trace",
)
.when("when a span is active");

/// `span.id`.
pub const SPAN_ID: Attribute = Attribute::new(
    "span.id",
    Rule::Hex { min: 16, max: 16, letter: false },
    Origin::SpanId,
    Supplier::Span,
    "the span itself",
)
.when("when a span is active");

/// All of them, in the order in which contracts have them, with an empty event name and no steps.
pub const ALL: [Attribute; 16] = [
    event_type(""),
    funnel_step(&[]),
    SERVICE_NAME,
    COMMIT_ID,
    COHORT,
    EVENT_ID,
    JOURNEY_ID,
    JOURNEY_START,
    ENTRY_ACTOR,
    ACTOR,
    ENV,
    FINGERPRINT,
    FINGERPRINT_KEY_ID,
    EMAIL_HASH,
    TRACE_ID,
    SPAN_ID,
];

/// Where the fixed keys that a caller can give stand in a contract's table.
#[derive(Debug, Clone, Copy)]
pub struct FixedPositions {
    /// Of `cohort`.
    pub cohort: usize,
    /// Of `eventId`.
    pub event_id: usize,
    /// Of `journeyId`.
    pub journey_id: usize,
    /// Of `journeyStart`.
    pub journey_start: usize,
    /// Of `entryActor`.
    pub entry_actor: usize,
    /// Of `actor`.
    pub actor: usize,
    /// Of `env`.
    pub env: usize,
    /// Of `fingerprint`.
    pub fingerprint: usize,
    /// Of `fingerprintKeyId`.
    pub fingerprint_key_id: usize,
    /// Of `emailHash`.
    pub email_hash: usize,
}

impl FixedPositions {
    /// Those of `contract`, for a constant beside its table.
    ///
    /// # Panics
    /// When the contract lacks one; in a constant that is a compile error.
    #[must_use]
    pub const fn of(contract: &Contract) -> Self {
        Self {
            cohort: contract.index(COHORT.key),
            event_id: contract.index(EVENT_ID.key),
            journey_id: contract.index(JOURNEY_ID.key),
            journey_start: contract.index(JOURNEY_START.key),
            entry_actor: contract.index(ENTRY_ACTOR.key),
            actor: contract.index(ACTOR.key),
            env: contract.index(ENV.key),
            fingerprint: contract.index(FINGERPRINT.key),
            fingerprint_key_id: contract.index(FINGERPRINT_KEY_ID.key),
            email_hash: contract.index(EMAIL_HASH.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{CONTRACT, Presence};

    #[test]
    fn every_fixed_key_is_in_the_table_with_its_rule() {
        for fixed in &ALL[2..] {
            let position = CONTRACT.position(fixed.key).unwrap_or_default();
            let attribute = &CONTRACT.attributes[position];
            assert_eq!((attribute.key, attribute.rule), (fixed.key, fixed.rule));
            assert_eq!((attribute.origin, attribute.supplier), (fixed.origin, fixed.supplier));
            assert_eq!(attribute.presence == Presence::Always, fixed.presence == Presence::Always);
        }
    }
}
