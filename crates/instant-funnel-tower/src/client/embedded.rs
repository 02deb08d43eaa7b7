//! Addresses of version 6 that hold an address of version 4, and the prefix that is kept of either.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The version 4 address that a version 6 address was made from, or the address itself.
///
/// | form | prefix | source |
/// |---|---|---|
/// | mapped | `::ffff:0:0/96` | RFC 4291 |
/// | compatible | `::/96` | RFC 4291 |
/// | translated | `::ffff:0:0:0/96` | RFC 2765 |
/// | NAT64 | `64:ff9b::/96`, `64:ff9b:1::/48` | RFC 6052, RFC 8215 |
/// | 6to4 | `2002::/16` | RFC 3056 |
/// | Teredo | `2001::/32` | RFC 4380, which inverts the bits |
pub(super) fn embedded_v4(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let v4 = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => v4(high, low),
        // `::` and `::1` are not version 4, nor is what begins with two zero bytes.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4(high, low),
        [0x2001, 0, _, _, _, _, high, low] => v4(!high, !low),
        _ => address,
    }
}

/// /24 of version 4, /48 of version 6.
pub(super) fn prefix(address: IpAddr) -> IpAddr {
    match embedded_v4(address) {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> String {
        prefix(text.parse().unwrap()).to_string()
    }

    #[test]
    fn an_address_is_cut_to_its_network() {
        assert_eq!(cut("192.0.2.77"), "192.0.2.0");
        assert_eq!(cut("::ffff:192.0.2.77"), "192.0.2.0");
        assert_eq!(cut("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
    }

    #[test]
    fn an_address_inside_an_address_is_cut_to_the_inner_ones_network() {
        for outer in [
            "2002:cb00:7109::",
            "2002:cb00:7109:1::1",
            "64:ff9b::203.0.113.9",
            "64:ff9b:1::203.0.113.9",
            "64:ff9b:1:a:b:c:cb00:7109",
            "::ffff:203.0.113.9",
            "::ffff:0:203.0.113.9",
            "::203.0.113.9",
            // 203.0.113.9 with its bits inverted.
            "2001:0:4136:e378:8000:63bf:34ff:8ef6",
        ] {
            assert_eq!(cut(outer), "203.0.113.0", "{outer}");
        }
    }

    #[test]
    fn an_address_that_only_resembles_one_stays_itself() {
        for (address, network) in [
            ("::1", "::"),
            ("::", "::"),
            ("2001:1::cb00:7109", "2001:1::"),
            ("2003:cb00:7109::", "2003:cb00:7109::"),
            ("64:ff9c::203.0.113.9", "64:ff9c::"),
            ("2001:db8::5efe:203.0.113.9", "2001:db8::"),
        ] {
            assert_eq!(cut(address), network, "{address}");
        }
    }
}
