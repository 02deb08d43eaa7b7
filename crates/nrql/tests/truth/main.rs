//! Answers over a fixed set of 100,000 events, against SQL that was written by hand for SQLite.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests fail by panicking")]

mod data;
mod facets;
mod filters;
mod functions;
mod random;
mod shapes;
mod times;

use nrql::{Answer, Value};
use rusqlite::types::ValueRef;

/// NRQL, and the SQL whose rows it must give. NRQL without SINCE looks at all seven days; without LIMIT it takes all.
/// `$T` in the SQL is the end of the data.
type Case = (&'static str, &'static str);

fn run(cases: &[Case]) -> usize {
    let (store, database) = data::both();
    let wrong: Vec<String> =
        cases.iter().filter_map(|(nrql, sql)| differences(store, database, nrql, sql)).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    cases.len()
}

/// How the rows of a query and of its SQL differ, if they do.
fn differences(
    store: &nrql::Store,
    database: &rusqlite::Connection,
    nrql: &str,
    sql: &str,
) -> Option<String> {
    let mut text = nrql.replace("$T", &data::NOW.to_string());
    if !nrql.contains("SINCE") {
        text.push_str(" SINCE 7 days ago");
    }
    if !nrql.contains("LIMIT") {
        text.push_str(" LIMIT MAX");
    }
    let query = nrql::parse(&text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let answer = nrql::evaluate(&query, store, data::NOW).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let sql = sql.replace("$T", &data::NOW.to_string());
    let ordered = sql.starts_with("/* in order */");
    let mut ours = rows(&answer);
    let mut theirs = select(database, &sql);
    if !ordered {
        ours.sort_by(|a, b| compare(a, b));
        theirs.sort_by(|a, b| compare(a, b));
    }
    let same = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| same_row(a, b));
    let show = |rows: &[Vec<Value>]| {
        rows.iter().take(6).map(|row| format!("{row:?}")).collect::<Vec<_>>().join("\n    ")
    };
    (!same).then(|| {
        format!(
            "{text}\n  {sql}\n  here {}:\n    {}\n  there {}:\n    {}",
            ours.len(),
            show(&ours),
            theirs.len(),
            show(&theirs)
        )
    })
}

/// Facet keys, begin of the window, then the values; compound values are spread out.
fn rows(answer: &Answer) -> Vec<Vec<Value>> {
    let flat = |row: &nrql::Row| {
        let mut cells = row.facet.clone();
        cells.extend(row.window.map(|(begin, _)| Value::Int(begin)));
        for value in &row.values {
            match value {
                Value::List(items) => cells.extend(items.iter().cloned()),
                Value::Map(entries) if value.entry("steps").is_some() => match &entries[0].1 {
                    Value::List(items) => cells.extend(items.iter().cloned()),
                    other => cells.push(other.clone()),
                },
                Value::Map(entries) => cells.extend(entries.iter().map(|(_, value)| value.clone())),
                other => cells.push(other.clone()),
            }
        }
        cells
    };
    answer.rows.iter().chain(answer.previous.iter().flatten()).map(flat).collect()
}

fn select(database: &rusqlite::Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut statement = database.prepare(sql).unwrap_or_else(|error| panic!("{sql}\n{error}"));
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap_or_else(|error| panic!("{sql}\n{error}")) {
        let cell = |place| match row.get_ref(place).unwrap() {
            ValueRef::Null | ValueRef::Blob(_) => Value::Null,
            ValueRef::Integer(number) => Value::Int(number),
            ValueRef::Real(number) => Value::float(number),
            ValueRef::Text(text) => Value::text(std::str::from_utf8(text).unwrap()),
        };
        found.push((0..columns).map(cell).collect());
    }
    found
}

/// SQLite has no booleans: they are 0 and 1 there.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        other => other.number(),
    }
}

fn same_row(a: &[Value], b: &[Value]) -> bool {
    let same = |(a, b): (&Value, &Value)| match (number(a), number(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0),
        _ => a == b,
    };
    a.len() == b.len() && a.iter().zip(b).all(same)
}

fn compare(a: &[Value], b: &[Value]) -> std::cmp::Ordering {
    let key = |value: &Value| match number(value) {
        // Numbers that differ by rounding must not sort apart.
        Some(number) => format!("{:020.4}", number + 1e12),
        None => format!("~{value}"),
    };
    a.iter().map(key).cmp(b.iter().map(key))
}

#[test]
fn there_are_enough_cases() {
    let all = [functions::CASES, filters::CASES, facets::CASES, times::CASES, shapes::CASES];
    let count: usize = all.iter().map(|cases| cases.len()).sum();
    println!("{count} queries are checked against SQL over {} events", data::EVENTS);
    assert!(count >= 150, "{count}");
}
