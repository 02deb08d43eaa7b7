//! What the far end says, and what becomes of the records.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use otlp_journal::transport::{Request, Response, Transport, TransportError};
use otlp_journal::{LossReason, ManualClock, Priority};

use crate::support::{Far, LONG, Scratch, append, append_at, eventually, noon, quick, tick};

#[test]
fn passing_faults_lose_nothing_and_others_go_on() {
    for status in [408, 429, 500, 502, 503, 504, 520, 525, 530] {
        let failures = AtomicUsize::new(0);
        let far = Far::new(move |_| {
            Ok(Response::new(if failures.fetch_add(1, Ordering::Relaxed) < 12 { status } else { 200 }))
        });
        let delivery = quick(&far).build().unwrap();
        for id in 0..50 {
            append(&delivery, Priority::Bulk, id).unwrap();
        }
        let report = delivery.flush(LONG);
        // A flush gives up when nothing can happen before its end; it does not here.
        eventually("all delivered", || delivery.stats().pending == 0);
        assert_eq!(delivery.stats().delivered, 50, "{status} {report:?}");
        assert!(far.stored().values().all(|n| *n == 1));
    }
}

#[test]
fn no_answer_at_all_is_a_passing_fault() {
    for error in [
        TransportError::Dns,
        TransportError::Timeout,
        TransportError::Connection("refused".to_owned()),
        TransportError::Tls("unknown issuer".to_owned()),
    ] {
        let mut failures = 3;
        let far = Far::new(move |_| {
            failures -= 1;
            if failures > 0 { Err(error.clone()) } else { Ok(Response::new(200)) }
        });
        let delivery = quick(&far).build().unwrap();
        append(&delivery, Priority::Bulk, 1).unwrap();
        eventually("delivered", || delivery.stats().delivered == 1);
    }
}

#[test]
fn a_batch_that_fails_waits_while_others_go_on() {
    // The first request names a time in the far future; what comes after is delivered meanwhile.
    let clock = ManualClock::at(noon());
    let mut first = true;
    let far = Far::new(move |_| {
        let answer = if first { Response::new(503).retry_after("3600") } else { Response::new(200) };
        first = false;
        Ok(answer)
    });
    let delivery = quick(&far).clock(clock.clock()).build().unwrap();
    append_at(&delivery, Priority::Bulk, 1, clock.now_unix_nanos()).unwrap();
    let report = delivery.flush(LONG);
    assert_eq!((report.complete, report.pending), (false, 1), "it says that the record is not there yet");
    append_at(&delivery, Priority::Bulk, 2, clock.now_unix_nanos()).unwrap();
    let _ = delivery.flush(LONG);
    assert_eq!(far.stored().keys().copied().collect::<Vec<_>>(), [2]);
    clock.advance(Duration::from_secs(3_599));
    let _ = delivery.flush(LONG);
    assert_eq!(far.distinct(), 1, "not before its time, whoever hurries");
    clock.advance(Duration::from_secs(1));
    assert!(delivery.flush(LONG).complete);
    assert_eq!(far.distinct(), 2);
}

#[test]
fn too_many_requests_stops_everything_until_the_named_date() {
    let clock = ManualClock::at(noon());
    let mut first = true;
    let far = Far::new(move |_| {
        // Noon of the test is 2027-01-15 08:00:00 GMT.
        let answer = Response::new(429).retry_after("Fri, 15 Jan 2027 08:02:00 GMT");
        Ok(if std::mem::take(&mut first) { answer } else { Response::new(200) })
    });
    let delivery = quick(&far).clock(clock.clock()).build().unwrap();
    append_at(&delivery, Priority::Bulk, 1, clock.now_unix_nanos()).unwrap();
    assert!(!delivery.flush(LONG).complete);
    append_at(&delivery, Priority::Critical, 2, clock.now_unix_nanos()).unwrap();
    clock.advance(Duration::from_secs(119));
    assert!(!delivery.flush(LONG).complete);
    assert_eq!(far.count(), 1, "nobody asks before the date");
    clock.advance(Duration::from_secs(1));
    assert!(delivery.flush(LONG).complete);
    assert_eq!(far.distinct(), 2);
}

/// Takes records under the right key only.
#[derive(Debug)]
struct Keyed(Far, u16, AtomicUsize);

impl Transport for Keyed {
    fn send(&self, request: &Request<'_>) -> crate::support::Answer {
        if request.headers.contains(&("api-key", "right")) {
            return self.0.send(request);
        }
        self.2.fetch_add(1, Ordering::Relaxed);
        Ok(Response::new(self.1))
    }
}

#[test]
fn a_wrong_key_holds_everything_and_a_fixed_one_sends_it() {
    for status in [401, 403, 404, 302, 415] {
        let clock = ManualClock::at(noon());
        let far = Arc::new(Keyed(Far::always(200), status, AtomicUsize::new(0)));
        let delivery = quick(&far.0)
            .transport(Arc::<Keyed>::clone(&far))
            .clock(clock.clock())
            .header("api-key", "wrong")
            .hold(Duration::from_secs(15))
            .build()
            .unwrap();
        // 10 minutes, 10 records a second.
        for second in 0..600 {
            for n in 0..10 {
                append_at(&delivery, Priority::Bulk, second * 10 + n, clock.now_unix_nanos()).unwrap();
            }
            clock.advance(Duration::from_secs(1));
        }
        let asked = || far.2.load(Ordering::Relaxed);
        eventually("the far end was asked", || {
            // If the sender only comes to look now, its linger is still to pass.
            tick(&clock, Duration::from_millis(10));
            asked() > 0
        });
        assert_eq!(delivery.stats().pending, 6_000);
        assert!(asked() <= 45, "asked seldom: {}", asked());
        assert!(delivery.set_header("Api-Key", "right"));
        // A request that was under way with the old key closes the gate once more.
        eventually("all delivered", || delivery.flush(LONG).complete);
        assert_eq!((far.0.distinct(), delivery.stats().dropped.total()), (6_000, 0));
    }
}

#[test]
fn a_key_fixed_in_its_file_needs_no_restart() {
    let scratch = Scratch::new("key");
    let file = scratch.path().join("key");
    std::fs::write(&file, "wrong\n").unwrap();
    let far = Far::always(200);
    let judge = far.clone();
    let delivery = quick(&far).header_from_file("api-key", &file).build().unwrap();
    far.script(|_| Ok(Response::new(403)));
    append(&delivery, Priority::Critical, 1).unwrap();
    judge.await_requests(2);
    std::fs::write(&file, "right\n").unwrap();
    eventually("the new key is used", || {
        far.requests().last().is_some_and(|r| r.headers.contains(&("api-key".to_owned(), "right".to_owned())))
    });
    far.answer(200);
    eventually("delivered", || delivery.stats().delivered == 1);
}

#[test]
fn one_bad_record_among_ten_thousand_stands_alone() {
    let scratch = Scratch::new("bad");
    let far = Far::new(|ids| Ok(Response::new(if ids.contains(&7_777) { 400 } else { 200 })));
    let delivery = quick(&far).dead_letters(scratch.path()).linger(Duration::from_secs(1)).build().unwrap();
    for id in 0..10_000 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    assert!(delivery.flush(LONG).complete);
    let stats = delivery.stats();
    assert_eq!((stats.delivered, stats.dropped.get(LossReason::Rejected), stats.pending), (9_999, 1, 0));
    assert!(far.stored().values().all(|n| *n == 1), "no record twice");
    let files = otlp_journal::archive::dead_letter_files(scratch.path()).unwrap();
    let letters = otlp_journal::archive::read_dead_letters(&files[0]).unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].reason, letters[0].status), (LossReason::Rejected, 400));
    assert_eq!(letters[0].stored.record, crate::support::record(7_777));
}

#[test]
fn too_large_is_halved_until_it_fits() {
    let far = Far::new(|ids| Ok(Response::new(if ids.len() > 30 || ids.contains(&5) { 413 } else { 200 })));
    let delivery = quick(&far).linger(Duration::from_secs(1)).build().unwrap();
    for id in 0..1_000 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    assert!(delivery.flush(LONG).complete);
    assert_eq!(delivery.stats().delivered, 999);
    assert_eq!(delivery.stats().dropped.get(LossReason::TooLarge), 1);
}

#[test]
fn a_partial_success_is_counted() {
    let far = Far::new(|_| Ok(Response::new(200).body([0x0a, 2, 0x08, 3])));
    let delivery = quick(&far).build().unwrap();
    for id in 0..10 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    let report = delivery.flush(LONG);
    assert!(report.complete && report.stats.is_conserved());
    let requests = far.count();
    assert_eq!(report.stats.dropped.get(LossReason::Rejected), 3 * requests);
    assert_eq!(report.stats.delivered, 10 - 3 * requests);
}

#[test]
fn no_request_is_larger_than_the_limit_and_names_and_scopes_are_kept() {
    let far = Far::always(200);
    let delivery = quick(&far)
        .resource(*b"\x0a\x03\x0a\x01r")
        .scope(*b"\x0a\x01s")
        .request_limit(20_000)
        .build()
        .unwrap();
    let own = b"\x0a\x05other";
    for id in 0..5_000_u64 {
        let record = crate::support::record(id);
        let mut entry = otlp_journal::Entry::new(Priority::Bulk, crate::support::now_nanos());
        if id.is_multiple_of(3) {
            entry = entry.scope(own);
        }
        delivery.append_entry(entry, record.len(), |buf| buf.copy_from_slice(&record)).unwrap();
    }
    assert!(delivery.flush(LONG).complete);
    assert_eq!(far.distinct(), 5_000);
    for request in far.requests() {
        assert!(request.bytes <= 20_000, "{}", request.bytes);
        assert_eq!(request.resources, [b"\x0a\x03\x0a\x01r".to_vec()]);
        assert!(request.scopes.iter().all(|s| s == b"\x0a\x01s" || s == own));
        assert!(request.scopes.len() <= 2, "records of one scope are together");
    }
}

#[test]
fn a_far_end_without_our_compression_is_sent_plain() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let far = Far::new(|_| Ok(Response::new(200)));
    let delivery = quick(&far).build().unwrap();
    drop(delivery);

    #[derive(Debug)]
    struct NoZstd(Far, Arc<AtomicUsize>);
    impl Transport for NoZstd {
        fn send(&self, request: &Request<'_>) -> crate::support::Answer {
            self.1.fetch_add(1, Ordering::Relaxed);
            if request.headers.iter().any(|(k, _)| *k == "content-encoding") {
                return Ok(Response::new(400));
            }
            self.0.send(request)
        }
    }
    let delivery = quick(&far)
        .compression(otlp_journal::Compression::Zstd)
        .transport(Arc::new(NoZstd(far.clone(), count)))
        .build()
        .unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    eventually("delivered", || delivery.stats().delivered == 1);
    append(&delivery, Priority::Bulk, 2).unwrap();
    eventually("delivered", || delivery.stats().delivered == 2);
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    assert_eq!(delivery.advisories().len(), 1);
}
