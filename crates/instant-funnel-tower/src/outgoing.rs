//! Adds the journey to calls to other services.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::uri::{Authority, Uri};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use tower_layer::Layer;
use tower_service::Service;

use crate::carried;
use crate::context::FunnelContext;
use crate::error::SettingError;

/// How long the receiver may take to read it, and how far its clock may be ahead.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The hosts that receive the journey, and the header that carries it. No other host receives it.
///
/// What goes along is what a [`Carried`](crate::Carried) holds: the journey with its beginning, who acts, whether it
/// counts, the network's pseudonym. It is sealed under the funnel's signing key, which the store shares
/// (`ANALYTICS_SIGNING_KEY`), and whose [`journey_header`](crate::FunnelLayer::journey_header) has the same name. Its
/// events then have this request's actor, cohort and fingerprint, and not those of an HTTP client. Without a key it is
/// the journey's bare id, and the store takes the rest from its own request.
///
/// It is a layer around a tower client, which looks for a [`FunnelContext`] among the extensions of the outgoing request.
/// For other clients there is [`insert`](Self::insert).
///
/// Redirects: a client that follows redirects sends the header on to the host that it is redirected to, named or not. Put
/// the layer *inside* `tower_http::follow_redirect`, so that each request is looked at; switch redirects off in clients
/// that follow them on their own, such as `reqwest` (`redirect::Policy::none()`).
///
/// ```
/// use http::{HeaderName, Request};
/// use instant_funnel_tower::{FunnelContext, JourneyHosts};
///
/// let hosts = JourneyHosts::new(HeaderName::from_static("x-journey-id"), ["billing.internal", "*.svc.internal"])?;
/// # let context = FunnelContext::default();
/// let mut request = Request::get("https://billing.internal/v1/invoices").body(()).unwrap();
/// let uri = request.uri().clone();
/// hosts.insert(&context, &uri, request.headers_mut());
/// # Ok::<(), instant_funnel_tower::SettingError>(())
/// ```
#[derive(Debug, Clone)]
pub struct JourneyHosts {
    header: HeaderName,
    hosts: Arc<[Host]>,
}

#[derive(Debug)]
struct Host {
    /// In lower case. Begins with a dot where any subdomain will do.
    name: Box<str>,
    port: Option<u16>,
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        let (text, dot) = match text.strip_prefix("*.") {
            Some(rest) => (rest, "."),
            None => (text, ""),
        };
        let authority: Authority = text.parse().ok()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        // A port that is not a number must not come to mean every port.
        let wrong_port = authority.port_u16().is_none() && authority.host().len() != text.len();
        if authority.host().is_empty() || wrong_port || !text.chars().all(plain) {
            return None;
        }
        let name = format!("{dot}{}", authority.host().to_ascii_lowercase()).into();
        Some(Self { name, port: authority.port_u16() })
    }

    fn is(&self, authority: &Authority, scheme: Option<&str>) -> bool {
        let host = authority.host().to_ascii_lowercase();
        let is_below = || host.len() > self.name.len() && host.ends_with(&*self.name);
        let named = if self.name.starts_with('.') { is_below() } else { host == *self.name };
        let usual = match scheme {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        };
        named && self.port.is_none_or(|port| authority.port_u16().or(usual) == Some(port))
    }
}

impl JourneyHosts {
    /// Host names, with a port where only that one is meant; `*.svc.internal` is every host below it.
    ///
    /// # Errors
    /// [`SettingError::Host`], by its position.
    pub fn new<I>(header: HeaderName, hosts: I) -> Result<Self, SettingError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let parse =
            |(at, text): (usize, I::Item)| Host::parse(text.as_ref()).ok_or(SettingError::Host(at + 1));
        let hosts = hosts.into_iter().enumerate().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { header, hosts })
    }

    /// Puts the header among those of a request to `uri`, if its host is one of these; says whether it did. A header of
    /// that name is replaced. A journey begins if there was none.
    pub fn insert(&self, context: &FunnelContext, uri: &Uri, headers: &mut HeaderMap) -> bool {
        let Some(value) = self.value(context, uri) else { return false };
        headers.try_insert(&self.header, value).is_ok()
    }

    fn value(&self, context: &FunnelContext, uri: &Uri) -> Option<HeaderValue> {
        let authority = uri.authority()?;
        self.hosts.iter().find(|host| host.is(authority, uri.scheme_str()))?;
        let (facts, funnel) = (context.facts()?, context.funnel()?);
        let key = funnel.signing_key();
        // Only a sealed value can carry the visitor's denial.
        if facts.journey.is_none() && key.is_none() {
            return None;
        }
        let expiry = funnel.now().checked_add(LIFETIME)?;
        let mut value = HeaderValue::try_from(carried::text(&facts, key, expiry)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl<S> Layer<S> for JourneyHosts {
    type Service = JourneyClient<S>;

    fn layer(&self, inner: S) -> JourneyClient<S> {
        JourneyClient { inner, hosts: self.clone() }
    }
}

/// What [`JourneyHosts`] makes of a client.
#[derive(Clone)]
pub struct JourneyClient<S> {
    inner: S,
    hosts: JourneyHosts,
}

impl<S> std::fmt::Debug for JourneyClient<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JourneyClient").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl<S, B> Service<Request<B>> for JourneyClient<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if let Some(context) = request.extensions().get::<FunnelContext>()
            && let Some(value) = self.hosts.value(context, request.uri())
        {
            let _ = request.headers_mut().try_insert(&self.hosts.header, value);
        }
        self.inner.call(request)
    }
}
