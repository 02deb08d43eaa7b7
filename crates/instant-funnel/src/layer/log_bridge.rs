//! Detects whether `tracing` passes events to the `log` crate, which bypasses the subscriber.

use std::hint::black_box;

use tracing::dispatcher;
use tracing::level_filters::LevelFilter;

/// Whether `tracing` was built with its feature `log-always`, as far as this can be detected.
///
/// With a subscriber set, the fields of a span that no layer wants are looked at in that build alone. That cannot be
/// seen where a layer wants the level TRACE, or where `log` is built without it.
pub(super) fn gets_everything() -> bool {
    if !dispatcher::has_been_set() || LevelFilter::current() == LevelFilter::TRACE {
        return false;
    }
    // Leaves before the span is handed to anybody.
    let _never_entered = tracing::trace_span!(
        target: "instant_funnel::log_bridge",
        "probe",
        looked_at = if black_box(true) { return true } else { false },
    );
    false
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_build_without_the_feature_is_told_so() {
        tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::new(), || {
            assert!(!super::gets_everything());
        });
    }
}
