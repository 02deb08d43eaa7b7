//! `GET /metrics` in the Prometheus text format.

use std::fmt::Write;

use crate::app::App;
use crate::judge::EventVerdict;

/// The text of the exposition.
pub(crate) fn exposition(app: &App) -> String {
    let held = app.writer.counts();
    let counts = held.all;
    let mut out =
        String::from("# HELP funnel_lab_events Events held, by verdict.\n# TYPE funnel_lab_events gauge\n");
    for verdict in EventVerdict::ALL {
        let count = match verdict {
            EventVerdict::Good => counts.good,
            EventVerdict::Bad => counts.bad,
            EventVerdict::Duplicate => counts.duplicate,
            EventVerdict::Other => counts.other,
        };
        let _ = writeln!(out, "funnel_lab_events{{verdict=\"{}\"}} {count}", verdict.as_str());
    }
    out.push_str(
        "# HELP funnel_lab_steps Good events held, by contract and step.\n# TYPE funnel_lab_steps gauge\n",
    );
    for (layout, own) in app.columns.contracts().iter().zip(&held.each) {
        let contract = layout.contract;
        for (at, step) in contract.steps.iter().enumerate() {
            let _ = writeln!(
                out,
                "funnel_lab_steps{{contract=\"{}\",step=\"{}\"}} {}",
                contract.event_name,
                step.name,
                own.step(at)
            );
        }
    }
    out.push_str(
        "# HELP funnel_lab_requests_total OTLP requests.\n# TYPE funnel_lab_requests_total counter\n",
    );
    for ((transport, status), count) in app.metrics.requests() {
        let _ = writeln!(
            out,
            "funnel_lab_requests_total{{transport=\"{transport}\",status=\"{status}\"}} {count}"
        );
    }
    let refused = app.metrics.refused_connections();
    let _ = writeln!(
        out,
        "# HELP funnel_lab_refused_connections_total Connections refused because of the limit.\n\
         # TYPE funnel_lab_refused_connections_total counter\nfunnel_lab_refused_connections_total {refused}"
    );
    let (spans, points) = app.metrics.not_kept();
    let _ = writeln!(
        out,
        "# HELP funnel_lab_not_kept Spans and metric points that were accepted but not stored.\n\
         # TYPE funnel_lab_not_kept gauge\nfunnel_lab_not_kept{{signal=\"traces\"}} {spans}\n\
         funnel_lab_not_kept{{signal=\"metrics\"}} {points}"
    );
    if let Some(bytes) = app.columns.bytes() {
        let _ = writeln!(
            out,
            "# HELP funnel_lab_columns_bytes Memory of the columns.\n\
             # TYPE funnel_lab_columns_bytes gauge\nfunnel_lab_columns_bytes {bytes}"
        );
    }
    out
}
