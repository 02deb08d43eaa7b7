//! Metrics for a Prometheus registry. Feature `prometheus`.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts};

use super::Delivery;
use crate::settings::health::DeliveryState;
use crate::settings::stats::LossReason;

/// Shows a delivery's numbers, sampled together each time it is scraped.
///
/// | metric | labels | meaning |
/// |---|---|---|
/// | `<prefix>_events_total` | `state`: `recorded`, `recovered`, `delivered`, `dropped` | as in [`DeliveryStats`](crate::DeliveryStats) |
/// | `<prefix>_emit_failed_total` | `reason`: see [`LossReason`] | records that will not arrive |
/// | `<prefix>_events_pending` | – | in memory or on disk, not yet settled |
/// | `<prefix>_delivery_state` | `state`: see [`DeliveryState`] | 1 for the present state, 0 for the others |
/// | `<prefix>_delivery_state_since_timestamp_seconds` | – | when the state began |
/// | `<prefix>_delivery_last_success_timestamp_seconds` | – | last acknowledgement; 0 before the first |
/// | `<prefix>_delivery_oldest_pending_seconds` | – | age of the oldest record that waits; 0 if none does |
///
/// In each scrape `recorded + recovered = delivered + dropped + pending`.
///
/// ```
/// use otlp_journal::{Delivery, prometheus::DeliveryCollector};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let delivery = Delivery::builder("http://localhost:4318/v1/logs").build()?;
/// let registry = prometheus::Registry::new();
/// registry.register(Box::new(DeliveryCollector::new(&delivery, "instant_analytics")?))?;
/// # let _ = delivery.shutdown(std::time::Duration::ZERO);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DeliveryCollector {
    delivery: Delivery,
    events: IntCounterVec,
    failed: IntCounterVec,
    pending: IntGauge,
    state: IntGaugeVec,
    since: IntGauge,
    last_success: IntGauge,
    oldest: IntGauge,
    /// One scrape at a time, so that a sample is shown whole.
    scrape: Mutex<()>,
}

impl DeliveryCollector {
    /// Metrics begin with `prefix` and an underscore. It keeps the delivery alive.
    ///
    /// # Errors
    /// The prefix is not one that Prometheus takes.
    pub fn new(delivery: &Delivery, prefix: &str) -> Result<Self, prometheus::Error> {
        let vec = |name: &str, help: &str, label: &str| {
            IntCounterVec::new(Opts::new(format!("{prefix}_{name}"), help), &[label])
        };
        Ok(Self {
            delivery: delivery.clone(),
            events: vec("events_total", "Events by state.", "state")?,
            failed: vec("emit_failed_total", "Events that will not arrive, by reason.", "reason")?,
            pending: IntGauge::new(
                format!("{prefix}_events_pending"),
                "Events in memory or on disk that are not acknowledged yet.",
            )?,
            state: IntGaugeVec::new(
                Opts::new(format!("{prefix}_delivery_state"), "What the sender is doing."),
                &["state"],
            )?,
            since: IntGauge::new(
                format!("{prefix}_delivery_state_since_timestamp_seconds"),
                "Time at which the sender entered its current state.",
            )?,
            last_success: IntGauge::new(
                format!("{prefix}_delivery_last_success_timestamp_seconds"),
                "When events were last acknowledged; 0 before the first time.",
            )?,
            oldest: IntGauge::new(
                format!("{prefix}_delivery_oldest_pending_seconds"),
                "Age of the oldest pending event; 0 if none is pending.",
            )?,
            scrape: Mutex::new(()),
        })
    }
}

/// Counters of the registry only know how to grow.
fn raise(vec: &IntCounterVec, label: &str, to: u64) {
    let counter = vec.with_label_values(&[label]);
    counter.inc_by(to.saturating_sub(counter.get()));
}

/// Unix seconds; 0 for never.
fn seconds(time: Option<SystemTime>) -> i64 {
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Collector for DeliveryCollector {
    fn desc(&self) -> Vec<&Desc> {
        let counts = [self.events.desc(), self.failed.desc(), self.pending.desc()].concat();
        let health =
            [self.state.desc(), self.since.desc(), self.last_success.desc(), self.oldest.desc()].concat();
        [counts, health].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _whole = self.scrape.lock().unwrap_or_else(PoisonError::into_inner);
        let stats = self.delivery.stats();
        raise(&self.events, "recorded", stats.recorded);
        raise(&self.events, "recovered", stats.recovered);
        raise(&self.events, "delivered", stats.delivered);
        raise(&self.events, "dropped", stats.dropped.total());
        for reason in LossReason::ALL {
            raise(&self.failed, reason.as_str(), stats.dropped.get(reason));
        }
        self.pending.set(i64::try_from(stats.pending).unwrap_or(i64::MAX));
        let health = self.delivery.health();
        for state in DeliveryState::ALL {
            self.state.with_label_values(&[state.as_str()]).set(i64::from(state == health.state));
        }
        self.since.set(seconds(Some(health.since)));
        self.last_success.set(seconds(health.last_delivered));
        let oldest = health.oldest_pending.map_or(0, |age| age.as_secs());
        self.oldest.set(i64::try_from(oldest).unwrap_or(i64::MAX));
        let counts = [self.events.collect(), self.failed.collect(), self.pending.collect()].concat();
        let health =
            [self.state.collect(), self.since.collect(), self.last_success.collect(), self.oldest.collect()];
        [counts, health.concat()].concat()
    }
}
