//! Reads a body, bounded in bytes and time, and counts what all bodies together hold.

use super::BODY_TIMEOUT;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A body in memory; its share of the bound is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ReadError {
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the lab holds as many bodies as it may; send again in a second")]
    Full,
    #[error("the connection broke off inside the body")]
    Broken,
}

/// Reads `body` up to `limit` bytes.
///
/// # Errors
/// Longer, too slow, broken off, or no room.
pub(crate) async fn read(mut body: Incoming, limit: usize, room: &Arc<Semaphore>) -> Result<Held, ReadError> {
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(ReadError::TooLarge(limit));
    }
    let reading = async {
        let mut first: Option<Bytes> = None;
        let mut all = BytesMut::new();
        let mut share: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| ReadError::Broken)?.into_data() else { continue };
            let so_far = first.as_ref().map_or(all.len(), Bytes::len);
            if so_far + data.len() > limit {
                return Err(ReadError::TooLarge(limit));
            }
            let permits = u32::try_from(data.len()).unwrap_or(u32::MAX);
            let more = Arc::clone(room).try_acquire_many_owned(permits).map_err(|_| ReadError::Full)?;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
            // Most bodies come in one frame, which need not be copied.
            if all.is_empty() && first.is_none() {
                first = Some(data);
            } else {
                if let Some(first) = first.take() {
                    all.reserve(
                        usize::try_from(body.size_hint().lower()).unwrap_or(0).min(limit) + first.len(),
                    );
                    all.extend_from_slice(&first);
                }
                all.extend_from_slice(&data);
            }
        }
        Ok(Held { bytes: first.unwrap_or_else(|| all.freeze()), _share: share })
    };
    tokio::time::timeout(BODY_TIMEOUT, reading).await.unwrap_or(Err(ReadError::TooSlow))
}
