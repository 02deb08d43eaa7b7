//! Code that is not the funnel's panics or calls back: the caller sees nothing of it, and it is counted.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use instant_funnel::testing::Recorder;
use instant_funnel::{
    Backend, DropReason, Funnel, Landing, Provision, Record, Settled, Sink, Stats, Verdict,
};
use tracing_subscriber::layer::SubscriberExt;

fn funnel(sink: Arc<dyn Sink>) -> Funnel {
    Funnel::builder().service_name("test").backend(Backend::Custom(sink)).build().unwrap()
}

fn assert_conserved(stats: &Stats) {
    let ended = stats.delivered + stats.handed_over + stats.dropped.total();
    assert_eq!(stats.recorded, ended + stats.pending, "{stats:?}");
}

fn advisory(funnel: &Funnel, subject: &str) -> String {
    let advisories = funnel.advisories();
    let found = advisories.iter().find(|advisory| advisory.variable() == subject);
    found.unwrap_or_else(|| panic!("nothing about {subject}: {advisories:?}")).to_string()
}

/// A subscriber with a layer that panics at every event.
struct PanickingLayer;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for PanickingLayer {
    fn on_event(&self, _: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        panic!("the layer is broken");
    }
}

#[test]
fn a_subscriber_that_panics_at_our_warnings_costs_no_event_and_reaches_nobody() {
    let recorder = Recorder::new();
    let funnel = Funnel::builder()
        .with_vars(|name| (name == "ANALYTICS_COHORT").then(|| "neither".to_owned()))
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(PanickingLayer), || {
        funnel.record(Provision::new("Not A Slug"));
        funnel.record(Landing::new());
        assert!(funnel.flush(Duration::ZERO).is_complete());
        assert!(funnel.pseudonymize_email("jane@example.com").is_none());
        let _ = format!("{funnel:?}");
        drop(funnel.guard());
    });
    assert_eq!(recorder.take().len(), 2);
    assert!(funnel.caught_panics() >= 2);
    assert!(advisory(&funnel, "tracing").contains("panicked"));
}

/// Takes everything, and panics when asked what became of it.
#[derive(Default)]
struct PanicsLater {
    taken: AtomicU64,
    panics: AtomicBool,
}

impl Sink for PanicsLater {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        self.taken.fetch_add(1, Ordering::SeqCst);
        Verdict::Pending
    }

    fn settled(&self) -> Settled {
        assert!(!self.panics.load(Ordering::SeqCst), "settled is broken");
        Settled { delivered: self.taken.load(Ordering::SeqCst), ..Settled::default() }
    }

    fn flush(&self, _: Duration) {
        panic!("flush is broken");
    }

    fn shutdown(&self, _: Duration) {
        panic!("shutdown is broken");
    }
}

impl Drop for PanicsLater {
    fn drop(&mut self) {
        panic!("drop is broken");
    }
}

#[test]
fn a_sink_whose_every_other_method_panics_is_asked_in_vain_and_its_last_numbers_stand() {
    let sink = Arc::new(PanicsLater::default());
    let registry = prometheus::Registry::new();
    let funnel = Funnel::builder()
        .service_name("test")
        .registry(&registry)
        .backend(Backend::Custom(sink.clone()))
        .build()
        .unwrap();
    funnel.record(Landing::new());
    assert_eq!(funnel.stats().delivered, 1);
    sink.panics.store(true, Ordering::SeqCst);
    funnel.record(Landing::new());
    let stats = funnel.stats();
    assert_eq!((stats.recorded, stats.delivered, stats.pending), (2, 1, 1));
    assert_conserved(&stats);
    assert!(format!("{funnel:?}").contains("recorded: 2"));
    assert!(!registry.gather().is_empty());
    assert_eq!(funnel.flush(Duration::ZERO).delivered, 1);
    assert_eq!(funnel.shutdown(Duration::ZERO).delivered, 1);
    for method in ["Sink::settled", "Sink::flush", "Sink::shutdown"] {
        assert!(advisory(&funnel, method).contains("panicked"));
    }
    assert!(funnel.caught_panics() >= 3);
    drop(registry);
    drop(sink);
    drop(funnel); // the last handle: the sink's destructor panics
}

#[test]
fn a_guard_that_is_dropped_by_another_panic_does_not_abort_the_process() {
    let sink = Arc::new(PanicsLater::default());
    sink.panics.store(true, Ordering::SeqCst);
    let outcome = std::thread::spawn(move || {
        let _subscriber =
            tracing::subscriber::set_default(tracing_subscriber::registry().with(PanickingLayer));
        let funnel = funnel(sink);
        let _guard = funnel.guard();
        funnel.record(Landing::new());
        panic!("the service's own");
    })
    .join();
    let panic = outcome.unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the service's own"));
}

#[test]
fn a_clock_that_panics_costs_the_event_and_not_the_request() {
    let broken = Arc::new(AtomicBool::new(true));
    let clock = broken.clone();
    let recorder = Recorder::new();
    let funnel = Funnel::builder()
        .clock(move || {
            assert!(!clock.load(Ordering::SeqCst), "no time");
            SystemTime::now()
        })
        .backend(Backend::Custom(Arc::new(recorder)))
        .build()
        .unwrap();
    funnel.record(Landing::new());
    broken.store(false, Ordering::SeqCst);
    funnel.record(Landing::new());
    let stats = funnel.stats();
    assert_eq!((stats.recorded, stats.delivered, stats.dropped[DropReason::Panic]), (2, 1, 1));
    assert!(advisory(&funnel, "Sink::accept").contains("clock"));
}

#[test]
fn a_panic_whose_payload_panics_when_dropped_is_caught_too() {
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            panic!("and again");
        }
    }
    struct Sinks;
    impl Sink for Sinks {
        fn accept(&self, _: &Record<'_>) -> Verdict {
            std::panic::panic_any(Payload)
        }
    }
    let funnel = funnel(Arc::new(Sinks));
    funnel.record(Landing::new());
    assert_eq!(funnel.stats().dropped[DropReason::Panic], 1);
}

#[test]
fn a_lookup_that_panics_leaves_its_variable_unset_and_is_told() {
    let funnel = Funnel::from_vars(|name| {
        assert_ne!(name, "ANALYTICS_ENV", "no such store");
        (name == "OTEL_SERVICE_NAME").then(|| "api".to_owned())
    });
    assert!(advisory(&funnel, "ANALYTICS_ENV").contains("panicked"));
    funnel.record(Landing::new());
}

/// Runs the given action on its own funnel in each of its methods.
#[derive(Default)]
struct CallsBack {
    funnel: OnceLock<Funnel>,
    delivered: AtomicU64,
}

impl CallsBack {
    fn funnel(&self) -> &Funnel {
        self.funnel.get().unwrap()
    }
}

impl Sink for CallsBack {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        self.funnel().record(Landing::new());
        let _ = self.funnel().stats();
        self.delivered.fetch_add(1, Ordering::SeqCst);
        Verdict::Pending
    }

    fn settled(&self) -> Settled {
        let _ = self.funnel().stats();
        Settled { delivered: self.delivered.load(Ordering::SeqCst), ..Settled::default() }
    }

    fn flush(&self, timeout: Duration) {
        let _ = self.funnel().flush(timeout);
        self.funnel().record(Landing::new());
    }

    fn shutdown(&self, timeout: Duration) {
        let _ = self.funnel().shutdown(timeout);
        let _ = self.funnel().flush(timeout);
    }
}

#[test]
fn a_sink_that_records_into_its_own_funnel_is_counted_as_reentrant_and_overflows_nothing() {
    let sink = Arc::new(CallsBack::default());
    let funnel = funnel(sink.clone());
    sink.funnel.set(funnel.clone()).unwrap();
    funnel.record(Landing::new());
    funnel.record(Provision::new("db"));
    let stats = funnel.stats();
    assert_eq!((stats.recorded, stats.delivered), (4, 2));
    assert_eq!(stats.dropped[DropReason::Reentrant], 2);
    assert_conserved(&stats);
    assert!(advisory(&funnel, "Funnel::record").contains("reentrant"));
    // `flush` records one more, which the sink takes and answers with another.
    assert_conserved(&{
        let _ = funnel.flush(Duration::ZERO);
        funnel.stats()
    });
    assert!(funnel.shutdown(Duration::ZERO).is_complete());
}

#[test]
fn a_sink_may_record_into_another_funnel_but_not_round_a_circle() {
    struct Forwards(OnceLock<Funnel>);
    impl Sink for Forwards {
        fn accept(&self, _: &Record<'_>) -> Verdict {
            self.0.get().unwrap().record(Landing::new());
            Verdict::Delivered
        }
    }
    let (first, second) = (Arc::new(Forwards(OnceLock::new())), Arc::new(Forwards(OnceLock::new())));
    let (a, b) = (funnel(first.clone()), funnel(second.clone()));
    let (recording, recorder) = Funnel::recording();
    first.0.set(b.clone()).unwrap();
    second.0.set(recording).unwrap();
    a.record(Landing::new());
    assert_eq!((a.stats().delivered, b.stats().delivered, recorder.take().len()), (1, 1, 1));

    let (first, second) = (Arc::new(Forwards(OnceLock::new())), Arc::new(Forwards(OnceLock::new())));
    let (a, b) = (funnel(first.clone()), funnel(second.clone()));
    first.0.set(b.clone()).unwrap();
    second.0.set(a.clone()).unwrap();
    a.record(Landing::new());
    assert_eq!((a.stats().delivered, b.stats().delivered), (1, 1));
    assert_eq!(a.stats().dropped[DropReason::Reentrant], 1);
}

#[test]
fn an_event_that_the_sink_records_through_the_layer_is_counted_as_reentrant() {
    struct Logs;
    impl Sink for Logs {
        fn accept(&self, _: &Record<'_>) -> Verdict {
            tracing::info!(name: "InstantFunnel", funnelStep = "landing");
            Verdict::Delivered
        }
    }
    let funnel = funnel(Arc::new(Logs));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(funnel.layer()), || {
        funnel.record(Landing::new());
    });
    let stats = funnel.stats();
    assert_eq!((stats.delivered, stats.dropped[DropReason::Reentrant]), (1, 1));
}

#[test]
fn recording_while_a_thread_ends_neither_panics_nor_vanishes() {
    struct RecordsWhenDropped(Funnel);
    impl Drop for RecordsWhenDropped {
        fn drop(&mut self) {
            self.0.record(Provision::new("Not A Slug"));
            let _ = self.0.stats();
        }
    }
    thread_local! { static LAST: Mutex<Option<RecordsWhenDropped>> = const { Mutex::new(None) }; }
    let (funnel, _recorder) = Funnel::recording();
    let ending = funnel.clone();
    std::thread::spawn(move || {
        LAST.with(|last| *last.lock().unwrap() = Some(RecordsWhenDropped(ending.clone())));
        // Whatever else keeps a destructor for this thread is set up after ours, so it is gone when ours runs.
        ending.record(Landing::new());
    })
    .join()
    .unwrap();
    let stats = funnel.stats();
    assert_eq!((stats.recorded, stats.delivered, funnel.caught_panics()), (2, 2, 0));
    assert_conserved(&stats);
}
