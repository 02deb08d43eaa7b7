//! The layer, and the settings for what it trusts.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use instant_funnel::{Funnel, Journey};
use tower_layer::Layer;

use crate::client::TrustedProxies;
use crate::consent::Consent;
use crate::context::FunnelContext;
use crate::head::RequestHead;
use crate::journey::JourneyCookie;
use crate::secret::SharedSecret;
use crate::service::FunnelService;
use crate::settings::Settings;

/// Gives each request a [`FunnelContext`](crate::FunnelContext). Trusts nobody until told.
///
/// The functions that you give it run in the middle of a request. One that panics does not end the request (in a
/// process that unwinds): it has answered nothing, or [`Consent::Denied`], and the panic is counted.
///
/// ```
/// use instant_funnel::Funnel;
/// use instant_funnel_tower::{ForwardingHeader, FunnelLayer, JourneyCookie, SigningKey, TrustedProxies};
///
/// # fn build(funnel: Funnel, secret: &str) -> Result<FunnelLayer, instant_funnel_tower::SettingError> {
/// let layer = FunnelLayer::new(funnel)
///     .journey_cookie(JourneyCookie::new(SigningKey::new(secret)?))
///     .trusted_proxies(TrustedProxies::networks(ForwardingHeader::XForwardedFor, ["10.0.0.0/8"])?);
/// # Ok(layer)
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a layer does nothing until a service is wrapped in it"]
pub struct FunnelLayer {
    settings: Arc<Settings>,
}

impl std::fmt::Debug for FunnelLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FunnelLayer").field("funnel", &self.settings.funnel).finish_non_exhaustive()
    }
}

impl FunnelLayer {
    /// Records through `funnel`. Mints a journey where a step is taken; finds and carries none yet.
    pub fn new(funnel: Funnel) -> Self {
        Self { settings: Arc::new(Settings::new(funnel)) }
    }

    pub(crate) fn context(&self, head: &RequestHead<'_>) -> FunnelContext {
        FunnelContext::read(&self.settings, head)
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Finds the journey in a signed cookie, and sets it when a step minted one.
    pub fn journey_cookie(self, cookie: JourneyCookie) -> Self {
        self.set(|settings| settings.journey.cookie = Some(cookie))
    }

    /// Finds the journey in this header and answers with it when a step began one: for command lines, agents and other
    /// services, which keep no cookies. The header wins over the cookie.
    ///
    /// Where the funnel has a [signing key](instant_funnel::FunnelBuilder::signing_key), the answer is sealed, with the
    /// journey's beginning and cohort, and is taken back as it is. Without one it is the bare id. Instances of version 1
    /// know the bare id alone: give the funnel its key when none of them runs any more.
    ///
    /// A bare UUID of version 4 or 7 is read as a journey whose beginning is unknown. Anybody can send one; all that it
    /// can do is join the sender's own steps to a journey whose id they know. Another service hands over what it knows of
    /// the request in the same header, sealed: see [`JourneyHosts`](crate::JourneyHosts).
    pub fn journey_header(self, name: HeaderName) -> Self {
        self.set(|settings| settings.journey.header = Some(name))
    }

    /// Finds the journey by a function of the caller's: in a session, a token, an extension. It answers with a
    /// [`Journey`] or a [`JourneyId`](instant_funnel::JourneyId). It wins over the header and the cookie; where it knows
    /// nothing, they are asked.
    pub fn journey_from<J: Into<Journey>>(
        self,
        ask: impl Fn(&RequestHead<'_>) -> Option<J> + Send + Sync + 'static,
    ) -> Self {
        let ask = move |head: &RequestHead<'_>| ask(head).map(Into::<Journey>::into);
        self.set(|settings| settings.journey.from = Some(Arc::new(ask)))
    }

    /// How old a journey in a cookie or a header may be, by its start. An older one is over, and the next step begins a
    /// new one. Default 90 days. A journey whose beginning is unknown has no age.
    pub fn journey_age_max(self, age: Duration) -> Self {
        self.set(|settings| settings.journey.age_max = age)
    }

    /// Asks whether a visitor may be followed. Default: yes. A function that panics has said
    /// [`Denied`](Consent::Denied).
    ///
    /// It is asked for every request, also those of a billing system, which brings no banner's cookie: grant those by
    /// their path, or their `paid` is joined to nothing.
    pub fn consent(self, ask: impl Fn(&RequestHead<'_>) -> Consent + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.consent.ask = Some(Arc::new(ask)))
    }

    /// Says where the connection comes from. Default: the [`SocketAddr`](std::net::SocketAddr) or [`IpAddr`] among
    /// the request's extensions. With axum: `|head| Some(head.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip())`.
    pub fn peer(self, ask: impl Fn(&RequestHead<'_>) -> Option<IpAddr> + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.client.peer = Some(Arc::new(ask)))
    }

    /// Believes these proxies about the client's address. Default: none, and the peer is the client.
    pub fn trusted_proxies(self, proxies: TrustedProxies) -> Self {
        self.set(|settings| settings.client.proxies = Some(proxies))
    }

    /// Reads the number of the client's network from a header that a trusted proxy writes, `64500` or `AS64500`.
    /// The proxy must replace what a client sends; without [`trusted_proxies`](Self::trusted_proxies) it is not read.
    pub fn asn_header(self, name: HeaderName) -> Self {
        self.set(|settings| settings.client.asn_header = Some(name))
    }

    /// Looks up the number of the client's network. Asked where the header tells nothing; must return at once. A
    /// version 4 address inside one of version 6 (6to4, NAT64, Teredo) is handed over as itself.
    pub fn asn(self, ask: impl Fn(IpAddr) -> Option<u32> + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.client.asn = Some(Arc::new(ask)))
    }

    /// Marks requests that carry the secret in this header as synthetic: the service's own probes and load tests,
    /// whatever their user agent.
    pub fn synthetic_header(self, name: HeaderName, secret: SharedSecret) -> Self {
        self.set(|settings| settings.probe.header = Some((name, secret)))
    }
}

impl<S> Layer<S> for FunnelLayer {
    type Service = FunnelService<S>;

    fn layer(&self, inner: S) -> FunnelService<S> {
        FunnelService::new(inner, Arc::clone(&self.settings))
    }
}
