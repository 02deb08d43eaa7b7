//! Seeded journeys, the same in a store that answers NRQL and in SQLite.

use nrql::{Datum, Store};
use rusqlite::Connection;
use rusqlite::types::Value as Sql;

/// The moment at which questions are asked.
pub const NOW: i64 = 1_795_651_200_000;
const DAY: i64 = 86_400_000;
/// How long before [`NOW`] the first journey began.
pub const SPAN: i64 = 60 * DAY;

/// One event: its type, its time, its attributes.
#[derive(Debug, Clone)]
pub struct Event {
    /// The event type.
    pub kind: &'static str,
    /// Milliseconds since 1970.
    pub at: i64,
    /// What it says.
    pub attributes: Vec<(&'static str, Field)>,
}

/// An attribute's value.
#[derive(Debug, Clone)]
pub enum Field {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A boolean.
    Bool(bool),
}

impl Event {
    /// The value of a string attribute.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| *name == key).and_then(|(_, value)| match value {
            Field::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

/// A deterministic stream of numbers.
#[derive(Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// A number from 0 to `bound`, without it.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len() as u64) as usize]
    }

    /// 32 hexadecimal digits.
    pub fn hex(&mut self) -> String {
        format!("{:016x}{:016x}", self.below(u64::MAX), self.below(u64::MAX))
    }
}

const ENTRIES: &[&str] =
    &["agent_claude", "agent_mcp", "agent_curl", "human_dashboard", "human_dashboard", "unknown", "prober"];

/// Events of `journeys` journeys that began in the [`SPAN`] before [`NOW`], with repeats, lost ids and odd ones among
/// them, and what New Relic and Prometheus say beside them.
#[must_use]
pub fn events(journeys: usize) -> Vec<Event> {
    let mut dice = Dice(21);
    let mut events = Vec::new();
    for _ in 0..journeys {
        journey(&mut dice, &mut events);
    }
    let text = |text: &str| Field::Text(text.to_owned());
    for hour in 0..24 {
        let at = NOW - hour * DAY / 24 - 60_000;
        for (step, count) in [("landing", 140), ("provision", 70), ("claim", 8), ("paid", 2)] {
            let counted = ("instant_conversion_funnel_total", Field::Int(count + hour));
            events.push(Event { kind: "Metric", at, attributes: vec![("step", text(step)), counted] });
        }
        for (reason, count) in [("queue_full", hour % 3), ("expired", 0)] {
            let lost = ("instant_analytics_emit_failed_total", Field::Int(count));
            events.push(Event { kind: "Metric", at, attributes: vec![("reason", text(reason)), lost] });
        }
        if hour % 6 == 0 {
            let attributes = vec![
                ("category", text("RateLimit")),
                ("name", text("OtlpLogs")),
                (
                    "message",
                    text(if hour == 0 { "a limit was reached" } else { "another limit was reached" }),
                ),
            ];
            events.push(Event { kind: "NrIntegrationError", at, attributes });
        }
    }
    events.retain(|event| event.at < NOW);
    events
}

fn journey(dice: &mut Dice, events: &mut Vec<Event>) {
    let start = NOW - SPAN + dice.below(SPAN as u64) as i64;
    let entry = dice.pick(ENTRIES);
    let cohort = if entry == "prober" || dice.one_in(25) { "synthetic" } else { "real" };
    let env = if dice.one_in(12) { "staging" } else { "production" };
    let (id, team) = (dice.hex(), dice.hex());
    let tier = dice.pick(&["free", "hobby", "pro"]);
    let mut at = start;
    let reached = match dice.below(1_000) {
        0..450 => 1,
        450..920 => 2,
        920..980 => 3,
        _ => 4,
    };
    let mut steps: Vec<_> = ["landing", "provision", "claim", "paid"][..reached].to_vec();
    if reached == 4 && dice.one_in(3) {
        steps.push("renewal");
    }
    for step in steps {
        let (name, renewal) = if step == "renewal" { ("paid", true) } else { (step, false) };
        at += match step {
            "landing" => 0,
            "provision" => 1_000 + dice.below(1_200_000) as i64,
            "claim" => 60_000 + dice.below(2 * DAY as u64) as i64,
            "paid" => 3_600_000 + dice.below(4 * DAY as u64) as i64,
            _ => 20 * DAY,
        };
        let text = |key: &'static str, text: &str| (key, Field::Text(text.to_owned()));
        let mut attributes = vec![
            text("funnelStep", name),
            text("serviceName", if name == "paid" { "billing" } else { "api" }),
            text("cohort", cohort),
            text("eventId", &dice.hex()),
            text("env", env),
            text(
                "actor",
                match name {
                    "landing" | "provision" => entry,
                    "claim" => "human_dashboard",
                    _ => "unknown",
                },
            ),
        ];
        let lost = matches!(name, "claim" | "paid") && dice.one_in(50);
        if !lost {
            attributes.push(text("journeyId", &id));
            attributes.push(text("entryActor", entry));
            // A clock that is behind.
            let begun = if dice.one_in(2_000) { at + 30_000 } else { start };
            attributes.push(("journeyStart", Field::Int(begun)));
        }
        if name != "landing" {
            attributes.push(text("tier", if name == "provision" { "anonymous" } else { tier }));
        }
        if name == "provision" {
            attributes.push(text("service", dice.pick(&["db", "cache", "queue", "vector"])));
        }
        if matches!(name, "claim" | "paid") && !dice.one_in(200) {
            attributes.push(text("teamId", &team));
        }
        if name == "paid" {
            attributes.push(("renewal", Field::Bool(renewal)));
        }
        let event = Event { kind: "InstantFunnel", at, attributes };
        if dice.one_in(100) {
            events.push(event.clone());
        }
        events.push(event);
    }
}

/// What a query asks.
#[must_use]
pub fn store(events: &[Event]) -> Store {
    let mut store = Store::default();
    for event in events {
        let attributes = event.attributes.iter().map(|(key, value)| {
            let value: Datum<'_> = match value {
                Field::Text(text) => Datum::from(text.as_str()),
                Field::Int(number) => Datum::from(*number),
                Field::Bool(value) => Datum::from(*value),
            };
            (*key, value)
        });
        store.append(event.kind, event.at, attributes);
    }
    store
}

const COLUMNS: &[&str] = &[
    "kind",
    "timestamp",
    "funnelStep",
    "serviceName",
    "cohort",
    "eventId",
    "env",
    "actor",
    "journeyId",
    "entryActor",
    "journeyStart",
    "tier",
    "service",
    "teamId",
    "renewal",
    "step",
    "reason",
    "instant_conversion_funnel_total",
    "instant_analytics_emit_failed_total",
    "category",
    "name",
    "message",
];

/// The same in SQL: the table `event`, one column an attribute.
#[must_use]
pub fn database(events: &[Event]) -> Connection {
    database_of(events, COLUMNS)
}

/// The table `event` of these columns, of which the first are `kind` and `timestamp`.
#[must_use]
pub fn database_of(events: &[Event], columns: &[&str]) -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute(&format!("CREATE TABLE event ({})", columns.join(", ")), []).unwrap();
    database.execute("BEGIN", []).unwrap();
    let places = vec!["?"; columns.len()].join(", ");
    let mut insert = database.prepare(&format!("INSERT INTO event VALUES ({places})")).unwrap();
    for event in events {
        let mut row = vec![Sql::Null; columns.len()];
        row[0] = Sql::Text(event.kind.to_owned());
        row[1] = Sql::Integer(event.at);
        for (key, value) in &event.attributes {
            let at = columns.iter().position(|column| column == key);
            row[at.unwrap_or_else(|| panic!("no column {key}"))] = match value {
                Field::Text(text) => Sql::Text(text.clone()),
                Field::Int(number) => Sql::Integer(*number),
                Field::Bool(value) => Sql::Integer(i64::from(*value)),
            };
        }
        insert.execute(rusqlite::params_from_iter(row)).unwrap();
    }
    drop(insert);
    database.execute("COMMIT", []).unwrap();
    database
}
