//! The three pipes, each as its documentation sets it up, with its own defaults.

use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry_otlp::{LogExporter, Protocol, WithExportConfig as _};
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};
use otlp_journal::{Delivery, Priority};

use crate::event::Event;

pub(crate) const NAMES: [&str; 4] =
    ["otlp-journal", "otlp-journal, files", "opentelemetry-otlp", "emit_otlp"];
const LONG: Duration = Duration::from_secs(60);

pub(crate) enum Peer {
    Journal(Delivery, Option<std::path::PathBuf>),
    Stock(SdkLoggerProvider, SdkLogger),
    /// Flushes within a time.
    Emit(Box<dyn Fn(Duration) -> bool>),
}

impl Peer {
    pub(crate) fn start(name: &str, url: &str) -> Self {
        match name {
            "opentelemetry-otlp" => {
                let exporter = LogExporter::builder()
                    .with_http()
                    .with_protocol(Protocol::HttpBinary)
                    .with_endpoint(url)
                    .build()
                    .unwrap();
                let provider = SdkLoggerProvider::builder().with_batch_exporter(exporter).build();
                let logger = provider.logger("peers");
                Self::Stock(provider, logger)
            }
            "emit_otlp" => {
                let otlp = emit_otlp::new()
                    .resource(emit::props! { #[emit::key("service.name")] service_name: "peers" })
                    .logs(emit_otlp::logs_http_proto(url))
                    .spawn();
                let init = emit::setup().emit_to(otlp).init();
                Self::Emit(Box::new(move |time| init.blocking_flush(time)))
            }
            _ => {
                let mut builder = Delivery::builder(url);
                let files = name
                    .contains("files")
                    .then(|| std::env::temp_dir().join(format!("otlp-journal-peers-{}", std::process::id())));
                if let Some(path) = &files {
                    builder = builder.directory(path);
                }
                Self::Journal(builder.build().unwrap(), files)
            }
        }
    }

    pub(crate) fn record(&self, n: u64) {
        let event = Event::new(n);
        match self {
            Self::Journal(delivery, _) => {
                let _ = delivery.append(Priority::Bulk, event.time, event.len(), |buf| event.write(buf));
            }
            Self::Stock(_, logger) => {
                let mut record = logger.create_log_record();
                record.set_event_name("InstantFunnel");
                record.set_severity_number(Severity::Info);
                record.set_timestamp(UNIX_EPOCH + Duration::from_nanos(event.time));
                record.set_body("InstantFunnel".into());
                for (key, value) in event.pairs() {
                    record.add_attribute(key, value.to_owned());
                }
                logger.emit(record);
            }
            Self::Emit(_) => {
                let [a, b, c, d, e, f, g, h] = event.pairs().map(|(_, value)| value);
                emit::info!(
                    "InstantFunnel",
                    #[emit::key("newrelic.event.type")]
                    event_type: a,
                    funnelStep: b,
                    serviceName: c,
                    cohort: d,
                    eventId: e,
                    journeyId: f,
                    tier: g,
                    service: h,
                );
            }
        }
    }

    /// What the pipe says about it.
    pub(crate) fn flush(&self) -> &'static str {
        let fine = match self {
            Self::Journal(delivery, _) => delivery.flush(LONG).complete,
            Self::Stock(provider, _) => provider.force_flush().is_ok(),
            Self::Emit(flush) => flush(LONG),
        };
        if fine { "fine" } else { "not all of it" }
    }

    pub(crate) fn end(self) {
        match self {
            Self::Journal(delivery, files) => {
                let _ = delivery.shutdown(LONG);
                drop(delivery);
                files.into_iter().for_each(|path| drop(std::fs::remove_dir_all(path)));
            }
            Self::Stock(provider, _) => drop(provider.shutdown()),
            Self::Emit(flush) => {
                flush(LONG);
            }
        }
    }
}
