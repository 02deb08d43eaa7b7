//! The lab's own metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counters of requests by transport and status.
pub(crate) type Requests = BTreeMap<(&'static str, u16), u64>;

/// What the lab counts of itself.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<Requests>,
    refused_connections: AtomicU64,
    spans: AtomicU64,
    points: AtomicU64,
}

impl Metrics {
    pub(crate) fn request(&self, transport: &'static str, status: u16) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((transport, status)).or_default() += 1;
    }

    pub(crate) fn requests(&self) -> Requests {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn refuse_connection(&self) {
        self.refused_connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refused_connections(&self) -> u64 {
        self.refused_connections.load(Ordering::Relaxed)
    }

    pub(crate) fn add_spans(&self, count: u64) {
        self.spans.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn add_points(&self, count: u64) {
        self.points.fetch_add(count, Ordering::Relaxed);
    }

    /// Spans and metric points that were taken and not kept.
    pub(crate) fn not_kept(&self) -> (u64, u64) {
        (self.spans.load(Ordering::Relaxed), self.points.load(Ordering::Relaxed))
    }

    /// Forgets what was not kept.
    pub(crate) fn forget_not_kept(&self) {
        self.spans.store(0, Ordering::Relaxed);
        self.points.store(0, Ordering::Relaxed);
    }
}
