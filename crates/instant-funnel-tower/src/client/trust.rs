//! Whose word counts about where a request comes from.

use std::net::IpAddr;

use http::HeaderMap;

use super::forwarding::{ForwardingHeader, Hop};
use super::network::Network;
use crate::error::{HOPS_MAX, SettingError};

/// The proxies in front of the service, and the header in which they say for whom they speak.
///
/// Without it the peer of the connection is the client, and no header is read.
///
/// | rule | the client is | for |
/// |---|---|---|
/// | [`networks`](Self::networks) | the first address from the right that is none of these networks; the headers count only if the peer itself is one of them | proxies whose addresses are known |
/// | [`hops`](Self::hops) | the n-th entry from the right, whatever stands left of it | a load balancer of a cloud, whose addresses change |
///
/// What a client writes into the header itself stands left of what the proxies append, so it is never reached.
///
/// A network of mapped addresses (`::ffff:10.0.0.0/104`) is the version 4 network, and a peer of a socket that takes
/// both versions is known by its version 4 address.
///
/// Privacy: its `Debug` form shows the kind of rule, and no network.
///
/// ```
/// use instant_funnel_tower::{ForwardingHeader, TrustedProxies};
///
/// let ours = TrustedProxies::networks(ForwardingHeader::XForwardedFor, ["10.0.0.0/8", "2001:db8:10::/48"])?;
/// let cloud = TrustedProxies::hops(ForwardingHeader::Forwarded, 1)?;
/// # let _ = (ours, cloud);
/// # Ok::<(), instant_funnel_tower::SettingError>(())
/// ```
#[derive(Clone)]
pub struct TrustedProxies {
    header: ForwardingHeader,
    rule: Rule,
}

#[derive(Clone)]
enum Rule {
    Networks(Vec<Network>),
    Hops(usize),
}

impl std::fmt::Debug for TrustedProxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rule, count) = match &self.rule {
            Rule::Networks(networks) => ("networks", networks.len()),
            Rule::Hops(count) => ("hops", *count),
        };
        f.debug_struct("TrustedProxies").field("header", &self.header).field(rule, &count).finish()
    }
}

impl TrustedProxies {
    /// Trusts the proxies in these networks, in CIDR notation.
    ///
    /// # Errors
    /// [`SettingError::Network`] names the position of the text that is none.
    pub fn networks<'n>(
        header: ForwardingHeader,
        networks: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, SettingError> {
        let parse = |(at, text)| Network::parse(text).ok_or(SettingError::Network(at + 1));
        let networks = networks.into_iter().enumerate().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { header, rule: Rule::Networks(networks) })
    }

    /// Trusts the last `count` proxies of the chain. Every request must come through them: one that reaches the
    /// service another way can write the header as it likes.
    ///
    /// # Errors
    /// [`SettingError::Hops`] unless `count` is 1 to 16.
    pub fn hops(header: ForwardingHeader, count: usize) -> Result<Self, SettingError> {
        match (1..=HOPS_MAX).contains(&count) {
            true => Ok(Self { header, rule: Rule::Hops(count) }),
            false => Err(SettingError::Hops(count)),
        }
    }

    /// The client's address. None when a trusted proxy does not tell, or the chain is not what was promised.
    pub(crate) fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let mut hops = self.header.hops(headers).take(HOPS_MAX);
        match &self.rule {
            Rule::Hops(count) => hops.nth(count - 1).flatten(),
            Rule::Networks(networks) => walk(networks, peer?, hops),
        }
    }

    /// Whether what stands in the other headers of the request is a trusted proxy's word.
    pub(crate) fn vouches(&self, peer: Option<IpAddr>) -> bool {
        match &self.rule {
            Rule::Hops(_) => true,
            Rule::Networks(networks) => peer.is_some_and(|peer| trusted(networks, peer)),
        }
    }
}

fn walk(networks: &[Network], peer: IpAddr, hops: impl Iterator<Item = Hop>) -> Option<IpAddr> {
    let mut candidate = peer;
    for hop in hops {
        if !trusted(networks, candidate) {
            return Some(candidate);
        }
        candidate = hop?;
    }
    Some(candidate)
}

fn trusted(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &TrustedProxies, peer: &str, chain: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-forwarded-for"),
            chain.parse().unwrap(),
        )]);
        proxies.client(peer.parse().ok(), &headers).map(|address| address.to_string())
    }

    #[test]
    fn a_spoofed_chain_does_not_win() {
        let ours = TrustedProxies::networks(ForwardingHeader::XForwardedFor, ["10.0.0.0/8"]).unwrap();
        let cases = [
            // Straight from the internet: the header is the client's own invention.
            ("203.0.113.9", "192.0.2.1", Some("203.0.113.9")),
            // Through one proxy, and through two.
            ("10.0.0.1", "203.0.113.9", Some("203.0.113.9")),
            ("10.0.0.1", "203.0.113.9, 10.0.0.2", Some("203.0.113.9")),
            // The client wrote an address, or one of ours, in front.
            ("10.0.0.1", "192.0.2.1, 203.0.113.9", Some("203.0.113.9")),
            ("10.0.0.1", "192.0.2.1, 10.0.0.7, 203.0.113.9, 10.0.0.2", Some("203.0.113.9")),
            // A proxy that hides its client, and a request of a proxy itself.
            ("10.0.0.1", "192.0.2.1, unknown", None),
            ("10.0.0.1", "10.0.0.9", Some("10.0.0.9")),
        ];
        for (peer, chain, expected) in cases {
            assert_eq!(client(&ours, peer, chain).as_deref(), expected, "{peer} {chain}");
        }
    }

    #[test]
    fn hops_are_counted_from_the_right() {
        let two = TrustedProxies::hops(ForwardingHeader::XForwardedFor, 2).unwrap();
        assert_eq!(
            client(&two, "10.0.0.1", "192.0.2.1, 203.0.113.9, 10.0.0.2").as_deref(),
            Some("203.0.113.9")
        );
        assert_eq!(
            client(&two, "10.0.0.1", "203.0.113.9"),
            None,
            "a shorter chain than promised tells nothing"
        );
        assert_eq!(TrustedProxies::hops(ForwardingHeader::Forwarded, 0).unwrap_err(), SettingError::Hops(0));
    }

    #[test]
    fn a_chain_without_end_is_followed_a_little_way() {
        let all = TrustedProxies::networks(ForwardingHeader::XForwardedFor, ["0.0.0.0/0"]).unwrap();
        let chain = vec!["10.0.0.1"; 5_000].join(",");
        assert_eq!(client(&all, "10.0.0.2", &chain).as_deref(), Some("10.0.0.1"));
    }

    #[test]
    fn sixteen_entries_are_read_and_no_more() {
        let ours = TrustedProxies::networks(ForwardingHeader::XForwardedFor, ["10.0.0.0/8"]).unwrap();
        for entries in 1..=20 {
            let proxies: String = (1..entries).rev().map(|at| format!(", 10.0.0.{at}")).collect();
            let chain = format!("203.0.113.9{proxies}");
            let expected = if entries <= HOPS_MAX { "203.0.113.9" } else { "10.0.0.16" };
            assert_eq!(client(&ours, "10.0.0.100", &chain).as_deref(), Some(expected), "{chain}");
            let sixteen = TrustedProxies::hops(ForwardingHeader::XForwardedFor, HOPS_MAX).unwrap();
            let counted = match entries {
                16 => Some("203.0.113.9"),
                17.. => Some("10.0.0.16"),
                _ => None,
            };
            assert_eq!(client(&sixteen, "10.0.0.100", &chain).as_deref(), counted, "{chain}");
        }
    }
}
