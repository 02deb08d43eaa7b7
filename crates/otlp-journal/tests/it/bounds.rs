//! Lengths near every bound, extremes of every setting, and the moment of the end.

use std::sync::mpsc::channel;
use std::time::Duration;

use otlp_journal::{AppendError, DeliveryAdvisory, Entry, LossReason, Priority};

use crate::support::{Far, LONG, Scratch, append, append_at, eventually, now_nanos, quick, record};

/// A record of exactly this length: an event name that is padded by an unknown field.
fn sized(id: u64, len: usize) -> Vec<u8> {
    let mut out = record(id);
    let mut rest = len - out.len();
    // Field 15, a string; its length takes as many bytes as it needs.
    while rest > 0 {
        let part = if rest >= 130 { 120 } else { rest - 2 };
        out.extend_from_slice(&[0x7a, part as u8]);
        out.resize(out.len() + part, b'x');
        rest -= part + 2;
        if rest == 1 {
            // One byte cannot be a field: make the last one longer by it.
            let at = out.len() - part - 1;
            out[at] += 1;
            out.push(b'x');
            rest = 0;
        }
    }
    assert_eq!(out.len(), len);
    out
}

#[test]
fn every_length_near_a_bound_is_refused_at_once_or_arrives_with_what_is_behind_it() {
    let scratch = Scratch::new("lengths");
    for (limit, files) in [(3_000, false), (4_000, true), (999_999, false), (60_000, true)] {
        for scope in [None, Some(&b"\x0a\x03own"[..])] {
            let far = Far::always(200);
            let mut builder = quick(&far).request_limit(limit).max_bytes(512 << 10).resource(*b"\x0a\x01r");
            if files {
                builder = builder.directory(scratch.path());
            }
            let delivery = builder.build().unwrap();
            let largest = delivery.max_record_bytes();
            let mut taken = Vec::new();
            for (id, len) in (largest - 40..largest + 6).enumerate() {
                let id = id as u64;
                let bytes = sized(id, len);
                let mut entry = Entry::new(Priority::Bulk, now_nanos());
                if let Some(scope) = scope {
                    entry = entry.scope(scope);
                }
                match delivery.append_entry(entry, len, |buf| buf.copy_from_slice(&bytes)) {
                    Ok(()) => taken.push(id),
                    Err(refused) => assert_eq!(refused, AppendError::TooLarge, "{len} of {largest}"),
                }
                append(&delivery, Priority::Bulk, 1_000 + id).unwrap();
                assert!(delivery.flush(LONG).complete, "{len} of {largest} at {limit}");
            }
            if scope.is_none() {
                assert_eq!(taken.len(), 41, "up to the largest and no further");
            }
            assert_eq!(far.distinct(), taken.len() as u64 + 46);
            assert!(far.requests().iter().all(|r| r.bytes <= limit));
            assert_eq!(delivery.stats().dropped.get(LossReason::TooLarge), 46 - taken.len() as u64);
        }
    }
}

#[test]
fn extremes_are_no_panic() {
    let far = Far::always(200);
    for duration in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
        let delivery = quick(&far)
            .timeout(duration.max(Duration::from_nanos(1)))
            .linger(duration.min(LONG))
            .max_age(Duration::MAX)
            .backoff(duration, duration)
            .hold(duration)
            .adopt_every(duration)
            .drop_timeout(duration)
            .build()
            .unwrap();
        append(&delivery, Priority::Bulk, 1).unwrap();
        assert!(delivery.wait_for_room(Priority::Bulk, 10, duration));
        assert!(!delivery.wait_for_room(Priority::Critical, usize::MAX, duration));
        for time in [0, u64::MAX, u64::MAX / 2] {
            let _ = append_at(&delivery, Priority::Critical, 2, time);
        }
        let _ = delivery.append(Priority::Bulk, 0, usize::MAX, |_| ());
        let scope = vec![0; 100];
        let entry = Entry::new(Priority::Bulk, 0).scope(&scope);
        assert!(delivery.append_entry(entry, usize::MAX - 50, |_| ()).is_err());
        assert!(delivery.flush(Duration::MAX).complete);
        let _ = (delivery.health(), delivery.advisories(), delivery.stats(), delivery.max_record_bytes());
        assert!(delivery.shutdown(Duration::MAX).complete);
        assert!(delivery.stats().is_conserved());
    }
}

#[test]
fn intervals_of_zero_do_not_spin() {
    let far = Far::always(503);
    let delivery = quick(&far).backoff(Duration::ZERO, Duration::ZERO).in_flight(1).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    far.await_requests(20);
    far.answer(200);
    eventually("delivered", || delivery.stats().delivered == 1);
}

/// An `append` whose encoding waits until it is told to go on.
fn blocked(
    delivery: &otlp_journal::Delivery,
) -> (std::sync::mpsc::Sender<()>, std::thread::JoinHandle<Result<(), AppendError>>) {
    let (inside, entered) = channel();
    let (release, wait) = channel::<()>();
    let own = delivery.clone();
    let writer = std::thread::spawn(move || {
        let bytes = record(7);
        own.append(Priority::Bulk, now_nanos(), bytes.len(), |buf| {
            inside.send(()).unwrap();
            let _ = wait.recv_timeout(LONG);
            buf.copy_from_slice(&bytes);
        })
    });
    entered.recv_timeout(LONG).unwrap();
    (release, writer)
}

#[test]
fn a_record_that_is_being_written_at_the_end_is_kept_in_files() {
    let scratch = Scratch::new("late");
    let far = Far::always(200);
    let delivery = quick(&far).directory(scratch.path()).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    assert!(delivery.flush(LONG).complete);
    let (release, writer) = blocked(&delivery);
    let _ = delivery.shutdown(Duration::from_millis(20));
    release.send(()).unwrap();
    assert_eq!(writer.join().unwrap(), Ok(()));
    assert_eq!((delivery.stats().pending, far.distinct()), (1, 1));
    drop(delivery);
    let next = quick(&far).directory(scratch.path()).build().unwrap();
    assert!(next.flush(LONG).complete);
    assert_eq!((far.distinct(), next.stats().recovered), (2, 1));
}

#[test]
fn a_record_that_is_being_written_at_the_end_is_refused_in_memory() {
    let far = Far::always(200);
    let delivery = quick(&far).build().unwrap();
    let (release, writer) = blocked(&delivery);
    let _ = delivery.shutdown(Duration::from_millis(20));
    release.send(()).unwrap();
    assert_eq!(writer.join().unwrap(), Err(AppendError::Shutdown));
    let stats = delivery.stats();
    assert_eq!((stats.pending, stats.dropped.get(LossReason::Shutdown), far.distinct()), (0, 1, 0));
    assert!(stats.is_conserved());
    assert_eq!(append(&delivery, Priority::Critical, 2), Err(AppendError::Shutdown));
}

#[test]
fn a_shutdown_waits_for_a_record_that_is_being_written() {
    let far = Far::always(200);
    let delivery = quick(&far).build().unwrap();
    let (release, writer) = blocked(&delivery);
    let ending = {
        let delivery = delivery.clone();
        std::thread::spawn(move || delivery.shutdown(LONG))
    };
    release.send(()).unwrap();
    assert_eq!(writer.join().unwrap(), Ok(()));
    assert!(ending.join().unwrap().complete);
    assert_eq!((far.distinct(), delivery.stats().delivered), (1, 1));
}

#[test]
fn an_absurd_size_is_bounded_by_what_the_machine_has_and_said() {
    let scratch = Scratch::new("absurd");
    for bytes in [490_154_203_237_518, u64::MAX] {
        let delivery = quick(&Far::always(200)).max_bytes(bytes).build().unwrap();
        assert!(matches!(delivery.advisories().as_slice(), [DeliveryAdvisory::Smaller { .. }]));
        append(&delivery, Priority::Bulk, 1).unwrap();
        assert!(delivery.flush(LONG).complete);
    }
    drop(scratch);
}

#[test]
fn a_log_of_a_thread_locals_destructor_is_taken() {
    struct Late(otlp_journal::Delivery);
    impl Drop for Late {
        fn drop(&mut self) {
            append(&self.0, Priority::Bulk, 1).unwrap();
        }
    }
    thread_local! {
        static LATE: std::cell::RefCell<Option<Late>> = const { std::cell::RefCell::new(None) };
    }
    let far = Far::always(200);
    let delivery = quick(&far).build().unwrap();
    let own = delivery.clone();
    std::thread::spawn(move || LATE.with(|late| *late.borrow_mut() = Some(Late(own)))).join().unwrap();
    assert!(delivery.flush(LONG).complete);
    assert_eq!(far.distinct(), 1);
}
