//! The headers in which proxies say for whom they speak, read from the right: the last entry is the nearest proxy's.

use http::{HeaderMap, HeaderName, header::FORWARDED};
use std::net::{IpAddr, SocketAddr};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Which header the proxies write. One, by name: a proxy that appends to one passes the other through as the client
/// sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardingHeader {
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// `X-Forwarded-For`.
    XForwardedFor,
}

/// One entry: an address, or a proxy's word that it does not tell.
pub(super) type Hop = Option<IpAddr>;

impl ForwardingHeader {
    /// The entries, nearest first.
    pub(super) fn hops(self, headers: &HeaderMap) -> impl Iterator<Item = Hop> + '_ {
        let name = match self {
            Self::Forwarded => FORWARDED,
            Self::XForwardedFor => X_FORWARDED_FOR,
        };
        // A value that is no text is an entry that tells nothing, and must not vanish from the count.
        let values = headers.get_all(name).into_iter().rev().map(|value| value.to_str().unwrap_or("?"));
        values.flat_map(move |value| {
            from_the_right(value).map(move |entry| match self {
                Self::Forwarded => forwarded_for(entry),
                Self::XForwardedFor => address(entry.trim()),
            })
        })
    }
}

/// The parts between commas, last first. A comma between quotes is part of a value.
fn from_the_right(mut rest: &str) -> impl Iterator<Item = &str> {
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let mut quoted = false;
        let comma = rest.bytes().enumerate().rev().find(|(_, byte)| {
            quoted ^= *byte == b'"';
            *byte == b',' && !quoted
        });
        let entry = if let Some((at, _)) = comma {
            let entry = &rest[at + 1..];
            rest = &rest[..at];
            entry
        } else {
            done = true;
            rest
        };
        Some(entry)
    })
}

/// The `for` of one element of `Forwarded`. None when it is missing, hidden, or there twice.
fn forwarded_for(element: &str) -> Hop {
    let mut found = element.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    });
    let value = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let bare = match value.strip_prefix('"') {
        None => value,
        Some(open) => open.strip_suffix('"')?,
    };
    address(bare)
}

/// An address, with or without a port and brackets.
fn address(text: &str) -> Hop {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address: IpAddr = text
        .parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(bracketed)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hops(header: ForwardingHeader, lines: &[&str]) -> Vec<String> {
        let name = if header == ForwardingHeader::Forwarded { FORWARDED } else { X_FORWARDED_FOR };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        header.hops(&headers).map(|hop| hop.map_or("-".into(), |address| address.to_string())).collect()
    }

    #[test]
    fn x_forwarded_for_is_read_from_the_right_over_all_its_lines() {
        let read = |lines: &[&str]| hops(ForwardingHeader::XForwardedFor, lines);
        assert_eq!(read(&["192.0.2.1, 10.0.0.1", "10.0.0.2:80"]), ["10.0.0.2", "10.0.0.1", "192.0.2.1"]);
        assert_eq!(
            read(&["[2001:db8::1]:443,2001:db8::2 , [2001:db8::3]"]),
            ["2001:db8::3", "2001:db8::2", "2001:db8::1"]
        );
        assert_eq!(read(&["unknown, ,192.0.2.1"]), ["192.0.2.1", "-", "-"]);
        assert_eq!(read(&["192.0.2.1", "é"]), ["-", "192.0.2.1"]);
        assert_eq!(read(&[]), Vec::<String>::new());
    }

    #[test]
    fn forwarded_is_read_with_its_quotes_and_parameters() {
        let read = |line: &str| hops(ForwardingHeader::Forwarded, &[line]);
        assert_eq!(
            read("for=192.0.2.1;proto=https, For=\"[2001:db8::1]:4711\""),
            ["2001:db8::1", "192.0.2.1"]
        );
        assert_eq!(read("for=_hidden, for=unknown, proto=http"), ["-", "-", "-"]);
        assert_eq!(read("for=192.0.2.1;for=192.0.2.2"), ["-"]);
        // What a client wrote cannot close a quote that a proxy opened, nor the other way about.
        assert_eq!(read("for=\"192.0.2.9, for=192.0.2.1"), ["192.0.2.1", "-"]);
        assert_eq!(read("for=192.0.2.1;host=\"x, for=192.0.2.9\""), ["192.0.2.1"]);
    }
}
