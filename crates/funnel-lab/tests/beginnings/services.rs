//! Two services, a worker and what they keep. Requests go through the middleware and no socket.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use http::{HeaderName, Request, Response};
use instant_funnel::{Backend, EventId, Funnel, Journey, OtlpConfig, SigningKey, TeamId};
use instant_funnel_tower::{Carried, FunnelContext, FunnelLayer, JourneyCookie, JourneyHosts, SharedSecret};
use tower::{Service, service_fn};
use tower_layer::Layer;

const HEADER: HeaderName = HeaderName::from_static("x-journey-id");
pub(crate) const PROBE: (&str, &str) = ("x-synthetic", "a secret of our own probes, 32 bytes");

pub(crate) struct Services {
    api: Funnel,
    cache: Funnel,
    layer: FunnelLayer,
    cache_layer: FunnelLayer,
    hosts: JourneyHosts,
    key: SigningKey,
    queue: Mutex<VecDeque<String>>,
    /// The column beside each team.
    teams: Mutex<HashMap<TeamId, String>>,
}

fn funnel(name: &str, endpoint: &str, key: &SigningKey) -> Funnel {
    let config = OtlpConfig::new(endpoint).journal_max_bytes(256 << 20);
    let builder = Funnel::builder().service_name(name).signing_key(key.clone());
    builder.backend(Backend::Otlp(config)).build().unwrap()
}

impl Services {
    pub(crate) fn start(endpoint: &str) -> Self {
        let key = SigningKey::new([7; 32]).unwrap();
        let (api, cache) = (funnel("api", endpoint, &key), funnel("cache", endpoint, &key));
        let probe = || SharedSecret::new(PROBE.1).unwrap();
        let layer = FunnelLayer::new(api.clone())
            .journey_cookie(JourneyCookie::new(key.clone()))
            .journey_header(HEADER)
            .synthetic_header(HeaderName::from_static(PROBE.0), probe());
        Self {
            cache_layer: FunnelLayer::new(cache.clone()).journey_header(HEADER),
            hosts: JourneyHosts::new(HEADER, ["cache.internal"]).unwrap(),
            queue: Mutex::default(),
            teams: Mutex::default(),
            api,
            cache,
            layer,
            key,
        }
    }

    /// A request to the first service: what its handler made of it, and the cookies that it set.
    pub(crate) fn ask<T>(
        &self,
        headers: &[(&str, &str)],
        handle: impl Fn(&FunnelContext) -> T,
    ) -> (T, Vec<String>) {
        let (made, response) = through(&self.layer, request("https://api.example/", headers), handle);
        let lines = response.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        (made, lines.filter_map(|line| line.split(';').next().map(str::to_owned)).collect())
    }

    /// Asks the second service, as a handler of the first.
    pub(crate) fn provision_elsewhere(&self, context: &FunnelContext) {
        let mut call = request("https://cache.internal/v1", &[("user-agent", "reqwest/0.13")]);
        let uri = call.uri().clone();
        assert!(self.hosts.insert(context, &uri, call.headers_mut()));
        let ((), answer) = through(&self.cache_layer, call, |funnel| {
            funnel.provision("cache").tier("anonymous").record();
        });
        assert!(answer.headers().is_empty());
    }

    pub(crate) fn enqueue(&self, context: &FunnelContext) {
        self.queue.lock().unwrap().push_back(context.carry().to_string());
    }

    /// What the worker does, now or later.
    pub(crate) fn work(&self, jobs: usize) {
        for _ in 0..jobs {
            let Some(message) = self.queue.lock().unwrap().pop_front() else { return };
            let context = Carried::from(message).resume(&self.api).unwrap();
            context.provision("db").tier("anonymous").record();
        }
    }

    /// The link in a mail.
    pub(crate) fn mail(&self, context: &FunnelContext) -> String {
        let later = SystemTime::now() + Duration::from_secs(48 * 60 * 60);
        self.key.seal(&context.journey().unwrap(), "onboarding", later)
    }

    pub(crate) fn claim(&self, context: &FunnelContext, token: &str) -> TeamId {
        context.adopt(self.key.open(token, "onboarding").unwrap());
        let team = TeamId::new();
        self.teams.lock().unwrap().insert(team, context.journey().unwrap().to_string());
        context.claim(team).tier("free").record();
        team
    }

    pub(crate) fn pay(&self, context: &FunnelContext, team: TeamId) {
        let column = self.teams.lock().unwrap()[&team].parse::<Journey>().unwrap();
        let event = context.paid(team, column).event_id(EventId::of("paid", team.to_string()));
        event.tier("pro").renewal(false).record();
    }

    pub(crate) fn flush(&self, timeout: Duration) {
        for funnel in [&self.api, &self.cache] {
            let report = funnel.flush(timeout);
            assert_eq!((report.recorded, report.pending, report.dropped.total()), (report.delivered, 0, 0));
        }
    }
}

fn request(uri: &str, headers: &[(&str, &str)]) -> Request<()> {
    let request = Request::get(uri);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
}

fn through<T>(
    layer: &FunnelLayer,
    request: Request<()>,
    handle: impl Fn(&FunnelContext) -> T,
) -> (T, Response<()>) {
    let made = Mutex::new(None);
    let mut service = layer.layer(service_fn(async |request: Request<()>| {
        *made.lock().unwrap() = Some(handle(&FunnelContext::of(request.extensions())));
        Ok::<_, Infallible>(Response::new(()))
    }));
    // The handlers never wait.
    let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("the service waits")
    };
    (made.into_inner().unwrap().unwrap(), response)
}
