//! Bodies, bounded before and after decompression.

use std::borrow::Cow;
use std::io::Read;

use crate::room::{NoRoom, Share};

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As it is.
    Identity,
    /// gzip, several members allowed.
    Gzip,
    /// zlib, which HTTP calls deflate; the bare stream that some senders take it for is read too.
    Deflate,
    /// Zstandard, several frames allowed.
    Zstd,
}

impl Packing {
    /// What is read, for who sent something else.
    pub(crate) const NAMES: &str = "gzip, deflate, zstd or identity";

    /// From a `content-encoding` or `grpc-encoding` header; `None` for one that the lab does not read.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut packing = Self::Identity;
        for name in name.split(',').map(|name| name.trim().to_ascii_lowercase()) {
            let named = match name.as_str() {
                "" | "identity" => continue,
                "gzip" | "x-gzip" => Self::Gzip,
                "deflate" | "zlib" => Self::Deflate,
                "zstd" => Self::Zstd,
                _ => return None,
            };
            if packing != Self::Identity {
                return None;
            }
            packing = named;
        }
        Some(packing)
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
    #[error(transparent)]
    Full(#[from] NoRoom),
}

/// The window that a Zstandard frame may ask for: 2^23 bytes, what every decoder must support.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// The least room that unpacking begins with.
const FIRST_READ: usize = 16 * 1024;

/// Unpacks `body`, which `share` covers, to at most `limit` bytes; the share grows with what is unpacked. Memory never
/// exceeds the limit by more than one read, however far a bomb would go on.
///
/// # Errors
/// Over the limit, not what its header says, or no room.
pub(crate) fn unpack<'b>(
    body: &'b [u8],
    packing: Packing,
    limit: usize,
    share: &mut Share,
) -> Result<Cow<'b, [u8]>, UnpackError> {
    match packing {
        Packing::Identity if body.len() > limit => Err(UnpackError::TooLarge(limit)),
        Packing::Identity => Ok(Cow::Borrowed(body)),
        Packing::Gzip => {
            drain(flate2::read::MultiGzDecoder::new(body), body.len(), limit, share, "gzip").map(Cow::Owned)
        }
        Packing::Deflate if is_zlib(body) => {
            drain(flate2::read::ZlibDecoder::new(body), body.len(), limit, share, "deflate").map(Cow::Owned)
        }
        Packing::Deflate => {
            drain(flate2::read::DeflateDecoder::new(body), body.len(), limit, share, "deflate")
                .map(Cow::Owned)
        }
        Packing::Zstd => {
            let mut decoder =
                zstd::stream::read::Decoder::with_buffer(body).map_err(|_| UnpackError::Damaged("zstd"))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|_| UnpackError::Damaged("zstd"))?;
            drain(decoder, body.len(), limit, share, "zstd").map(Cow::Owned)
        }
    }
}

/// Whether a body begins as RFC 1950 says.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..] if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0)
}

fn drain(
    mut reader: impl Read,
    packed: usize,
    limit: usize,
    share: &mut Share,
    name: &'static str,
) -> Result<Vec<u8>, UnpackError> {
    let mut unpacked = Vec::new();
    let mut more = packed.saturating_mul(4).clamp(FIRST_READ, limit + 1);
    loop {
        share.cover(packed + unpacked.len() + more)?;
        unpacked.reserve_exact(more);
        let before = unpacked.len();
        let taken = reader.by_ref().take(more as u64).read_to_end(&mut unpacked);
        taken.map_err(|_| UnpackError::Damaged(name))?;
        if unpacked.len() > limit {
            return Err(UnpackError::TooLarge(limit));
        }
        if unpacked.len() - before < more {
            return Ok(unpacked);
        }
        more = unpacked.len().min(limit + 1 - unpacked.len());
    }
}
