//! Robots that are called after their site, or name one: `kouio.com RSS reader`, `sixy.ch/1.0`, `BW/1.1; bit.ly/x`.

/// The common ends of a site's name.
#[rustfmt::skip] // one end a line would be a screen
const ENDS: &[&[u8]] = &[
    b"ai", b"app", b"at", b"be", b"bg", b"biz", b"br", b"ca", b"ch", b"cn", b"co", b"com", b"cz", b"de", b"dev", b"dk",
    b"es", b"eu", b"fi", b"fr", b"gy", b"hu", b"in", b"info", b"io", b"it", b"jp", b"ly", b"me", b"net", b"nl", b"no",
    b"org", b"pl", b"pt", b"ro", b"ru", b"se", b"sk", b"tv", b"ua", b"uk", b"us", b"xyz",
];

/// Whether the first word is the name of a site, or a later one in lower case: there `ASP.NET` and `Paint.NET` stand too.
pub(super) fn is_named_after_one(text: &[u8]) -> bool {
    let is_between = |byte: &u8| matches!(byte, b' ' | b';' | b',' | b'(' | b')');
    let mut words =
        text.split(is_between).map(|word| word.split(|byte| *byte == b'/').next().unwrap_or_default());
    let first = words.next().unwrap_or_default();
    is_site(first) || words.any(|word| !word.iter().any(u8::is_ascii_uppercase) && is_site(word))
}

/// Not `com.example.app`: so applications are called.
fn is_site(word: &[u8]) -> bool {
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
        for site in [
            "kouio.com RSS reader - 6 subscribers",
            "sixy.ch/1.0",
            "cyberscan.io",
            "a.b-c.EU; x",
            "BW/1.1; bit.ly/3eZNDnO",
            "by (hyperhost.ua)",
        ] {
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
            "Jane Doe.com",
            "acme/2 ASP.NET/4.0",
            "acme/2 (com.example.app; node.js)",
        ] {
            assert!(!is_named_after_one(other.as_bytes()), "{other}");
        }
    }
}
