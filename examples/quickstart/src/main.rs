//! The main job in one command: a lab, a small real service and traffic through it, in one process over real sockets.
//!
//! `cargo run --release -p quickstart` stays up with a trickle of traffic and prints the page's address.
//! `-- --once --json` runs a fixed load, ends with one JSON object on the last line and exits with 1 when the numbers
//! do not add up.

#![expect(clippy::print_stdout, reason = "a program that talks to a person")]

mod arguments;
mod report;
mod service;
mod stop;
mod traffic;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use funnel_lab::{Lab, LabBuilder, Line};
use instant_funnel::{Backend, Funnel, OtlpConfig, PseudonymKey};
use tracing_subscriber::layer::SubscriberExt;

use self::arguments::{Arguments, Usage};
use self::report::Report;
use self::stop::Stop;

/// Flushing at the end waits this long at most.
const FLUSH: Duration = Duration::from_secs(30);
/// The ports that everything else expects, in the order OTLP/HTTP, gRPC, page.
const WELL_KNOWN_PORTS: [u16; 3] = [4318, 4317, 4320];

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = match Arguments::parse() {
        Ok(arguments) => arguments,
        Err(Usage(text)) => {
            println!("{text}");
            return Ok(ExitCode::from(2));
        }
    };
    // Before there is a database that somebody who stops this would leave behind.
    let mut stop = Stop::listen();
    let (lab, funnel) = start(&arguments).await?;
    let result = run(&arguments, &lab, &funnel, &mut stop).await;
    // Whatever happened, the database goes with the lab.
    lab.shutdown().await;
    match result? {
        End::Once(status) => Ok(status),
        // The thread that makes the traffic may sleep; the process does not wait for it.
        End::Stopped(code) => std::process::exit(code),
    }
}

/// How a run ends.
enum End {
    Once(ExitCode),
    Stopped(i32),
}

/// What a shell reports of a program that was interrupted.
const INTERRUPTED: i32 = 130;

async fn run(
    arguments: &Arguments,
    lab: &Lab,
    funnel: &Funnel,
    stop: &mut Stop,
) -> Result<End, Box<dyn Error>> {
    let guard = funnel.guard();
    let service = service::start(funnel.clone()).await?;
    if !arguments.json {
        println!("service  http://{service}");
        println!("lab      {}   (OTLP {})", lab.page_url(), lab.otlp_url());
        println!("sending {} journeys through the service …", arguments.journeys);
    }

    let load = traffic::Load::fixed(arguments.journeys);
    let flushing = funnel.clone();
    let loading = tokio::task::spawn_blocking(move || load.run(service).map(|()| flushing.flush(FLUSH)));
    let flushed = tokio::select! {
        flushed = loading => flushed??,
        () = stop.heard() => return Ok(End::Stopped(INTERRUPTED)),
    };
    let report = Report::of(&flushed, lab).await?;
    if arguments.json {
        println!("{}", report.to_json());
    } else {
        println!("{report}");
    }

    if !arguments.once {
        println!("\nopen {}   (ctrl-c to stop)", lab.page_url());
        let trickle = tokio::task::spawn_blocking(move || traffic::trickle(service));
        stop.heard().await;
        trickle.abort();
        println!("stopping …");
        let _ = guard.shutdown(FLUSH);
        return Ok(End::Stopped(0));
    }
    Ok(End::Once(if report.adds_up() { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}

/// A lab, and a funnel that sends to it.
async fn start(arguments: &Arguments) -> Result<(Lab, Funnel), Box<dyn Error>> {
    // The lab comes first, so that the funnel knows where to send; the page learns of the funnel by its slot.
    let slot = std::sync::Arc::new(std::sync::OnceLock::<Funnel>::new());
    let seen = slot.clone();
    let builder = || {
        Lab::builder().watch("quickstart", {
            let seen = seen.clone();
            move || seen.get().map(line).unwrap_or_default()
        })
    };
    let lab = start_lab(builder, arguments.once).await?;

    let funnel = Funnel::builder()
        .service_name("quickstart")
        .environment("development")
        .pseudonym_key(PseudonymKey::new(b"a key for a demonstration, not a secret")?)
        .vocabulary("reasonCode", ["trial_ended", "quota_reached"])
        .backend(Backend::Otlp(OtlpConfig::new(format!("{}/v1/logs", lab.otlp_url()))))
        .build()?;
    // Code that writes `tracing` events goes through the layer; nothing else listens here.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(funnel.layer()))?;
    let _ = slot.set(funnel.clone());
    Ok((lab, funnel))
}

fn line(funnel: &Funnel) -> Line {
    let stats = funnel.stats();
    Line {
        recorded: stats.recorded,
        delivered: stats.delivered,
        dropped: stats.dropped.total(),
        handed_over: stats.handed_over,
        pending: stats.pending,
    }
}

/// On the well-known ports when somebody is going to look, and on free ones when they are taken.
async fn start_lab(builder: impl Fn() -> LabBuilder, once: bool) -> Result<Lab, Box<dyn Error>> {
    if !once {
        let [otlp, grpc, http] = WELL_KNOWN_PORTS.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        match builder().otlp(otlp).grpc(grpc).http(http).start().await {
            Ok(lab) => return Ok(lab),
            Err(error) => println!("the usual ports are not free ({error}); free ones are used"),
        }
    }
    Ok(builder().start().await?)
}
