//! What the collector has acknowledged reaches New Relic, whatever goes wrong on the way.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use deploy_tests::collector::Collector;
use deploy_tests::otlp::{Good, archived};
use deploy_tests::process::Folder;
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;
use funnel_ops::replay::{Replay, ReplayReport};

#[test]
fn a_minute_without_new_relic_and_a_kill_in_the_middle_lose_nothing() {
    let (mut newrelic, rest) = (Sink::start(), Sink::start());
    newrelic.down();
    let Some(mut collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let (stop, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    let client = collector.client();
    scope(|threads| {
        threads.spawn(|| {
            let (mut client, mut good) = (client, Good::new(10));
            while !stop.load(Ordering::Relaxed) {
                client.deliver(&good.request(20));
                sleep(Duration::from_millis(10));
                sent.fetch_add(20, Ordering::Relaxed);
            }
        });
        let outage = Instant::now();
        for kill in 1..=3 {
            let before = sent.load(Ordering::Relaxed);
            wait_until("events to be taken in the outage", || sent.load(Ordering::Relaxed) >= before + 200);
            // Spread over the minute that the outage lasts.
            sleep(Duration::from_secs(15 * kill).saturating_sub(outage.elapsed()));
            collector.kill();
            collector.start();
        }
        sleep(Duration::from_secs(60).saturating_sub(outage.elapsed()));
        stop.store(true, Ordering::Relaxed);
        newrelic.up();
    });
    let sent = sent.into_inner();
    wait_until("every acknowledged event", || newrelic.distinct() >= sent);
    let arrived: usize = newrelic.event_ids().values().sum();
    println!(
        "{sent} acknowledged, {} arrived, {} duplicates",
        newrelic.distinct(),
        arrived - newrelic.distinct()
    );
}

/// Refuses with each of `statuses` in turn until it was tried, then accepts; all events must arrive.
fn survives(newrelic: &Sink, collector: &Collector, statuses: &[u16]) {
    let (mut client, mut good) = (collector.client(), Good::new(11));
    let mut sent = 0;
    for status in statuses {
        newrelic.answer(*status);
        client.deliver(&good.request(100));
        sent += 100;
        wait_until("a refusal", || newrelic.received().iter().any(|one| one.status == *status));
        newrelic.answer(200);
        wait_until(&format!("all events after {status}"), || newrelic.distinct() == sent);
    }
}

#[test]
fn what_the_exporter_repeats_by_itself_loses_nothing() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    survives(&newrelic, &collector, &[429, 502, 503, 504]);
}

#[test]
fn without_the_hold_the_archive_and_a_replay_bring_everything_back() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let (mut client, mut good) = (collector.client(), Good::new(12));
    for (number, status) in [401, 403, 404, 500].into_iter().enumerate() {
        newrelic.answer(status);
        client.deliver(&good.request(100));
        let lost = 100.0 * (number + 1) as f64;
        wait_until("the drop that a stock exporter makes", || {
            collector.metric("otelcol_exporter_send_failed_log_records", "otlp_http/newrelic") >= lost
        });
    }
    newrelic.answer(200);
    assert_eq!(newrelic.distinct(), 0);

    wait_until("the archive", || archived(&collector.archive()) == 400);
    let sent = replay(&collector, &[&collector.archive()]);
    assert_eq!((sent.events, sent.damaged), (400, 0));
    wait_until("everything", || newrelic.distinct() == 400);
}

/// A killed collector leaves half a message, and writes on behind it when it is started again.
#[test]
fn a_replay_finds_its_way_past_half_a_message() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let mut good = Good::new(13);
    let [before, torn, after] = [(); 3].map(|()| {
        let body = good.request(50);
        [&(body.len() as u32).to_be_bytes(), body.as_slice()].concat()
    });
    for kept in [2, 4, 5, torn.len() / 2, torn.len() - 1] {
        let sent = replay(&collector, &[&before, &torn[..kept], &after, &torn[..kept]]);
        assert_eq!((sent.requests, sent.damaged), (2, 2 * kept as u64));
    }
    wait_until("what was whole", || newrelic.event_ids().values().sum::<usize>() == 500);
    assert_eq!(newrelic.distinct(), 100);
}

fn replay(collector: &Collector, parts: &[&[u8]]) -> ReplayReport {
    let copy = Folder::new("replay");
    let file = copy.path().join("copy.otlp");
    std::fs::write(&file, parts.concat()).unwrap();
    // The events of the test have a fixed time, which New Relic would not take.
    Replay::new(format!("http://{}", collector.http())).path(file).with_too_old().send(&mut |_| {}).unwrap()
}
