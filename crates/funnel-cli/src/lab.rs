//! `funnel lab`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use funnel_lab::{Lab, LabBuilder};

use crate::ask;
use crate::contract::read_all;
use crate::failure::Failure;
use crate::output::{complain, say};
use crate::watch::Watched;

/// Receive OTLP, check it against the contracts, store it, answer NRQL queries and show a page.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # store events in funnel-lab.db
  funnel lab
  # demo data: 200,000 journeys over 90 days
  funnel lab --demo
  # for a test: a free port and a temporary database
  funnel lab --temporary --otlp 127.0.0.1:0
  # a funnel of your own beside InstantFunnel
  funnel lab --contract contracts/shop.toml
  # show a service's counters beside its events
  funnel lab --metrics http://127.0.0.1:9464/metrics

Durations are a number and s, m, h or d. Port 0 chooses a free port. Ctrl-C stops.")]
pub(crate) struct LabArguments {
    /// OTLP over HTTP
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4318", value_parser = ask::address)]
    otlp: SocketAddr,
    /// OTLP over gRPC
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4317", value_parser = ask::address)]
    grpc: SocketAddr,
    /// The page and the API
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4320", value_parser = ask::address)]
    http: SocketAddr,
    /// The SQLite file
    #[arg(long, value_name = "FILE", default_value = "funnel-lab.db", value_parser = ask::path)]
    db: PathBuf,
    /// A temporary database, deleted when the lab stops
    #[arg(long, conflicts_with = "db")]
    temporary: bool,
    /// Fill a temporary database with 200,000 seeded journeys over 90 days
    #[arg(long, conflicts_with = "db")]
    demo: bool,
    /// Contract file of another event, to check its records against; may be repeated
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    contract: Vec<PathBuf>,
    /// Maximum number of events to keep [default: 2000000]
    #[arg(long, value_name = "N")]
    max_events: Option<u64>,
    /// Maximum size of the file in bytes [default: 4294967296]
    #[arg(long, value_name = "N")]
    max_bytes: Option<u64>,
    /// How long to keep events [default: 7d]
    #[arg(long, value_name = "DURATION", value_parser = ask::duration)]
    max_age: Option<Duration>,
    /// Maximum difference between an event's time and now [default: 24h, as in New Relic]
    #[arg(long, value_name = "DURATION", value_parser = ask::duration)]
    accept_age: Option<Duration>,
    /// URL of a service's Prometheus metrics to show on the page; may be repeated
    #[arg(long, value_name = "URL", value_parser = ask::word)]
    metrics: Vec<String>,
    /// Another host name to accept in requests; may be repeated
    #[arg(long, value_name = "NAME", value_parser = ask::word)]
    allow_host: Vec<String>,
    /// Accept telemetry from pages of this origin, such as `https://shop.example`; may be repeated
    #[arg(long, value_name = "ORIGIN", value_parser = ask::word)]
    allow_origin: Vec<String>,
}

pub(crate) fn run(arguments: LabArguments) -> Result<(), Failure> {
    let db = (!arguments.temporary && !arguments.demo).then(|| arguments.db.clone());
    let demo = arguments.demo;
    let builder = builder(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::CannotAsk(format!("threads cannot be started: {error}")))?;
    runtime.block_on(serve(builder, db, demo))
}

fn builder(arguments: LabArguments) -> Result<LabBuilder, Failure> {
    let mut builder = Lab::builder().otlp(arguments.otlp).grpc(arguments.grpc).http(arguments.http);
    for contract in read_all(&arguments.contract)? {
        builder = builder.contract_file(&contract);
    }
    if let Some(events) = arguments.max_events {
        builder = builder.max_events(events);
    }
    if let Some(bytes) = arguments.max_bytes {
        builder = builder.max_bytes(bytes);
    }
    if let Some(age) = arguments.max_age {
        builder = builder.max_age(age);
    }
    if let Some(age) = arguments.accept_age {
        builder = builder.accept_age(age);
    }
    for url in arguments.metrics {
        let watched = Watched::start(url.clone())
            .map_err(|error| Failure::CannotAsk(format!("`{url}` cannot be watched: {error}")))?;
        builder = builder.watch_service(watched);
    }
    builder = arguments.allow_host.into_iter().fold(builder, LabBuilder::allow_host);
    Ok(arguments.allow_origin.into_iter().fold(builder, LabBuilder::allow_origin))
}

async fn serve(mut builder: LabBuilder, db: Option<PathBuf>, demo: bool) -> Result<(), Failure> {
    if let Some(db) = &db {
        builder = builder.db(db);
    }
    let lab = builder.start().await.map_err(|error| Failure::CannotAsk(error.to_string()))?;
    for address in [lab.otlp_addr(), lab.grpc_addr(), lab.http_addr()] {
        if !address.ip().is_loopback() {
            complain(&format!(
                "funnel: {address} is reachable from other machines, and the lab has no authentication"
            ));
        }
    }
    if demo {
        complain("funnel: loading 200,000 seeded journeys …");
        lab.load_demo().await.map_err(|error| Failure::CannotAsk(error.to_string()))?;
    }
    let held = lab.counts().total;
    let db = db.map_or_else(|| "temporary".to_owned(), |db| db.display().to_string());
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
