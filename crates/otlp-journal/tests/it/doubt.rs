//! An operator's fault that looks like the data's, and pauses that the far end asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use otlp_journal::transport::Response;
use otlp_journal::{
    Clock, Compression, Delivery, DeliveryAdvisory, DeliveryState, LossReason, ManualClock, Priority,
};

use crate::support::{Far, LONG, append, append_at, eventually, noon, quick, tick};

#[test]
fn a_far_end_that_refuses_everything_destroys_nothing() {
    for status in [400, 422] {
        let far = Far::always(status);
        let delivery = quick(&far).build().unwrap();
        for id in 0..50 {
            append(&delivery, Priority::Bulk, id).unwrap();
        }
        far.await_requests(30);
        let stats = delivery.stats();
        assert_eq!((stats.pending, stats.dropped.total()), (50, 0), "{status}");
        eventually("held", || delivery.health().state == DeliveryState::Held);
        assert!(delivery.advisories().iter().any(|a| matches!(a, DeliveryAdvisory::Held { .. })));
        far.answer(200);
        eventually("delivered", || delivery.stats().delivered == 50);
        assert_eq!(delivery.health().state, DeliveryState::Delivering);
    }
}

#[test]
fn a_web_page_with_200_is_no_acknowledgement() {
    for page in [
        Response::new(200).content_type("text/html; charset=utf-8").body("sign in"),
        Response::new(200).body("<html><body>Welcome to the hotel</body></html>"),
        Response::new(202).body("\n <!doctype html>"),
        Response::new(204).content_type("TEXT/HTML"),
    ] {
        let far = Far::new(move |_| Ok(page.clone()));
        let delivery = quick(&far).build().unwrap();
        append(&delivery, Priority::Bulk, 1).unwrap();
        far.await_requests(3);
        assert_eq!((delivery.stats().delivered, delivery.stats().pending), (0, 1));
        far.answer(200);
        eventually("delivered", || delivery.stats().delivered == 1);
    }
    for body in [&b""[..], b"{}", b"ok", &[0xff, 1]] {
        let far = Far::new(move |_| Ok(Response::new(200).body(body)));
        let delivery = quick(&far).build().unwrap();
        append(&delivery, Priority::Bulk, 1).unwrap();
        assert!(delivery.flush(LONG).complete);
        assert_eq!(delivery.stats().delivered, 1, "{body:?}");
    }
}

#[test]
fn a_run_of_bad_records_never_stops_good_ones() {
    // The bad ones come first, in the middle and last; the first request of all holds some.
    for bad in [0..40, 500..560, 960..1_000] {
        let poison = bad.clone();
        let far = Far::new(move |ids| {
            Ok(Response::new(if ids.iter().any(|id| poison.contains(id)) { 400 } else { 200 }))
        });
        let delivery = quick(&far).build().unwrap();
        for id in 0..1_000 {
            append(&delivery, Priority::Bulk, id).unwrap();
        }
        let good = 1_000 - (bad.end - bad.start);
        eventually("the good ones arrive", || delivery.stats().delivered == good);
        assert!(far.stored().keys().all(|id| !bad.contains(id)));
        assert!(far.stored().values().all(|n| *n == 1), "none twice");
    }
}

#[test]
fn an_endpoint_that_begins_to_refuse_everything_costs_few_records() {
    let far = Far::always(200);
    let delivery = quick(&far).build().unwrap();
    append(&delivery, Priority::Bulk, 0).unwrap();
    assert!(delivery.flush(LONG).complete);
    far.answer(400);
    for id in 1..=200 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    far.await_requests(60);
    let lost = delivery.stats().dropped.get(LossReason::Rejected);
    assert!(lost <= 4, "{lost} were given up");
    far.answer(200);
    eventually("the others arrive", || delivery.stats().delivered == 201 - delivery.stats().dropped.total());
    assert!(delivery.stats().dropped.total() <= 4);
}

/// Lets time pass until there were so many requests more.
fn asked_again(far: &Far, clock: &ManualClock, more: u64) {
    let count = far.count() + more;
    eventually("a request", || {
        tick(clock, Duration::from_millis(5));
        far.count() >= count
    });
}

/// Requests that a far end gets in some seconds of a clock that the test moves.
fn asked(answer: fn() -> Response, seconds: u64) -> u64 {
    let clock = ManualClock::at(noon());
    let far = Far::new(move |_| Ok(answer())).forgetful();
    let delivery = Delivery::builder("http://far.test/v1/logs")
        .transport(Arc::new(far.clone()))
        .compression(Compression::None)
        .clock(clock.clock())
        .drop_timeout(Duration::ZERO)
        .build()
        .unwrap();
    append_at(&delivery, Priority::Bulk, 1, clock.now_unix_nanos()).unwrap();
    for _ in 0..seconds * 10 {
        clock.advance(Duration::from_millis(100));
        // Gives the sender time to look at the clock; how much does not matter to the bound.
        let _ = delivery.flush(Duration::from_millis(2));
    }
    far.count()
}

#[test]
fn a_pause_of_nothing_is_at_least_the_backoff() {
    for answer in [
        (|| Response::new(429).retry_after("0")) as fn() -> Response,
        || Response::new(429).retry_after("Sun, 06 Nov 1994 08:49:37 GMT"),
        || Response::new(429),
        || Response::new(503).retry_after("0"),
        || Response::new(503).retry_after("Thu, 01 Jan 1970 00:00:00 GMT"),
    ] {
        let count = asked(answer, 30);
        assert!(count <= 20, "{count} requests in 30 s");
    }
}

#[test]
fn an_absurd_pause_is_bounded() {
    for text in ["99999999999", "86400", "Fri, 01 Jan 2100 00:00:00 GMT"] {
        for status in [429, 503] {
            let clock = ManualClock::at(noon());
            let mut first = true;
            let far = Far::new(move |_| {
                let pause = Response::new(status).retry_after(text);
                Ok(if std::mem::take(&mut first) { pause } else { Response::new(200) })
            });
            let delivery = quick(&far).clock(clock.clock()).build().unwrap();
            append_at(&delivery, Priority::Bulk, 1, clock.now_unix_nanos()).unwrap();
            asked_again(&far, &clock, 1);
            eventually("the pause began", || delivery.health().last_answer.is_some());
            clock.advance(Duration::from_secs(3_600));
            eventually("sent again after an hour", || delivery.stats().delivered == 1);
        }
    }
}

#[test]
fn a_wall_clock_that_is_set_back_delays_nothing() {
    let clock = ManualClock::at(noon());
    let sick = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&sick);
    let far = Far::new(move |_| Ok(Response::new(if seen.load(Ordering::SeqCst) { 503 } else { 200 })));
    let delivery = quick(&far).clock(clock.clock()).build().unwrap();
    append_at(&delivery, Priority::Bulk, 1, clock.now_unix_nanos()).unwrap();
    asked_again(&far, &clock, 1);
    clock.set_wall(noon() - Duration::from_secs(3_600));
    sick.store(false, Ordering::SeqCst);
    append_at(&delivery, Priority::Bulk, 2, clock.now_unix_nanos()).unwrap();
    eventually("delivered long before the hour has passed again", || {
        tick(&clock, Duration::from_millis(5));
        assert!(clock.now_unix_nanos() < 1_800_000_000_000_000_000 - 3_000 * 1_000_000_000);
        delivery.stats().delivered == 2
    });
}

#[test]
fn a_wall_clock_that_is_wrong_for_a_moment_expires_nothing() {
    let hours = |n: u64| Duration::from_secs(n * 3_600);
    for wrong in [noon() + hours(25), noon() + hours(24 * 400), noon() - hours(25), noon() - hours(24 * 400)]
    {
        let clock = ManualClock::at(noon());
        let far = Far::always(503);
        let delivery = quick(&far).clock(clock.clock()).linger(Duration::from_millis(1)).build().unwrap();
        let put = |id| append_at(&delivery, Priority::Bulk, id, clock.now_unix_nanos()).unwrap();
        put(1);
        // The sender looks at the clock before each request; at most as many are under way as there are records.
        let looked = |records: u64| asked_again(&far, &clock, records + 1);
        looked(1);
        clock.set_wall(wrong);
        put(2);
        looked(2);
        put(3);
        clock.set_wall(noon() + Duration::from_secs(2));
        put(4);
        looked(4);
        put(5);
        clock.advance(hours(1));
        far.answer(200);
        eventually("all delivered", || {
            tick(&clock, Duration::from_millis(5));
            delivery.stats().pending == 0
        });
        assert_eq!((far.distinct(), delivery.stats().dropped.total()), (5, 0), "{wrong:?}");
    }
}

#[test]
fn a_day_that_really_passes_expires_what_was_recorded_under_a_wrong_clock() {
    let clock = ManualClock::at(noon());
    let far = Far::always(503);
    let delivery = quick(&far).clock(clock.clock()).build().unwrap();
    clock.set_wall(noon() + Duration::from_secs(1_000 * 86_400));
    append_at(&delivery, Priority::Bulk, 1, clock.now_unix_nanos()).unwrap();
    asked_again(&far, &clock, 1);
    clock.set_wall(noon());
    asked_again(&far, &clock, 2);
    eventually("expired", || {
        clock.advance(Duration::from_secs(600));
        let _ = delivery.flush(Duration::from_millis(2));
        delivery.stats().dropped.get(LossReason::Expired) == 1
    });
    assert!(Clock::system().now_unix_nanos() > 0);
}
