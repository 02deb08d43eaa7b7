//! From a body to stored records, whatever the transport.

use std::sync::Arc;

use serde_json::Value;

use super::body::Held;
use super::status::Refusal;
use crate::app::App;
use crate::faults::Fault;
use crate::judge::{Batch, JUDGED_MAX, Judge, JudgeContext, Rejected, Unjudged};
use crate::otlp::packing::{Packing, UnpackError, unpack};
use crate::otlp::signal::Signal;
use crate::otlp::{DecodeError, count, json, proto};
use crate::room::Share;
use crate::store::Refused;

/// The encodings of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Protobuf,
    Json,
}

/// The most bytes of a packed body.
pub(crate) const PACKED_MAX: usize = 4 * 1024 * 1024;
/// The most bytes that a body may unpack to.
pub(crate) const UNPACKED_MAX: usize = 8 * 1024 * 1024;
/// What New Relic takes in one request; beyond it the sender is warned.
const NEW_RELIC_MAX: usize = 1_000_000;

/// Why nothing of a request was stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum IngestError {
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Unjudged(#[from] Unjudged),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the lab could not read the body")]
    Broken,
}

impl From<IngestError> for Refusal {
    fn from(error: IngestError) -> Self {
        let status = match &error {
            IngestError::Unpack(UnpackError::TooLarge(_)) | IngestError::Unjudged(Unjudged::TooMuch) => 413,
            IngestError::Unpack(UnpackError::Damaged(_)) | IngestError::Decode(_) => 400,
            IngestError::Unpack(UnpackError::Full(_))
            | IngestError::Unjudged(Unjudged::Full(_))
            | IngestError::Refused(_) => 503,
            IngestError::Broken => 500,
        };
        Self::new(status, error.to_string())
    }
}

/// A body as it came, and how it is to be read.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) held: Held,
    pub(crate) signal: Signal,
    pub(crate) packing: Packing,
    pub(crate) encoding: Encoding,
}

/// A request that was taken, and the answer to its sender.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) rejected: u64,
    /// Empty when there is nothing to say.
    pub(crate) message: String,
}

/// Takes a request, or plays the fault that was asked for. A client that hangs up does not undo what it has sent, as at
/// any server.
///
/// # Errors
/// The answer to the sender.
pub(crate) async fn receive(app: &Arc<App>, payload: Payload) -> Result<Taken, Refusal> {
    let fault = if payload.signal == Signal::Logs { app.faults.take() } else { None };
    let app = Arc::clone(app);
    let working = tokio::spawn(async move {
        match fault {
            None => take(&app, payload).await.map_err(Refusal::from),
            Some(fault) => play(&app, payload, fault).await,
        }
    });
    working.await.unwrap_or_else(|_| Err(IngestError::Broken.into()))
}

async fn play(app: &Arc<App>, payload: Payload, fault: Fault) -> Result<Taken, Refusal> {
    let taken = if fault.store || fault.is_success() { Some(take(app, payload).await?) } else { None };
    tokio::time::sleep(fault.delay).await;
    match taken {
        Some(taken) if fault.is_success() => Ok(taken),
        _ => Err(Refusal {
            status: fault.status,
            reason: "a fault that was requested with POST /api/fault".to_owned(),
            retry_after_s: fault.retry_after_s,
        }),
    }
}

/// Unpacks, judges and stores one request.
///
/// # Errors
/// Nothing was stored; the status says whether sending again helps.
async fn take(app: &Arc<App>, payload: Payload) -> Result<Taken, IngestError> {
    // Held until stored, so that not every request of a flood takes its room at once.
    let Ok(_turn) = app.turns.acquire().await else { return Err(IngestError::Broken) };
    let Ok(judging) = Arc::clone(&app.judges).acquire_owned().await else { return Err(IngestError::Broken) };
    let context = app.judge_context();
    let judged = tokio::task::spawn_blocking(move || {
        let judged = read(&context, payload);
        drop(judging);
        judged
    });
    match judged.await.map_err(|_| IngestError::Broken)?? {
        Content::Spans(spans) => {
            app.metrics.add_spans(spans);
            Ok(Taken { rejected: 0, message: String::new() })
        }
        Content::Points(points) => {
            app.metrics.add_points(points);
            Ok(Taken { rejected: 0, message: String::new() })
        }
        Content::Logs { mut batch, bytes, foreign } => {
            let rejected = batch.rejected;
            let told = Told {
                rejected,
                rejections: std::mem::take(&mut batch.rejections),
                records: batch.rows.len(),
                bytes,
                foreign,
            };
            let bad = app.writer.store(*batch).await?;
            Ok(Taken { rejected, message: told.message(bad) })
        }
    }
}

/// What a request holds.
#[derive(Debug)]
enum Content {
    Logs {
        batch: Box<Batch>,
        /// The body's length when unpacked.
        bytes: usize,
        /// Whether it says something, but nothing of logs.
        foreign: bool,
    },
    Spans(u64),
    Points(u64),
}

fn read(context: &JudgeContext, payload: Payload) -> Result<Content, IngestError> {
    let Payload { held, signal, packing, encoding } = payload;
    let Held { bytes: packed, mut share } = held;
    let body = unpack(&packed, packing, UNPACKED_MAX, &mut share)?;
    let beside = if packing == Packing::Identity { packed.len() } else { packed.len() + body.len() };
    let bytes = body.len();
    if encoding == Encoding::Json {
        let beside = beside + json::tree_bytes(&body)?;
        let tree = tree(&body, beside, &mut share)?;
        return Ok(match signal {
            Signal::Traces => Content::Spans(count::json_spans(&tree)?),
            Signal::Metrics => Content::Points(count::json_points(&tree)?),
            Signal::Logs => {
                let mut judge = Judge::new(context, bytes, share, beside);
                json::read(&tree, &mut judge)?;
                let batch = Box::new(judge.finish()?);
                Content::Logs { batch, bytes, foreign: json::is_foreign(&tree) }
            }
        });
    }
    Ok(match signal {
        Signal::Traces => Content::Spans(count::spans(&body)?),
        Signal::Metrics => Content::Points(count::points(&body)?),
        Signal::Logs => {
            let mut judge = Judge::new(context, bytes, share, beside);
            proto::read(&body, &mut judge)?;
            Content::Logs { batch: Box::new(judge.finish()?), bytes, foreign: false }
        }
    })
}

fn tree(body: &[u8], beside: usize, share: &mut Share) -> Result<Value, IngestError> {
    if beside > JUDGED_MAX {
        return Err(Unjudged::TooMuch.into());
    }
    share.cover(beside).map_err(Unjudged::from)?;
    Ok(json::parse(body)?)
}

/// What there is to tell the sender.
#[derive(Debug)]
struct Told {
    rejected: u64,
    rejections: Vec<Rejected>,
    records: usize,
    bytes: usize,
    foreign: bool,
}

impl Told {
    fn message(&self, bad: usize) -> String {
        let mut parts = Vec::new();
        if self.rejected > 0 {
            let named: Vec<String> =
                self.rejections.iter().map(|one| format!("{}: {}", one.place, one.reason)).collect();
            let more =
                if named.len() < usize::try_from(self.rejected).unwrap_or(usize::MAX) { ", …" } else { "" };
            parts.push(format!(
                "{} of {} records are not stored: {}{more}",
                self.rejected,
                self.rejected + self.records as u64,
                named.join(", ")
            ));
        }
        if bad > 0 {
            parts.push(format!(
                "{bad} of {} records break the contract: see the lab's page, or GET /api/events?verdict=bad",
                self.records
            ));
        }
        if self.foreign {
            parts.push("the request has no member `resourceLogs`, so there was nothing to store".to_owned());
        }
        if self.bytes > NEW_RELIC_MAX {
            parts.push(format!(
                "New Relic refuses a request of {} bytes; its limit is {NEW_RELIC_MAX}",
                self.bytes
            ));
        }
        parts.join("; ")
    }
}
