//! Counters, forks and what the emitter leaves behind.

use instant_funnel_core::Checker;
use instant_funnel_core::Landing;
use instant_funnel_core::contract::CONTRACT;

use super::*;
use crate::journeys::Journeys;
use crate::testing::Recorder;

fn funnel(restarts_in_child: bool) -> Funnel {
    let parts = Parts {
        checker: Checker::builder(&CONTRACT).default_value("serviceName", "test").build().unwrap(),
        others: Vec::new(),
        sink: Some(Arc::new(Recorder::new())),
        restarts_in_child,
        clock: None,
        journeys: Journeys::default(),
        advisories: Vec::new(),
    };
    Funnel::new(parts, false)
}

/// What a child sees: the parent's memory, and another number of forks.
fn fork(funnel: &Funnel) {
    funnel.inner.forks.store(u64::MAX, Ordering::SeqCst);
}

#[test]
fn a_forked_child_counts_from_zero_with_a_delivery_that_does() {
    let parent = funnel(true);
    (0..3).for_each(|_| parent.record(Landing::new()));
    parent.inner.refused(0, None, Violation::UnknownKey);
    assert_eq!(parent.stats().recorded, 3);
    fork(&parent);
    assert_eq!(parent.stats(), Stats::default());
    assert_eq!(parent.attributes_blocked(Violation::UnknownKey), 0);
    parent.record(Landing::new());
    assert_eq!((parent.stats().recorded, parent.stats().delivered), (1, 1));
    // The first call in the child may be to record.
    fork(&parent);
    parent.record(Landing::new());
    assert_eq!((parent.stats().recorded, parent.stats().delivered), (1, 1));
}

#[test]
fn a_forked_child_goes_on_counting_with_a_sink_that_does() {
    let parent = funnel(false);
    parent.record(Landing::new());
    fork(&parent);
    parent.record(Landing::new());
    assert_eq!((parent.stats().recorded, parent.stats().delivered), (2, 2));
}

#[test]
fn threads_of_a_child_that_begin_together_lose_no_event() {
    let parent = funnel(true);
    (0..100).for_each(|_| parent.record(Landing::new()));
    fork(&parent);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(|_| parent.record(Landing::new())));
        }
    });
    assert_eq!((parent.stats().recorded, parent.stats().delivered), (4_000, 4_000));
}
