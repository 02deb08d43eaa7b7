//! Networks in CIDR notation.

use std::net::IpAddr;

/// An address and how many of its leading bits count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    bits: u128,
    mask: u128,
    v4: bool,
}

/// `::ffff:0:0/96`, under which version 6 writes version 4 addresses.
const MAPPED_BITS: u32 = 96;

impl Network {
    /// `10.0.0.0/8`, `2001:db8::/32`, or one address. `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            None => (text, None),
            Some((address, length)) => (address, Some(parse_length(length.trim())?)),
        };
        let written: IpAddr = address.trim().parse().ok()?;
        let written_width = if written.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(written_width);
        if length > written_width {
            return None;
        }
        let address = written.to_canonical();
        let (bits, v4) = bits(address);
        let (width, length) = match written.is_ipv6() && v4 {
            // A shorter length would reach beyond the addresses that stand for version 4.
            true => (32, length.checked_sub(MAPPED_BITS)?),
            false => (written_width, length),
        };
        // Version 4 stands in the low 32 bits.
        let mask = u128::MAX.checked_shl(width - length).unwrap_or(0);
        Some(Self { bits: bits & mask, mask, v4 })
    }

    /// A mapped address is in the network that its version 4 form is in.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        let (bits, v4) = bits(address.to_canonical());
        v4 == self.v4 && bits & self.mask == self.bits
    }
}

fn parse_length(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn bits(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), true),
        IpAddr::V6(v6) => (u128::from(v6), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_own_and_no_other() {
        let cases = [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "192.0.2.1", false),
        ];
        for (network, address, held) in cases {
            assert_eq!(
                Network::parse(network).unwrap().contains(address.parse().unwrap()),
                held,
                "{network} {address}"
            );
        }
    }

    #[test]
    fn a_mapped_network_is_the_version_4_network() {
        for (mapped, plain) in [
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:a00:0/104", "10.0.0.0/8"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            assert!(
                Network::parse(mapped) == Network::parse(plain) && Network::parse(plain).is_some(),
                "{mapped}"
            );
        }
        for (network, address) in [("10.0.0.0/8", "::ffff:10.1.2.3"), ("::ffff:10.0.0.0/104", "10.1.2.3")] {
            assert!(
                Network::parse(network).unwrap().contains(address.parse().unwrap()),
                "{network} {address}"
            );
        }
        // Other addresses that hold a version 4 address are anybody's to send: they are not in its network.
        for address in ["2002:a00:1::", "64:ff9b::a00:1", "::a00:1"] {
            assert!(!Network::parse("10.0.0.0/8").unwrap().contains(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "proxy.example",
            "::ffff:10.0.0.0/8",
            "::ffff:10.0.0.0/129",
        ] {
            assert!(Network::parse(bad).is_none(), "{bad}");
        }
    }
}
