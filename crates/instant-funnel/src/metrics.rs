//! The counters beside the events, for Prometheus.
//!
//! The funnel counts in its own atomics, and a collector writes them out when it is scraped: what Prometheus shows
//! and what [`Funnel::stats`](crate::Funnel::stats) returns cannot differ, and recording costs no label look-up.

use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use instant_funnel_core::contract::{Contract, Violation};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use crate::emitter::Inner;
use crate::error::ConfigError;
use crate::funnel::Funnel;
use crate::health::{Health, HealthState};
use crate::stats::DropReason;

struct Metric {
    name: &'static str,
    help: &'static str,
    label: Option<&'static str>,
}

const STEPS_HELP: &str = "Funnel steps recorded.";
const BY_CONTRACT: &str = "instant_analytics_contract_events_total";
const BY_CONTRACT_HELP: &str = "Events recorded, by contract and step; the step of a plain event is empty.";
const FAILED: Metric = Metric {
    name: "instant_analytics_emit_failed_total",
    help: "Funnel events dropped, by reason.",
    label: Some("reason"),
};
const BLOCKED: Metric = Metric {
    name: "instant_analytics_attributes_blocked_total",
    help: "Attributes that a privacy rule dropped, by rule.",
    label: Some("rule"),
};
const EVENTS: Metric = Metric {
    name: "instant_analytics_events_total",
    help: "Funnel events by what became of them; recorded = delivered + handed_over + dropped + pending.",
    label: Some("state"),
};
const PENDING: Metric = Metric {
    name: "instant_analytics_events_pending",
    help: "Funnel events neither delivered nor handed over nor dropped yet.",
    label: None,
};

const STATE: Metric = Metric {
    name: "instant_analytics_delivery_state",
    help: "What delivery is doing: 1 for the present state, 0 for the others.",
    label: Some("state"),
};
const SINCE: Metric = Metric {
    name: "instant_analytics_delivery_state_since_timestamp_seconds",
    help: "When the state of delivery began; 0 if the backend does not say.",
    label: None,
};
const LAST_SUCCESS: Metric = Metric {
    name: "instant_analytics_delivery_last_success_timestamp_seconds",
    help: "When events were last acknowledged; 0 before the first time.",
    label: None,
};
const OLDEST: Metric = Metric {
    name: "instant_analytics_delivery_oldest_pending_seconds",
    help: "Age of the oldest pending event; 0 if none is pending.",
    label: None,
};

impl Metric {
    fn opts(&self) -> Opts {
        Opts::new(self.name, self.help)
    }

    fn family<'l>(&self, values: impl Iterator<Item = (&'l str, u64)>) -> Vec<MetricFamily> {
        let labels: Vec<_> = self.label.into_iter().collect();
        let Ok(family) = IntCounterVec::new(self.opts(), &labels) else { return Vec::new() };
        for (label, count) in values {
            family.with_label_values(&[label]).inc_by(count);
        }
        family.collect()
    }
}

impl Metric {
    fn gauge(&self, value: u64) -> Vec<MetricFamily> {
        let Ok(gauge) = IntGauge::with_opts(self.opts()) else { return Vec::new() };
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        gauge.collect()
    }
}

/// The state as a label, and what a person asks about it.
fn health_families(health: &Health) -> Vec<MetricFamily> {
    let mut families = Vec::new();
    if let Ok(states) = IntGaugeVec::new(STATE.opts(), &["state"]) {
        for state in HealthState::ALL {
            states.with_label_values(&[state.as_str()]).set(i64::from(state == health.state));
        }
        families.extend(states.collect());
    }
    families.extend(SINCE.gauge(unix_seconds(health.since)));
    families.extend(LAST_SUCCESS.gauge(unix_seconds(health.last_delivered)));
    families.extend(OLDEST.gauge(health.oldest_pending.map_or(0, |age| age.as_secs())));
    families
}

/// 0 for never.
fn unix_seconds(time: Option<SystemTime>) -> u64 {
    time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_secs())
}

/// The counter of a contract.
const fn steps(contract: &'static Contract) -> Metric {
    Metric { name: contract.counter, help: STEPS_HELP, label: Some("step") }
}

/// Each contract of a funnel, with how many events of each step were recorded.
fn counted(funnel: &Inner) -> impl Iterator<Item = (&'static Contract, Vec<(&'static str, u64)>)> {
    let names = |contract: &'static Contract| -> Vec<&'static str> {
        if contract.is_funnel() { contract.steps.iter().map(|step| step.name).collect() } else { vec![""] }
    };
    let contract = funnel.checker.contract();
    let first = names(contract).into_iter().enumerate();
    let first = first.map(|(at, step)| (step, funnel.counters.recorded_of(at))).collect();
    let others = funnel.others.iter().map(move |other| {
        let contract = other.checker.contract();
        let counts = names(contract).into_iter().enumerate();
        (contract, counts.map(|(at, step)| (step, other.recorded_of(at))).collect())
    });
    std::iter::once((contract, first)).chain(others)
}

struct FunnelCollector {
    funnel: Weak<Inner>,
    descriptions: Vec<Desc>,
}

/// Adds the funnel's metrics to `registry`.
pub(crate) fn register(registry: &Registry, funnel: &Funnel) -> Result<(), ConfigError> {
    try_register(registry, funnel).map_err(|error| match error {
        prometheus::Error::AlreadyReg => {
            ConfigError::Registry("it has the metrics of a funnel already".to_owned())
        }
        _ => ConfigError::Registry("it refuses the funnel's metrics".to_owned()),
    })
}

fn try_register(registry: &Registry, funnel: &Funnel) -> prometheus::Result<()> {
    let contracts = counted(funnel.inner()).map(|(contract, _)| steps(contract));
    let fixed = [FAILED, BLOCKED, EVENTS, PENDING, STATE, SINCE, LAST_SUCCESS, OLDEST];
    let mut descriptions = contracts
        .chain(fixed)
        .map(|metric| {
            let labels = metric.label.into_iter().map(str::to_owned).collect();
            Desc::new(metric.name.to_owned(), metric.help.to_owned(), labels, Default::default())
        })
        .collect::<prometheus::Result<Vec<_>>>()?;
    let labels = vec!["contract".to_owned(), "step".to_owned()];
    descriptions.push(Desc::new(
        BY_CONTRACT.to_owned(),
        BY_CONTRACT_HELP.to_owned(),
        labels,
        Default::default(),
    )?);
    registry.register(Box::new(FunnelCollector { funnel: Arc::downgrade(funnel.inner()), descriptions }))
}

impl Collector for FunnelCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let Some(funnel) = self.funnel.upgrade() else { return Vec::new() };
        funnel.say();
        let stats = funnel.stats();
        let mut families = Vec::new();
        let by_contract = IntCounterVec::new(Opts::new(BY_CONTRACT, BY_CONTRACT_HELP), &["contract", "step"]);
        for (contract, counts) in counted(&funnel) {
            if let Ok(family) = &by_contract {
                for (step, count) in &counts {
                    family.with_label_values(&[contract.event_name, step]).inc_by(*count);
                }
            }
            families.extend(steps(contract).family(counts.into_iter()));
        }
        families.extend(by_contract.map(|family| family.collect()).unwrap_or_default());
        families.extend(FAILED.family(DropReason::ALL.iter().map(|r| (r.as_str(), stats.dropped[*r]))));
        families.extend(
            BLOCKED.family(Violation::ALL.iter().map(|v| (v.as_str(), funnel.counters.blocked_by(*v)))),
        );
        let states = [
            ("recorded", stats.recorded),
            ("delivered", stats.delivered),
            ("handed_over", stats.handed_over),
            ("dropped", stats.dropped.total()),
        ];
        families.extend(EVENTS.family(states.into_iter()));
        families.extend(PENDING.gauge(stats.pending));
        families.extend(health_families(&funnel.health()));
        families
    }
}
