//! Whatever the sink does, the caller sees nothing of it, and it is counted.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use instant_funnel::{Backend, DropReason, FlushReport, Funnel, Landing, Record, Settled, Sink, Verdict};

fn funnel(sink: Arc<dyn Sink>) -> Funnel {
    Funnel::builder().service_name("test").backend(Backend::Custom(sink)).build().unwrap()
}

struct Panics(AtomicBool);

impl Sink for Panics {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        assert!(!self.0.load(Ordering::Relaxed), "the sink is broken");
        Verdict::Delivered
    }

    fn flush(&self, _: Duration) {
        panic!("flush is broken too");
    }
}

#[test]
fn a_panicking_sink_is_caught_counted_and_the_next_event_still_goes() {
    let sink = Arc::new(Panics(AtomicBool::new(true)));
    let funnel = funnel(sink.clone());
    funnel.record(Landing::new());
    sink.0.store(false, Ordering::Relaxed);
    funnel.record(Landing::new());
    let report = funnel.flush(Duration::from_secs(1));
    assert_eq!((report.recorded, report.delivered, report.dropped[DropReason::Panic]), (2, 1, 1));
}

struct Errors;

impl Sink for Errors {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        Verdict::Dropped(DropReason::Rejected)
    }
}

#[test]
fn a_sink_that_errors_is_counted() {
    let funnel = funnel(Arc::new(Errors));
    funnel.record(Landing::new());
    let stats = funnel.stats();
    assert_eq!((stats.recorded, stats.dropped[DropReason::Rejected], stats.pending), (1, 1, 0));
}

/// Blocks the first caller until another has been served.
struct Blocks {
    first: AtomicBool,
    met: Barrier,
}

impl Sink for Blocks {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        if self.first.swap(false, Ordering::SeqCst) {
            self.met.wait();
        }
        Verdict::Delivered
    }
}

#[test]
fn a_sink_that_blocks_holds_up_the_call_that_reached_it_and_no_other() {
    let sink = Arc::new(Blocks { first: AtomicBool::new(true), met: Barrier::new(2) });
    let funnel = funnel(sink.clone());
    let blocked = std::thread::spawn({
        let funnel = funnel.clone();
        move || funnel.record(Landing::new())
    });
    while sink.first.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    // The other thread is inside `accept`. Were anything locked around it, these would wait for ever.
    for _ in 0..100 {
        funnel.record(Landing::new());
    }
    let stats = funnel.stats();
    assert_eq!((stats.recorded, stats.delivered, stats.pending), (101, 100, 1));
    sink.met.wait();
    blocked.join().unwrap();
    assert_eq!(funnel.stats().pending, 0);
}

#[test]
fn what_is_recorded_after_shutdown_is_dropped_and_counted() {
    let funnel = funnel(Arc::new(Panics(AtomicBool::new(false))));
    funnel.record(Landing::new());
    let _ = funnel.shutdown(Duration::ZERO);
    funnel.record(Landing::new());
    let report: FlushReport = funnel.shutdown(Duration::ZERO);
    assert_eq!((report.recorded, report.delivered, report.dropped[DropReason::Shutdown]), (2, 1, 1));
    assert!(report.is_complete());
}

/// Settles elsewhere, later.
#[derive(Default)]
struct Later {
    taken: AtomicU64,
    settled: AtomicU64,
}

impl Sink for Later {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        self.taken.fetch_add(1, Ordering::SeqCst);
        Verdict::Pending
    }

    fn settled(&self) -> Settled {
        let settled = self.settled.load(Ordering::SeqCst);
        let mut total = Settled { delivered: settled - settled / 3, ..Settled::default() };
        total.dropped.add(DropReason::Expired, settled / 3);
        total
    }
}

#[test]
fn conservation_holds_at_every_instant_while_threads_record_and_a_sink_settles() {
    let sink = Arc::new(Later::default());
    let funnel = funnel(sink.clone());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..20_000).for_each(|_| funnel.record(Landing::new())));
        }
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                sink.settled.store(sink.taken.load(Ordering::SeqCst), Ordering::SeqCst);
            }
        });
        let mut looks = 0;
        while funnel.stats().recorded < 40_000 || looks < 1_000 {
            let stats = funnel.stats();
            assert_eq!(stats.recorded, stats.delivered + stats.dropped.total() + stats.pending, "{stats:?}");
            assert!(
                stats.recorded >= stats.delivered + stats.dropped.total(),
                "settled before recorded: {stats:?}"
            );
            looks += 1;
        }
        done.store(true, Ordering::SeqCst);
    });
    sink.settled.store(40_000, Ordering::SeqCst);
    assert_eq!(funnel.stats().pending, 0);
}
