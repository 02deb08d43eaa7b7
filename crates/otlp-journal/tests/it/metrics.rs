//! The numbers in a Prometheus registry.

use otlp_journal::Priority;
use otlp_journal::prometheus::DeliveryCollector;

use crate::support::{Far, LONG, append, quick};

#[test]
fn a_scrape_adds_up() {
    let far = Far::always(200);
    let delivery = quick(&far).build().unwrap();
    let registry = prometheus::Registry::new();
    registry.register(Box::new(DeliveryCollector::new(&delivery, "instant_analytics").unwrap())).unwrap();
    for id in 0..10 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    let _ = delivery.append(Priority::Bulk, 0, usize::MAX, |_| ());
    assert!(delivery.flush(LONG).complete);
    let text = prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    assert!(!text.contains("last_success_timestamp_seconds 0"), "{text}");
    for line in [
        "instant_analytics_events_total{state=\"recorded\"} 11",
        "instant_analytics_events_total{state=\"delivered\"} 10",
        "instant_analytics_events_total{state=\"dropped\"} 1",
        "instant_analytics_emit_failed_total{reason=\"too_large\"} 1",
        "instant_analytics_emit_failed_total{reason=\"expired\"} 0",
        "instant_analytics_events_pending 0",
        "instant_analytics_delivery_state{state=\"delivering\"} 1",
        "instant_analytics_delivery_state{state=\"held\"} 0",
        "instant_analytics_delivery_oldest_pending_seconds 0",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}
