//! Sends one batch as one request.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::batch::Batch;
use super::body::Assembler;
use super::compress::Compressor;
use super::headers::Headers;
use crate::settings::choice::{Compression, Protocol};
use crate::settings::endpoint::Endpoint;
use crate::settings::transport::{Request, Response, Transport, TransportError};

/// A scratch that does not come back (its thread panicked) is replaced after this.
const PATIENCE: Duration = Duration::from_secs(1);
const CONTENT_TYPE: (&str, &str) = ("content-type", "application/x-protobuf");

/// What building a body needs. Kept apart from the threads, since most of them only wait for answers.
#[derive(Debug, Default)]
struct Scratch {
    assembler: Assembler,
    compressor: Compressor,
    raw: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Poster {
    endpoint: Endpoint,
    pub(crate) headers: Headers,
    transport: Arc<dyn Transport>,
    compression: Compression,
    /// The far end has shown that it does not understand the compression.
    plain: AtomicBool,
    /// Whether it does not has been tried out.
    tried: AtomicBool,
    scratches: Mutex<Vec<Scratch>>,
    returned: Condvar,
    cores: usize,
    pub(crate) protocol: Protocol,
}

impl Poster {
    pub(crate) fn new(
        endpoint: Endpoint,
        headers: Headers,
        transport: Arc<dyn Transport>,
        compression: Compression,
        protocol: Protocol,
    ) -> Self {
        let plain = AtomicBool::new(compression == Compression::None);
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            endpoint,
            headers,
            transport,
            compression,
            plain,
            tried: AtomicBool::new(false),
            scratches: Mutex::new((0..cores).map(|_| Scratch::default()).collect()),
            returned: Condvar::new(),
            cores,
            protocol,
        }
    }

    /// Sends a batch. `body` is the thread's own buffer.
    pub(crate) fn post(&self, batch: &Batch, body: &mut Vec<u8>) -> Result<Response, TransportError> {
        let attempt = AssertUnwindSafe(|| {
            let encoding = self.build(batch, body);
            let headers = self.headers.snapshot();
            let mut lines: Vec<(&str, &str)> = vec![CONTENT_TYPE];
            lines.extend(encoding.map(|e| ("content-encoding", e)));
            lines.extend(headers.iter().map(|(name, value)| (name.as_str(), value.expose())));
            if let Some(authorization) = &self.endpoint.authorization
                && headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case("authorization"))
            {
                lines.push(("authorization", authorization.expose()));
            }
            self.transport.send(&Request { endpoint: &self.endpoint.url, headers: &lines, body })
        });
        // A client that panics is a client that failed; the batch is still ours.
        catch_unwind(attempt)
            .unwrap_or_else(|_| Err(TransportError::Protocol("the client panicked".to_owned())))
    }

    fn build(&self, batch: &Batch, body: &mut Vec<u8>) -> Option<&'static str> {
        let mut scratch = self.scratch();
        let start = scratch.assembler.assemble(batch, &mut scratch.raw);
        let raw = scratch.raw.get(start..).unwrap_or_default();
        let plain = batch.plain || self.plain.load(Ordering::Relaxed);
        let how = if plain { Compression::None } else { self.compression };
        // An encoder that fails (out of memory) does not stop the sending.
        let encoding = scratch.compressor.compress(how, raw, body).unwrap_or(None);
        if encoding.is_none() {
            body.clear();
            body.extend_from_slice(raw);
        }
        let mut free = self.scratches.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < self.cores {
            free.push(scratch);
        }
        drop(free);
        self.returned.notify_one();
        encoding
    }

    /// A scratch, once one is free. There are as many as cores: with more, threads would only push each other's data
    /// out of the caches.
    fn scratch(&self) -> Scratch {
        let free = self.scratches.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut free, _) = self
            .returned
            .wait_timeout_while(free, PATIENCE, |free| free.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        free.pop().unwrap_or_default()
    }

    /// True once: try a refused batch again without compression, to see if that is what the far end dislikes.
    pub(crate) fn try_plain(&self) -> bool {
        !self.plain.load(Ordering::Relaxed) && !self.tried.swap(true, Ordering::Relaxed)
    }

    /// From now on without compression. True the first time.
    pub(crate) fn go_plain(&self) -> bool {
        !self.plain.swap(true, Ordering::Relaxed)
    }
}
