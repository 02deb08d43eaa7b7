//! The state shared by all requests of a lab.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::columns::Columns;
use crate::conservation::Conservation;
use crate::faults::Faults;
use crate::judge::JudgeContext;
use crate::metrics::Metrics;
use crate::query::Queries;
use crate::refusals::Refusals;
use crate::room::Room;
use crate::store::{Reader, Writer};

/// Requests that are unpacked and judged at a time: a thread each, and the window of a decoder.
pub(crate) const JUDGES: usize = 4;
/// Requests between their body and their acknowledgement.
pub(crate) const TURNS: usize = 16;

/// One lab.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) window: Duration,
    pub(crate) clock: Clock,
    pub(crate) allowed_hosts: Vec<String>,
    /// Of pages of other sites that may send telemetry.
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
    pub(crate) columns: Arc<Columns>,
    pub(crate) queries: Arc<Queries>,
    pub(crate) faults: Faults,
    pub(crate) metrics: Metrics,
    /// The gauges of the key figures, and when they were made.
    pub(crate) gauges: Mutex<Option<(Instant, String)>>,
    pub(crate) refusals: Refusals,
    pub(crate) services: Vec<Arc<dyn Conservation>>,
    /// What requests hold: bodies, unpacked, as a tree, judged, until they are stored.
    pub(crate) room: Room,
    /// What requests of the page's door hold: a flood of telemetry does not keep people out.
    pub(crate) asked: Room,
    /// What answers of some length hold until they are sent.
    pub(crate) answers: Room,
    pub(crate) judges: Arc<Semaphore>,
    pub(crate) turns: Semaphore,
    pub(crate) otlp: SocketAddr,
    pub(crate) grpc: SocketAddr,
}

impl App {
    /// What the judge of a request that has just come needs.
    pub(crate) fn judge_context(&self) -> JudgeContext {
        JudgeContext {
            now: self.clock.nanos(),
            window: i64::try_from(self.window.as_nanos()).unwrap_or(i64::MAX),
            contracts: Arc::clone(self.columns.contracts()),
        }
    }

    /// Notes for the page that a request was refused.
    pub(crate) fn note_refused(&self, transport: &'static str, status: u16, reason: &str) {
        self.refusals.note(self.clock.millis(), transport, status, reason);
    }

    /// Notes for the page that records of a request were rejected.
    pub(crate) fn note_taken(&self, transport: &'static str, rejected: u64, message: &str) {
        if rejected > 0 {
            self.refusals.note(self.clock.millis(), transport, 200, message);
        }
    }

    /// Forgets what is counted beside the store.
    pub(crate) fn forget(&self) {
        self.refusals.clear();
        self.metrics.forget_not_kept();
    }

    /// The body of `GET /api/counts`.
    pub(crate) fn counts_json(&self) -> Value {
        let held = self.writer.counts();
        let mut counts = held.all.to_json();
        let each = self.columns.contracts().iter().zip(&held.each).map(|(layout, own)| {
            let mut own = own.json_of(layout.contract);
            own["contract"] = json!(layout.contract.event_name);
            own
        });
        counts["contracts"] = each.collect();
        let (spans, points) = self.metrics.not_kept();
        counts["refused"] = json!(self.refusals.total());
        counts["not_kept"] = json!({"spans": spans, "metric_points": points});
        counts
    }
}
