//! Logs, spans and where they go.

mod client;

use instant_funnel::{Funnel, hide_funnel_events};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::{FilterExt, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry, fmt};

use self::client::BlockingClient;

/// The service's name in spans and logs, unless `OTEL_SERVICE_NAME` says another.
pub const SERVICE_NAME: &str = "api-example";

/// Spans to the collector that the events go to: the standard variables say which. None when they say none.
#[must_use]
pub fn spans(lookup: impl Fn(&str) -> Option<String>) -> Option<SdkTracerProvider> {
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
        .iter()
        .find_map(|name| lookup(name))?;
    let exporter = SpanExporter::builder().with_http().with_http_client(BlockingClient::default()).build();
    let exporter = exporter.inspect_err(|error| tracing::warn!(%error, "no spans are exported")).ok()?;
    let name = lookup("OTEL_SERVICE_NAME").unwrap_or_else(|| SERVICE_NAME.into());
    let resource = Resource::builder().with_service_name(name).build();
    Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// JSON lines to `writer`, spans to `provider`, funnel events to `funnel`; the funnel's raw fields to nobody else.
///
/// `filter` is a list such as `info,sqlx=warn`. It holds for the log and the spans, each through its own filter: a
/// global one would silence the funnel's layer as well.
pub fn subscriber<W>(
    funnel: &Funnel,
    provider: Option<&SdkTracerProvider>,
    filter: &str,
    writer: W,
) -> impl tracing::Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let targets: Targets =
        filter.parse().unwrap_or_else(|_| Targets::new().with_default(tracing::Level::INFO));
    let log = fmt::layer().json().with_writer(writer).with_span_list(false);
    let spans = provider.map(|provider| {
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE_NAME));
        layer.with_filter(targets.clone().and(hide_funnel_events()))
    });
    Registry::default()
        .with(spans)
        .with(log.with_filter(targets.and(hide_funnel_events())))
        .with(funnel.layer())
}
