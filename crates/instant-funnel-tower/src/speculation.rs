//! Recognises prefetch and prerender requests.

use http::HeaderMap;

/// In which header a browser says it: `Sec-Purpose` is today's, the others are older. A script cannot set that one, so
/// Turbo says `X-Sec-Purpose`.
const HEADERS: [&str; 5] = ["sec-purpose", "purpose", "x-purpose", "x-moz", "x-sec-purpose"];
const PURPOSES: [&str; 3] = ["prefetch", "prerender", "preview"];

/// Whether the answer may never be looked at.
pub(crate) fn is_speculative(headers: &HeaderMap) -> bool {
    // One walk over a handful of headers costs less than four look-ups.
    headers.iter().any(|(name, value)| {
        let name = name.as_str();
        HEADERS.contains(&name) && names_a_purpose(value.as_bytes(), name == "x-purpose")
    })
}

/// `prefetch`, or `prefetch;prerender`, or several on one line. `instant` is Chrome's of old, and a word that services use.
fn names_a_purpose(value: &[u8], or_instant: bool) -> bool {
    let mut words = value.split(|byte| matches!(byte, b';' | b',' | b' ' | b'\t'));
    words.any(|word| {
        PURPOSES.iter().any(|purpose| word.eq_ignore_ascii_case(purpose.as_bytes()))
            || (or_instant && word.eq_ignore_ascii_case(b"instant"))
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn speculative(name: &str, value: &[u8]) -> bool {
        let name = HeaderName::try_from(name).unwrap();
        is_speculative(&HeaderMap::from_iter([(name, HeaderValue::from_bytes(value).unwrap())]))
    }

    #[test]
    fn each_header_and_spelling_is_known() {
        for name in ["sec-purpose", "Purpose", "X-Moz", "x-purpose", "X-Sec-Purpose"] {
            for value in
                ["prefetch", "Prefetch", " prerender ", "prefetch;prerender", "prefetch; anonymous-client-ip"]
            {
                assert!(speculative(name, value.trim().as_bytes()), "{name}: {value}");
            }
        }
        assert!(speculative("x-purpose", b"preview") && speculative("x-purpose", b"instant"));
        assert!(speculative("sec-purpose", b"\xff, prefetch"));
    }

    #[test]
    fn other_headers_and_purposes_are_not() {
        assert!(!speculative("sec-fetch-dest", b"prefetch"));
        assert!(!speculative("x-purposes", b"prefetch"));
        for value in ["", "prefetched", "navigation", "?0", "pre-prefetch", "prefetch-cache", "instant"] {
            assert!(!speculative("sec-purpose", value.as_bytes()), "{value}");
        }
        assert!(!speculative("x-purpose", b"instant-payout") && !speculative("purpose", b"instant"));
    }

    #[test]
    fn every_line_of_a_header_counts() {
        let mut headers = HeaderMap::new();
        headers.append("purpose", HeaderValue::from_static("other"));
        headers.append("purpose", HeaderValue::from_static("prefetch"));
        assert!(is_speculative(&headers));
    }
}
