//! The part of an address that a neighbourhood shares.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A /24 of IPv4 or a /48 of IPv6.
pub(super) struct Network {
    octets: [u8; 16],
    prefix: usize,
    width: usize,
}

impl Network {
    /// An IPv6 address with an IPv4 address in it belongs to the IPv4 address's /24: its own /48 would hold all of the
    /// IPv4 address, or nothing of it.
    pub(super) fn of(address: IpAddr) -> Self {
        let embedded = match address {
            IpAddr::V4(v4) => Some(v4),
            IpAddr::V6(v6) => embedded_ipv4(v6),
        };
        let mut octets = [0; 16];
        match (embedded, address) {
            (Some(v4), _) | (None, IpAddr::V4(v4)) => {
                octets[..3].copy_from_slice(&v4.octets()[..3]);
                Self { octets, prefix: 3, width: 4 }
            }
            (None, IpAddr::V6(v6)) => {
                octets[..6].copy_from_slice(&v6.octets()[..6]);
                Self { octets, prefix: 6, width: 16 }
            }
        }
    }

    pub(super) fn prefix(&self) -> &[u8] {
        &self.octets[..self.prefix]
    }

    /// The whole address with its host part zeroed, as the older code hashed it.
    pub(super) fn masked(&self) -> &[u8] {
        &self.octets[..self.width]
    }
}

/// The IPv4 address inside an IPv6 address: mapped, compatible, translated, 6to4, Teredo, NAT64. `None` for others.
#[must_use]
pub fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let v4 = |at: [usize; 4]| Some(Ipv4Addr::from(at.map(|at| octets[at])));
    match address.segments() {
        // `::` and `::1`, the unspecified and the loopback address.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // IPv4-compatible, IPv4-translated, IPv4-mapped (RFC 4291, RFC 2765); NAT64's well-known prefix (RFC 6052).
        [0, 0, 0, 0, 0 | 0xffff, 0, ..] | [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            v4([12, 13, 14, 15])
        }
        // 6to4 (RFC 3056).
        [0x2002, ..] => v4([2, 3, 4, 5]),
        // Teredo (RFC 4380): the client's address is inverted.
        [0x2001, 0, ..] => v4([12, 13, 14, 15]).map(|inverted| Ipv4Addr::from_bits(!inverted.to_bits())),
        // NAT64's local-use prefix (RFC 8215), which a network divides as it likes: RFC 6052 has a form for each length.
        [0x64, 0xff9b, 1, ..] => match octets[9..] {
            [_, _, 0, 0, 0, 0, 0] => v4([6, 7, 9, 10]),
            [_, _, _, 0, 0, 0, 0] => v4([7, 9, 10, 11]),
            [_, _, _, _, 0, 0, 0] => v4([9, 10, 11, 12]),
            _ => v4([12, 13, 14, 15]),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Vec<u8> {
        Network::of(text.parse().unwrap()).prefix().to_vec()
    }

    #[test]
    fn an_address_inside_an_address_is_its_own_slash_24() {
        for with in [
            "203.0.113.9",
            "::ffff:203.0.113.9",
            "::ffff:0:203.0.113.9",
            "::203.0.113.9",
            "2002:cb00:7109::1",
            "2002:cb00:7109:1234:5678:9abc:def0:1234",
            "64:ff9b::203.0.113.9",
            "64:ff9b:1::203.0.113.9",
            "64:ff9b:1:abcd:12:3456:203.0.113.9",
            "64:ff9b:1:cb00:71:900::",
            "64:ff9b:1:12cb:0:7109::",
            "64:ff9b:1:1234:cb:71:900:0",
            "2001:0:4136:e378:8000:63bf:34ff:8ef6",
        ] {
            assert_eq!(network(with), [203, 0, 113], "{with}");
        }
    }

    #[test]
    fn another_address_is_its_slash_48() {
        assert_eq!(network("2001:db8:1:2::3"), [0x20, 0x01, 0x0d, 0xb8, 0, 1]);
        assert_eq!(network("2003:cb00:7109::1"), [0x20, 0x03, 0xcb, 0, 0x71, 0x09]);
        assert_eq!(network("64:ff9c::203.0.113.9"), [0, 0x64, 0xff, 0x9c, 0, 0]);
        assert_eq!(network("::1"), [0; 6]);
        assert_eq!(network("::"), [0; 6]);
    }
}
