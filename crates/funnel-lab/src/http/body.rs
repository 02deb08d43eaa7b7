//! Reads a body, bounded in bytes and time, within the shared memory limit.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::bounds::BODY_TIMEOUT;
use crate::room::{NoRoom, Room, Share};

/// A body in memory; its share of the room is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bytes: Bytes,
    pub(crate) share: Share,
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ReadError {
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error(transparent)]
    Full(#[from] NoRoom),
    #[error("the connection was closed before the end of the body")]
    Broken,
}

impl ReadError {
    /// The HTTP status that says it.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::TooLarge(_) => 413,
            Self::TooSlow => 408,
            Self::Full(_) => 503,
            Self::Broken => 400,
        }
    }
}

/// Reads `body` up to `limit` bytes.
///
/// # Errors
/// Longer, too slow, broken off, or no room.
pub(crate) async fn read(mut body: Incoming, limit: usize, room: &Room) -> Result<Held, ReadError> {
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(ReadError::TooLarge(limit));
    }
    let reading = async {
        let mut first: Option<Bytes> = None;
        let mut all = BytesMut::new();
        let mut share = room.share();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| ReadError::Broken)?.into_data() else { continue };
            let so_far = first.as_ref().map_or(all.len(), Bytes::len);
            if so_far + data.len() > limit {
                return Err(ReadError::TooLarge(limit));
            }
            share.cover(so_far + data.len())?;
            // Most bodies come in one frame, which need not be copied.
            if all.is_empty() && first.is_none() {
                first = Some(data);
            } else {
                // No room for what is announced and may never come.
                all.extend_from_slice(&first.take().unwrap_or_default());
                all.extend_from_slice(&data);
                share.cover(all.capacity())?;
            }
        }
        Ok(Held { bytes: first.unwrap_or_else(|| all.freeze()), share })
    };
    tokio::time::timeout(BODY_TIMEOUT, reading).await.unwrap_or(Err(ReadError::TooSlow))
}
