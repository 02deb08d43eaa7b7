//! Answers as text.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Rows of an answer with the names of their columns.
fn rows(answer: &Value) -> (Vec<String>, Vec<&Map<String, Value>>) {
    let rows: Vec<_> =
        answer["results"].as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    let mut seen = BTreeSet::new();
    let mut columns = Vec::new();
    for key in rows.iter().flat_map(|row| row.keys()) {
        if seen.insert(key) {
            columns.push(key.clone());
        }
    }
    // What a row is of comes before what it says.
    columns.sort_by_key(|name| {
        !matches!(name.as_str(), "facet" | "beginTimeSeconds" | "endTimeSeconds" | "timestamp")
    });
    (columns, rows)
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        Some(other) => other.to_string(),
    }
}

/// A table with aligned columns, numbers to the right.
pub(crate) fn text(answer: &Value) -> String {
    let (columns, rows) = rows(answer);
    if rows.is_empty() {
        return "no rows\n".to_owned();
    }
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|name| cell(row.get(name))).collect()).collect();
    let numeric: Vec<bool> = columns
        .iter()
        .map(|name| rows.iter().all(|row| row.get(name).is_none_or(Value::is_number)))
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, name)| {
            cells.iter().map(|row| row[at].chars().count()).max().unwrap_or(0).max(name.chars().count())
        })
        .collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| {
                let width = widths[at];
                if numeric[at] { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            })
            .collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut out = line(&columns) + &line(&rule);
    cells.iter().for_each(|row| out.push_str(&line(row)));
    out
}

/// Comma-separated, quoted where needed. A text that a spreadsheet would run as a formula gets a leading apostrophe.
pub(crate) fn csv(answer: &Value) -> String {
    let (columns, rows) = rows(answer);
    let quoted = |text: &str, is_text: bool| {
        let risky = is_text && text.starts_with(['=', '+', '-', '@', '\t']);
        let text = if risky { format!("'{text}") } else { text.to_owned() };
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    let mut out = columns.iter().map(|name| quoted(name, true)).collect::<Vec<_>>().join(",") + "\n";
    for row in rows {
        let cells: Vec<String> = columns
            .iter()
            .map(|name| {
                let value = row.get(name);
                quoted(&cell(value), value.is_some_and(Value::is_string))
            })
            .collect();
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_stand_to_the_right_and_what_a_row_is_of_stands_first() {
        let answer =
            json!({"results": [{"count": 7, "facet": "agent_mcp"}, {"count": 1234, "facet": "unknown"}]});
        assert_eq!(text(&answer), "facet      count\n---------  -----\nagent_mcp      7\nunknown     1234\n");
        assert_eq!(text(&json!({"results": []})), "no rows\n");
    }

    #[test]
    fn a_cell_is_quoted_and_no_formula() {
        let answer = json!({"results": [{"a": "x,\"y\"", "b": "=1+1", "c": -5, "d": null}]});
        assert_eq!(csv(&answer), "a,b,c,d\n\"x,\"\"y\"\"\",'=1+1,-5,\n");
    }
}
