//! The billing provider's own list of charges.

use std::collections::BTreeSet;

use instant_funnel_core::EventId;
use serde_json::Value;

use super::far::Window;

/// A charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The provider's id, from which the service made the event's id.
    pub id: String,
    /// When, milliseconds since 1970.
    pub millis: Option<i64>,
}

/// The charges of a billing provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// In the order of the file, each once.
    pub charges: Vec<Charge>,
}

/// A file that is not a ledger.
#[derive(Debug, thiserror::Error)]
#[error("not a ledger: {0}")]
pub struct LedgerError(String);

/// Names by which columns are known, unless they are given.
const IDS: &[&str] = &["charge_id", "chargeid", "charge", "id", "payment_id", "transaction_id"];
const TIMES: &[&str] = &["time", "created", "created_at", "timestamp", "date", "created (utc)", "paid_at"];

impl Ledger {
    /// Reads CSV with a line of names, a JSON array, JSON lines, or `{"data": […]}`. The columns of the id and of the time
    /// are known by their usual names, or named.
    ///
    /// # Errors
    /// No column of ids, or a time that is none; the message names the line.
    pub fn parse(text: &str, id: Option<&str>, time: Option<&str>) -> Result<Self, LedgerError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut ledger = Self::default();
        let mut seen = BTreeSet::new();
        let mut add = |line: usize, id: Option<String>, time: Option<String>| {
            let id = id
                .filter(|id| !id.is_empty())
                .ok_or_else(|| LedgerError(format!("entry {line} has no id")))?;
            let millis = match time.filter(|time| !time.is_empty()) {
                None => None,
                Some(time) => Some(
                    millis(&time)
                        .ok_or_else(|| LedgerError(format!("entry {line}: `{time}` is not a time")))?,
                ),
            };
            if seen.insert(id.clone()) {
                ledger.charges.push(Charge { id, millis });
            }
            Ok(())
        };
        if text.starts_with(['[', '{']) {
            for (at, entry) in json_entries(text)?.iter().enumerate() {
                let field = |given: Option<&str>, known: &[&str]| {
                    let object = entry.as_object()?;
                    let found = object.iter().find(|(key, _)| is_column(key, given, known));
                    found.map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                };
                add(at + 1, field(id, IDS), field(time, TIMES))?;
            }
            return Ok(ledger);
        }
        let mut rows = csv(text).into_iter();
        let head = rows.next().unwrap_or_default();
        let column = |given: Option<&str>, known: &[&str]| {
            known
                .iter()
                .find_map(|name| {
                    head.iter().position(|column| given.is_none() && is_column(column, None, &[name]))
                })
                .or_else(|| head.iter().position(|column| given.is_some() && is_column(column, given, &[])))
        };
        let id_column = column(id, IDS).ok_or_else(|| {
            LedgerError(format!(
                "none of the columns {} is the charge's id; name it with --ledger-id",
                head.join(", ")
            ))
        })?;
        let time_column = column(time, TIMES);
        for (at, row) in rows.enumerate() {
            add(
                at + 2,
                row.get(id_column).cloned(),
                time_column.and_then(|column| row.get(column).cloned()),
            )?;
        }
        Ok(ledger)
    }

    /// The ids that events of this kind have, each with its charge; those outside the window are left out.
    pub(crate) fn event_ids(&self, kind: &str, window: Window) -> (Vec<(String, &Charge)>, Vec<&Charge>) {
        let (inside, outside): (Vec<&Charge>, Vec<&Charge>) = self
            .charges
            .iter()
            .partition(|charge| charge.millis.is_none_or(|millis| window.contains(millis)));
        (
            inside.into_iter().map(|charge| (EventId::of(kind, &charge.id).to_string(), charge)).collect(),
            outside,
        )
    }
}

fn is_column(name: &str, given: Option<&str>, known: &[&str]) -> bool {
    let name = name.trim();
    given.map_or_else(|| known.contains(&name.to_ascii_lowercase().as_str()), |given| given == name)
}

fn json_entries(text: &str) -> Result<Vec<Value>, LedgerError> {
    let stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let values: Vec<Value> =
        stream.collect::<Result<_, _>>().map_err(|error| LedgerError(format!("it is not JSON: {error}")))?;
    Ok(values
        .into_iter()
        .flat_map(|value| match value {
            Value::Array(entries) => entries,
            Value::Object(mut object) if object.get("data").is_some_and(Value::is_array) => {
                object.remove("data").and_then(|data| data.as_array().cloned()).unwrap_or_default()
            }
            other => vec![other],
        })
        .collect())
}

/// Seconds or milliseconds since 1970, or a time as RFC 3339 writes it; without an offset it is UTC.
fn millis(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Some(if number.abs() < 100_000_000_000 { number * 1_000 } else { number });
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    // `2026-11-26 10:00:00` has no offset.
    Some(format!("{text}Z").parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// Rows of comma-separated values with quotes.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                cell.push('"');
                characters.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            _ => cell.push(character),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_a_ledger_is_read() {
        let expected = [("ch_1", Some(1_700_000_000_000)), ("ch_2", Some(1_700_000_001_000))];
        for text in [
            "amount,id,created\n5,ch_1,1700000000\n5,ch_2,1700000001\n",
            "id,time\r\n\"ch_1\",2023-11-14T22:13:20Z\r\nch_2,2023-11-14 22:13:21\r\n",
            r#"[{"id": "ch_1", "created": 1700000000}, {"id": "ch_2", "created": 1700000001000}]"#,
            "{\"charge_id\": \"ch_1\", \"time\": \"1700000000\"}\n{\"charge_id\": \"ch_2\", \"time\": 1700000001}\n",
            r#"{"object": "list", "data": [{"id": "ch_1", "created": 1700000000}, {"id": "ch_2", "created": 1700000001}, {"id": "ch_2"}]}"#,
        ] {
            let ledger = Ledger::parse(text, None, None).unwrap();
            let read: Vec<_> =
                ledger.charges.iter().map(|charge| (charge.id.as_str(), charge.millis)).collect();
            assert_eq!(read, expected, "{text}");
        }
        assert_eq!(Ledger::parse("ref,id\na,b\n", Some("ref"), None).unwrap().charges[0].id, "a");
        for (text, part) in
            [("a,b\n1,2\n", "--ledger-id"), ("id,time\nx,soon\n", "entry 2"), ("[{}]", "entry 1")]
        {
            let error = Ledger::parse(text, None, None).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
