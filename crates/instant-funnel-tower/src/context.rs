//! What a handler sees of all this.

use crate::actor::remembered;
use crate::client::ClientNetwork;
use crate::consent::Consent;
use crate::head::RequestHead;
use crate::journey::RequestJourney;
use crate::prefilled::Prefilled;
use crate::settings::Settings;
use crate::speculation::is_speculative;
use http::{Extensions, HeaderMap, HeaderName, header::USER_AGENT};
use instant_funnel::{
    Actor, Claim, Cohort, EmailHash, Fingerprint, Journey, JourneyId, Landing, Paid, Provision, TeamId,
};
use std::sync::{Arc, OnceLock};

/// Sent by clients of the Model Context Protocol with every request after the first.
const MCP_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// What is known of the request: its journey, its network's pseudonym, who acts. Records steps with all of it filled
/// in. Cheap to clone; clones are one request.
///
/// ```
/// use instant_funnel::TeamId;
/// use instant_funnel_tower::FunnelContext;
///
/// async fn create_database(funnel: FunnelContext) {
///     // … the database is there …
///     funnel.provision("db").tier("anonymous").record();
/// }
///
/// async fn claim(funnel: FunnelContext, team: TeamId, email: &str) {
///     funnel.claim(team).tier("free").email_hash(funnel.email_hash(email)).record();
/// }
/// # let _ = (create_database, claim::<>);
/// ```
///
/// Where no layer is in front it records nothing, and nothing fails. The first time that one is asked, a warning
/// (target `instant_funnel::middleware`) says so.
///
/// Privacy: it holds the first three bytes of the client's address (six of version 6), never the whole, until the
/// request is over.
#[derive(Debug, Clone, Default)]
pub struct FunnelContext {
    /// None: no layer in front.
    inner: Option<Arc<Inner>>,
}

struct Inner {
    settings: Arc<Settings>,
    consent: Consent,
    speculative: bool,
    journey: RequestJourney,
    network: Option<ClientNetwork>,
    fingerprint: OnceLock<Option<Fingerprint>>,
    actor: Actor,
    own_probe: bool,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("actor", &self.actor)
            .field("own_probe", &self.own_probe)
            .finish_non_exhaustive()
    }
}

impl FunnelContext {
    pub(crate) fn read(settings: &Arc<Settings>, head: &RequestHead<'_>) -> Self {
        let funnel = &settings.funnel;
        let consent = settings.consent.of(funnel, head);
        let network = match consent {
            Consent::Granted => ClientNetwork::read(&settings.client, funnel, head),
            Consent::Denied => None,
        };
        let speculative = is_speculative(head.headers());
        let inner = Inner {
            journey: RequestJourney::read(&settings.journey, funnel, head, consent, !speculative),
            consent,
            speculative,
            network,
            fingerprint: OnceLock::new(),
            actor: actor(head),
            own_probe: settings.probe.is_own_probe(head),
            settings: Arc::clone(settings),
        };
        Self { inner: Some(Arc::new(inner)) }
    }

    /// The context that the layer put among the extensions, or one that records nothing.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// The journey of this visitor, minted now if there was none. None without consent.
    ///
    /// A service that carries it itself, in a token or a database, takes it from here.
    #[must_use]
    pub fn journey(&self) -> Option<JourneyId> {
        let inner = self.inner()?;
        inner.journey.id(&inner.settings.journey)
    }

    /// Who acts, by the user agent.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.inner().map_or(Actor::Unknown, |inner| inner.actor)
    }

    /// [`Cohort::Synthetic`] for probers and for the service's own probes; None leaves it to the process.
    ///
    /// A service that stores it with the team, as it does the journey, knows later whose payment is a test's.
    #[must_use]
    pub fn cohort(&self) -> Option<Cohort> {
        let inner = self.inner()?;
        (inner.own_probe || inner.actor == Actor::Prober).then_some(Cohort::Synthetic)
    }

    /// The pseudonym of the visitor's network. None without consent, a known address or a pseudonym key.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        let inner = self.inner()?;
        let network = inner.network.as_ref()?;
        *inner
            .fingerprint
            .get_or_init(|| inner.settings.funnel.pseudonymize_network(network.prefix(), network.asn()))
    }

    /// The pseudonym of an e-mail address, as the funnel makes it. None without consent or a pseudonym key.
    #[must_use]
    pub fn email_hash(&self, address: &str) -> Option<EmailHash> {
        let inner = self.inner()?;
        match inner.consent {
            Consent::Granted => inner.settings.funnel.pseudonymize_email(address),
            Consent::Denied => None,
        }
    }

    /// Somebody arrived.
    ///
    /// A browser that prepares a page which nobody has opened yet (`Sec-Purpose: prefetch`) is no arrival: the event
    /// is synthetic then.
    pub fn landing<'a>(&self) -> Prefilled<'_, Landing<'a>> {
        let event = match self.inner.as_deref() {
            Some(Inner { speculative: true, .. }) => Landing::new().cohort(Cohort::Synthetic),
            _ => Landing::new(),
        };
        self.prefill(event, |event, network| event.fingerprint(network))
    }

    /// Somebody got a resource of the sub-service `service`, a slug.
    pub fn provision<'a>(&self, service: &'a str) -> Prefilled<'_, Provision<'a>> {
        self.prefill(Provision::new(service), |event, network| event.fingerprint(network))
    }

    /// `team` claimed what was anonymous. The journey is this visitor's; where a token brought one from another
    /// browser, say so: `.journey(token.journey)`.
    pub fn claim<'a>(&self, team: TeamId) -> Prefilled<'_, Claim<'a>> {
        self.prefill(Claim::new(team), |event, network| event.fingerprint(network))
    }

    /// `team` paid, at the end of `journey`.
    ///
    /// A billing system sends this request, so nothing of the request says who paid: neither its journey nor its
    /// network nor its user agent is filled in, and the library that it is sent with never makes the event synthetic.
    /// The shared secret does, since somebody sent that on purpose.
    ///
    /// A consent function that denies this request takes the journey away. Let it grant what a billing system sends, by
    /// its path.
    pub fn paid<'a>(&self, team: TeamId, journey: impl Into<Option<Journey>>) -> Prefilled<'_, Paid<'a>> {
        let inner = self.inner();
        let event = match self.consent() {
            Consent::Granted => Paid::new(team, journey),
            Consent::Denied => Paid::new(team, None),
        };
        let own_probe = inner.is_some_and(|inner| inner.own_probe);
        self.prefilled(if own_probe { event.cohort(Cohort::Synthetic) } else { event })
    }

    fn prefill<'a, E: crate::prefilled::Event<'a>>(
        &self,
        event: E,
        with_network: impl FnOnce(E, Fingerprint) -> E,
    ) -> Prefilled<'_, E> {
        let event = match self.journey() {
            Some(journey) => event.journey(journey),
            None => event,
        };
        let event = match self.cohort() {
            Some(cohort) => event.cohort(cohort),
            None => event,
        };
        let event = match self.fingerprint() {
            Some(network) => with_network(event, network),
            None => event,
        };
        self.prefilled(event.actor(self.actor()))
    }

    fn prefilled<E>(&self, event: E) -> Prefilled<'_, E> {
        let funnel = self.inner.as_deref().map(|inner| &inner.settings.funnel);
        Prefilled::new(funnel, self.consent(), event)
    }

    fn consent(&self) -> Consent {
        self.inner.as_deref().map_or(Consent::Granted, |inner| inner.consent)
    }

    /// What the layer found. Where there is none, somebody believes to record and does not: that is said, once.
    fn inner(&self) -> Option<&Inner> {
        if self.inner.is_none() {
            crate::missing::warn_once();
        }
        self.inner.as_deref()
    }

    pub(crate) fn carry(&self, headers: &mut HeaderMap) {
        if let Some(inner) = self.inner.as_deref() {
            inner.journey.carry(&inner.settings.journey, headers);
        }
    }
}

fn actor(head: &RequestHead<'_>) -> Actor {
    // As bytes: apps put words of every language into it.
    let user_agent = head.headers().get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    match user_agent.map_or(Actor::Unknown, |text| remembered(&text)) {
        // The protocol is as good a sign as a name, but does not outweigh one.
        Actor::Unknown | Actor::AgentOther if head.headers().contains_key(MCP_VERSION) => Actor::AgentMcp,
        actor => actor,
    }
}
