//! Flush, shutdown and everything that can go wrong around them.

use std::time::Duration;

use otlp_journal::transport::Response;
use otlp_journal::{AppendError, Delivery, LossReason, Priority};

use crate::support::{Far, LONG, append, quick, record};

#[test]
fn a_flush_says_what_is_pending_and_never_waits_longer_than_told() {
    let far = Far::always(503);
    let delivery =
        quick(&far).backoff(Duration::from_secs(3_600), Duration::from_secs(3_600)).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    let report = delivery.flush(Duration::from_secs(30));
    assert_eq!((report.complete, report.pending, report.delivered), (false, 1, 0));
    assert!(report.stats.is_conserved());
}

#[test]
fn after_a_shutdown_in_memory_what_was_not_acknowledged_is_dropped_and_counted() {
    let far = Far::always(503);
    let delivery = quick(&far).build().unwrap();
    for id in 0..10 {
        append(&delivery, Priority::Critical, id).unwrap();
    }
    let report = delivery.shutdown(Duration::from_millis(20));
    assert_eq!((report.pending, report.stats.dropped.get(LossReason::Shutdown)), (0, 10));
    assert_eq!(append(&delivery, Priority::Critical, 11), Err(AppendError::Shutdown));
    assert_eq!(delivery.stats().dropped.get(LossReason::Shutdown), 11);
    assert!(delivery.stats().is_conserved());
    assert_eq!(delivery.shutdown(LONG).stats, delivery.stats(), "twice is once");
}

#[test]
fn dropping_the_last_handle_delivers() {
    let far = Far::always(200);
    let delivery = quick(&far).linger(LONG).drop_timeout(LONG).build().unwrap();
    let clone = delivery.clone();
    append(&delivery, Priority::Bulk, 1).unwrap();
    drop(delivery);
    assert_eq!(far.distinct(), 0);
    drop(clone);
    assert_eq!(far.distinct(), 1);
}

#[test]
fn dropping_during_a_panic_delivers_too() {
    let far = Far::always(200);
    let end = far.clone();
    let result = std::thread::spawn(move || {
        let delivery = quick(&end).linger(LONG).drop_timeout(LONG).build().unwrap();
        append(&delivery, Priority::Bulk, 1).unwrap();
        std::panic::resume_unwind(Box::new("on purpose"));
    })
    .join();
    assert!(result.is_err());
    assert_eq!(far.distinct(), 1);
}

#[test]
fn a_panic_while_encoding_costs_that_record_only() {
    let far = Far::always(200);
    let delivery = quick(&far).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    let attempt = std::panic::AssertUnwindSafe(|| {
        delivery.append(Priority::Bulk, 0, 10, |_| std::panic::resume_unwind(Box::new("on purpose")))
    });
    assert!(std::panic::catch_unwind(attempt).is_err());
    append(&delivery, Priority::Bulk, 2).unwrap();
    assert!(delivery.flush(LONG).complete);
    let stats = delivery.stats();
    assert_eq!((stats.recorded, stats.delivered, stats.dropped.get(LossReason::Panic)), (3, 2, 1));
    assert!(stats.is_conserved());
}

#[test]
fn a_transport_that_panics_is_a_transport_that_failed() {
    let mut first = true;
    let far = Far::new(move |_| {
        if std::mem::take(&mut first) {
            std::panic::resume_unwind(Box::new("on purpose"));
        }
        Ok(Response::new(200))
    });
    // The panic poisons the far end's own lock, so it is taken apart by a wrapper that panics outside of it.
    #[derive(Debug)]
    struct Panics(Far, std::sync::atomic::AtomicBool);
    impl otlp_journal::transport::Transport for Panics {
        fn send(&self, request: &otlp_journal::transport::Request<'_>) -> crate::support::Answer {
            if !self.1.swap(true, std::sync::atomic::Ordering::Relaxed) {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            self.0.send(request)
        }
    }
    far.answer(200);
    let transport = std::sync::Arc::new(Panics(far.clone(), false.into()));
    let delivery = quick(&far).transport(transport).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    crate::support::eventually("delivered", || delivery.stats().delivered == 1);
}

#[test]
fn the_cheap_class_stops_at_the_mark_and_the_dear_one_at_the_brim() {
    let far = Far::always(503);
    let delivery = quick(&far).max_bytes(1 << 20).bulk_percent(50).build().unwrap();
    let fill = |priority| (0..).take_while(|id| append(&delivery, priority, *id).is_ok()).count() as u64;
    let bulk = fill(Priority::Bulk);
    assert_eq!(append(&delivery, Priority::Bulk, 0), Err(AppendError::QueueFull));
    let value = fill(Priority::Critical);
    assert!(value * 10 > bulk * 9 && value * 9 < bulk * 10, "{bulk} and {value} at 50 %");
    let stats = delivery.stats();
    assert_eq!(stats.pending, bulk + value);
    assert_eq!(stats.dropped.get(LossReason::QueueFull), 3);
    // What was kept is all there.
    far.answer(200);
    crate::support::eventually("delivered", || delivery.stats().pending == 0);
    assert_eq!(delivery.stats().delivered, bulk + value);
    // A segment is freed a moment after its records are counted.
    assert!(delivery.wait_for_room(Priority::Bulk, 200, LONG), "and there is room again");
    assert!(append(&delivery, Priority::Bulk, 1).is_ok());
}

#[test]
fn a_record_larger_than_a_request_is_refused_at_once() {
    let far = Far::always(200);
    let delivery = quick(&far).request_limit(5_000).build().unwrap();
    let limit = delivery.max_record_bytes();
    assert!(delivery.append(Priority::Bulk, 0, limit, |_| ()).is_ok());
    assert_eq!(delivery.append(Priority::Bulk, 0, limit + 1, |_| ()), Err(AppendError::TooLarge));
    assert_eq!(delivery.append(Priority::Bulk, 0, usize::MAX, |_| ()), Err(AppendError::TooLarge));
    assert_eq!(delivery.stats().dropped.get(LossReason::TooLarge), 2);
}

#[test]
fn many_threads_lose_nothing() {
    let far = Far::always(200);
    let delivery = quick(&far).max_bytes(4 << 20).build().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let delivery = delivery.clone();
            scope.spawn(move || {
                for n in 0..5_000 {
                    assert!(delivery.wait_for_room(Priority::Bulk, 200, LONG));
                    while append(&delivery, Priority::Bulk, thread * 1_000_000 + n).is_err() {
                        assert!(delivery.wait_for_room(Priority::Bulk, 200, LONG));
                    }
                }
            });
        }
    });
    assert!(delivery.flush(LONG).complete);
    let stats = delivery.stats();
    assert_eq!((far.distinct(), stats.delivered, stats.pending), (40_000, 40_000, 0));
    assert!(far.stored().values().all(|n| *n == 1));
    assert!(stats.is_conserved());
}

#[test]
fn every_sample_conserves_under_load() {
    let far = Far::new(|ids| Ok(Response::new(if ids.len() % 2 == 0 { 200 } else { 503 })));
    let delivery = quick(&far).max_bytes(1 << 20).build().unwrap();
    std::thread::scope(|scope| {
        let writer = delivery.clone();
        let done = scope.spawn(move || {
            for id in 0..20_000 {
                let _ = append(&writer, Priority::Bulk, id);
            }
        });
        while !done.is_finished() {
            let stats = delivery.stats();
            assert!(stats.is_conserved(), "{stats:?}");
        }
    });
    far.answer(200);
    crate::support::eventually("settled", || delivery.stats().pending == 0);
    let stats = delivery.stats();
    assert_eq!(stats.recorded, 20_000);
    assert!(stats.is_conserved());
}

#[test]
fn a_wrong_setting_names_what_fixes_it_and_shows_no_value() {
    let message = |builder: otlp_journal::Builder| builder.build().unwrap_err().to_string();
    assert!(message(Delivery::builder("ftp://user:hunter2@x")).contains("Delivery::builder"));
    assert!(!message(Delivery::builder("ftp://user:hunter2@x")).contains("hunter2"));
    let ok = || Delivery::builder("http://127.0.0.1:1/v1/logs");
    let header = message(ok().header("api-key", "hunter2\n"));
    assert!(header.contains("Builder::header") && !header.contains("hunter2"), "{header}");
    assert!(message(ok().max_bytes(1)).contains("Builder::max_bytes"));
    assert!(message(ok().ca_certificate("/nowhere.pem")).contains("Builder::ca_certificate"));
    assert!(message(ok().header_from_file("api-key", "/nowhere")).contains("Builder::header_from_file"));
    assert!(message(ok().client_certificate("/nowhere.pem", "/nowhere.key")).contains("client_certificate"));
    let debug = format!("{:?}", ok().header("api-key", "hunter2").proxy("http://u:hunter2@p:1"));
    assert!(!debug.contains("hunter2"), "{debug}");
}

#[test]
fn works_inside_a_current_thread_runtime() {
    let far = Far::always(200);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let delivery = quick(&far).linger(LONG).build().unwrap();
        append(&delivery, Priority::Bulk, 1).unwrap();
        assert!(delivery.flush(LONG).complete);
        append(&delivery, Priority::Bulk, 2).unwrap();
        assert!(delivery.shutdown(LONG).complete);
    });
    assert_eq!(far.distinct(), 2);
    assert_eq!(record(1).len(), record(2).len());
}

#[test]
fn recording_allocates_nothing() {
    let scratch = crate::support::Scratch::new("allocations");
    let far = Far::always(200);
    for files in [false, true] {
        let mut builder = quick(&far).linger(LONG);
        if files {
            builder = builder.directory(scratch.path());
        }
        let delivery = builder.build().unwrap();
        let record = record(1);
        // The thread's first record gives it its lane.
        delivery.append(Priority::Bulk, 0, record.len(), |buf| buf.copy_from_slice(&record)).unwrap();
        let counted = allocation_counter::measure(|| {
            for _ in 0..1_000 {
                delivery.append(Priority::Bulk, 0, record.len(), |buf| buf.copy_from_slice(&record)).unwrap();
            }
        });
        assert_eq!(counted.count_total, 0, "in files: {files}");
    }
}

#[test]
fn what_is_of_value_goes_first() {
    // One request at a time, and the first one waits until both priorities have records.
    let (release, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let mut first = true;
    let far = Far::new(move |_| {
        if std::mem::take(&mut first) {
            let _ = gate.lock().unwrap().recv();
        }
        Ok(Response::new(200))
    });
    let delivery = quick(&far).in_flight(1).request_limit(3_000).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    for id in 10..60 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    for id in 100..110 {
        append(&delivery, Priority::Critical, id).unwrap();
    }
    release.send(()).unwrap();
    assert!(delivery.flush(LONG).complete);
    let order: Vec<u64> = far.requests().into_iter().flat_map(|r| r.ids).collect();
    let place = |wanted: u64| order.iter().position(|id| *id == wanted).unwrap();
    assert!(place(109) < place(59), "{order:?}");
}
