//! From a body to stored records, whatever the transport.

use super::body::Held;
use crate::app::App;
use crate::judge::{Batch, Court, JUDGED_MAX, Judge, Unjudged};
use crate::otlp::body::{Packing, UnpackError, unpack};
use crate::otlp::{DecodeError, json, proto};
use crate::store::{Ack, Refused};
use std::sync::Arc;

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

impl IngestError {
    /// The HTTP status that says it.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Unpack(UnpackError::TooLarge(_)) | Self::Unjudged(Unjudged::TooMuch) => 413,
            Self::Unpack(UnpackError::Damaged(_)) | Self::Decode(_) => 400,
            Self::Unpack(UnpackError::Full(_)) | Self::Unjudged(Unjudged::Full(_)) | Self::Refused(_) => 503,
            Self::Broken => 500,
        }
    }
}

/// A stored request, and what its sender is told.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) rejected: u64,
    /// Empty when there is nothing to say.
    pub(crate) message: String,
}

/// Unpacks, judges and stores one request.
///
/// # Errors
/// Nothing was stored; the status says whether sending again helps.
pub(crate) async fn take(
    app: &Arc<App>,
    held: Held,
    packing: Packing,
    encoding: Encoding,
) -> Result<Taken, IngestError> {
    // Held until stored, so that not every request of a flood takes its room at once.
    let Ok(_turn) = app.turns.acquire().await else { return Err(IngestError::Broken) };
    let Ok(judging) = Arc::clone(&app.judges).acquire_owned().await else { return Err(IngestError::Broken) };
    let court = app.court();
    let judged = tokio::task::spawn_blocking(move || {
        let judged = judge(court, held, packing, encoding);
        drop(judging);
        judged
    });
    let (batch, bytes) = judged.await.map_err(|_| IngestError::Broken)??;
    let records = batch.rows.len();
    let ack = app.writer.store(batch).await?;
    Ok(Taken { rejected: ack.rejected, message: message(ack, records, bytes) })
}

/// The records of a body, and its length when unpacked.
fn judge(
    court: Court,
    held: Held,
    packing: Packing,
    encoding: Encoding,
) -> Result<(Batch, usize), IngestError> {
    let Held { bytes: packed, mut share } = held;
    let body = unpack(&packed, packing, UNPACKED_MAX, &mut share)?;
    let beside = if packing == Packing::Identity { packed.len() } else { packed.len() + body.len() };
    let batch = match encoding {
        Encoding::Protobuf => {
            let mut judge = Judge::new(court, body.len(), share, beside);
            proto::read(&body, &mut judge)?;
            judge.finish()?
        }
        Encoding::Json => {
            let beside = beside + json::tree_bytes(&body);
            if beside > JUDGED_MAX {
                return Err(Unjudged::TooMuch.into());
            }
            share.cover(beside).map_err(Unjudged::from)?;
            let tree = json::parse(&body)?;
            let mut judge = Judge::new(court, body.len(), share, beside);
            json::read(&tree, &mut judge)?;
            judge.finish()?
        }
    };
    Ok((batch, body.len()))
}

fn message(ack: Ack, records: usize, bytes: usize) -> String {
    let mut parts = Vec::new();
    if ack.rejected > 0 {
        parts.push(format!("{} records are over the size limit and were not stored", ack.rejected));
    }
    if ack.bad > 0 {
        parts.push(format!(
            "{} of {records} records break the contract: see the lab's page, or GET /api/events?verdict=bad",
            ack.bad
        ));
    }
    if bytes > NEW_RELIC_MAX {
        parts.push(format!("New Relic refuses a request of {bytes} bytes; its limit is {NEW_RELIC_MAX}"));
    }
    parts.join("; ")
}
