//! The client's network: found under explicit rules, cut to a prefix at once, never kept as an address.

mod forwarding;
mod network;
mod trust;

pub use forwarding::ForwardingHeader;
pub use trust::TrustedProxies;

use crate::head::{Ask, RequestHead};
use http::HeaderName;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Looks up the number of a network.
pub(crate) type AskAsn = Arc<dyn Fn(IpAddr) -> Option<u32> + Send + Sync>;

/// How the client's network is found.
#[derive(Clone, Default)]
pub(crate) struct ClientSettings {
    pub(crate) peer: Option<Ask<Option<IpAddr>>>,
    pub(crate) proxies: Option<TrustedProxies>,
    pub(crate) asn_header: Option<HeaderName>,
    pub(crate) asn: Option<AskAsn>,
}

impl ClientSettings {
    fn peer(&self, head: &RequestHead<'_>) -> Option<IpAddr> {
        self.peer.as_ref().map_or_else(|| attached_peer(head), |ask| ask(head))
    }

    /// The header first, if whoever wrote it is trusted; then the caller's function.
    fn asn(&self, head: &RequestHead<'_>, peer: Option<IpAddr>, client: IpAddr) -> Option<u32> {
        let vouched = self.proxies.as_ref().is_some_and(|proxies| proxies.vouches(peer));
        let header =
            || self.asn_header.as_ref().filter(|_| vouched).and_then(|name| parse_asn(head.header(name)?));
        header().or_else(|| self.asn.as_ref().and_then(|ask| ask(client)))
    }
}

/// The bits of an address that a network shares. The rest is gone.
#[derive(Clone, Copy)]
pub(crate) struct ClientNetwork {
    prefix: IpAddr,
    asn: u32,
}

impl std::fmt::Debug for ClientNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientNetwork(..)")
    }
}

impl ClientNetwork {
    /// Of the request's client, if it can be known.
    pub(crate) fn read(settings: &ClientSettings, head: &RequestHead<'_>) -> Option<Self> {
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
fn attached_peer(head: &RequestHead<'_>) -> Option<IpAddr> {
    let extensions = head.extensions();
    let socket = extensions.get::<SocketAddr>().map(SocketAddr::ip);
    socket.or_else(|| extensions.get::<IpAddr>().copied())
}

/// The network's number in a header: `64500` or `AS64500`.
fn parse_asn(text: &str) -> Option<u32> {
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
    fn an_address_is_cut_to_its_network() {
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
