//! `cargo run` in this folder, then `curl -i localhost:8080/start`. Nothing needs to be configured; `ANALYTICS_BACKEND=otlp` with
//! `OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318` sends events and spans to a lab or a collector.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use api_example::{App, Config, MailFolder, telemetry};
use instant_funnel::Funnel;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::util::SubscriberInitExt;

/// What the platform leaves between SIGTERM and SIGKILL, less a margin.
const SHUTDOWN: Duration = Duration::from_secs(8);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let lookup = |name: &str| std::env::var(name).ok();
    let (config, invented) = Config::from_vars(lookup)?;
    let registry = prometheus::Registry::new();
    let funnel = Funnel::builder()
        .service_name(telemetry::SERVICE_NAME)
        .with_env() // what the environment says wins over the name above, and what is wrong in it is an advisory
        .registry(&registry)
        .build()?;
    let spans = telemetry::spans(lookup);
    let filter = lookup("RUST_LOG").unwrap_or_else(|| "info".into());
    telemetry::subscriber(&funnel, spans.as_ref(), &filter, std::io::stdout).init();
    funnel.install();
    for variable in invented {
        tracing::warn!(variable, "not set: a random secret is used, and ends with this process");
    }

    let app = App::new(
        &config,
        funnel.clone(),
        registry,
        Arc::new(MailFolder::new(lookup("MAIL_DIR").map(Into::into))),
    )
    .await?;
    let listener = TcpListener::bind(config.listen).await?;
    tracing::info!(listen = %listener.local_addr()?, "serving");
    app.serve(listener, stopped()?).await?;

    // Requests are answered; now what they recorded goes out. It blocks, so it gets a thread that may.
    let report = tokio::task::spawn_blocking(move || funnel.shutdown(SHUTDOWN)).await?;
    tracing::info!(
        recorded = report.recorded,
        delivered = report.delivered,
        dropped = report.dropped.total(),
        pending = report.pending,
        "shut down"
    );
    if let Some(spans) = spans {
        tokio::task::spawn_blocking(move || spans.shutdown()).await?.ok();
    }
    Ok(())
}

/// Ready at SIGTERM or Ctrl-C.
fn stopped() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
