//! Problems while the service runs: counted, listed, and logged once a minute each, a missing
//! pseudonym key once in all.
//!
//! Counting locks nothing and allocates nothing, so it can happen anywhere: in the request path, inside a sink, inside
//! the layer. Logging calls a subscriber, so it waits for a place where that is allowed ([`quiet`](crate::quiet)).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use instant_funnel_core::contract::{Contract, Violation};

use crate::advisory::Advisory;
use crate::net::caught;
use crate::quiet::{Quiet, is_quiet};

/// Between two lines of the log about one thing.
const INTERVAL: Duration = Duration::from_secs(60);
/// What stands for the keys that the contract does not have. Such a key is a stranger's text, so it is not shown.
const UNKNOWN_KEY: &str = "a field outside the contract";

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident = $subject:literal, $text:literal;)+) => {
        /// What can go wrong apart from a value: the method, and what came of it.
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Fault {
            $($(#[$doc])* $variant,)+
        }

        const FAULTS: &[(&str, &str)] = &[$(($subject, $text),)+];
    };
}

faults! {
    /// Inside `record`: the sink, the clock or the tracing context.
    Record = "Sink::accept", "or the clock panicked; the event is dropped and counted as `panic`";
    Settled = "Sink::settled", "panicked; the last numbers that it returned are used";
    Health = "Sink::health", "panicked; the state is reported as `unobserved`";
    Flush = "Sink::flush", "panicked; the report counts the events that are settled so far";
    Shutdown = "Sink::shutdown", "panicked; the report counts the events that are settled so far";
    Subscriber = "tracing", "panicked in the subscriber while the funnel logged a warning";
    Reentrant = "Funnel::record", "was called by the sink that was taking a record; the inner event is dropped and counted as `reentrant`";
    Contract = "FunnelBuilder::contract", "was not given the contract of an event; the event is dropped and counted as `unknown_contract`";
    Event = "funnelStep", "is missing or names no step of the contract; the event is dropped and counted as `invalid_event`";
    LogBridge = "tracing", "is built with its feature `log-always`, which hands the raw fields of funnel events to the logger of the `log` crate; see the layer's documentation";
    NoTrace = "FunnelBuilder::expect_traces", "found no trace on any event so far: no span was active in the version of `opentelemetry` that instant-funnel is built with, and no request had a `traceparent`; use that version in the service, or see `Trace ids` in docs/services.md";
    Guarded = "Funnel::guarded", "called a function of the service that panicked; it counts as having returned nothing";
    Field = "Funnel::layer", "panicked while formatting a field; the field or the event is dropped and counted as `panic`";
}

/// How often the log has one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    EachMinute,
    /// The first time only; counting goes on.
    Once,
}

/// A service may run without a pseudonym key for good, and then every event with a network or an e-mail address breaks
/// this rule.
const fn pace(violation: Violation) -> Pace {
    match violation {
        Violation::NoPseudonymKey => Pace::Once,
        _ => Pace::EachMinute,
    }
}

/// One thing that happens again and again.
#[derive(Debug, Default)]
struct Slot {
    count: AtomicU64,
    /// How many of them the log has.
    logged: AtomicU64,
    /// Milliseconds since the start at which it may be logged again.
    due: AtomicU64,
}

impl Slot {
    /// Counts one. Whether it may be logged now.
    fn add(&self, now: u64) -> bool {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.is_due(now)
    }

    fn is_due(&self, now: u64) -> bool {
        now >= self.due.load(Ordering::Relaxed)
    }

    /// How many came since it was last logged, for the one thread that is to log it.
    fn claim(&self, now: u64, pace: Pace) -> Option<u64> {
        let due = self.due.load(Ordering::Relaxed);
        if now < due || self.count.load(Ordering::Relaxed) == self.logged.load(Ordering::Relaxed) {
            return None;
        }
        let next = match pace {
            Pace::EachMinute => now + INTERVAL.as_millis() as u64,
            Pace::Once => u64::MAX,
        };
        self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        let count = self.count.load(Ordering::Relaxed);
        Some(count.saturating_sub(self.logged.swap(count, Ordering::Relaxed)))
    }
}

/// The notices of one funnel. Their number is bounded by the contract's keys and the rules.
pub(crate) struct Notices {
    /// The keys of every contract, one contract behind the other.
    keys: Vec<&'static str>,
    /// Where each contract's keys begin.
    bases: Vec<usize>,
    started: Instant,
    /// By key, then rule; the last row is for keys that the contract does not have.
    refused: Box<[Slot]>,
    faults: [Slot; FAULTS.len()],
    configuration: Vec<Advisory>,
    /// Something may be logged, and has not been.
    unreported: AtomicBool,
    configuration_said: AtomicBool,
}

impl Notices {
    pub(crate) fn new(contracts: &[&'static Contract], configuration: Vec<Advisory>) -> Self {
        let (mut keys, mut bases) = (Vec::new(), Vec::new());
        for contract in contracts {
            bases.push(keys.len());
            keys.extend(contract.attributes.iter().map(|attribute| attribute.key));
        }
        let slots = (keys.len() + 1) * Violation::ALL.len();
        Self {
            keys,
            bases,
            started: Instant::now(),
            refused: (0..slots).map(|_| Slot::default()).collect(),
            faults: std::array::from_fn(|_| Slot::default()),
            unreported: AtomicBool::new(!configuration.is_empty()),
            configuration_said: AtomicBool::new(configuration.is_empty()),
            configuration,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX >> 1)
    }

    /// A value was refused for the attribute at `position` of a contract by its number, or a field that is not an attribute.
    #[cold]
    pub(crate) fn refused(&self, contract: usize, position: Option<usize>, violation: Violation) {
        let base = self.bases.get(contract).copied();
        let row = base.zip(position).map_or(self.keys.len(), |(base, position)| base + position);
        if let Some(slot) = self.refused.get(row * Violation::ALL.len() + violation.index()) {
            self.note(slot);
        }
    }

    #[cold]
    pub(crate) fn fault(&self, fault: Fault) {
        self.note(&self.faults[fault as usize]);
    }

    /// Takes back what turned out not to be so.
    #[cold]
    pub(crate) fn withdraw(&self, fault: Fault) {
        let slot = &self.faults[fault as usize];
        slot.count.store(0, Ordering::Relaxed);
        slot.logged.store(0, Ordering::Relaxed);
    }

    fn note(&self, slot: &Slot) {
        if slot.add(self.now()) {
            self.unreported.store(true, Ordering::Relaxed);
        }
    }

    /// Whether [`say`](Self::say) has something to say.
    #[inline]
    pub(crate) fn has_unreported(&self) -> bool {
        self.unreported.load(Ordering::Relaxed)
    }

    /// Logs what may be logged, if somebody listens and this is a place for it.
    #[cold]
    pub(crate) fn say(&self) {
        if is_quiet() || !tracing::dispatcher::has_been_set() {
            return;
        }
        // What a subscriber records meanwhile is kept, not logged: it must not find its way back here.
        let _quiet = Quiet::enter();
        self.unreported.store(false, Ordering::Relaxed);
        if !self.configuration_said.swap(true, Ordering::Relaxed) {
            for advisory in &self.configuration {
                self.log(|| tracing::warn!(target: "instant_funnel::config", "{advisory}"));
            }
        }
        let now = self.now();
        for (row, rules) in self.refused.chunks(Violation::ALL.len()).enumerate() {
            for (slot, violation) in rules.iter().zip(Violation::ALL) {
                if let Some(count) = slot.claim(now, pace(violation)) {
                    let (key, rule) = (self.key(row), violation.as_str());
                    self.log(|| {
                        tracing::warn!(
                            target: "instant_funnel",
                            key, rule, count,
                            "an attribute was refused: {}", hint(violation)
                        );
                    });
                }
            }
        }
        for (slot, (subject, text)) in self.faults.iter().zip(FAULTS) {
            if let Some(count) = slot.claim(now, Pace::EachMinute) {
                self.log(|| tracing::warn!(target: "instant_funnel", count, "{subject} {text}"));
            }
        }
    }

    fn log(&self, line: impl FnOnce()) {
        if caught(line).is_none() {
            // Not `fault`, which would have it logged to the same subscriber.
            self.faults[Fault::Subscriber as usize].count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn key(&self, row: usize) -> &'static str {
        self.keys.get(row).copied().unwrap_or(UNKNOWN_KEY)
    }

    /// What was wrong with the configuration, then what has been refused and what has failed so far.
    pub(crate) fn list(&self) -> Vec<Advisory> {
        let mut list = self.configuration.clone();
        for (row, rules) in self.refused.chunks(Violation::ALL.len()).enumerate() {
            for (slot, violation) in rules.iter().zip(Violation::ALL) {
                let count = slot.count.load(Ordering::Relaxed);
                if count > 0 {
                    let rule = violation.as_str();
                    let fix = format!("was refused {count} times by the rule `{rule}`: {}", hint(violation));
                    list.push(Advisory::new(self.key(row), fix));
                }
            }
        }
        for (slot, (subject, text)) in self.faults.iter().zip(FAULTS) {
            let count = slot.count.load(Ordering::Relaxed);
            if count > 0 {
                list.push(Advisory::new(subject, format!("{text} ({count} times)")));
            }
        }
        list
    }

    /// How many panics of foreign code were caught.
    pub(crate) fn panics(&self) -> u64 {
        let panics = [
            Fault::Record,
            Fault::Settled,
            Fault::Health,
            Fault::Flush,
            Fault::Shutdown,
            Fault::Subscriber,
            Fault::Guarded,
            Fault::Field,
        ];
        panics.iter().map(|fault| self.faults[*fault as usize].count.load(Ordering::Relaxed)).sum()
    }
}

/// What a value must be to pass.
const fn hint(violation: Violation) -> &'static str {
    match violation {
        Violation::UnknownKey => "only keys of the contract can be recorded",
        Violation::Reserved => "only the funnel can set it",
        Violation::Step => "it does not occur on this step",
        Violation::Duplicate => "the field was given more than once; only the last one is used",
        Violation::Type => "the value has a different type from the attribute",
        Violation::OneOf => "the value is not in the contract's list",
        Violation::Name => "use 1 to 64 letters, digits, `_`, `.` and `-`",
        Violation::Version => "use 1 to 64 letters, digits, `_`, `.`, `+` and `-`",
        Violation::Slug => {
            "use a slug: a lower-case letter, then up to 31 of `a-z0-9_-`, at most six of them digits"
        }
        Violation::Vocabulary => "the value is not in the vocabulary (`FunnelBuilder::vocabulary`)",
        Violation::Hex => "use lower-case hexadecimal digits, as many as the contract says",
        Violation::Uuid => "use a UUID of a version that the contract allows",
        Violation::LegacyDigits => "a hash that consists only of digits could be a card number",
        Violation::NoPseudonymKey => "set ANALYTICS_PSEUDONYM_KEY or `FunnelBuilder::pseudonym_key`",
        _ => "docs/contract.md has the rules",
    }
}

#[cfg(test)]
mod tests {
    use instant_funnel_core::contract::CONTRACT;

    use super::*;

    const MINUTE: u64 = INTERVAL.as_millis() as u64;

    #[test]
    fn a_slot_is_logged_at_once_and_then_once_a_minute_with_what_came_meanwhile() {
        let slot = Slot::default();
        assert!(slot.add(5));
        assert_eq!(slot.claim(5, Pace::EachMinute), Some(1));
        assert!(!slot.add(6) && !slot.add(MINUTE));
        assert_eq!(slot.claim(MINUTE, Pace::EachMinute), None);
        assert!(slot.add(MINUTE + 5));
        assert_eq!(slot.claim(MINUTE + 5, Pace::EachMinute), Some(3));
        assert_eq!(slot.claim(3 * MINUTE, Pace::EachMinute), None, "nothing new");
    }

    #[test]
    fn a_missing_pseudonym_key_is_logged_once_and_counted_for_ever() {
        let notices = Notices::new(&[&CONTRACT], Vec::new());
        for key in ["fingerprint", "emailHash", "teamId"] {
            let position = CONTRACT.position(key).unwrap();
            let row = position * Violation::ALL.len();
            let slot = &notices.refused[row + Violation::NoPseudonymKey.index()];
            notices.refused(0, Some(position), Violation::NoPseudonymKey);
            assert_eq!(slot.claim(5, pace(Violation::NoPseudonymKey)), Some(1), "{key}");
            for minute in 1..100 {
                notices.refused(0, Some(position), Violation::NoPseudonymKey);
                assert!(!slot.is_due(minute * 2 * MINUTE), "{key}");
                assert_eq!(slot.claim(minute * 2 * MINUTE, pace(Violation::NoPseudonymKey)), None, "{key}");
            }
            assert_eq!(slot.count.load(Ordering::Relaxed), 100);
        }
        assert_eq!(notices.list().len(), 3);
        assert!(notices.list()[0].to_string().contains("100 times"));
        let others = Violation::ALL.iter().filter(|violation| **violation != Violation::NoPseudonymKey);
        assert!(others.into_iter().all(|violation| pace(*violation) == Pace::EachMinute));
    }

    #[test]
    fn notices_are_listed_by_key_and_rule_with_their_number() {
        let notices = Notices::new(&[&CONTRACT], vec![Advisory::new("ANALYTICS_ENV", "is wrong")]);
        notices.refused(0, CONTRACT.position("service"), Violation::Slug);
        notices.refused(0, CONTRACT.position("service"), Violation::Slug);
        notices.refused(0, None, Violation::UnknownKey);
        notices.fault(Fault::Settled);
        let list: Vec<_> = notices.list().iter().map(ToString::to_string).collect();
        assert_eq!(list.len(), 4, "{list:?}");
        for (text, parts) in list.iter().zip([
            ["ANALYTICS_ENV", "wrong"],
            ["service was refused 2 times", "`slug`"],
            ["outside the contract", "`unknown_key`"],
            ["Sink::settled", "1 times"],
        ]) {
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        }
        assert_eq!(notices.panics(), 1);
    }

    #[test]
    fn inside_the_layer_nothing_is_said_and_nothing_is_lost() {
        let notices = Notices::new(&[&CONTRACT], Vec::new());
        let quiet = Quiet::enter();
        notices.fault(Fault::Event);
        notices.say();
        assert!(notices.has_unreported());
        drop(quiet);
        assert!(notices.has_unreported());
    }
}
