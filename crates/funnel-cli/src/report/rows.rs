//! A report as rows of one table, for a spreadsheet.

use serde_json::Value;

const COLUMNS: [&str; 14] = [
    "what",
    "name",
    "segment",
    "from",
    "until",
    "part",
    "whole",
    "rate",
    "low",
    "high",
    "open",
    "median_ms",
    "p90_ms",
    "state",
];

/// One row a step, a figure and a cohort. A step's part is of the step before; a first step's of itself.
pub(super) fn csv(report: &Value) -> String {
    let mut out = COLUMNS.join(",") + "\n";
    let mut row = |cells: [String; 14]| {
        out.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        out.push('\n');
    };
    let funnel = &report["funnel"];
    let segments = funnel["segments"].as_array().into_iter().flatten();
    let all = std::iter::once(("all".to_owned(), funnel));
    for (name, segment) in all.chain(segments.map(|one| (segment_name(&one["value"]), one))) {
        for step in segment["steps"].as_array().into_iter().flatten() {
            let figure = &step["of_previous"];
            let mut cells = figures("step", &step["step"], figure);
            cells[2].clone_from(&name);
            cells[10] = text(&step["open"]);
            cells[11] = text(&step["time"]["median_ms"]);
            cells[12] = text(&step["time"]["p90_ms"]);
            row(cells);
        }
    }
    for kpi in report["kpis"].as_array().into_iter().flatten() {
        for (state, figure) in [("mature", &kpi["mature"]), ("so_far", &kpi["so_far"])] {
            let mut cells = figures("kpi", &kpi["name"], figure);
            cells[13] = state.to_owned();
            row(cells);
        }
        for cohort in kpi["cohorts"].as_array().into_iter().flatten().filter(|one| one["began"] != 0) {
            let mut cells = figures("cohort", &kpi["name"], cohort);
            cells[3] = text(&cohort["from"]);
            cells[4] = text(&cohort["until"]);
            cells[13] = if cohort["mature"] == true { "mature" } else { "provisional" }.to_owned();
            row(cells);
        }
    }
    out
}

fn figures(what: &str, name: &Value, figure: &Value) -> [String; 14] {
    let mut cells: [String; 14] = Default::default();
    what.clone_into(&mut cells[0]);
    cells[1] = text(name);
    for (at, key) in (5..).zip(["part", "whole", "rate", "low", "high"]) {
        cells[at] = text(&figure[key]);
    }
    cells
}

/// What journeys without a value are called.
pub(super) fn segment_name(value: &Value) -> String {
    value.as_str().unwrap_or("(none)").to_owned()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn quoted(cell: &str) -> String {
    // What a spreadsheet would run as a formula is a string.
    let cell = if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}
