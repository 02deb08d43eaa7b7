//! A table for people.

use std::fmt::Write;

use super::{Answer, Kind, Row};
use crate::value::Value;

impl Answer {
    /// The rows as a table of text: a line of headings, then one line for each row, columns two spaces apart,
    /// numbers to the right. Messages are not in it.
    ///
    /// The steps of `funnel` stand below each other, with their share of the first.
    #[must_use]
    pub fn to_table(&self) -> String {
        if let Some(funnel) = self.funnel_table() {
            return funnel;
        }
        let (headings, rows) = self.cells();
        lines(&headings, &rows)
    }

    /// Headings and cells, as tables and CSV show them.
    pub(super) fn cells(&self) -> (Vec<String>, Vec<Vec<Value>>) {
        let mut headings = Vec::new();
        let compared = self.previous.is_some();
        if compared {
            headings.push("comparison".to_owned());
        }
        headings.extend(self.facets.iter().cloned());
        let timeseries = matches!(self.kind, Kind::Aggregates { timeseries: true, .. });
        if timeseries {
            headings.push("begin".to_owned());
        }
        headings.extend(self.columns.iter().map(|column| column.heading.clone()));
        let line = |row: &Row, comparison: &str| {
            let mut cells = Vec::new();
            if compared {
                cells.push(Value::text(comparison));
            }
            cells.extend(row.facet.iter().cloned());
            if let Some((begin, _)) = row.window {
                let time = jiff::Timestamp::from_millisecond(begin)
                    .map_or_else(|_| begin.to_string(), |time| time.to_string());
                cells.push(Value::text(time));
            }
            cells.extend(row.values.iter().cloned());
            cells
        };
        let mut rows: Vec<Vec<Value>> = self.rows.iter().map(|row| line(row, "current")).collect();
        rows.extend(self.previous.iter().flatten().map(|row| line(row, "previous")));
        (headings, rows)
    }

    /// A single funnel reads best downwards.
    fn funnel_table(&self) -> Option<String> {
        let ([row], [column], None) = (self.rows.as_slice(), self.columns.as_slice(), &self.previous) else {
            return None;
        };
        if column.steps.is_empty() || !row.facet.is_empty() || row.window.is_some() {
            return None;
        }
        let Some(Value::List(counts)) = row.values.first()?.entry("steps") else { return None };
        let first = counts.first()?.number()?;
        let rows = column.steps.iter().zip(counts.iter()).map(|(step, count)| {
            let share = count
                .number()
                .filter(|_| first > 0.0)
                .map(|count| Value::text(format!("{:.1} %", 100.0 * count / first)));
            vec![Value::text(step.as_str()), count.clone(), share.unwrap_or_default()]
        });
        let subject = column.attribute.clone().unwrap_or_else(|| "count".to_owned());
        let headings = ["step".to_owned(), subject, "of first".to_owned()];
        Some(lines(&headings, &rows.collect::<Vec<_>>()))
    }
}

fn lines(headings: &[String], rows: &[Vec<Value>]) -> String {
    let numeric = |place: usize| {
        rows.iter().all(|row| row.get(place).is_none_or(|cell| cell.is_null() || cell.number().is_some()))
    };
    let right: Vec<bool> = (0..headings.len()).map(|place| place > 0 && numeric(place)).collect();
    let texts: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(Value::to_string).collect()).collect();
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.chars().count()).collect();
    for row in &texts {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut table = String::new();
    for row in std::iter::once(headings).chain(texts.iter().map(Vec::as_slice)) {
        let mut line = String::new();
        for (place, cell) in row.iter().enumerate() {
            let (width, gap) = (widths[place], if place > 0 { "  " } else { "" });
            let cell = cell.replace(['\n', '\r', '\t'], " ");
            let blank = " ".repeat(width - cell.chars().count());
            let (before, after) = if right[place] { (blank.as_str(), "") } else { ("", blank.as_str()) };
            // Writing to a String cannot fail.
            let _ = write!(line, "{gap}{before}{cell}{after}");
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}
