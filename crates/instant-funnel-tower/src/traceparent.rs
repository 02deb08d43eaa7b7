//! Reads the `traceparent` header (W3C Trace Context).

use http::{HeaderMap, HeaderName};
use instant_funnel::TraceContext;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// `00-<trace id>-<span id>-<flags>`.
const LEN: usize = 55;

/// The caller's span. None without the header, with two of them, and with one that breaks the specification.
pub(crate) fn read(headers: &HeaderMap) -> Option<TraceContext> {
    let mut lines = headers.get_all(TRACEPARENT).iter();
    // HTTP/1.1 takes the white space around a value away; HTTP/2 does not.
    let text = lines.next()?.as_bytes().trim_ascii();
    if lines.next().is_some() {
        return None;
    }
    parse(text)
}

fn parse(text: &[u8]) -> Option<TraceContext> {
    let (head, rest) = text.split_at_checked(LEN)?;
    let version: [u8; 1] = hex(&head[..2])?;
    // Later versions may say more behind a hyphen.
    let ends = rest.is_empty() || (version != [0] && rest.starts_with(b"-"));
    if version == [0xff] || !ends || [2, 35, 52].into_iter().any(|at| head[at] != b'-') {
        return None;
    }
    let (trace_id, span_id) = (hex(&head[3..35])?, hex(&head[36..52])?);
    let [flags] = hex(&head[53..])?;
    (trace_id != [0; 16] && span_id != [0; 8]).then_some(TraceContext { trace_id, span_id, flags })
}

/// Lower-case digits.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_the_specification_says_is_read() {
        let trace = parse(GOOD.as_bytes()).unwrap();
        assert_eq!(
            (trace.trace_id[0], trace.trace_id[15], trace.span_id[7], trace.flags),
            (0x4b, 0x36, 0xb7, 1)
        );
        let spaced = HeaderMap::from_iter([(TRACEPARENT, format!(" \t{GOOD} ").parse().unwrap())]);
        assert_eq!(read(&spaced), Some(trace));
        assert_eq!(parse(GOOD.replacen("00", "cc", 1).as_bytes()), Some(trace));
        assert_eq!(parse(format!("{}-more", GOOD.replacen("00", "cc", 1)).as_bytes()), Some(trace));
    }

    #[test]
    fn anything_else_is_none() {
        for bad in [
            String::new(),
            format!("{GOOD}-more"),
            GOOD.replacen("00", "ff", 1),
            GOOD.to_uppercase(),
            GOOD.replace('-', "_"),
            GOOD[..54].to_owned(),
            GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            GOOD.replace("4bf9", "4bg9"),
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
        let mut headers = HeaderMap::new();
        for _ in 0..2 {
            headers.append(TRACEPARENT, GOOD.parse().unwrap());
        }
        assert_eq!(read(&headers), None);
    }
}
