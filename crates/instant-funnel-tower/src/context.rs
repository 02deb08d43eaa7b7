//! The context that a handler receives.

use std::sync::{Arc, OnceLock};

use http::{Extensions, HeaderMap, HeaderName, header::USER_AGENT};
use instant_funnel::{
    Actor, CarriedFacts, Claim, Cohort, Draft, EmailHash, Fingerprint, Funnel, Journey, Landing, Paid,
    Provision, TeamId, TraceContext,
};

use crate::actor::remembered;
use crate::client::ClientNetwork;
use crate::consent::Consent;
use crate::head::RequestHead;
use crate::journey::{self, RequestJourney};
use crate::prefilled::Prefilled;
use crate::settings::Settings;
use crate::speculation::is_speculative;
use crate::traceparent;

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
    /// The caller's span, for where none is active here.
    trace: Option<TraceContext>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("actor", &self.actor)
            .field("own_probe", &self.own_probe)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn own_cohort(&self) -> Option<Cohort> {
        (self.own_probe || self.actor == Actor::Prober).then_some(Cohort::Synthetic)
    }
}

impl FunnelContext {
    pub(crate) fn read(settings: &Arc<Settings>, head: &RequestHead<'_>) -> Self {
        let funnel = &settings.funnel;
        if let Some(facts) = journey::facts(&settings.journey, funnel, head) {
            let trace = traceparent::read(head.headers());
            return Self::carried(settings, &facts, settings.probe.is_own_probe(head), trace);
        }
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
            trace: traceparent::read(head.headers()),
            settings: Arc::clone(settings),
        };
        Self { inner: Some(Arc::new(inner)) }
    }

    /// What another service knew of the request that made it call, or the request before a job. Its visitor's consent is
    /// what it was there.
    pub(crate) fn carried(
        settings: &Arc<Settings>,
        facts: &CarriedFacts,
        own_probe: bool,
        trace: Option<TraceContext>,
    ) -> Self {
        let inner = Inner {
            journey: RequestJourney::carried(facts),
            consent: if facts.journey.is_some() { Consent::Granted } else { Consent::Denied },
            speculative: false,
            network: None,
            fingerprint: OnceLock::from(facts.fingerprint),
            actor: facts.actor,
            own_probe: own_probe || facts.cohort == Some(Cohort::Synthetic),
            trace,
            settings: Arc::clone(settings),
        };
        Self { inner: Some(Arc::new(inner)) }
    }

    /// The context that the layer put among the extensions, or one that records nothing.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// The journey of this visitor, begun now if there was none. None without consent.
    ///
    /// A service that carries it itself takes it from here: its text for a column, sealed for a mail or a link.
    #[must_use]
    pub fn journey(&self) -> Option<Journey> {
        let inner = self.inner()?;
        let Settings { journey, funnel, .. } = &*inner.settings;
        inner.journey.get(journey, funnel, inner.actor, inner.own_cohort())
    }

    /// Goes on with the journey of a token that was [opened](instant_funnel::SigningKey::open): of a link in a mail, say,
    /// that was opened in a browser where another journey had begun.
    ///
    /// It takes the place of the visitor's, in the steps that this request takes from now on and in the cookie that the
    /// answer sets. Its beginning is the token's. Of several in one request the first stays; without consent none is
    /// taken.
    pub fn adopt(&self, journey: impl Into<Option<Journey>>) {
        if let (Some(inner), Some(journey)) = (self.inner(), journey.into()) {
            let Settings { journey: settings, funnel, .. } = &*inner.settings;
            inner.journey.adopt(settings, funnel, journey);
        }
    }

    /// Who acts, by the user agent.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.inner().map_or(Actor::Unknown, |inner| inner.actor)
    }

    /// [`Cohort::Synthetic`] for probers, for the service's own probes and on a journey that began as one; None leaves it
    /// to the process. It is part of a journey that begins here, so a service that keeps the journey keeps it too.
    #[must_use]
    pub fn cohort(&self) -> Option<Cohort> {
        let inner = self.inner()?;
        let journey = inner.journey.seen().map(|journey| journey.cohort());
        inner.own_cohort().or(journey.filter(|cohort| *cohort == Cohort::Synthetic))
    }

    /// The pseudonym of the visitor's network. None without consent, a known address or a pseudonym key.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        let inner = self.inner()?;
        *inner.fingerprint.get_or_init(|| {
            let network = inner.network.as_ref()?;
            inner.settings.funnel.pseudonymize_network(network.prefix(), network.asn())
        })
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
    /// A browser that prepares a page which nobody has opened yet (`Sec-Purpose: prefetch`) does not count as an arrival: the event
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

    /// A step of any contract, with what the request and the journey know filled in where the contract has a place for it and
    /// the event says nothing yet: the journey, the cohort, the actor and the pseudonym of the network.
    ///
    /// ```
    /// # use instant_funnel::Provision;
    /// # use instant_funnel_tower::FunnelContext;
    /// async fn create_database(funnel: FunnelContext) {
    ///     funnel.take(Provision::new("db").tier("anonymous")).record();
    /// }
    /// # let _ = create_database;
    /// ```
    ///
    /// For a request of a visitor. A request of a billing system has another journey, network and actor than the person who
    /// paid: record such a step with [`Funnel::record`], or with [`paid`](Self::paid).
    ///
    /// Privacy: where the visitor denied consent, a journey, a fingerprint or an e-mail hash of the event is left out.
    pub fn take<'a>(&self, event: impl Into<Draft<'a>>) -> Prefilled<'_, Draft<'a>> {
        let mut draft = event.into();
        if self.consent() == Consent::Denied {
            draft.unlink();
        }
        let speculative = self.inner.as_deref().is_some_and(|inner| inner.speculative);
        let cohort = self.cohort().or(speculative.then_some(Cohort::Synthetic));
        crate::prefilled::fill(&mut draft, self.journey(), cohort, self.actor(), self.fingerprint());
        self.prefilled(draft)
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
        let trace = self.inner.as_deref().and_then(|inner| inner.trace);
        Prefilled::new(funnel, self.consent(), trace, event)
    }

    fn consent(&self) -> Consent {
        self.inner.as_deref().map_or(Consent::Granted, |inner| inner.consent)
    }

    /// What the layer found. Where there is none, somebody believes to record and does not: that is reported, once.
    fn inner(&self) -> Option<&Inner> {
        if self.inner.is_none() {
            crate::missing::warn_once();
        }
        self.inner.as_deref()
    }

    /// What the request knows, for a job or another service.
    pub(crate) fn facts(&self) -> Option<CarriedFacts> {
        self.inner.as_ref()?;
        Some(CarriedFacts {
            journey: self.journey(),
            actor: self.actor(),
            cohort: self.cohort(),
            fingerprint: self.fingerprint(),
        })
    }

    pub(crate) fn funnel(&self) -> Option<&Funnel> {
        Some(&self.inner.as_deref()?.settings.funnel)
    }

    pub(crate) fn finish(&self, headers: &mut HeaderMap) {
        if let Some(inner) = self.inner.as_deref() {
            inner.journey.finish(&inner.settings.journey, &inner.settings.funnel, headers);
        }
    }
}

fn actor(head: &RequestHead<'_>) -> Actor {
    let user_agent = head.headers().get(USER_AGENT);
    match user_agent.map_or(Actor::Unknown, |value| remembered(value.as_bytes())) {
        // The protocol is as good a sign as a name, but does not outweigh one.
        Actor::Unknown | Actor::AgentOther if head.headers().contains_key(MCP_VERSION) => Actor::AgentMcp,
        actor => actor,
    }
}
