//! A report for people: aligned text, or Markdown.

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::rows::segment_name;
use crate::terminal;

/// One table of a report.
struct Table {
    title: String,
    heads: Vec<&'static str>,
    /// How many of the columns say what a row is of.
    keys: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn width(&self, at: usize) -> usize {
        let cells = self.rows.iter().map(|row| row[at].width()).max().unwrap_or(0);
        cells.max(self.heads[at].width())
    }
}

/// Cohorts that are shown; a report in CSV or JSON has them all.
const COHORTS: usize = 14;

fn tables(report: &Value) -> Vec<Table> {
    let funnel = &report["funnel"];
    let mut tables = vec![steps("Funnel", funnel)];
    for segment in funnel["segments"].as_array().into_iter().flatten() {
        let by = funnel["by"].as_str().unwrap_or("");
        tables.push(steps(&format!("{by}: {}", segment_name(&segment["value"])), segment));
    }
    let kpis: Vec<&Value> = report["kpis"].as_array().into_iter().flatten().collect();
    tables.push(Table {
        title: "Key figures".to_owned(),
        keys: 2,
        heads: vec!["KPI", "state", "rate", "95 % interval", "of", "target", ""],
        rows: kpis.iter().flat_map(|kpi| [figure(kpi, true), figure(kpi, false)]).collect(),
    });
    tables.extend(kpis.iter().map(|kpi| cohorts(kpi, report)));
    tables
}

fn steps(title: &str, segment: &Value) -> Table {
    let row = |step: &Value| {
        vec![
            step["step"].as_str().unwrap_or("").to_owned(),
            count(&step["count"]),
            percent(&step["of_first"]["rate"]),
            percent(&step["of_previous"]["rate"]),
            interval(&step["of_previous"]),
            count(&step["open"]),
            span(&step["time"]["median_ms"]),
            span(&step["time"]["p90_ms"]),
        ]
    };
    let began = count(&segment["began"]);
    Table {
        title: format!("{title} ({began} journeys began)"),
        keys: 1,
        heads: vec!["step", "count", "of first", "of previous", "95 % interval", "open", "median", "p90"],
        rows: segment["steps"].as_array().into_iter().flatten().map(row).collect(),
    }
}

fn figure(kpi: &Value, mature: bool) -> Vec<String> {
    let figure = if mature { &kpi["mature"] } else { &kpi["so_far"] };
    let state = match (mature, kpi["provisional"] == true) {
        (true, _) => "mature",
        (false, true) => "so far, provisional",
        (false, false) => "so far",
    };
    let verdict = match (mature, kpi["verdict"].as_str()) {
        (true, Some("too few journeys")) => {
            format!("too few journeys; at least {} are needed", kpi["least_n"])
        }
        (true, Some(verdict)) => verdict.to_owned(),
        _ => String::new(),
    };
    vec![
        kpi["name"].as_str().unwrap_or("").to_owned(),
        state.to_owned(),
        percent(&figure["rate"]),
        interval(figure),
        format!("{} of {}", count(&figure["part"]), count(&figure["whole"])),
        percent(&kpi["target"]),
        verdict,
    ]
}

fn cohorts(kpi: &Value, report: &Value) -> Table {
    let all: Vec<&Value> =
        kpi["cohorts"].as_array().into_iter().flatten().filter(|one| one["began"] != 0).collect();
    let zone = report["zone"].as_str().unwrap_or("UTC");
    let row = |cohort: &&Value| {
        vec![
            moment(&cohort["from"], zone, report["every"] == "hour"),
            count(&cohort["began"]),
            format!("{} of {}", count(&cohort["part"]), count(&cohort["whole"])),
            percent(&cohort["rate"]),
            interval(cohort),
            if cohort["mature"] == true { "mature" } else { "provisional" }.to_owned(),
        ]
    };
    let shown = &all[all.len().saturating_sub(COHORTS)..];
    let name = kpi["name"].as_str().unwrap_or("");
    let every = report["every"].as_str().unwrap_or("");
    Table {
        title: format!("{name} by start {every} ({zone}), the last {} of {}", shown.len(), all.len()),
        keys: 1,
        heads: vec!["began", "journeys", "converted", "rate", "95 % interval", "state"],
        rows: shown.iter().map(row).collect(),
    }
}

/// Aligned columns. A table that is wider than the terminal goes on below, with what its rows are of repeated.
pub(super) fn table(report: &Value, columns: Option<usize>) -> String {
    let mut out = String::new();
    for table in tables(report) {
        out.push_str(&format!("{}\n", table.title));
        let widths: Vec<usize> = (0..table.heads.len()).map(|at| table.width(at)).collect();
        for part in parts(&widths, table.keys, columns.unwrap_or(usize::MAX)) {
            let line = |cells: Vec<&str>| {
                let padded: Vec<String> = part
                    .iter()
                    .map(|at| {
                        let blanks = " ".repeat(widths[*at] - cells[*at].width());
                        if *at == 0 { cells[*at].to_owned() + &blanks } else { blanks + cells[*at] }
                    })
                    .collect();
                format!("  {}\n", padded.join("  ").trim_end())
            };
            out.push_str(&line(table.heads.clone()));
            for row in &table.rows {
                out.push_str(&line(row.iter().map(String::as_str).collect()));
            }
        }
        out.push('\n');
    }
    terminal::lines(out.trim_end()).into_owned() + "\n"
}

/// Which columns stand side by side: the first `keys` of them in each part.
fn parts(widths: &[usize], keys: usize, columns: usize) -> Vec<Vec<usize>> {
    let taken = |part: &[usize]| part.iter().map(|at| widths[*at] + 2).sum::<usize>();
    let start: Vec<usize> = (0..keys).collect();
    let mut parts = vec![start.clone()];
    for (at, width) in widths.iter().enumerate().skip(keys) {
        let Some(last) = parts.last_mut() else { continue };
        if last.len() > keys && taken(last) + width + 2 > columns {
            parts.push([start.as_slice(), &[at]].concat());
        } else {
            last.push(at);
        }
    }
    parts
}

/// Headings and tables, to be pasted into a document.
pub(super) fn markdown(report: &Value) -> String {
    let mut out = String::new();
    for Table { title, heads, rows, .. } in tables(report) {
        let escape = |cell: &str| terminal::line(cell).replace('|', "\\|");
        out.push_str(&format!(
            "### {}\n\n| {} |\n|{}\n",
            escape(&title),
            heads.join(" | "),
            "---|".repeat(heads.len())
        ));
        for row in rows {
            let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}

fn count(value: &Value) -> String {
    let digits = value.as_u64().unwrap_or(0).to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

fn percent(value: &Value) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), |rate| format!("{:.2} %", rate * 100.0))
}

fn interval(figure: &Value) -> String {
    match (figure["low"].as_f64(), figure["high"].as_f64()) {
        (Some(low), Some(high)) => format!("{:.2}–{:.2} %", low * 100.0, high * 100.0),
        _ => "–".to_owned(),
    }
}

/// A duration, to two units.
fn span(millis: &Value) -> String {
    let Some(millis) = millis.as_i64() else { return "–".to_owned() };
    let seconds = millis / 1_000;
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// A day or an hour in the report's zone.
fn moment(millis: &Value, zone: &str, with_hour: bool) -> String {
    let format = if with_hour { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" };
    let time = millis.as_i64().and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    let zone = jiff::tz::db().get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    time.map_or_else(String::new, |time| zone.to_datetime(time).strftime(format).to_string())
}
