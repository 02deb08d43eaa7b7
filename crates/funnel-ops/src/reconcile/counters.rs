//! The counters of services.

use std::collections::BTreeMap;

/// What services counted, read from their Prometheus metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Recorded, by step.
    pub steps: BTreeMap<String, u64>,
    /// Dropped, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Recorded in all.
    pub recorded: u64,
    /// Acknowledged by the endpoint.
    pub delivered: u64,
    /// Given to somebody else's provider, whose fate is not known here.
    pub handed_over: u64,
    /// Dropped in all.
    pub dropped_total: u64,
    /// Waiting in memory or on disk.
    pub pending: u64,
    /// How long the oldest of these waits, in seconds.
    pub oldest_pending_s: u64,
}

impl Counters {
    /// Reads a scrape; `None` when it holds none of our counters.
    #[must_use]
    pub fn parse(scrape: &str) -> Option<Self> {
        let mut counters = Self::default();
        let mut found = false;
        for sample in scrape.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, label, value)) = parts(sample) else { continue };
            match name {
                "instant_conversion_funnel_total" => *counters.steps.entry(label).or_default() += value,
                "instant_analytics_emit_failed_total" => *counters.dropped.entry(label).or_default() += value,
                "instant_analytics_delivery_oldest_pending_seconds" => {
                    counters.oldest_pending_s = counters.oldest_pending_s.max(value);
                }
                "instant_analytics_events_pending" => counters.pending += value,
                "instant_analytics_events_total" => match label.as_str() {
                    "recorded" => counters.recorded += value,
                    "delivered" => counters.delivered += value,
                    "handed_over" => counters.handed_over += value,
                    "dropped" => counters.dropped_total += value,
                    _ => continue,
                },
                _ => continue,
            }
            found = true;
        }
        counters.dropped.retain(|_, count| *count > 0);
        found.then_some(counters)
    }

    /// Adds another service's.
    pub fn add(&mut self, other: &Self) {
        self.combine(other, u64::saturating_add);
    }

    /// What was counted since an earlier scrape of the same services. Pending is the present one.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut rest = self.clone();
        rest.combine(earlier, u64::saturating_sub);
        rest.pending = self.pending;
        rest.dropped.retain(|_, count| *count > 0);
        rest
    }

    fn combine(&mut self, other: &Self, with: fn(u64, u64) -> u64) {
        for (mine, theirs) in [(&mut self.steps, &other.steps), (&mut self.dropped, &other.dropped)] {
            for (label, count) in theirs {
                let known = mine.entry(label.clone()).or_default();
                *known = with(*known, *count);
            }
        }
        self.recorded = with(self.recorded, other.recorded);
        self.delivered = with(self.delivered, other.delivered);
        self.handed_over = with(self.handed_over, other.handed_over);
        self.dropped_total = with(self.dropped_total, other.dropped_total);
        self.pending = with(self.pending, other.pending);
        self.oldest_pending_s = self.oldest_pending_s.max(other.oldest_pending_s);
    }
}

/// Name, value of the one label, and value of a sample.
fn parts(sample: &str) -> Option<(&str, String, u64)> {
    let (head, rest) = if let Some((name, rest)) = sample.split_once('{') {
        let (labels, value) = rest.rsplit_once('}')?;
        ((name, labels), value)
    } else {
        let (name, value) = sample.split_once(' ')?;
        ((name, ""), value)
    };
    let value: f64 = rest.split_whitespace().next()?.parse().ok()?;
    let label = ["step", "reason", "state"].iter().find_map(|key| {
        let (_, behind) = head.1.split_once(&format!("{key}=\""))?;
        Some(behind.split('"').next()?.to_owned())
    });
    (value >= 0.0).then(|| (head.0.trim(), label.unwrap_or_default(), value as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_add_up_and_an_earlier_scrape_is_taken_off() {
        let scrape = "# HELP x\ninstant_conversion_funnel_total{service=\"a\",step=\"paid\"} 3\n\
            instant_analytics_events_total{state=\"recorded\"} 3 1700000000\ninstant_analytics_events_pending 1\n";
        let one = Counters::parse(scrape).unwrap();
        let mut two = one.clone();
        two.add(&one);
        assert_eq!((two.steps["paid"], two.recorded, two.pending), (6, 6, 2));
        let rest = two.since(&one);
        assert_eq!((rest.steps["paid"], rest.recorded, rest.pending), (3, 3, 2));
        assert_eq!(Counters::parse("up 1\n"), None);
    }
}
