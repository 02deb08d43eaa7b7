//! `funnel lab`

use crate::ask::{self, duration, number};
use crate::failure::Failure;
use crate::output::{complain, say};
use crate::watch::Watched;
use funnel_lab::{Lab, LabBuilder};
use lexopt::Arg;
use std::net::SocketAddr;
use std::path::PathBuf;

const HELP: &str = "\
funnel lab: receive OTLP, judge, store, answer NRQL, show the page

  --otlp ADDRESS       OTLP over HTTP, default 127.0.0.1:4318
  --grpc ADDRESS       OTLP over gRPC, default 127.0.0.1:4317
  --http ADDRESS       the page and the API, default 127.0.0.1:4320
  --db FILE            the SQLite file, default funnel-lab.db
  --temporary          a database that goes when the lab does
  --max-events N       how many events are kept, default 2000000
  --max-bytes N        how large the file may grow, default 4294967296
  --max-age DURATION   how long they are kept, default 7d
  --accept-age DURATION  how far an event's time may lie from now, default 24h as at New Relic
  --metrics URL        a service's Prometheus metrics, for its line on the page; may be repeated
  --allow-host NAME    another name under which the lab is reached; may be repeated
  --allow-origin ORIGIN  pages of this origin may send telemetry, such as https://shop.example; may be repeated

Durations are a number and s, m, h or d. Port 0 takes a free one. Ctrl-C stops.
";

const DB: &str = "funnel-lab.db";

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return say(HELP),
            Arg::Long("otlp") => options.otlp = ask::address(&mut arguments)?,
            Arg::Long("grpc") => options.grpc = ask::address(&mut arguments)?,
            Arg::Long("http") => options.http = ask::address(&mut arguments)?,
            Arg::Long("db") => options.db = Some(ask::path(&mut arguments, "--db")?),
            Arg::Long("temporary") => options.db = None,
            Arg::Long("max-events") => {
                let events = number(&mut arguments)?;
                options.builder = options.builder.max_events(events);
            }
            Arg::Long("max-bytes") => {
                let bytes = number(&mut arguments)?;
                options.builder = options.builder.max_bytes(bytes);
            }
            Arg::Long("max-age") => {
                let age = duration(&mut arguments)?;
                options.builder = options.builder.max_age(age);
            }
            Arg::Long("accept-age") => {
                let age = duration(&mut arguments)?;
                options.builder = options.builder.accept_age(age);
            }
            Arg::Long("metrics") => {
                let url = ask::word(&mut arguments, "--metrics")?;
                let watched = Watched::start(url.clone())
                    .map_err(|error| Failure::CannotAsk(format!("`{url}` cannot be watched: {error}")))?;
                options.builder = options.builder.watch_service(watched);
            }
            Arg::Long("allow-host") => {
                let name = ask::word(&mut arguments, "--allow-host")?;
                options.builder = options.builder.allow_host(name);
            }
            Arg::Long("allow-origin") => {
                let origin = ask::word(&mut arguments, "--allow-origin")?;
                options.builder = options.builder.allow_origin(origin);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::CannotAsk(format!("threads cannot be started: {error}")))?;
    runtime.block_on(serve(options))
}

struct Options {
    otlp: SocketAddr,
    grpc: SocketAddr,
    http: SocketAddr,
    db: Option<PathBuf>,
    builder: LabBuilder,
}

impl Default for Options {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Self {
            otlp: loopback(4318),
            grpc: loopback(4317),
            http: loopback(4320),
            db: Some(PathBuf::from(DB)),
            builder: Lab::builder(),
        }
    }
}

async fn serve(options: Options) -> Result<(), Failure> {
    let mut builder = options.builder.otlp(options.otlp).grpc(options.grpc).http(options.http);
    if let Some(db) = &options.db {
        builder = builder.db(db);
    }
    let lab = builder.start().await.map_err(|error| Failure::CannotAsk(error.to_string()))?;
    for address in [lab.otlp_addr(), lab.grpc_addr(), lab.http_addr()] {
        if !address.ip().is_loopback() {
            complain(&format!(
                "funnel: {address} is reachable from other machines, and nobody is asked for a password"
            ));
        }
    }
    let held = lab.counts().total;
    let db = options.db.map_or_else(|| "temporary".to_owned(), |db| db.display().to_string());
    say(&format!(
        "page      {}\nOTLP/HTTP {}\ngRPC      http://{}\ndatabase  {db}, {held} events\n",
        lab.page_url(),
        lab.otlp_url(),
        lab.grpc_addr(),
    ))?;
    stopped().await;
    lab.shutdown().await;
    Ok(())
}

/// Until Ctrl-C, or the signal by which a supervisor stops a service.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // A process that cannot hear signals runs until it is killed.
    if interrupt.await.is_err() {
        std::future::pending::<()>().await;
    }
}
