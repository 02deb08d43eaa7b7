//! What every request of a lab shares.

use crate::clock::Clock;
use crate::columns::Columns;
use crate::conservation::Conservation;
use crate::http::fault::Faults;
use crate::http::metrics::Metrics;
use crate::judge::{Court, Positions};
use crate::room::Room;
use crate::store::{Reader, Writer};
use instant_funnel_core::contract::Contract;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Requests that are unpacked and judged at a time: a thread each, and the window of a decoder.
pub(crate) const JUDGES: usize = 4;
/// Requests between their body and their acknowledgement.
pub(crate) const TURNS: usize = 16;
/// Queries at a time; each runs on every core and may take 128 MiB.
pub(crate) const QUERIES: usize = 2;

/// One lab.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) contract: &'static Contract,
    pub(crate) positions: Positions,
    pub(crate) window: Duration,
    pub(crate) clock: Clock,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
    pub(crate) columns: Arc<Columns>,
    pub(crate) faults: Faults,
    pub(crate) metrics: Metrics,
    pub(crate) services: Vec<Arc<dyn Conservation>>,
    /// What requests hold: bodies, unpacked, as a tree, judged, until they are stored.
    pub(crate) room: Room,
    /// What requests of the page's door hold: a flood of telemetry does not keep people out.
    pub(crate) asked: Room,
    /// What answers of some length hold until they are sent.
    pub(crate) answers: Room,
    pub(crate) judges: Arc<Semaphore>,
    pub(crate) turns: Semaphore,
    pub(crate) queries: Arc<Semaphore>,
    pub(crate) otlp: SocketAddr,
    pub(crate) grpc: SocketAddr,
}

impl App {
    /// What the judge of a request that has just come needs.
    pub(crate) fn court(&self) -> Court {
        Court {
            contract: self.contract,
            now: self.clock.now(),
            window: i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX),
            positions: self.positions,
        }
    }
}
