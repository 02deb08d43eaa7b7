//! The raw response, as the older API gave it and NerdGraph's `rawResponse` still does.

use serde_json::{Map, Value as Json, json};

use super::nerdgraph::{facet_name, seconds};
use super::{Answer, Column, Kind, Row};
use crate::value::Value;

impl Answer {
    /// The raw response: `results`, `facets`, `timeSeries`, `total`, `metadata`, `performanceStats`.
    #[must_use]
    pub fn to_raw(&self) -> Json {
        let mut response = Map::new();
        if let Some(previous) = &self.previous {
            response.insert("current".to_owned(), self.body(&self.rows, &self.total).into());
            response.insert("previous".to_owned(), self.body(previous, &[]).into());
        } else {
            response = self.body(&self.rows, &self.total);
        }
        response.insert("metadata".to_owned(), self.raw_metadata());
        response.insert(
            "performanceStats".to_owned(),
            json!({
                "inspectedCount": self.stats.inspected,
                "matchCount": self.stats.matched,
                "omittedCount": 0,
                "wallClockTime": self.stats.wall_clock_millis,
            }),
        );
        Json::Object(response)
    }

    fn body(&self, rows: &[Row], total: &[Row]) -> Map<String, Json> {
        let mut body = Map::new();
        let mut put = |key: &str, value: Json| body.insert(key.to_owned(), value);
        match self.kind {
            Kind::EventTypes => {
                let names: Vec<Json> =
                    rows.iter().filter_map(|row| row.values.first()).map(Value::to_json).collect();
                put("results", json!([{ "eventTypes": names }]));
            }
            Kind::Events { .. } => {
                let events: Vec<Json> = rows.iter().map(|row| self.event(row)).collect();
                put("results", json!([{ "events": events }]));
            }
            Kind::Aggregates { faceted: false, timeseries: false } => {
                put("results", rows.first().map_or(Json::Array(Vec::new()), |row| self.results(row)));
            }
            Kind::Aggregates { faceted: false, timeseries: true } => {
                put("timeSeries", self.windows(rows));
                put("total", total.first().map_or(Json::Null, |row| self.window(row)));
            }
            Kind::Aggregates { faceted: true, timeseries } => {
                let facets = rows.chunk_by(|a, b| a.facet == b.facet).map(|rows| {
                    let name = facet_name(&rows[0].facet);
                    if timeseries {
                        json!({ "name": name, "timeSeries": self.windows(rows) })
                    } else {
                        json!({ "name": name, "results": self.results(&rows[0]) })
                    }
                });
                put("facets", facets.collect());
                if timeseries {
                    put("totalResult", json!({ "timeSeries": self.windows(total) }));
                } else {
                    put(
                        "totalResult",
                        total.first().map_or(Json::Null, |row| json!({ "results": self.results(row) })),
                    );
                    put(
                        "unknownGroup",
                        json!({ "results": self.other.first().map_or(Json::Null, |row| self.results(row)) }),
                    );
                }
            }
        }
        body
    }

    fn event(&self, row: &Row) -> Json {
        let held = self.columns.iter().zip(&row.values).filter(|(_, value)| !value.is_null());
        Json::Object(held.map(|(column, value)| (column.key.clone(), value.to_json())).collect())
    }

    fn windows(&self, rows: &[Row]) -> Json {
        rows.iter().map(|row| self.window(row)).collect()
    }

    fn window(&self, row: &Row) -> Json {
        let (begin, end) = row.window.unwrap_or((self.metadata.begin, self.metadata.end));
        json!({
            "beginTimeSeconds": seconds(begin),
            "endTimeSeconds": seconds(end),
            "inspectedCount": row.inspected,
            "results": self.results(row),
        })
    }

    /// One object for each column, keyed by the function.
    fn results(&self, row: &Row) -> Json {
        let object = |(column, value): (&Column, &Value)| {
            let function = column.function.as_deref().unwrap_or("result");
            match (function, value) {
                ("funnel", value) => {
                    json!({ "steps": value.entry("steps").map_or(Json::Null, Value::to_json) })
                }
                ("percentile", value) => json!({ "percentiles": value.to_json() }),
                ("apdex", value) => json!({ "score": value.to_json() }),
                ("keyset", value) => value.to_json(),
                ("uniques", value) => json!({ "members": value.to_json() }),
                (function, value) => json!({ function: value.to_json() }),
            }
        };
        self.columns.iter().zip(&row.values).map(object).collect()
    }

    fn raw_metadata(&self) -> Json {
        let metadata = &self.metadata;
        let contents: Vec<Json> = match self.kind {
            Kind::EventTypes => vec![json!({ "function": "eventTypes" })],
            Kind::Events { ordered } => {
                let columns: Vec<&str> = self.columns.iter().map(|column| column.key.as_str()).collect();
                let mut content =
                    json!({ "function": "events", "limit": metadata.limit, "columns": columns });
                if !ordered {
                    content["order"] = json!({ "column": "timestamp", "descending": true });
                }
                vec![content]
            }
            Kind::Aggregates { .. } => self.columns.iter().map(content).collect(),
        };
        let mut raw = json!({
            "eventTypes": metadata.event_types,
            "eventType": metadata.event_types.first(),
            "openEnded": metadata.until == "NOW",
            "beginTime": instant(metadata.begin),
            "endTime": instant(metadata.end),
            "beginTimeMillis": metadata.begin,
            "endTimeMillis": metadata.end,
            "rawSince": metadata.since,
            "rawUntil": metadata.until,
            "rawCompareWith": metadata.compare_with.as_deref().unwrap_or(""),
            "messages": metadata.messages,
            "guid": null,
            "routerGuid": null,
            "accounts": [],
        });
        let mut shape = self.shape(contents);
        if self.previous.is_some() {
            shape = Map::from_iter([("contents".to_owned(), shape.into())]);
        }
        if let Json::Object(raw) = &mut raw {
            raw.extend(shape);
        }
        raw
    }

    /// What the contents stand in: those of windows in `timeSeries`, and those of facets once more in `contents`.
    fn shape(&self, contents: Vec<Json>) -> Map<String, Json> {
        let metadata = &self.metadata;
        let mut shape = Map::from_iter([("contents".to_owned(), contents.into())]);
        let Kind::Aggregates { faceted, timeseries } = self.kind else { return shape };
        if timeseries {
            shape = Map::from_iter([
                ("timeSeries".to_owned(), shape.into()),
                ("bucketSizeMillis".to_owned(), json!(metadata.bucket_millis)),
            ]);
        }
        if faceted {
            let facet = match self.facets.as_slice() {
                [only] => json!(only),
                several => json!(several),
            };
            shape = Map::from_iter([
                ("contents".to_owned(), shape.into()),
                ("facet".to_owned(), facet),
                ("limit".to_owned(), json!(metadata.limit)),
                ("offset".to_owned(), json!(metadata.offset.unwrap_or(0))),
            ]);
        }
        shape
    }
}

fn content(column: &Column) -> Json {
    let mut content = json!({ "function": column.function.as_deref().unwrap_or("result").to_ascii_lowercase(), "simple": true });
    if let Some(attribute) = &column.attribute {
        content["attribute"] = attribute.as_str().into();
    }
    if !column.thresholds.is_empty() {
        content["thresholds"] = json!(column.thresholds);
        content["relativeError"] = json!(0);
    }
    for (name, value) in &column.parameters {
        content[name.as_str()] = Value::float(*value).to_json();
    }
    if !column.steps.is_empty() {
        content["steps"] = json!(column.steps);
    }
    match &column.alias {
        // The labels of a funnel are looked for at the first level.
        Some(alias) if column.steps.is_empty() => {
            json!({ "function": "alias", "alias": alias, "contents": content })
        }
        _ => content,
    }
}

fn instant(millis: i64) -> Json {
    jiff::Timestamp::from_millisecond(millis).map_or(Json::Null, |time| time.to_string().into())
}
