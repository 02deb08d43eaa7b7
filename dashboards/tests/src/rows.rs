//! Answers of NRQL and rows of SQL, in one form in which they can be compared.

use std::collections::BTreeMap;

use nrql::{Answer, Kind, Value};
use rusqlite::types::ValueRef;

/// `dateOf(journeyStart)` in SQL.
pub const DATE: &str = "CASE strftime('%m', journeyStart / 1000, 'unixepoch') WHEN '09' THEN 'September' WHEN '10' THEN 'October' WHEN '11' THEN 'November' ELSE 'another month' END
    || ' ' || CAST(strftime('%d', journeyStart / 1000, 'unixepoch') AS INTEGER) || ', ' || strftime('%Y', journeyStart / 1000, 'unixepoch')";

/// Numbers by facet.
pub type Rows = BTreeMap<Vec<String>, Vec<Option<f64>>>;

fn numbers(value: &Value, into: &mut Vec<Option<f64>>) {
    match value {
        Value::Int(number) => into.push(Some(*number as f64)),
        Value::Float(number) => into.push(Some(*number)),
        // A funnel's steps stand there with their names.
        Value::List(items) => {
            items.iter().filter(|item| !matches!(item, Value::Text(_))).for_each(|item| numbers(item, into));
        }
        Value::Map(entries) => {
            let values = entries.iter().map(|(_, value)| value);
            values.filter(|value| !matches!(value, Value::Text(_))).for_each(|value| numbers(value, into));
        }
        Value::Null => into.push(None),
        other => panic!("no number: {other:?}"),
    }
}

/// The rows of an answer by facet; the windows of a time series are added up.
#[must_use]
pub fn answered(answer: &Answer) -> Rows {
    let series = matches!(answer.kind, Kind::Aggregates { timeseries: true, .. });
    let mut rows = Rows::new();
    for row in &answer.rows {
        let facet = row.facet.iter().map(ToString::to_string).collect();
        let mut values = Vec::new();
        row.values.iter().for_each(|value| numbers(value, &mut values));
        match rows.get_mut(&facet) {
            Some(sums) if series => {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = Some(sum.unwrap_or_default() + value.unwrap_or_default());
                }
            }
            Some(_) => panic!("{facet:?} twice"),
            None => drop(rows.insert(facet, values)),
        }
    }
    rows
}

/// The rows of SQL, of which the first `facets` columns are the facet.
#[must_use]
pub fn computed(database: &rusqlite::Connection, sql: &str, facets: usize, since: i64) -> Rows {
    let mut statement = database.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let columns = statement.column_count();
    let mut rows = statement.query(&[(":since", &since)]).unwrap();
    let mut out = Rows::new();
    while let Some(row) = rows.next().unwrap() {
        let facet = (0..facets).map(|at| row.get::<_, String>(at).unwrap()).collect();
        let value = |at| match row.get_ref(at).unwrap() {
            ValueRef::Null => None,
            ValueRef::Integer(number) => Some(number as f64),
            ValueRef::Real(number) => Some(number),
            other => panic!("no number: {other:?}"),
        };
        out.insert(facet, (facets..columns).map(value).collect());
    }
    out
}

/// Fails unless both have the same facets with the same numbers.
pub fn agree(name: &str, answered: &Rows, computed: &Rows) {
    let facets = |rows: &Rows| rows.keys().cloned().collect::<Vec<_>>();
    assert_eq!(facets(answered), facets(computed), "{name}");
    for (facet, values) in answered {
        let close = values.len() == computed[facet].len()
            && values.iter().zip(&computed[facet]).all(|pair| match pair {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
                (a, b) => a == b,
            });
        assert!(close, "{name} {facet:?}: {values:?} and {:?}", computed[facet]);
    }
}
