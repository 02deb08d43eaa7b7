//! Robots that are called after their site: `kouio.com RSS reader`, `sixy.ch/1.0`.

/// The common ends of a site's name.
const ENDS: [&[u8]; 32] = [
    b"ai", b"app", b"at", b"be", b"biz", b"br", b"ch", b"cn", b"co", b"com", b"cz", b"de", b"dev", b"es",
    b"eu", b"fi", b"fr", b"in", b"info", b"io", b"it", b"jp", b"me", b"net", b"nl", b"org", b"pl", b"ru",
    b"se", b"uk", b"us", b"xyz",
];

/// Whether the first word is the name of a site. `com.example.app` is none: so applications are called.
pub(super) fn is_named_after_one(text: &[u8]) -> bool {
    let word = text.split(|byte| matches!(byte, b'/' | b' ' | b';' | b',' | b')')).next().unwrap_or_default();
    let mut labels = word.split(|byte| *byte == b'.');
    let is_label = |label: &[u8]| {
        !label.is_empty() && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let is_end = |label: &[u8]| ENDS.iter().any(|end| label.eq_ignore_ascii_case(end));
    let (Some(first), Some(last)) = (labels.next(), word.rsplit(|byte| *byte == b'.').next()) else {
        return false;
    };
    is_label(first)
        && !is_end(first)
        && labels.clone().next().is_some()
        && labels.all(is_label)
        && is_end(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_told_from_an_application_and_from_a_version() {
        for site in ["kouio.com RSS reader - 6 subscribers", "sixy.ch/1.0", "cyberscan.io", "a.b-c.EU; x"] {
            assert!(is_named_after_one(site.as_bytes()), "{site}");
        }
        for other in [
            "com.example.app/1.2.3 (iphoneos17.2)",
            "acme-cli/1.4",
            "acme.1/2",
            "node.js",
            "acme.",
            ".com",
            "com",
            "",
            "acme/api.example.com",
            "jane doe.com",
        ] {
            assert!(!is_named_after_one(other.as_bytes()), "{other}");
        }
    }
}
