//! A small service with the four steps. `examples/api` is the one to copy: it has a database, signatures and sessions.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use instant_funnel::{Actor, Claim, Cohort, EventId, Funnel, Journey, Landing, Paid, Provision, TeamId};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// How long ago a request pretends to be made.
pub(crate) const MINUTES_AGO: &str = "x-minutes-ago";
/// Delivery gives up on older events.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whom the service has met.
#[derive(Debug, Default)]
struct Books {
    /// The journey that a team was claimed in: what links a payment to the landing.
    journeys: HashMap<TeamId, Journey>,
    /// Charges that were delivered already. Billing systems deliver each more than once.
    charges: HashSet<String>,
    /// Teams that have paid.
    customers: HashSet<TeamId>,
}

#[derive(Clone)]
struct App {
    funnel: Funnel,
    books: Arc<Mutex<Books>>,
}

/// Listens on a free port of loopback.
pub(crate) async fn start(funnel: Funnel) -> io::Result<SocketAddr> {
    let app = App { funnel, books: Arc::default() };
    let router = Router::new()
        .route("/", get(landing))
        .route("/provision/{service}", post(provision))
        .route("/claim", post(claim))
        .route("/webhooks/billing", post(billing))
        .with_state(app);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Minted at first touch, then carried by the client.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(crate) journey: Journey,
}

async fn landing(State(app): State<App>, headers: HeaderMap) -> Json<Visit> {
    let caller = Caller::of(&headers);
    let journey = Journey::begin_at(caller.actor, caller.at);
    app.funnel.record(
        Landing::new()
            .at(caller.at)
            .journey(journey)
            .actor(caller.actor)
            .cohort(caller.cohort)
            .fingerprint(app.funnel.pseudonymize_network(caller.address, caller.asn)),
    );
    Json(Visit { journey })
}

#[derive(Debug, Deserialize)]
struct Plan {
    journey: Journey,
    /// Whatever the client says, personal data too: the contract's rules stand between it and the event.
    tier: String,
}

async fn provision(
    State(app): State<App>,
    Path(service): Path<String>,
    Query(plan): Query<Plan>,
    headers: HeaderMap,
) -> StatusCode {
    let caller = Caller::of(&headers);
    if service == "cache" {
        // An older handler that writes `tracing` events, and is careless with what it says.
        tracing::info!(
            name: "InstantFunnel",
            funnelStep = "provision",
            service,
            journey = %plan.journey,
            tier = plan.tier,
            actor = caller.actor.as_str(),
            cohort = caller.cohort.as_str(),
            client = %caller.address,
            "provisioned a cache for {}",
            plan.tier
        );
        return StatusCode::CREATED;
    }
    app.funnel.record(
        Provision::new(&service)
            .at(caller.at)
            .journey(plan.journey)
            .tier(&plan.tier)
            .actor(caller.actor)
            .cohort(caller.cohort)
            .fingerprint(app.funnel.pseudonymize_network(caller.address, caller.asn)),
    );
    StatusCode::CREATED
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ClaimRequest {
    pub(crate) journey: Journey,
    pub(crate) team: TeamId,
    pub(crate) email: String,
}

async fn claim(State(app): State<App>, headers: HeaderMap, Json(request): Json<ClaimRequest>) -> StatusCode {
    let caller = Caller::of(&headers);
    app.books().journeys.insert(request.team, request.journey);
    app.funnel.record(
        Claim::new(request.team)
            .at(caller.at)
            .journey(request.journey)
            .tier("free")
            .actor(caller.actor)
            .cohort(caller.cohort)
            .fingerprint(app.funnel.pseudonymize_network(caller.address, caller.asn))
            .email_hash(app.funnel.pseudonymize_email(&request.email)),
    );
    StatusCode::CREATED
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) team: TeamId,
}

async fn billing(State(app): State<App>, headers: HeaderMap, Json(charge): Json<Charge>) -> StatusCode {
    let (journey, renewal) = {
        let mut books = app.books();
        if !books.charges.insert(charge.id.clone()) {
            return StatusCode::OK; // told before
        }
        let journey = books.journeys.get(&charge.team).copied();
        (journey, !books.customers.insert(charge.team))
    };
    app.funnel.record(
        Paid::new(charge.team, journey)
            .at(Caller::of(&headers).at)
            .event_id(EventId::of("paid", &charge.id))
            .tier("pro")
            .actor(Actor::HumanDashboard)
            .renewal(renewal),
    );
    StatusCode::OK
}

impl App {
    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request says of its sender. `instant-funnel-tower` does this properly.
struct Caller {
    actor: Actor,
    cohort: Cohort,
    address: IpAddr,
    asn: u32,
    /// When it happened: the load of the quickstart plays a day.
    at: SystemTime,
}

impl Caller {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let agent = text("user-agent");
        let actor = match agent {
            agent if agent.starts_with("Claude") => Actor::AgentClaude,
            agent if agent.starts_with("curl/") => Actor::AgentCurl,
            agent if agent.starts_with("Mozilla/") => Actor::HumanDashboard,
            agent if agent.contains("probe") => Actor::Prober,
            _ => Actor::Unknown,
        };
        let cohort = if actor == Actor::Prober { Cohort::Synthetic } else { Cohort::Real };
        let address = text("x-forwarded-for").parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let ago = Duration::from_secs(60 * text(MINUTES_AGO).parse().unwrap_or(0));
        let at = SystemTime::now() - ago.min(DAY);
        Self { actor, cohort, address, asn: text("x-client-asn").parse().unwrap_or(0), at }
    }
}
