//! Results as text tables.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use crate::terminal;

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
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A table with aligned columns, numbers to the right.
pub(crate) fn text(answer: &Value) -> String {
    let (columns, rows) = rows(answer);
    if rows.is_empty() {
        return "no rows\n".to_owned();
    }
    let heads: Vec<String> = columns.iter().map(|name| terminal::line(name).into_owned()).collect();
    let shown = |value| terminal::line(&cell(value)).into_owned();
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|name| shown(row.get(name))).collect()).collect();
    let numeric: Vec<bool> = columns
        .iter()
        .map(|name| rows.iter().all(|row| row.get(name).is_none_or(Value::is_number)))
        .collect();
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| cells.iter().map(|row| row[at].width()).max().unwrap_or(0).max(head.width()))
        .collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| {
                // Columns of a terminal, of which some characters take two.
                let blanks = " ".repeat(widths[at] - cell.width());
                if numeric[at] { blanks + cell } else { cell.clone() + &blanks }
            })
            .collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut out = line(&heads) + &line(&rule);
    cells.iter().for_each(|row| out.push_str(&line(row)));
    out
}

/// Comma-separated, quoted where needed. A string that a spreadsheet would run as a formula gets a leading apostrophe.
pub(crate) fn csv(answer: &Value) -> String {
    let (columns, rows) = rows(answer);
    let quoted = |text: &str, is_text: bool| {
        let risky = is_text && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let text = terminal::lines(text);
        let text = if risky { format!("'{text}") } else { text.into_owned() };
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
    use serde_json::json;

    use super::*;

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

    #[test]
    fn a_line_end_within_a_value_is_kept_in_csv_and_a_blank_in_the_table() {
        let answer = json!({"results": [{"a\nb": "x\ny", "c": "x\r\ny", "d": "tab\there"}]});
        assert_eq!(csv(&answer), "\"a\nb\",c,d\n\"x\ny\",\"x\r\ny\",tab\there\n");
        assert_eq!(text(&answer).lines().count(), 3);
    }

    #[test]
    fn names_and_values_are_shown_without_their_escape_sequences() {
        let answer = json!({"results": [{"\u{1b}[31mname": "\u{1b}[2J", "list": ["\u{9b}1m"]}]});
        for shown in [text(&answer), csv(&answer)] {
            assert!(!shown.contains(['\u{1b}', '\u{9b}']), "{shown:?}");
        }
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let answer =
            json!({"results": [{"facet": "日本語", "count": 1}, {"facet": "e\u{301}a", "count": 22}]});
        let lines: Vec<String> = text(&answer).lines().map(str::to_owned).collect();
        assert_eq!(lines[1], "------  -----");
        assert!(
            lines[2].starts_with("日本語      1") && lines[3].starts_with("e\u{301}a         22"),
            "{lines:?}"
        );
        assert!(lines[2..].iter().all(|line| line.width() == 13), "{lines:?}");
    }
}
