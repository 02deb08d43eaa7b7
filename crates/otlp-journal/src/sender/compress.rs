//! Compression of a body, with encoders that are reused between requests.

use std::fmt;
use std::io;

use crate::settings::choice::Compression;

/// On log records a fifth less time than level 1, for 6 % more bytes.
#[cfg(feature = "zstd")]
const ZSTD_LEVEL: i32 = -1;
#[cfg(feature = "gzip")]
const GZIP_LEVEL: u32 = 1;

#[derive(Default)]
pub(crate) struct Compressor {
    #[cfg(feature = "zstd")]
    zstd: Option<zstd::bulk::Compressor<'static>>,
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compressor")
    }
}

impl Compressor {
    /// The value of `Content-Encoding`, and the body in `out`. `None`: send `raw` as it is.
    #[cfg_attr(
        not(all(feature = "zstd", feature = "gzip")),
        allow(
            unused_variables,
            clippy::unused_self,
            clippy::needless_pass_by_ref_mut,
            reason = "without an encoder there is nothing to do and nothing to keep"
        )
    )]
    pub(crate) fn compress(
        &mut self,
        how: Compression,
        raw: &[u8],
        out: &mut Vec<u8>,
    ) -> io::Result<Option<&'static str>> {
        out.clear();
        match how {
            #[cfg(feature = "zstd")]
            Compression::Zstd => {
                let encoder = match &mut self.zstd {
                    Some(encoder) => encoder,
                    None => self.zstd.insert(zstd::bulk::Compressor::new(ZSTD_LEVEL)?),
                };
                out.reserve(zstd::zstd_safe::compress_bound(raw.len()));
                encoder.compress_to_buffer(raw, out)?;
                Ok(Some("zstd"))
            }
            #[cfg(feature = "gzip")]
            Compression::Gzip => {
                use std::io::Write as _;
                let level = flate2::Compression::new(GZIP_LEVEL);
                let mut encoder = flate2::write::GzEncoder::new(out, level);
                encoder.write_all(raw)?;
                encoder.finish()?;
                Ok(Some("gzip"))
            }
            // Without its feature a compression is refused when the delivery is built.
            _ => Ok(None),
        }
    }
}
