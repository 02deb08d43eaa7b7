//! An answer that carries one visitor's journey must not be kept by a cache that serves others.

use http::{HeaderMap, HeaderName, HeaderValue, header::CACHE_CONTROL};

/// What gives shared caches permission, or only concerns them.
const SHARED_ONLY: [&[u8]; 5] =
    [b"public", b"private", b"s-maxage", b"proxy-revalidate", b"stale-while-revalidate"];

/// Makes the answer `private`. What it tells the visitor's own browser stays: `max-age`, `no-cache`, `no-store`, ….
pub(super) fn keep_private(headers: &mut HeaderMap) {
    let targeted: Vec<_> = headers.keys().filter(|name| is_for_shared_caches(name)).cloned().collect();
    for name in targeted {
        headers.remove(name);
    }
    const PRIVATE: HeaderValue = HeaderValue::from_static("private");
    let value = if headers.contains_key(CACHE_CONTROL) { private(headers) } else { None };
    let _ = headers.try_insert(CACHE_CONTROL, value.unwrap_or(PRIVATE));
}

/// `private`, and the directives of the answer that stay.
fn private(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut value = b"private".to_vec();
    for line in headers.get_all(CACHE_CONTROL) {
        for directive in directives(line.as_bytes()) {
            let name = directive.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
            if !name.is_empty() && !SHARED_ONLY.iter().any(|shared| name.eq_ignore_ascii_case(shared)) {
                value.extend_from_slice(b", ");
                value.extend_from_slice(directive);
            }
        }
    }
    HeaderValue::from_bytes(&value).ok()
}

/// Headers that certain caches obey before `Cache-Control`: `CDN-Cache-Control` (RFC 9213) and its kin.
fn is_for_shared_caches(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.ends_with("cdn-cache-control")
        || matches!(name, "surrogate-control" | "x-accel-expires" | "edge-control")
}

/// The parts between commas that stand outside quotes.
fn directives(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    line.split(move |byte| {
        quoted ^= *byte == b'"';
        *byte == b',' && !quoted
    })
    .map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept_private(lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CACHE_CONTROL, HeaderValue::try_from(*line).unwrap());
        }
        keep_private(&mut headers);
        let lines: Vec<_> =
            headers.get_all(CACHE_CONTROL).iter().map(|line| line.to_str().unwrap()).collect();
        assert_eq!(lines.len(), 1);
        lines[0].to_owned()
    }

    #[test]
    fn an_answer_becomes_private_and_keeps_what_it_tells_the_browser() {
        assert_eq!(kept_private(&[]), "private");
        assert_eq!(kept_private(&["public, s-maxage=600"]), "private");
        assert_eq!(kept_private(&["Public, max-age=60, S-MaxAge=600"]), "private, max-age=60");
        assert_eq!(kept_private(&["max-age=60", "public"]), "private, max-age=60");
        assert_eq!(kept_private(&["no-store"]), "private, no-store");
        assert_eq!(
            kept_private(&["private=\"set-cookie, x\", no-cache=\"a, b\""]),
            "private, no-cache=\"a, b\""
        );
        assert_eq!(kept_private(&["s-maxage = 600 ,, must-revalidate"]), "private, must-revalidate");
    }

    #[test]
    fn no_header_of_a_content_network_says_otherwise() {
        for name in
            ["cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control", "x-accel-expires"]
        {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("max-age=600"));
            keep_private(&mut headers);
            assert!(!headers.contains_key(name), "{name}");
            assert_eq!(headers[CACHE_CONTROL], "private");
        }
    }
}
