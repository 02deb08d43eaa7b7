//! The address in a node of a forwarding header: with or without brackets, a port, a zone.

use std::net::{IpAddr, Ipv4Addr};

/// The address, version 4 if that is what it stands for. None for `unknown`, for a proxy's own identifier (`_hidden`), for
/// `0.0.0.0` and `::`, which are nobody's, and for anything else.
pub(super) fn address(node: &[u8]) -> Option<IpAddr> {
    parse(node).filter(|address| !address.is_unspecified())
}

fn parse(node: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(node).ok()?.trim_ascii();
    // What most proxies write.
    if let Ok(v4) = text.parse::<Ipv4Addr>() {
        return Some(IpAddr::V4(v4));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(open) => {
            let (host, after) = open.split_once(']')?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None => match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (text, None),
        },
    };
    if !port.is_none_or(is_port) {
        return None;
    }
    let address = match host.split_once('%') {
        None => host.parse().ok()?,
        // A zone is a matter of the proxy's own interfaces.
        Some((host, zone)) => IpAddr::V6((!zone.is_empty()).then(|| host.parse().ok())??),
    };
    Some(address.to_canonical())
}

/// Digits, or a proxy's own identifier.
fn is_port(port: &str) -> bool {
    let digits = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    let own = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    digits || port.strip_prefix('_').is_some_and(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_its_port_and_zone() {
        let cases = [
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1:65535\t", "192.0.2.1"),
            ("192.0.2.1:_port.x-1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:c000:201]:80", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:_hidden", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:443", "fe80::1"),
        ];
        for (node, expected) in cases {
            assert_eq!(
                address(node.as_bytes()).map(|it| it.to_string()).as_deref(),
                Some(expected),
                "{node}"
            );
        }
    }

    #[test]
    fn what_is_not_an_address_tells_nothing() {
        for node in [
            "",
            "unknown",
            "_hidden",
            "-",
            "192.0.2",
            "192.0.2.1:",
            "192.0.2.1:x",
            "192.0.2.1:123456",
            "192.0.2.01",
            "192.0.2.1:_",
            "192.0.2.1%eth0",
            "fe80::1%",
            "[2001:db8::1",
            "[2001:db8::1]443",
            "[]",
            "2001:db8::g",
            "proxy.example",
            "192.0.2.1 198.51.100.1",
            "0.0.0.0",
            "[::]:80",
            "::ffff:0.0.0.0",
        ] {
            assert_eq!(address(node.as_bytes()), None, "{node}");
        }
        assert_eq!(address(b"192.0.2.1\xff"), None);
    }
}
