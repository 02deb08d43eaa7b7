//! What a gRPC status means, as the HTTP status that asks for the same.
//!
//! The OTLP specification lists the codes that may be tried again. Where it says that a code must not be, and the
//! reason can also pass or be the operator's, it is tried again all the same: a record is rather sent late than lost.

use http::HeaderMap;

use crate::settings::transport::Response;
use crate::store::identity::varint;

pub(super) fn response(trailers: &HeaderMap, message: Vec<u8>) -> Response {
    let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok());
    let code = text("grpc-status").and_then(|code| code.parse::<u8>().ok());
    let delay = text("grpc-status-details-bin").and_then(decode).and_then(|details| retry_delay(&details));
    let why = text("grpc-message").unwrap_or_default().to_ascii_lowercase();
    let response = Response::new(http_status(code, delay.is_some(), &why));
    match (code, delay) {
        (Some(0), _) => response.body(message),
        (_, Some(seconds)) => response.retry_after(seconds.to_string()),
        _ => response,
    }
}

fn http_status(code: Option<u8>, delayed: bool, why: &str) -> u16 {
    // As grpc-go, which the Collector uses, and grpc-java put it.
    let too_large = why.contains("larger than max") || why.contains("exceeds maximum");
    let encoding = why.contains("decompress") || why.contains("grpc-encoding");
    match code {
        Some(0) => 200,
        // INVALID_ARGUMENT
        Some(3) => 400,
        // RESOURCE_EXHAUSTED
        Some(8) if too_large && !delayed => 413,
        Some(8) => 429,
        // PERMISSION_DENIED, UNAUTHENTICATED
        Some(7) => 403,
        Some(16) => 401,
        // UNIMPLEMENTED: no such service, or an encoding that it does not know.
        Some(12) if encoding => 415,
        Some(5 | 12) => 404,
        // CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS
        Some(1 | 4 | 10 | 11 | 14 | 15) => 503,
        _ => 500,
    }
}

/// `RetryInfo` among the details of a `google.rpc.Status`, in whole seconds, rounded up.
fn retry_delay(status: &[u8]) -> Option<u64> {
    fields(status).filter(|(number, _)| *number == 3).find_map(|(_, any)| {
        let of = |wanted| fields(any).find(|(number, _)| *number == wanted).map(|(_, value)| value);
        if !of(1)?.ends_with(b"google.rpc.RetryInfo") {
            return None;
        }
        let info = of(2).unwrap_or_default();
        let (_, duration) = fields(info).find(|(number, _)| *number == 1)?;
        let mut rest = duration;
        let (mut seconds, mut nanos) = (0, 0);
        while let Some(key) = varint(&mut rest) {
            match (key, varint(&mut rest)?) {
                (0x08, value) => seconds = value,
                (0x10, value) => nanos = value,
                _ => return None,
            }
        }
        Some(seconds + u64::from(nanos > 0))
    })
}

/// The fields of a message that hold bytes; ends where something else begins.
fn fields(message: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut rest = message;
    std::iter::from_fn(move || {
        loop {
            let key = varint(&mut rest)?;
            match key & 7 {
                0 => drop(varint(&mut rest)?),
                2 => {
                    let len = usize::try_from(varint(&mut rest)?).ok()?;
                    let (value, behind) = rest.split_at_checked(len)?;
                    rest = behind;
                    return Some((key >> 3, value));
                }
                _ => return None,
            }
        }
    })
}

/// Base64, with or without padding.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut word, mut bits) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        (word, bits) = (word << 6 | u32::from(digit), bits + 6);
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    fn said(pairs: &[(&'static str, &str)]) -> Response {
        let pairs = pairs.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_str(value).unwrap())
        });
        response(&pairs.collect(), b"body".to_vec())
    }

    #[test]
    fn each_code_asks_for_what_its_http_status_asks_for() {
        for (code, status) in [
            ("0", 200),
            ("1", 503),
            ("2", 500),
            ("3", 400),
            ("4", 503),
            ("5", 404),
            ("7", 403),
            ("8", 429),
            ("10", 503),
            ("11", 503),
            ("12", 404),
            ("13", 500),
            ("14", 503),
            ("15", 503),
            ("16", 401),
            ("x", 500),
        ] {
            assert_eq!(said(&[("grpc-status", code)]).status, status, "{code}");
        }
        assert_eq!(said(&[]).status, 500);
        assert_eq!(said(&[("grpc-status", "0")]).body, b"body");
        assert!(said(&[("grpc-status", "3")]).body.is_empty());
        let large = "grpc: received message larger than max (5000000 vs. 4194304)";
        assert_eq!(said(&[("grpc-status", "8"), ("grpc-message", large)]).status, 413);
        let encoding = "grpc: Decompressor is not installed for grpc-encoding \"zstd\"";
        assert_eq!(said(&[("grpc-status", "12"), ("grpc-message", encoding)]).status, 415);
    }

    #[test]
    fn the_delay_of_retry_info_is_whole_seconds_and_noise_has_none() {
        // Status { details: [Any { type_url, value: RetryInfo { retry_delay: { seconds: 7, nanos: 1 } } }] }
        let info = [0x0a, 4, 0x08, 7, 0x10, 1];
        let url = b"type.googleapis.com/google.rpc.RetryInfo";
        let any = [&[0x0a, url.len() as u8][..], url, &[0x12, info.len() as u8], &info].concat();
        let status = [&[0x08, 8, 0x1a, any.len() as u8][..], &any].concat();
        assert_eq!(retry_delay(&status), Some(8));
        for end in 0..status.len() {
            assert_eq!(retry_delay(&status[..end]), None, "{end}");
        }
        let details = [("grpc-status", "8"), ("grpc-status-details-bin", "CAg")];
        assert_eq!(said(&details).retry_after, None);
        assert_eq!(
            (decode("TWFuIQ"), decode("TWFuIQ=="), decode("a!")),
            (Some(b"Man!".to_vec()), Some(b"Man!".to_vec()), None)
        );
    }
}
