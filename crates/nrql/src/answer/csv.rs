//! Comma-separated values, as RFC 4180 describes them.

use super::Answer;

impl Answer {
    /// The rows as CSV with a line of headings; lines end in `\r\n`.
    ///
    /// A string that a spreadsheet would take for a formula gets an apostrophe before it.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let (headings, rows) = self.cells();
        let mut csv = String::new();
        let mut line = |cells: Vec<String>| {
            csv.push_str(&cells.join(","));
            csv.push_str("\r\n");
        };
        line(headings.iter().map(|heading| cell(heading, false)).collect());
        for row in rows {
            line(row.iter().map(|value| cell(&value.to_string(), value.number().is_some())).collect());
        }
        csv
    }
}

fn cell(text: &str, number: bool) -> String {
    let guarded = if !number && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if guarded.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", guarded.replace('"', "\"\""));
    }
    guarded
}
