//! What the layer and two recorded steps cost a request, in CPU time of the thread.
//!
//! `cargo bench -p instant-funnel-tower --bench overhead`. The figure is the difference between a service behind the
//! layer whose handler records a landing and a provision, and the same service without either. The baseline is a service
//! without the layer that records the same two steps with all that the layer fills in known beforehand. A round times one
//! after the other; shown are the median and the fastest of the rounds, and the ratio of the fastest to the baseline's.
//! By default the layer sets and reads version 1's cookie too; the last two lines are without it.

#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

use std::cell::RefCell;
use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::{HeaderName, Request, Response};
use instant_funnel::{Actor, Backend, Funnel, Landing, Provision, PseudonymKey, Record, Sink, Verdict};
use instant_funnel_tower::{
    ForwardingHeader, FunnelContext, FunnelLayer, JourneyCookie, SigningKey, TrustedProxies,
};
use tower::service_fn;
use tower_layer::Layer;
use tower_service::Service;

/// The scheduler counts in steps of 4 ms.
const REQUESTS: u32 = 200_000;
const ROUNDS: usize = 15;
const NAMES: [&str; 5] = [
    "two records alone",
    "a visitor who returns",
    "a first visit",
    "a visitor who returns, without version 1's cookie",
    "a first visit, without version 1's cookie",
];
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/// Does what delivery does on the caller's thread: encodes the record.
struct Encode;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Sink for Encode {
    fn accept(&self, record: &Record<'_>) -> Verdict {
        BUFFER.with_borrow_mut(|buffer| {
            buffer.resize(record.encoded_len(), 0);
            black_box(record.encode_into(buffer).is_ok());
        });
        Verdict::Delivered
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let key = PseudonymKey::new(&[7; 32])?;
    let funnel = Funnel::builder().pseudonym_key(key).backend(Backend::Custom(Arc::new(Encode))).build()?;
    let layer = |cookie: JourneyCookie| -> Result<FunnelLayer, Box<dyn Error>> {
        Ok(FunnelLayer::new(funnel.clone())
            .journey_cookie(cookie)
            .trusted_proxies(TrustedProxies::networks(ForwardingHeader::XForwardedFor, ["10.0.0.0/8"])?)
            .asn_header(HeaderName::from_static("x-asn")))
    };
    let cookie = JourneyCookie::new(SigningKey::new([1; 32])?);

    let mut bare = service_fn(async |request: Request<()>| {
        black_box(request.headers().len());
        Ok::<_, Infallible>(Response::new(()))
    });
    let handler = service_fn(async |request: Request<()>| {
        let funnel = FunnelContext::of(request.extensions());
        funnel.landing().record();
        funnel.provision("db").tier("anonymous").record();
        Ok::<_, Infallible>(Response::new(()))
    });
    let mut recording =
        [layer(cookie.clone())?.layer(handler), layer(cookie.without_version_1())?.layer(handler)];

    let known = funnel.begin_journey(Actor::HumanDashboard);
    let fingerprint = funnel.pseudonymize_network(IpAddr::from([203, 0, 113, 9]), 64_500);
    let mut baseline = service_fn(async |request: Request<()>| {
        black_box(request.headers().len());
        let actor = Actor::HumanDashboard;
        funnel.record(Landing::new().journey(known).actor(actor).fingerprint(fingerprint));
        let provision = Provision::new("db").journey(known).actor(actor).fingerprint(fingerprint);
        funnel.record(provision.tier("anonymous"));
        Ok::<_, Infallible>(Response::new(()))
    });

    // A browser brings all cookies that it was given.
    let first = answer(recording[0].call(request(None)?))?;
    let lines = first.headers().get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
    let cookies: Vec<_> = lines.filter_map(|line| line.split(';').next()).collect();
    let visitor = Some(cookies.join("; "));
    let sealed =
        cookies.iter().find(|cookie| cookie.starts_with("journey-2=")).map(|cookie| (*cookie).to_owned());
    let mut costs = [const { Vec::new() }; 5];
    for _ in 0..ROUNDS {
        let without = time(|| answer(bare.call(request(None)?)))?;
        let with = time(|| answer(baseline.call(request(None)?)))?;
        costs[0].push(with.saturating_sub(without) / u64::from(REQUESTS));
        for (cookie, service, into) in [(&visitor, 0, 1), (&None, 0, 2), (&sealed, 1, 3), (&None, 1, 4)] {
            let without = time(|| answer(bare.call(request(cookie.as_deref())?)))?;
            let with = time(|| answer(recording[service].call(request(cookie.as_deref())?)))?;
            costs[into].push(with.saturating_sub(without) / u64::from(REQUESTS));
        }
    }
    costs.iter_mut().for_each(|costs| costs.sort_unstable());
    let least = costs[0][0].max(1) as f64;
    for (name, costs) in NAMES.iter().zip(&costs) {
        let (median, fastest) = (costs[ROUNDS / 2], costs[0]);
        let ratio = fastest as f64 / least;
        println!("{name}: median {median} ns, fastest {fastest} ns a request, {ratio:.2} times the baseline");
    }
    Ok(())
}

fn request(cookie: Option<&str>) -> Result<Request<()>, http::Error> {
    let mut request = Request::get("/db")
        .header("host", "api.example.com")
        .header("user-agent", BROWSER)
        .header("accept", "application/json")
        .header("x-forwarded-for", "203.0.113.9, 10.0.0.2")
        .header("x-asn", "64500");
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    request.extension(SocketAddr::from(([10, 0, 0, 1], 4711))).body(())
}

/// The services above never wait.
fn answer<T>(future: impl Future<Output = Result<T, Infallible>>) -> Result<T, Box<dyn Error>> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Ok(result?),
        Poll::Pending => Err("the service waits".into()),
    }
}

/// CPU nanoseconds of this thread over all requests.
fn time<T>(mut call: impl FnMut() -> Result<T, Box<dyn Error>>) -> Result<u64, Box<dyn Error>> {
    let start = on_cpu()?;
    for _ in 0..REQUESTS {
        black_box(call()?);
    }
    Ok(on_cpu()? - start)
}

/// What the scheduler counted, so that others on the machine do not count. Linux only, as the benchmark is.
fn on_cpu() -> Result<u64, Box<dyn Error>> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(line.split_whitespace().next().ok_or("an empty schedstat")?.parse()?)
}
