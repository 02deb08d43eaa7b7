//! What the layer was told, shared by all its services.

use crate::client::{TrustedProxies, attached_peer, parse_asn};
use crate::consent::Consent;
use crate::head::RequestHead;
use crate::journey::JourneyCookie;
use crate::secret::SharedSecret;
use http::HeaderName;
use instant_funnel::{Funnel, JourneyId};
use std::net::IpAddr;
use std::sync::Arc;

pub(crate) type Ask<T> = Arc<dyn Fn(&RequestHead<'_>) -> T + Send + Sync>;
pub(crate) type AskAsn = Arc<dyn Fn(IpAddr) -> Option<u32> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) funnel: Funnel,
    pub(crate) cookie: Option<JourneyCookie>,
    pub(crate) journey_header: Option<HeaderName>,
    pub(crate) journey_from: Option<Ask<Option<JourneyId>>>,
    pub(crate) consent: Option<Ask<Consent>>,
    pub(crate) peer: Option<Ask<Option<IpAddr>>>,
    pub(crate) proxies: Option<TrustedProxies>,
    pub(crate) asn_header: Option<HeaderName>,
    pub(crate) asn: Option<AskAsn>,
    pub(crate) synthetic: Option<(HeaderName, SharedSecret)>,
}

impl Settings {
    pub(crate) fn new(funnel: Funnel) -> Self {
        Self {
            funnel,
            cookie: None,
            journey_header: None,
            journey_from: None,
            consent: None,
            peer: None,
            proxies: None,
            asn_header: None,
            asn: None,
            synthetic: None,
        }
    }

    pub(crate) fn consent(&self, head: &RequestHead<'_>) -> Consent {
        self.consent.as_ref().map_or(Consent::Granted, |ask| ask(head))
    }

    pub(crate) fn journey_from(&self, head: &RequestHead<'_>) -> Option<JourneyId> {
        self.journey_from.as_ref().and_then(|ask| ask(head))
    }

    pub(crate) fn peer(&self, head: &RequestHead<'_>) -> Option<IpAddr> {
        self.peer.as_ref().map_or_else(|| attached_peer(head), |ask| ask(head))
    }

    /// The header first, if whoever wrote it is trusted; then the caller's function.
    pub(crate) fn asn(&self, head: &RequestHead<'_>, peer: Option<IpAddr>, client: IpAddr) -> Option<u32> {
        let vouched = self.proxies.as_ref().is_some_and(|proxies| proxies.vouches(peer));
        let header =
            || self.asn_header.as_ref().filter(|_| vouched).and_then(|name| parse_asn(head.header(name)?));
        header().or_else(|| self.asn.as_ref().and_then(|ask| ask(client)))
    }

    /// Whether the request carries the secret of the service's own probes.
    pub(crate) fn is_own_probe(&self, head: &RequestHead<'_>) -> bool {
        let sent =
            self.synthetic.as_ref().and_then(|(name, secret)| Some((head.headers().get(name)?, secret)));
        sent.is_some_and(|(value, secret)| secret.is(value.as_bytes()))
    }
}
