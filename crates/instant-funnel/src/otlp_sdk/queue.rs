//! The queue of the stock exporter: bounded in bytes, counted, flushed with a deadline.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use opentelemetry::logs::AnyValue;
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_otlp::LogExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter as _, LogProcessor, SdkLogRecord};

use crate::stats::{DropReason, Settled};

/// A request's body before compression, with room for what an estimate misses.
const BATCH_BYTES: usize = 800_000;
/// A record waits this long for company.
const LINGER: Duration = Duration::from_secs(1);
/// Between attempts at one batch: doubled from the first to the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// The exporter does not say whether a failure passes; after about ten minutes it is taken for a refusal.
const ATTEMPTS: u32 = 25;

struct Waiting {
    record: SdkLogRecord,
    scope: InstrumentationScope,
    bytes: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    in_flight: usize,
    flushing: bool,
    ended: bool,
    settled: Settled,
}

pub(super) struct Queue {
    state: Mutex<State>,
    /// The worker has something to do.
    work: Condvar,
    /// Something was settled.
    progress: Condvar,
    max_bytes: usize,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("settled", &self.settled()).finish_non_exhaustive()
    }
}

impl Queue {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { state: Mutex::default(), work: Condvar::new(), progress: Condvar::new(), max_bytes }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settled(&self) -> Settled {
        self.lock().settled
    }

    fn push(&self, record: &SdkLogRecord, scope: &InstrumentationScope) {
        let bytes = estimate(record);
        let waiting = Waiting { record: record.clone(), scope: scope.clone(), bytes };
        let mut state = self.lock();
        let refused = if state.ended {
            Some(DropReason::Shutdown)
        } else if bytes > BATCH_BYTES {
            Some(DropReason::TooLarge)
        } else if state.bytes + bytes > self.max_bytes {
            Some(DropReason::QueueFull)
        } else {
            None
        };
        if let Some(reason) = refused {
            state.settled.dropped.add(reason, 1);
            return;
        }
        state.bytes += bytes;
        state.waiting.push_back(waiting);
        if state.bytes >= BATCH_BYTES {
            self.work.notify_one();
        }
    }

    pub(super) fn flush(&self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        state.flushing = true;
        self.work.notify_one();
        while !state.waiting.is_empty() || state.in_flight > 0 {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
            state = self.progress.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.flushing = false;
    }

    pub(super) fn shutdown(&self, timeout: Duration) {
        self.flush(timeout);
        let mut state = self.lock();
        state.ended = true;
        let lost = (state.waiting.len() + state.in_flight) as u64;
        state.settled.dropped.add(DropReason::Shutdown, lost);
        state.waiting.clear();
        state.bytes = 0;
        self.work.notify_one();
    }

    /// Waits for a batch; none when the queue has ended.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut state = self.lock();
        let mut since = None;
        while !state.ended {
            let ready = state.bytes >= BATCH_BYTES || state.flushing;
            let waited = since.is_some_and(|since: Instant| since.elapsed() >= LINGER);
            if !state.waiting.is_empty() && (ready || waited) {
                let mut batch = Vec::new();
                let mut bytes = 0;
                while let Some(next) = state.waiting.front()
                    && bytes + next.bytes <= BATCH_BYTES
                    && let Some(next) = state.waiting.pop_front()
                {
                    bytes += next.bytes;
                    batch.push(next);
                }
                state.bytes -= bytes;
                state.in_flight = batch.len();
                return Some(batch);
            }
            if !state.waiting.is_empty() && since.is_none() {
                since = Some(Instant::now());
            }
            state = self.work.wait_timeout(state, LINGER).unwrap_or_else(PoisonError::into_inner).0;
        }
        None
    }

    fn settle(&self, count: usize, delivered: bool) {
        let mut state = self.lock();
        // After the end, `shutdown` has counted what was in flight.
        if !state.ended {
            if delivered {
                state.settled.delivered += count as u64;
            } else {
                state.settled.dropped.add(DropReason::Rejected, count as u64);
            }
        }
        state.in_flight = 0;
        self.progress.notify_all();
    }

    /// Waits before the next attempt; false when the queue has ended.
    fn pause(&self, wait: Duration) -> bool {
        let deadline = Instant::now() + wait;
        let mut state = self.lock();
        while !state.ended {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return true };
            state = self.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }
}

/// The bytes of a record on the wire, from above.
fn estimate(record: &SdkLogRecord) -> usize {
    const AROUND: usize = 160;
    const AROUND_ATTRIBUTE: usize = 16;
    let attributes = record.attributes_iter().map(|(key, value)| {
        let value = match value {
            AnyValue::String(text) => text.as_str().len(),
            _ => 10,
        };
        key.as_str().len() + value + AROUND_ATTRIBUTE
    });
    AROUND + attributes.sum::<usize>()
}

/// A processor that hands batches, cut by bytes, to the stock exporter on a thread of its own.
#[derive(Debug)]
pub(super) struct ByteBatches {
    exporter: Arc<Mutex<LogExporter>>,
    queue: Arc<Queue>,
}

impl ByteBatches {
    pub(super) fn start(exporter: LogExporter, queue: Arc<Queue>) -> std::io::Result<Self> {
        let exporter = Arc::new(Mutex::new(exporter));
        let (for_worker, worker_queue) = (exporter.clone(), queue.clone());
        std::thread::Builder::new().name("instant-funnel-otlp-sdk".to_owned()).spawn(move || {
            // What the client logs must not come back as records.
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            while let Some(batch) = worker_queue.take() {
                let delivered = send(&for_worker, &worker_queue, &batch);
                worker_queue.settle(batch.len(), delivered);
            }
        })?;
        Ok(Self { exporter, queue })
    }
}

fn send(exporter: &Mutex<LogExporter>, queue: &Queue, batch: &[Waiting]) -> bool {
    let pairs: Vec<_> = batch.iter().map(|waiting| (&waiting.record, &waiting.scope)).collect();
    let mut wait = BACKOFF.0;
    for _ in 0..ATTEMPTS {
        let exporter = exporter.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = finish(exporter.export(LogBatch::new(&pairs)));
        drop(exporter);
        if sent {
            return true;
        }
        if !queue.pause(wait) {
            return false;
        }
        wait = (wait * 2).min(BACKOFF.1);
    }
    false
}

/// With a blocking client an export is done at its first poll.
fn finish(export: impl Future<Output = OTelSdkResult>) -> bool {
    let mut context = std::task::Context::from_waker(Waker::noop());
    matches!(pin!(export).poll(&mut context), Poll::Ready(Ok(())))
}

impl LogProcessor for ByteBatches {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.queue.push(record, scope);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.flush(Duration::from_secs(5));
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.queue.shutdown(timeout);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.lock().unwrap_or_else(PoisonError::into_inner).set_resource(resource);
    }
}
