//! What an answer means for the batch. New Relic documents 500 and 520–530 as transient.

use std::time::Duration;

use super::retry_after;
use crate::settings::transport::{Response, TransportError};
use crate::store::identity::varint;

/// What becomes of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Taken, but for this many records (partial success).
    Delivered { rejected: u64 },
    /// A passing fault: this batch later, at the time the far end named if it did.
    Retry { after: Option<Duration> },
    /// Too many requests: everything later.
    Throttled { after: Option<Duration> },
    /// The operator's fault (key, path, endpoint), not the data's: everything waits until one request gets through.
    Hold,
    /// Something in the batch is refused: find it.
    Refused,
    /// The batch is too large.
    TooLarge,
}

/// `now`: Unix nanoseconds, for a `Retry-After` that is a date.
pub(crate) fn judge(answer: &Result<Response, TransportError>, now: u64) -> Verdict {
    let Ok(response) = answer else { return Verdict::Retry { after: None } };
    let after = response.retry_after.as_deref().and_then(|text| retry_after::parse(text, now));
    match response.status {
        // A captive portal, or a proxy's page: whoever said this has no record of ours.
        200..=299 if is_page(response) => Verdict::Hold,
        200..=299 => Verdict::Delivered { rejected: rejected(&response.body).unwrap_or(0) },
        400 | 422 => Verdict::Refused,
        413 => Verdict::TooLarge,
        429 => Verdict::Throttled { after },
        408 | 425 => Verdict::Retry { after },
        // Redirects among them: following one would hand the key to whoever is named there.
        300..=499 => Verdict::Hold,
        _ => Verdict::Retry { after },
    }
}

/// A page for a person and not an answer to an exporter.
pub(crate) fn is_page(response: &Response) -> bool {
    let html = response.content_type.as_deref().is_some_and(|kind| {
        let kind = kind.trim_start().to_ascii_lowercase();
        kind.starts_with("text/html") || kind.starts_with("application/xhtml")
    });
    html || response.body.trim_ascii_start().first() == Some(&b'<')
}

/// `ExportLogsServiceResponse { partial_success = 1 { rejected_log_records = 1 (int64) } }`.
/// `None` for an empty body and for anything that is not that message, which is then no news.
fn rejected(body: &[u8]) -> Option<u64> {
    let partial = find(body, |number, value| match (number, value) {
        (1, Value::Bytes(bytes)) => Some(bytes),
        _ => None,
    })?;
    find(partial, |number, value| match (number, value) {
        (1, Value::Number(n)) => i64::try_from(n).ok().and_then(|n| u64::try_from(n).ok()),
        _ => None,
    })
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

/// The last field that `pick` wants, as protobuf says for a repeated occurrence of a single field.
fn find<'a, T>(mut bytes: &'a [u8], pick: impl Fn(u64, Value<'a>) -> Option<T>) -> Option<T> {
    let mut found = None;
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut bytes)?),
            1 => skip(&mut bytes, 8)?,
            2 => {
                let len = usize::try_from(varint(&mut bytes)?).ok()?;
                let (value, rest) = bytes.split_at_checked(len)?;
                bytes = rest;
                Value::Bytes(value)
            }
            5 => skip(&mut bytes, 4)?,
            _ => return None,
        };
        found = pick(key >> 3, value).or(found);
    }
    found
}

fn skip<'a>(bytes: &mut &'a [u8], len: usize) -> Option<Value<'a>> {
    *bytes = bytes.split_at_checked(len)?.1;
    Some(Value::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Verdict {
        judge(&Ok(Response::new(status)), 0)
    }

    #[test]
    fn the_table() {
        assert_eq!(status(200), Verdict::Delivered { rejected: 0 });
        assert_eq!(status(204), Verdict::Delivered { rejected: 0 });
        assert_eq!(status(400), Verdict::Refused);
        assert_eq!(status(413), Verdict::TooLarge);
        assert_eq!(status(429), Verdict::Throttled { after: None });
        for held in [301, 302, 307, 308, 401, 403, 404, 405, 407, 415] {
            assert_eq!(status(held), Verdict::Hold, "{held}");
        }
        for later in [408, 500, 502, 503, 504, 520, 524, 530, 599, 101] {
            assert_eq!(status(later), Verdict::Retry { after: None }, "{later}");
        }
        assert_eq!(judge(&Err(TransportError::Timeout), 0), Verdict::Retry { after: None });
    }

    #[test]
    fn a_page_is_no_acknowledgement_and_anything_else_is() {
        let of = |kind: Option<&str>, body: &[u8]| {
            let mut response = Response::new(200).body(body);
            response.content_type = kind.map(str::to_owned);
            judge(&Ok(response), 0)
        };
        for (kind, body) in [
            (Some("text/html"), &b""[..]),
            (Some("Text/HTML; charset=utf-8"), b"hello"),
            (None, b"<html>"),
            (Some("application/json"), b"  \n<!DOCTYPE html>"),
            (Some("application/xhtml+xml"), b""),
        ] {
            assert_eq!(of(kind, body), Verdict::Hold, "{kind:?}");
        }
        for (kind, body) in [
            (None, &b""[..]),
            (Some("application/x-protobuf"), b""),
            (Some("application/json"), b"{}"),
            (Some("text/plain"), b"ok"),
            (None, b"\xff\xfe"),
        ] {
            assert_eq!(of(kind, body), Verdict::Delivered { rejected: 0 }, "{kind:?}");
        }
    }

    #[test]
    fn a_partial_success_is_read_and_noise_is_not() {
        let rejected = |body: &[u8]| judge(&Ok(Response::new(200).body(body)), 0);
        let two_of_them = [0x0a, 6, 0x08, 2, 0x12, 2, b'n', b'o'];
        assert_eq!(rejected(&two_of_them), Verdict::Delivered { rejected: 2 });
        for noise in [&b"ok"[..], b"{\"partialSuccess\":{}}", &[0x0a, 200], &[0xff; 40], &[0x0a, 0]] {
            assert_eq!(rejected(noise), Verdict::Delivered { rejected: 0 });
        }
        let negative = [0x0a, 11, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(rejected(&negative), Verdict::Delivered { rejected: 0 });
    }
}
