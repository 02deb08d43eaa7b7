//! Outages, on a clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use otlp_journal::transport::{Response, TransportError};
use otlp_journal::{Delivery, LossReason, ManualClock, Priority};

use crate::support::{Far, LONG, append_at, eventually, noon, tick};

/// The defaults, but for the clock and the far end.
fn usual(far: &Far, clock: &ManualClock) -> otlp_journal::Builder {
    Delivery::builder("http://far.test/v1/logs")
        .transport(Arc::new(far.clone()))
        .compression(otlp_journal::Compression::None)
        .drop_timeout(Duration::ZERO)
        .clock(clock.clock())
}

/// Moves the clock until all is settled.
fn drain(delivery: &Delivery, clock: &ManualClock) {
    eventually("all settled", || {
        let _ = delivery.flush(Duration::from_millis(50));
        tick(clock, Duration::from_secs(1));
        delivery.stats().pending == 0
    });
}

/// 5 s of calm, 20 s of outage, then calm again, at this rate.
fn twenty_seconds(rate: u64, fault: fn() -> crate::support::Answer) {
    let clock = ManualClock::at(noon());
    let sick = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&sick);
    let far = Far::new(move |_| if seen.load(Ordering::SeqCst) { fault() } else { Ok(Response::new(200)) })
        .forgetful();
    // 25 s of 10,000 records a second, of which the cheap priority may hold 80 %.
    let delivery = usual(&far, &clock).max_bytes(96 << 20).build().unwrap();
    let mut id = 0;
    for tick in 0..250 {
        sick.store((50..250).contains(&tick), Ordering::SeqCst);
        for _ in 0..rate / 10 {
            append_at(&delivery, Priority::Bulk, id, clock.now_unix_nanos()).unwrap();
            id += 1;
        }
        clock.advance(Duration::from_millis(100));
    }
    sick.store(false, Ordering::SeqCst);
    drain(&delivery, &clock);
    let stats = delivery.stats();
    assert_eq!((stats.recorded, stats.delivered, stats.dropped.total()), (id, id, 0));
    assert_eq!(far.distinct(), id);
    assert!(far.stored().values().all(|n| *n == 1), "a refused batch arrived once");
}

#[test]
fn twenty_seconds_of_503_lose_nothing() {
    twenty_seconds(1_000, || Ok(Response::new(503)));
    twenty_seconds(10_000, || Ok(Response::new(503)));
}

#[test]
fn twenty_seconds_of_500_lose_nothing() {
    twenty_seconds(1_000, || Ok(Response::new(500)));
    twenty_seconds(10_000, || Ok(Response::new(500)));
}

#[test]
fn twenty_seconds_of_refused_connections_lose_nothing() {
    let refused = || Err(TransportError::Connection("refused".to_owned()));
    twenty_seconds(1_000, refused);
    twenty_seconds(10_000, refused);
}

#[test]
fn twenty_seconds_in_a_black_hole_lose_nothing() {
    twenty_seconds(1_000, || Err(TransportError::Timeout));
    twenty_seconds(10_000, || Err(TransportError::Timeout));
}

#[test]
fn a_day_of_outage_keeps_what_is_dear_and_counts_the_rest() {
    const RATE: u64 = 100;
    /// One record in so many is of value. In a day they fill less than what is kept for them.
    const DEAR: u64 = 500;
    let clock = ManualClock::at(noon());
    let far = Far::always(503).forgetful();
    // Ten minutes at 100/s: 60,000 records of 110 bytes in 136; half of it is for the critical ones.
    let delivery = usual(&far, &clock).max_bytes(60_000 * 136).bulk_percent(50).build().unwrap();
    let (mut id, mut dear) = (0, Vec::new());
    // One minute less than a day, so that the first record is not too old when the far end is back.
    for _second in 0..24 * 3_600 - 60 {
        for _ in 0..RATE {
            let priority = if id % DEAR == 0 { Priority::Critical } else { Priority::Bulk };
            let taken = append_at(&delivery, priority, id, clock.now_unix_nanos());
            if priority == Priority::Critical {
                taken.unwrap();
                dear.push(id);
            }
            id += 1;
        }
        clock.advance(Duration::from_secs(1));
    }
    let sick = delivery.stats();
    assert!(sick.is_conserved());
    assert_eq!((sick.recorded, sick.delivered), (id, 0));
    assert_eq!(sick.dropped.total(), sick.dropped.get(LossReason::QueueFull));
    assert_eq!(sick.pending + sick.dropped.total(), id);

    far.answer(200);
    // Nobody waits for the longest backoff of a day: it is 30 s.
    eventually("delivered", || {
        let _ = delivery.flush(LONG);
        delivery.stats().pending == 0
    });
    let stats = delivery.stats();
    let stored = far.stored();
    assert!(dear.iter().all(|id| stored.contains_key(id)), "every record of value arrived");
    assert_eq!(stats.delivered, sick.pending);
    assert_eq!(stats.dropped, sick.dropped);

    // A second outage, longer than the far end accepts.
    far.answer(503);
    for id in id..id + 1_000 {
        append_at(&delivery, Priority::Critical, id, clock.now_unix_nanos()).unwrap();
    }
    clock.advance(Duration::from_secs(23 * 3_600));
    for id in id + 1_000..id + 1_500 {
        append_at(&delivery, Priority::Critical, id, clock.now_unix_nanos()).unwrap();
    }
    clock.advance(Duration::from_secs(3_700));
    eventually("the first thousand expired", || {
        tick(&clock, Duration::from_secs(1));
        delivery.stats().dropped.get(LossReason::Expired) == 1_000
    });
    far.answer(200);
    drain(&delivery, &clock);
    let end = delivery.stats();
    assert_eq!(end.delivered, stats.delivered + 500);
    assert!(end.is_conserved());
}

#[test]
fn what_is_held_for_the_operator_expires_too() {
    let clock = ManualClock::at(noon());
    let far = Far::always(401);
    let delivery = usual(&far, &clock).build().unwrap();
    append_at(&delivery, Priority::Bulk, 1, clock.now_unix_nanos()).unwrap();
    assert!(!delivery.flush(LONG).complete);
    append_at(&delivery, Priority::Bulk, 2, clock.now_unix_nanos()).unwrap();
    clock.advance(Duration::from_secs(24 * 3_600 + 1));
    eventually("expired", || {
        tick(&clock, Duration::from_secs(1));
        delivery.stats().dropped.get(LossReason::Expired) == 2
    });
    assert_eq!(delivery.stats().pending, 0);
}
