//! The events, in a store and in SQLite.

use std::sync::OnceLock;

use nrql::{Datum, Store};
use rusqlite::functions::FunctionFlags;

/// A function of one number.
type Math = fn(f64) -> f64;

pub(crate) const NOW: i64 = 1_782_043_211_000;
pub(crate) const EVENTS: usize = 100_000;
const WEEK: i64 = 7 * 86_400_000;
/// When the events begin.
pub(crate) const BEGIN: i64 = NOW - WEEK;
/// Of the events, every so many are in the small set.
const THIN: usize = 20;

struct Row {
    time: i64,
    journey: Option<String>,
    step: &'static str,
    tier: Option<&'static str>,
    team: Option<String>,
    service: Option<&'static str>,
    renewal: Option<bool>,
    duration: Option<f64>,
    retries: Option<i64>,
    code: Option<String>,
    note: Option<&'static str>,
}

fn generated() -> Vec<Row> {
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut random = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let notes = [
        "",
        "Slow start",
        "slow Finish",
        "50% off",
        "it's fine",
        "ÜBER gut",
        "GET /api/v1/users/42",
        "GET /api/v2/teams/7",
    ];
    let mut rows = Vec::new();
    for _ in 0..EVENTS {
        let step = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][random(10) as usize];
        rows.push(Row {
            // Times are distinct, so that first and last are certain.
            time: 0,
            journey: (random(50) > 0).then(|| format!("journey-{:05}", random(30_000))),
            step: ["landing", "provision", "claim", "paid"][step],
            tier: (step > 0 && random(20) > 0)
                .then(|| ["anonymous", "free", "hobby", "pro"][random(4) as usize]),
            team: (step >= 2).then(|| format!("team-{}", random(900))),
            service: (step == 1).then(|| ["db", "cache", "queue"][random(3) as usize]),
            renewal: (step == 3).then(|| random(4) == 0),
            duration: (random(10) > 0).then(|| random(400_000) as f64 / 64.0),
            retries: (random(5) > 0).then(|| random(12) as i64 - 2),
            code: (random(3) > 0).then(|| ["200", "404", "500", "x1", "-3.5"][random(5) as usize].to_owned()),
            note: (random(4) > 0).then(|| notes[random(8) as usize]),
        });
    }
    let spacing = WEEK / EVENTS as i64;
    for (place, row) in rows.iter_mut().enumerate() {
        row.time = NOW - WEEK + spacing * place as i64 + random(spacing as u64) as i64;
    }
    rows
}

/// Both, made once; a connection is not shared between threads, so each test has its own database.
pub(crate) fn both() -> (&'static Store, &'static rusqlite::Connection) {
    static STORE: OnceLock<Store> = OnceLock::new();
    thread_local! {
        static DATABASE: &'static rusqlite::Connection = Box::leak(Box::new(database()));
    }
    (STORE.get_or_init(store), DATABASE.with(|database| *database))
}

/// A twentieth of the events, for many queries.
pub(crate) fn small() -> (&'static Store, &'static rusqlite::Connection) {
    static STORE: OnceLock<Store> = OnceLock::new();
    let filled = || {
        let mut store = Store::default();
        append(&mut store, "Small", generated().into_iter().step_by(THIN));
        store
    };
    let database = database();
    database.execute(&format!("DELETE FROM e WHERE rowid % {THIN} <> 1"), []).unwrap();
    (STORE.get_or_init(filled), Box::leak(Box::new(database)))
}

fn append(store: &mut Store, event_type: &str, rows: impl Iterator<Item = Row>) {
    for row in rows {
        let texts = [
            ("journeyId", row.journey.as_deref()),
            ("funnelStep", Some(row.step)),
            ("tier", row.tier),
            ("teamId", row.team.as_deref()),
            ("service", row.service),
            ("code", row.code.as_deref()),
            ("note", row.note),
        ];
        let mut attributes: Vec<(&str, Datum<'_>)> =
            texts.iter().filter_map(|(name, text)| Some((*name, Datum::from((*text)?)))).collect();
        attributes.extend(row.renewal.map(|value| ("renewal", Datum::from(value))));
        attributes.extend(row.duration.map(|number| ("duration", Datum::from(number))));
        attributes.extend(row.retries.map(|number| ("retries", Datum::from(number))));
        store.append(event_type, row.time, attributes);
    }
}

fn store() -> Store {
    let mut store = Store::default();
    append(&mut store, "InstantFunnel", generated().into_iter());
    for place in 0..500 {
        let name = format!("team-{}", place * 2);
        let plan = if place % 3 == 0 { "gold" } else { "silver" };
        let attributes = [
            ("teamId", Datum::from(name.as_str())),
            ("plan", Datum::from(plan)),
            ("seats", Datum::from(place % 7)),
        ];
        store.append("Team", NOW - 1_000 - place, attributes);
    }
    store
}

fn database() -> rusqlite::Connection {
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE e (t INTEGER, journeyId TEXT, funnelStep TEXT, tier TEXT, teamId TEXT, service TEXT,
                             renewal INTEGER, duration REAL, retries INTEGER, code TEXT, note TEXT);
             CREATE TABLE team (t INTEGER, teamId TEXT, plan TEXT, seats INTEGER)",
        )
        .unwrap();
    // The bundled SQLite is built without these.
    let math: [(&str, Math); 7] = [
        ("floor", f64::floor),
        ("ceil", f64::ceil),
        ("sqrt", f64::sqrt),
        ("exp", f64::exp),
        ("ln", f64::ln),
        ("log2", f64::log2),
        ("log10", f64::log10),
    ];
    for (name, function) in math {
        let scalar = move |context: &mut rusqlite::functions::Context<'_>| {
            context.get::<Option<f64>>(0).map(|number| number.map(function))
        };
        connection.create_scalar_function(name, 1, FunctionFlags::SQLITE_DETERMINISTIC, scalar).unwrap();
    }
    let transaction = connection.transaction().unwrap();
    {
        let mut insert =
            transaction.prepare("INSERT INTO e VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").unwrap();
        for row in generated() {
            let values = (
                row.time,
                row.journey,
                row.step,
                row.tier,
                row.team,
                row.service,
                row.renewal,
                row.duration,
                row.retries,
                row.code,
                row.note,
            );
            insert.execute(values).unwrap();
        }
        let mut insert = transaction.prepare("INSERT INTO team VALUES (?, ?, ?, ?)").unwrap();
        for place in 0_i64..500 {
            let plan = if place % 3 == 0 { "gold" } else { "silver" };
            insert.execute((NOW - 1_000 - place, format!("team-{}", place * 2), plan, place % 7)).unwrap();
        }
    }
    transaction.commit().unwrap();
    connection
}
