//! The client's network: found under explicit rules, cut to a prefix at once, never kept as an address.

mod forwarding;
mod network;
mod trust;

pub use forwarding::ForwardingHeader;
pub(crate) use trust::HOPS_MAX;
pub use trust::TrustedProxies;

use crate::head::RequestHead;
use crate::settings::Settings;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The bits of an address that a neighbourhood shares. The rest is gone.
#[derive(Clone, Copy)]
pub(crate) struct Neighbourhood {
    prefix: IpAddr,
    asn: u32,
}

impl std::fmt::Debug for Neighbourhood {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Neighbourhood(..)")
    }
}

impl Neighbourhood {
    /// Of the request's client, if it can be known.
    pub(crate) fn read(settings: &Settings, head: &RequestHead<'_>) -> Option<Self> {
        let peer = settings.peer(head).map(|address| address.to_canonical());
        let client = match &settings.proxies {
            None => peer?,
            Some(proxies) => proxies.client(peer, head.headers())?,
        };
        let asn = settings.asn(head, peer, client).unwrap_or_default();
        Some(Self { prefix: prefix(client), asn })
    }

    pub(crate) fn prefix(&self) -> IpAddr {
        self.prefix
    }

    pub(crate) fn asn(&self) -> u32 {
        self.asn
    }
}

/// Where the connection comes from, as servers commonly attach it.
pub(crate) fn attached_peer(head: &RequestHead<'_>) -> Option<IpAddr> {
    let extensions = head.extensions();
    let socket = extensions.get::<SocketAddr>().map(SocketAddr::ip);
    socket.or_else(|| extensions.get::<IpAddr>().copied())
}

/// The network's number in a header: `64500` or `AS64500`.
pub(crate) fn parse_asn(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.get(..2).filter(|start| start.eq_ignore_ascii_case("as")).map_or(text, |_| &text[2..]);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// /24 of version 4, /48 of version 6.
fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
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

    #[test]
    fn an_address_is_cut_to_its_neighbourhood() {
        let cut = |text: &str| prefix(text.parse().unwrap()).to_string();
        assert_eq!(cut("192.0.2.77"), "192.0.2.0");
        assert_eq!(cut("::ffff:192.0.2.77"), "192.0.2.0");
        assert_eq!(cut("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
    }

    #[test]
    fn a_network_number_has_two_spellings() {
        assert_eq!(parse_asn("AS64500"), Some(64_500));
        assert_eq!(parse_asn(" 64500 "), Some(64_500));
        for bad in ["", "AS", "64500x", "-1", "+1", "4294967296", "é1"] {
            assert_eq!(parse_asn(bad), None, "{bad}");
        }
    }
}
