//! The client's network: found under explicit rules, cut to a prefix at once, never kept as an address.

mod forwarded;
mod forwarding;
mod network;
mod node;
mod prefix;
mod trust;

use std::net::{IpAddr, SocketAddr};

use http::HeaderName;
use instant_funnel::Funnel;

pub use self::forwarding::ForwardingHeader;
use self::prefix::{innermost, prefix};
pub use self::trust::TrustedProxies;
use crate::caller::{Ask, AskAsn, Function, answer};
use crate::head::RequestHead;

static PEER: Function = Function::new("peer");
static ASN: Function = Function::new("asn");

/// How the client's network is found.
#[derive(Clone, Default)]
pub(crate) struct ClientSettings {
    pub(crate) peer: Option<Ask<Option<IpAddr>>>,
    pub(crate) proxies: Option<TrustedProxies>,
    pub(crate) asn_header: Option<HeaderName>,
    pub(crate) asn: Option<AskAsn>,
}

impl ClientSettings {
    fn peer(&self, funnel: &Funnel, head: &RequestHead<'_>) -> Option<IpAddr> {
        match &self.peer {
            Some(ask) => answer(funnel, &PEER, || ask(head))?,
            None => attached_peer(head),
        }
    }

    /// The header first, if whoever wrote it is trusted; then the caller's function.
    fn asn(
        &self,
        funnel: &Funnel,
        head: &RequestHead<'_>,
        peer: Option<IpAddr>,
        client: IpAddr,
    ) -> Option<u32> {
        let vouched = self.proxies.as_ref().is_some_and(|proxies| proxies.vouches(peer));
        // The last line: should a proxy append instead of replacing, the others are the client's.
        let last = |name| head.headers().get_all(name).iter().next_back()?.to_str().ok();
        let header = || parse_asn(last(self.asn_header.as_ref().filter(|_| vouched)?)?);
        let asked = || self.asn.as_ref().and_then(|ask| answer(funnel, &ASN, || ask(client))?);
        header().or_else(asked)
    }
}

/// The bits of an address that a network's clients share. The rest is gone.
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
    pub(crate) fn read(settings: &ClientSettings, funnel: &Funnel, head: &RequestHead<'_>) -> Option<Self> {
        let peer = settings.peer(funnel, head).map(|address| address.to_canonical());
        let client = match &settings.proxies {
            None => peer?,
            Some(proxies) => proxies.client(peer, head.headers())?,
        };
        let client = innermost(client);
        let asn = settings.asn(funnel, head, peer, client).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_number_has_two_spellings() {
        assert_eq!(parse_asn("AS64500"), Some(64_500));
        assert_eq!(parse_asn(" 64500 "), Some(64_500));
        for bad in ["", "AS", "64500x", "-1", "+1", "4294967296", "é1"] {
            assert_eq!(parse_asn(bad), None, "{bad}");
        }
    }
}
