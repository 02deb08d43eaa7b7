//! The sides beside each other.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::counters::Counters;
use super::far::{FarSide, Window};
use super::ledger::Ledger;

/// A step on all sides.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BookedStep {
    /// Its name.
    pub step: String,
    /// Counted by the services.
    pub recorded: u64,
    /// Distinct events on the store.
    pub stored: u64,
    /// Copies of events on the store beyond the first.
    pub repeats: u64,
    /// Charges of the ledger within the window.
    pub billed: Option<u64>,
}

/// A difference and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What it is, such as `pending` or `dropped: queue_full`.
    pub name: String,
    /// How many.
    pub count: u64,
    /// What it means.
    pub meaning: String,
    /// Whether it needs fixing.
    pub wrong: bool,
    /// The first few of what it is made of: charges, event ids.
    pub examples: Vec<String>,
}

/// All sides, and what lies between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Books {
    /// Recorded by the services.
    pub recorded: u64,
    /// Acknowledged.
    pub delivered: u64,
    /// Distinct events on the store.
    pub stored: u64,
    /// Each step.
    pub steps: Vec<BookedStep>,
    /// What lies between the sides.
    pub differences: Vec<Difference>,
    /// What no difference explains: recorded, less what was dropped, pends or was handed over, less what is stored. Negative
    /// when more is stored than the counters know.
    pub unexplained: i64,
}

/// How many examples are kept.
const EXAMPLES: usize = 5;

/// The ledger, the ids of the stored payments, and how they belong together.
#[derive(Clone, Debug)]
pub(crate) struct MoneyLeg<'l> {
    pub(crate) ledger: &'l Ledger,
    pub(crate) step: &'l str,
    pub(crate) stored: &'l BTreeSet<String>,
    pub(crate) window: Window,
}

impl Books {
    /// Whether every difference between the services and the store has a name.
    #[must_use]
    pub fn close(&self) -> bool {
        self.unexplained == 0
    }

    /// Whether the books balance and nothing needs fixing.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.close() && !self.differences.iter().any(|difference| difference.wrong)
    }

    /// The books as `funnel reconcile --format json` prints them.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let steps: Vec<Value> = self
            .steps
            .iter()
            .map(|step| {
                json!({"step": step.step, "recorded": step.recorded, "stored": step.stored, "repeats": step.repeats, "billed": step.billed})
            })
            .collect();
        let differences: Vec<Value> = self
            .differences
            .iter()
            .map(|d| json!({"name": d.name, "count": d.count, "meaning": d.meaning, "wrong": d.wrong, "examples": d.examples}))
            .collect();
        json!({
            "recorded": self.recorded,
            "delivered": self.delivered,
            "stored": self.stored,
            "steps": steps,
            "differences": differences,
            "unexplained": self.unexplained,
            "close": self.close(),
        })
    }

    fn differ(&mut self, name: impl Into<String>, count: u64, meaning: impl Into<String>, wrong: bool) {
        if count > 0 {
            let (name, meaning) = (name.into(), meaning.into());
            self.differences.push(Difference { name, count, meaning, wrong, examples: Vec::new() });
        }
    }
}

/// Compares the counters with the store and, where there is one, the ledger: its charges, the step that they belong to,
/// the ids of that step's stored events, and the window.
#[must_use]
pub fn compare(
    counters: &Counters,
    far: &FarSide,
    money: Option<(&Ledger, &str, &BTreeSet<String>, Window)>,
) -> Books {
    let mut books = Books { recorded: counters.recorded, delivered: counters.delivered, ..Books::default() };
    let names: BTreeSet<&String> = counters.steps.keys().chain(far.steps.keys()).collect();
    for step in names {
        let stored = far.steps.get(step).copied().unwrap_or_default();
        books.stored += stored.distinct;
        books.steps.push(BookedStep {
            step: step.clone(),
            recorded: counters.steps.get(step).copied().unwrap_or(0),
            stored: stored.distinct,
            repeats: stored.copies.saturating_sub(stored.distinct),
            billed: None,
        });
    }
    for (reason, count) in &counters.dropped {
        let meaning = if reason == "expired" {
            "too old for New Relic before it could be delivered"
        } else {
            "recorded, and dropped before delivery"
        };
        books.differ(format!("dropped: {reason}"), *count, meaning, false);
    }
    let named: u64 = counters.dropped.values().sum();
    books.differ(
        "dropped: no reason",
        counters.dropped_total.saturating_sub(named),
        "dropped, and no counter says why; is every service's /metrics given?",
        true,
    );
    books.differ("pending", counters.pending, "recorded, in a journal, not acknowledged yet", false);
    books.differ(
        "handed over",
        counters.handed_over,
        "handed over to the service's own provider, which reports nothing back",
        false,
    );
    let repeats = books.steps.iter().map(|step| step.repeats).sum();
    books.differ("duplicates", repeats, "delivered more than once; distinct ids count them once", false);
    let gone = named.max(counters.dropped_total) + counters.pending;
    let expected = counters.recorded.saturating_sub(gone);
    // What was handed over may or may not have arrived: it explains what is missing as far as it goes.
    let missing = expected as i64 - books.stored as i64;
    books.unexplained = if missing > 0 { (missing - counters.handed_over as i64).max(0) } else { missing };
    let explained = counters.delivered + counters.handed_over + gone;
    books.differ(
        "unaccounted for by the counters",
        counters.recorded.abs_diff(explained),
        "recorded differs from delivered + handed over + dropped + pending: scrape all services at the same time",
        false,
    );
    if books.unexplained > 0 {
        let meaning = "acknowledged and not stored: outside the window, refused after the acknowledgement (look for NrIntegrationError), or stored in another account";
        books.differ("delivered and not stored", books.unexplained.unsigned_abs(), meaning, true);
    } else {
        let meaning = "stored, but not in any counter: a service whose /metrics was not given, one that was restarted, or a replay";
        books.differ("stored and not recorded", books.unexplained.unsigned_abs(), meaning, true);
    }
    if let Some((ledger, step, stored, window)) = money {
        bill(&mut books, &MoneyLeg { ledger, step, stored, window });
    }
    books
}

/// The third leg: what was paid for.
fn bill(books: &mut Books, money: &MoneyLeg<'_>) {
    let (inside, outside) = money.ledger.event_ids(money.step, money.window);
    let billed: BTreeSet<&str> = inside.iter().map(|(id, _)| id.as_str()).collect();
    let unknown: Vec<String> = inside
        .iter()
        .filter(|(id, _)| !money.stored.contains(id))
        .map(|(_, charge)| charge.id.clone())
        .collect();
    let unbilled: Vec<String> =
        money.stored.iter().filter(|id| !billed.contains(id.as_str())).cloned().collect();
    if let Some(step) = books.steps.iter_mut().find(|booked| booked.step == money.step) {
        step.billed = Some(inside.len() as u64);
    }
    let lists = [
        (
            "charges without an event",
            unknown,
            "billed, but no event has the id that the charge gives: the webhook did not record the event, or did not use EventId::of",
        ),
        (
            "events not in the ledger",
            unbilled,
            "a payment event that is not in the ledger: another provider, a test, or a different fact",
        ),
    ];
    for (name, mut examples, meaning) in lists {
        books.differ(name, examples.len() as u64, meaning, true);
        if let Some(difference) = books.differences.last_mut().filter(|difference| difference.name == name) {
            examples.truncate(EXAMPLES);
            difference.examples = examples;
        }
    }
    let meaning = "charges whose time is outside the requested window";
    books.differ("charges outside the window", outside.len() as u64, meaning, false);
}
