//! What is kept of an address: the prefix of the network, of an address of version 4 inside one of version 6 too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use instant_funnel::embedded_ipv4;

/// The version 4 address that a version 6 address was made from, or the address itself.
pub(super) fn innermost(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => embedded_ipv4(v6).map_or(address, IpAddr::V4),
    }
}

/// /24 of version 4, /48 of version 6.
pub(super) fn prefix(address: IpAddr) -> IpAddr {
    match innermost(address) {
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
            "64:ff9b:1:cb00:71:900::",
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
