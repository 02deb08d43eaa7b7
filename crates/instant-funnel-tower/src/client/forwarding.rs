//! The headers in which proxies say for whom they speak, read from the right: the last entry is the nearest proxy's.
//!
//! Headers are read as bytes and entry by entry, so that a byte that belongs in no address hides its own entry and
//! leaves the count of the others right.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, header::FORWARDED};

use super::forwarded::node_of;
use super::node::address;

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

/// One entry: an address, or None where a proxy does not tell or what it wrote is not an address.
pub(super) type Hop = Option<IpAddr>;

impl ForwardingHeader {
    /// The entries, nearest first, over all lines of the header.
    pub(super) fn hops(self, headers: &HeaderMap) -> impl Iterator<Item = Hop> + '_ {
        let (name, quotes) = match self {
            Self::Forwarded => (FORWARDED, true),
            Self::XForwardedFor => (X_FORWARDED_FOR, false),
        };
        let lines = headers.get_all(name).into_iter().rev();
        lines.flat_map(move |line| {
            entries(line.as_bytes(), quotes).map(move |entry| match self {
                Self::Forwarded => address(&node_of(entry)?),
                Self::XForwardedFor => address(unquoted(entry.trim_ascii())),
            })
        })
    }
}

/// The parts between commas, last first. Commas at the end of a line separate nothing (RFC 9110, 5.6.1); an empty part
/// before them is a hop that tells nothing. Where `quotes` count, a comma between them is part of a value.
fn entries(line: &[u8], quotes: bool) -> impl Iterator<Item = &[u8]> {
    let end = line.iter().rposition(|byte| !matches!(byte, b',' | b' ' | b'\t')).map_or(0, |last| last + 1);
    let mut rest = (end > 0).then_some(&line[..end]);
    std::iter::from_fn(move || {
        let line = rest?;
        let (before, entry) = match last_comma(line, quotes) {
            Some(at) => (Some(&line[..at]), &line[at + 1..]),
            None => (None, line),
        };
        rest = before;
        Some(entry)
    })
}

/// From the right, so that a quote that a client left open cannot swallow what a proxy appended.
fn last_comma(line: &[u8], quotes: bool) -> Option<usize> {
    if !quotes {
        return memchr::memrchr(b',', line);
    }
    let mut quoted = false;
    let comma = line.iter().enumerate().rev().find(|(at, byte)| {
        quoted ^= **byte == b'"' && !is_escaped(line, *at);
        **byte == b',' && !quoted
    });
    comma.map(|(at, _)| at)
}

/// Whether an odd number of backslashes stands before.
fn is_escaped(line: &[u8], at: usize) -> bool {
    line[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

fn unquoted(entry: &[u8]) -> &[u8] {
    entry.strip_prefix(b"\"").and_then(|open| open.strip_suffix(b"\"")).unwrap_or(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hops(header: ForwardingHeader, lines: &[&[u8]]) -> Vec<String> {
        let name = if header == ForwardingHeader::Forwarded { FORWARDED } else { X_FORWARDED_FOR };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), http::HeaderValue::from_bytes(line).unwrap());
        }
        header.hops(&headers).map(|hop| hop.map_or("-".into(), |address| address.to_string())).collect()
    }

    fn x_forwarded_for(lines: &[&str]) -> Vec<String> {
        let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
        hops(ForwardingHeader::XForwardedFor, &lines)
    }

    fn forwarded(line: &str) -> Vec<String> {
        hops(ForwardingHeader::Forwarded, &[line.as_bytes()])
    }

    #[test]
    fn x_forwarded_for_is_read_from_the_right_over_all_its_lines() {
        let read = x_forwarded_for;
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
    fn an_odd_byte_hides_its_entry_and_not_the_line() {
        let read = |line: &[u8]| hops(ForwardingHeader::XForwardedFor, &[line]);
        assert_eq!(read(b"\xff, 203.0.113.9"), ["203.0.113.9", "-"]);
        assert_eq!(
            read(b"192.0.2.66, \x80\xfe, 203.0.113.9, 10.0.0.2"),
            ["10.0.0.2", "203.0.113.9", "-", "192.0.2.66"]
        );
        assert_eq!(read(b"203.0.113.9\xa0, 10.0.0.2"), ["10.0.0.2", "-"]);
        let read = |line: &[u8]| hops(ForwardingHeader::Forwarded, &[line]);
        assert_eq!(read(b"for=192.0.2.66;host=\"\xe9\", for=203.0.113.9"), ["203.0.113.9", "192.0.2.66"]);
        assert_eq!(read(b"for=\"\xff\", for=203.0.113.9"), ["203.0.113.9", "-"]);
    }

    #[test]
    fn commas_at_the_end_of_a_line_separate_nothing() {
        for line in ["203.0.113.9,", "203.0.113.9 , ", "203.0.113.9,,,", "203.0.113.9\t,\t"] {
            assert_eq!(x_forwarded_for(&[line]), ["203.0.113.9"], "{line}");
        }
        assert_eq!(x_forwarded_for(&["203.0.113.9", "", " , "]), ["203.0.113.9"]);
        assert_eq!(forwarded("for=192.0.2.1, for=203.0.113.9,"), ["203.0.113.9", "192.0.2.1"]);
    }

    #[test]
    fn forwarded_is_read_with_its_quotes_and_parameters() {
        let read = forwarded;
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

    #[test]
    fn separators_between_quotes_separate_nothing() {
        for host in [
            "a;for=192.0.2.66",
            "a, for=192.0.2.66",
            "a\\\";for=192.0.2.66",
            "a\\\", for=192.0.2.66",
            "a\\\\",
        ] {
            let line = format!("for=198.51.100.1, for=203.0.113.9;host=\"{host}\"");
            assert_eq!(forwarded(&line), ["203.0.113.9", "198.51.100.1"], "{line}");
            let line = format!("host=\"{host}\";for=203.0.113.9;proto=https");
            assert_eq!(forwarded(&line), ["203.0.113.9"], "{line}");
        }
    }

    #[test]
    fn an_element_that_breaks_the_grammar_tells_nothing() {
        for element in [
            "for=203.0.113.9;host=\"a",
            "for=\"203.0.113.9",
            "for",
            "for=203.0.113.9 198.51.100.1",
            "=203.0.113.9",
        ] {
            assert_eq!(forwarded(element), ["-"], "{element}");
        }
        // The nearest proxy's entry stands, whatever the client put in front of it.
        for smuggled in ["for=\"", "for=192.0.2.66;host=\"a\\", "\"", "\\\"", "for=\"a\\\""] {
            let line = format!("{smuggled}, for=203.0.113.9");
            assert_eq!(forwarded(&line).first().map(String::as_str), Some("203.0.113.9"), "{line}");
        }
    }
}
