//! Our own delivery: each record is encoded once, on the caller's thread, straight into the journal.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::{Record, encode_resource, encode_scope};
use otlp_journal::{Builder, Delivery, DeliveryAdvisory, DeliveryState, Priority, Secret};

use super::adopted::ContractJudge;
use super::start::{Process, Started};
use crate::advisory::Advisory;
use crate::error::ConfigError;
use crate::health::{Health, HealthState};
use crate::sink::{Sink, Verdict};
use crate::stats::{DropReason, Settled};
use crate::var;

/// Where an OTLP receiver listens, and how records wait until it has them.
///
/// ```
/// use instant_funnel::{Backend, Funnel, OtlpConfig};
///
/// let config = OtlpConfig::new("http://127.0.0.1:4318/v1/logs")
///     .header("authorization", "Bearer 0123")
///     .journal_max_bytes(16 << 20);
/// let funnel = Funnel::builder().service_name("api").backend(Backend::Otlp(config)).build()?;
/// # let _ = funnel.shutdown(std::time::Duration::ZERO);
/// # Ok::<(), instant_funnel::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct OtlpConfig {
    delivery: Builder,
    /// What the resource says beside the service's name and environment.
    resource: Vec<(&'static str, String)>,
}

/// Shows nothing of the endpoint, which may hold a password, nor of headers and paths.
impl std::fmt::Debug for OtlpConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OtlpConfig").finish_non_exhaustive()
    }
}

impl OtlpConfig {
    /// Sends to this URL as it is; for OTLP over HTTP it ends in `/v1/logs`.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { delivery: Delivery::builder(endpoint), resource: Vec::new() }
    }

    /// Adds a header to every request. Privacy: leaves the process; never printed.
    pub fn header(self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.delivery(|delivery| delivery.header(name, value))
    }

    /// Keeps the journal in files there: what is recorded survives the process, and the next start sends it.
    pub fn journal_directory(self, path: impl Into<PathBuf>) -> Self {
        self.delivery(|delivery| delivery.directory(path))
    }

    /// Bounds the journal, in bytes. Default 64 MiB, about 200,000 events.
    pub fn journal_max_bytes(self, bytes: u64) -> Self {
        self.delivery(|delivery| delivery.max_bytes(bytes))
    }

    /// Any other setting of the [`otlp_journal`] delivery: time-outs, certificates, durability, requests in flight.
    pub fn delivery(self, set: impl FnOnce(Builder) -> Builder) -> Self {
        Self { delivery: set(self.delivery), ..self }
    }

    /// [`delivery`](Self::delivery) with a setting that can be refused.
    pub(crate) fn try_delivery(
        self,
        set: impl FnOnce(Builder) -> Result<Builder, otlp_journal::DeliveryConfigError>,
    ) -> Result<Self, ConfigError> {
        let delivery = set(self.delivery).map_err(|error| ConfigError::Backend(error.to_string()))?;
        Ok(Self { delivery, ..self })
    }

    /// What the resource says beside the service's name and environment.
    pub(crate) fn resource(self, resource: Vec<(&'static str, String)>) -> Self {
        Self { resource, ..self }
    }

    fn encoded_resource(&self, process: &Process) -> Vec<u8> {
        let instance = instant_funnel_core::JourneyId::new().to_string();
        let own = [
            ("service.name", Some(process.service_name.as_str())),
            ("deployment.environment.name", process.environment.as_deref()),
            ("telemetry.sdk.name", Some(env!("CARGO_PKG_NAME"))),
            ("telemetry.sdk.language", Some("rust")),
            ("telemetry.sdk.version", Some(env!("CARGO_PKG_VERSION"))),
        ];
        let said = self.resource.iter().map(|(key, value)| (*key, value.as_str()));
        let mut attributes: Vec<(&str, &str)> =
            own.iter().filter_map(|(key, value)| Some((*key, (*value)?))).collect();
        for (key, value) in said.chain([("service.instance.id", instance.as_str())]) {
            if attributes.iter().all(|(taken, _)| *taken != key) {
                attributes.push((key, value));
            }
        }
        // Whatever way a value came, one that breaks its rule is left out there.
        encode_resource(attributes)
    }
}

/// Whose records a journal holds. Without the endpoint and the version, so that a corrected endpoint or an upgrade
/// still sends what waits.
fn owner(process: &Process) -> String {
    let event = process.contracts.first().map_or(CONTRACT.event_name, |contract| contract.event_name);
    format!("{event}/{}", process.service_name)
}

/// The smallest journal that the delivery takes.
pub(crate) const JOURNAL_BYTES_MIN: u64 = 256 << 10;

pub(super) struct OtlpSink {
    delivery: Delivery,
}

impl OtlpSink {
    pub(super) fn start(
        config: OtlpConfig,
        process: &Process,
    ) -> Result<(Started, Vec<Advisory>), ConfigError> {
        let resource = config.encoded_resource(process);
        let delivery = config
            .delivery
            .resource(resource)
            .owner(owner(process))
            .judge_adopted(ContractJudge { contracts: process.contracts.clone() })
            .scope(encode_scope(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ConfigError::Backend(error.to_string()))?;
        let advisories = delivery.advisories();
        let advisories = advisories.iter().map(advisory).collect();
        Ok((Started { sink: Some(Arc::new(Self { delivery })), restarts_in_child: true }, advisories))
    }
}

fn is_variable(text: &str) -> bool {
    text.contains('_')
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// What the delivery says of itself, under the variable that changes it.
fn advisory(told: &DeliveryAdvisory) -> Advisory {
    let variable = match told {
        DeliveryAdvisory::Smaller { .. } => var::JOURNAL_MAX_BYTES,
        // The delivery names the variable first.
        DeliveryAdvisory::Ignored { reason } => match reason.split_once(':') {
            Some((variable, _)) if is_variable(variable) => variable,
            _ => var::BACKEND,
        },
        DeliveryAdvisory::Held { .. }
        | DeliveryAdvisory::NoThread { .. }
        | DeliveryAdvisory::OtherProtocol { .. } => var::BACKEND,
        _ => var::JOURNAL_DIR,
    };
    Advisory::new(variable, format!("(or `OtlpConfig`): {told}"))
}

impl Sink for OtlpSink {
    /// The journal counts every append, refused ones too, so each record is settled by its counters alone.
    #[inline]
    fn accept(&self, record: &Record<'_>) -> Verdict {
        let priority = if record.is_critical() { Priority::Critical } else { Priority::Bulk };
        let _ = self.delivery.append(priority, record.time_unix_nano(), record.encoded_len(), |buffer| {
            let written = record.encode_into(buffer);
            debug_assert_eq!(written, Ok(buffer.len()), "the room that was asked for is the record's");
        });
        Verdict::Pending
    }

    fn settled(&self) -> Settled {
        let stats = self.delivery.stats();
        let mut settled =
            Settled { delivered: stats.delivered, recovered: stats.recovered, ..Settled::default() };
        for (reason, count) in stats.dropped.iter() {
            settled.dropped.add(DropReason::from(reason), count);
        }
        settled
    }

    fn health(&self) -> Health {
        let seen = self.delivery.health();
        let mut health = Health::new(HealthState::from(seen.state));
        health.since = Some(seen.since);
        (health.last_answer, health.last_answer_at) = match seen.last_answer {
            Some(last) => (Some(last.outcome), Some(last.at)),
            None => (None, None),
        };
        health.last_delivered = seen.last_delivered;
        health.oldest_pending = seen.oldest_pending;
        health.destination = Some(seen.destination);
        health.durable = seen.durable;
        health
    }

    fn flush(&self, timeout: Duration) {
        let _ = self.delivery.flush(timeout);
    }

    fn shutdown(&self, timeout: Duration) {
        let _ = self.delivery.shutdown(timeout);
    }
}

impl From<DeliveryState> for HealthState {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Starting => Self::Starting,
            DeliveryState::Delivering => Self::Delivering,
            DeliveryState::Retrying => Self::Retrying,
            DeliveryState::Throttled => Self::Throttled,
            DeliveryState::Held => Self::Held,
            DeliveryState::Ended => Self::Ended,
            // A state that this version does not know.
            _ => Self::Unobserved,
        }
    }
}

impl From<otlp_journal::LossReason> for DropReason {
    fn from(reason: otlp_journal::LossReason) -> Self {
        use otlp_journal::LossReason as Journal;
        match reason {
            Journal::QueueFull => Self::QueueFull,
            Journal::TooLarge => Self::TooLarge,
            Journal::Rejected => Self::Rejected,
            Journal::Expired => Self::Expired,
            Journal::Corrupt => Self::Corrupt,
            Journal::Shutdown => Self::Shutdown,
            Journal::Panic => Self::Panic,
        }
    }
}
