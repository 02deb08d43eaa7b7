//! One element of the `Forwarded` header, by the grammar of RFC 7239, section 4.

use std::borrow::Cow;

/// The value of `for`, without quotes and escapes. None when it is missing or there twice, and when the element breaks
/// the grammar: then nothing in it can be relied on.
pub(super) fn node_of(element: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut node = None;
    let mut rest = element.trim_ascii();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b";") {
            rest = after.trim_ascii_start();
            continue;
        }
        let equals = rest.iter().position(|byte| *byte == b'=')?;
        let name = rest[..equals].trim_ascii();
        if !is_token(name) {
            return None;
        }
        let (value, after) = value(rest[equals + 1..].trim_ascii_start())?;
        rest = after.trim_ascii_start();
        if !(rest.is_empty() || rest.starts_with(b";")) {
            return None;
        }
        if name.eq_ignore_ascii_case(b"for") && node.replace(value).is_some() {
            return None;
        }
    }
    node
}

/// A value and what follows it.
fn value(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    if let Some(open) = text.strip_prefix(b"\"") {
        return quoted(open);
    }
    let end = text.iter().position(|byte| *byte == b';').unwrap_or(text.len());
    let (bare, after) = text.split_at(end);
    let bare = bare.trim_ascii_end();
    // Wider than the grammar's token: many proxies leave the quotes of `[2001:db8::1]:443` out.
    let plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b'"' && *byte != b'\\';
    (!bare.is_empty() && bare.iter().all(plain)).then_some((Cow::Borrowed(bare), after))
}

/// A quoted string whose opening quote is read already.
fn quoted(open: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let end = open.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    if open[end] == b'"' {
        return Some((Cow::Borrowed(&open[..end]), &open[end + 1..]));
    }
    let mut text = open[..end].to_vec();
    let mut bytes = open.iter().enumerate().skip(end);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some((Cow::Owned(text), &open[at + 1..])),
            b'\\' => text.push(*bytes.next()?.1),
            other => text.push(*other),
        }
    }
    None
}

fn is_token(name: &[u8]) -> bool {
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(element: &str) -> Option<String> {
        node_of(element.as_bytes()).map(|node| String::from_utf8(node.into_owned()).unwrap())
    }

    #[test]
    fn the_node_is_found_among_its_parameters() {
        for element in [
            "for=192.0.2.1",
            " FOR = \"192.0.2.1\" ; by=203.0.113.43",
            "by=_x;;proto=https;for=192.0.2.1;",
            "host=\"a=b;for=192.0.2.9\";for=192.0.2.1",
            "for=\"192\\.0.2.\\1\"",
        ] {
            assert_eq!(node(element).as_deref(), Some("192.0.2.1"), "{element}");
        }
        assert_eq!(node("for=\"[2001:db8::1]:_p\"").as_deref(), Some("[2001:db8::1]:_p"));
    }

    #[test]
    fn a_broken_element_has_no_node() {
        for element in [
            "",
            ";",
            "proto=https",
            "for=",
            "for=\"",
            "for=\"a\\",
            "for=\"a\\\"",
            "for=\"a\"b",
            "for=a\"b\"",
            "for=a;for=a",
            "f or=a",
            "for=a;b",
            "for=a;=b",
            "for=a b",
        ] {
            assert_eq!(node(element), None, "{element}");
        }
    }
}
