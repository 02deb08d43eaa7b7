//! NerdGraph's shape.

use serde_json::{Map, Value as Json, json};

use super::{Answer, Column, Kind, Row};
use crate::value::Value;

impl Answer {
    /// The object that NerdGraph's `nrql` field gives: `results`, `metadata`, `totalResult`, `otherResult`,
    /// `currentResults`, `previousResults`, `queryProgress`, `rawResponse`.
    ///
    /// Where New Relic's form is not known, the choice is in `docs/nrql.md`.
    #[must_use]
    pub fn to_nerdgraph(&self) -> Json {
        let compared = self.previous.is_some();
        let current = self.objects(&self.rows, compared.then_some("current"));
        let previous = self.previous.as_ref().map(|rows| self.objects(rows, Some("previous")));
        let results = match &previous {
            Some(previous) => current.iter().chain(previous).cloned().collect(),
            None => current.clone(),
        };
        json!({
            "results": results,
            "currentResults": if compared { Json::from(current) } else { Json::Null },
            "previousResults": previous,
            "totalResult": self.aside(&self.total),
            "otherResult": self.aside(&self.other),
            "queryProgress": {
                "completed": true,
                "queryId": null,
                "resultExpiration": null,
                "retryAfter": null,
                "retryDeadline": null,
            },
            "metadata": self.flat_metadata(),
            "rawResponse": self.to_raw(),
        })
    }

    /// `metadata` of the flat form.
    fn flat_metadata(&self) -> Json {
        let metadata = &self.metadata;
        json!({
            "eventTypes": metadata.event_types,
            "facets": if self.facets.is_empty() { Json::Null } else { json!(self.facets) },
            "messages": metadata.messages,
            "timeWindow": {
                "begin": metadata.begin,
                "end": metadata.end,
                "since": metadata.since,
                "until": metadata.until,
                "compareWith": metadata.compare_with,
            },
        })
    }

    /// One object, or several where there is one for each window.
    fn aside(&self, rows: &[Row]) -> Json {
        let timeseries = matches!(self.kind, Kind::Aggregates { faceted: true, timeseries: true });
        let mut objects = self.objects(rows, None);
        if timeseries { objects.into() } else { objects.pop().unwrap_or(Json::Null) }
    }

    fn objects(&self, rows: &[Row], comparison: Option<&str>) -> Vec<Json> {
        rows.iter().map(|row| self.object(row, comparison)).collect()
    }

    fn object(&self, row: &Row, comparison: Option<&str>) -> Json {
        let mut object = Map::new();
        if let Some(comparison) = comparison {
            object.insert("comparison".to_owned(), comparison.into());
        }
        if let Some((begin, end)) = row.window {
            object.insert("beginTimeSeconds".to_owned(), seconds(begin));
            object.insert("endTimeSeconds".to_owned(), seconds(end));
        }
        if !row.facet.is_empty() {
            object.insert("facet".to_owned(), facet_name(&row.facet));
            for (name, value) in self.facets.iter().zip(&row.facet) {
                object.insert(name.clone(), facet_text(value));
            }
        }
        let events = matches!(self.kind, Kind::Events { .. });
        for (column, value) in self.columns.iter().zip(&row.values) {
            // Rows of events leave out what they lack.
            if events && value.is_null() {
                continue;
            }
            match value {
                // The lists of names stand in the row itself.
                Value::Map(lists) if column.alias.is_none() && is_keyset(column) => {
                    object.extend(lists.iter().map(|(name, list)| (name.to_string(), list.to_json())));
                }
                _ => {
                    object.insert(column.key.clone(), value.to_json());
                }
            }
        }
        Json::Object(object)
    }
}

/// Whether a column is the lists of names that `keyset()` gives.
pub(super) fn is_keyset(column: &Column) -> bool {
    column.function.as_deref() == Some("keyset")
}

/// Seconds, whole where they are.
pub(super) fn seconds(millis: i64) -> Json {
    if millis % 1_000 == 0 { (millis / 1_000).into() } else { (millis as f64 / 1_000.0).into() }
}

/// Facets are named by texts, several keys by an array of them.
pub(super) fn facet_name(values: &[Value]) -> Json {
    match values {
        [only] => facet_text(only),
        several => several.iter().map(facet_text).collect(),
    }
}

fn facet_text(value: &Value) -> Json {
    if value.is_null() { Json::Null } else { value.to_string().into() }
}
