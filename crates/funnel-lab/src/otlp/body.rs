//! Bodies, bounded before and after decompression.

use std::borrow::Cow;
use std::io::Read;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As it is.
    Identity,
    /// gzip, several members allowed.
    Gzip,
    /// Zstandard, several frames allowed.
    Zstd,
}

impl Packing {
    /// From a `content-encoding` or `grpc-encoding` header; `None` for one that the lab does not read.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.trim() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Why a body was not unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum UnpackError {
    #[error("the body unpacks to more than {0} bytes")]
    TooLarge(usize),
    #[error("the body is not valid {0}")]
    Damaged(&'static str),
}

/// The window that a Zstandard frame may ask for: 2^23 bytes, what every decoder must support.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Unpacks `body` to at most `limit` bytes. Memory never exceeds the limit by more than one read, however far a bomb
/// would go on.
///
/// # Errors
/// Over the limit, or not what its header says.
pub(crate) fn unpack(body: &[u8], packing: Packing, limit: usize) -> Result<Cow<'_, [u8]>, UnpackError> {
    match packing {
        Packing::Identity if body.len() > limit => Err(UnpackError::TooLarge(limit)),
        Packing::Identity => Ok(Cow::Borrowed(body)),
        Packing::Gzip => {
            drain(flate2::read::MultiGzDecoder::new(body), body.len(), limit, "gzip").map(Cow::Owned)
        }
        Packing::Zstd => {
            let mut decoder =
                zstd::stream::read::Decoder::with_buffer(body).map_err(|_| UnpackError::Damaged("zstd"))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|_| UnpackError::Damaged("zstd"))?;
            drain(decoder, body.len(), limit, "zstd").map(Cow::Owned)
        }
    }
}

fn drain(reader: impl Read, packed: usize, limit: usize, name: &'static str) -> Result<Vec<u8>, UnpackError> {
    let mut unpacked = Vec::with_capacity(packed.saturating_mul(4).min(limit));
    let over = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(over).read_to_end(&mut unpacked).map_err(|_| UnpackError::Damaged(name))?;
    if unpacked.len() > limit {
        return Err(UnpackError::TooLarge(limit));
    }
    Ok(unpacked)
}
