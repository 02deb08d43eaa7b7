//! `GET /metrics` in the Prometheus text format.

use crate::app::App;
use crate::judge::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the lab counts of itself.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    refused_connections: AtomicU64,
}

impl Metrics {
    pub(crate) fn request(&self, transport: &'static str, status: u16) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((transport, status)).or_default() += 1;
    }

    pub(crate) fn refuse_connection(&self) {
        self.refused_connections.fetch_add(1, Ordering::Relaxed);
    }
}

/// The text of the exposition.
pub(crate) fn exposition(app: &App) -> String {
    let counts = app.writer.counts();
    let mut out =
        String::from("# HELP funnel_lab_events Events held, by verdict.\n# TYPE funnel_lab_events gauge\n");
    for verdict in Verdict::ALL {
        let count = match verdict {
            Verdict::Good => counts.good,
            Verdict::Bad => counts.bad,
            Verdict::Duplicate => counts.duplicate,
            Verdict::Other => counts.other,
        };
        let _ = writeln!(out, "funnel_lab_events{{verdict=\"{}\"}} {count}", verdict.as_str());
    }
    out.push_str("# HELP funnel_lab_steps Good events held, by step.\n# TYPE funnel_lab_steps gauge\n");
    for (at, step) in app.contract.steps.iter().enumerate() {
        let _ = writeln!(out, "funnel_lab_steps{{step=\"{}\"}} {}", step.name, counts.step(at));
    }
    out.push_str(
        "# HELP funnel_lab_requests_total OTLP requests.\n# TYPE funnel_lab_requests_total counter\n",
    );
    let requests = app.metrics.requests.lock().unwrap_or_else(PoisonError::into_inner);
    for ((transport, status), count) in requests.iter() {
        let _ = writeln!(
            out,
            "funnel_lab_requests_total{{transport=\"{transport}\",status=\"{status}\"}} {count}"
        );
    }
    drop(requests);
    let refused = app.metrics.refused_connections.load(Ordering::Relaxed);
    let _ = writeln!(
        out,
        "# HELP funnel_lab_refused_connections_total Connections over the bound.\n\
         # TYPE funnel_lab_refused_connections_total counter\nfunnel_lab_refused_connections_total {refused}"
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
