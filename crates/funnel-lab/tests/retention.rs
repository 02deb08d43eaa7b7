//! What is kept: the newest events, by number, by age and by the size of the file, and nothing of those that have gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use funnel_lab::{Counts, Lab};
use rusqlite::Connection;

use self::support::*;

const DAY: u64 = 24 * 3600;

/// What is held once the lab has removed what is over; it does that after it has answered.
async fn settled(lab: &Lab) -> Counts {
    let (mut before, mut equal) = (lab.counts(), 0);
    while equal < 5 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        let held = lab.counts();
        equal = if held == before { equal + 1 } else { 0 };
        before = held;
    }
    before
}

/// Counts, columns and file agree.
async fn agree(lab: &Lab, db: &std::path::Path) {
    let held = settled(lab).await;
    let file = Connection::open(db).unwrap();
    let number = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() as u64;
    assert_eq!(number("SELECT count(*) FROM event"), held.total);
    assert_eq!(number("SELECT count(*) FROM event WHERE verdict = 'good'"), held.good);
    assert_eq!(number("SELECT count(*) FROM event WHERE verdict = 'bad'"), held.bad);
    assert_eq!(number("SELECT count(*) FROM problem WHERE event NOT IN (SELECT id FROM event)"), 0);
    assert_eq!(number("SELECT count(*) FROM resource WHERE id NOT IN (SELECT resource FROM event)"), 0);
    let funnel = number("SELECT count(*) FROM event WHERE type = 'InstantFunnel' AND stored");
    let counted = lab.query("SELECT count(*) FROM InstantFunnel SINCE 2 weeks ago").await.unwrap();
    assert_eq!(counted["results"][0]["count"], funnel);
}

/// A lab whose clock is so many seconds ahead.
fn ahead() -> (funnel_lab::LabBuilder, Arc<AtomicU64>) {
    let seconds = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&seconds);
    let clock = move || SystemTime::now() + Duration::from_secs(told.load(Ordering::SeqCst));
    (Lab::builder().clock(clock).accept_age(Duration::from_secs(30 * DAY)), seconds)
}

#[tokio::test]
async fn events_go_when_they_are_old_and_not_before() {
    let folder = Folder::new("age");
    let (builder, seconds) = ahead();
    let lab = builder.db(folder.db()).start().await.unwrap();
    export(&lab, vec![step("landing", 1, &[]), step("claim", 2, &[("tier", "A b")]), record(&[("a", "b")])])
        .await;
    seconds.store(3 * DAY, Ordering::SeqCst);
    export(&lab, vec![step("landing", 3, &[])]).await;
    seconds.store(7 * DAY - 60, Ordering::SeqCst);
    export(&lab, vec![step("landing", 4, &[])]).await;
    assert_eq!(settled(&lab).await.total, 5, "none is seven days old");

    seconds.store(7 * DAY + 60, Ordering::SeqCst);
    export(&lab, vec![step("landing", 5, &[])]).await;
    let held = settled(&lab).await;
    assert_eq!((held.total, held.good, held.bad, held.other), (3, 3, 0, 0));
    agree(&lab, &folder.db()).await;
    export(&lab, vec![step("landing", 1, &[])]).await;
    assert_eq!(lab.counts().duplicate, 0, "what has gone is not known any more");
    lab.shutdown().await;
}

#[tokio::test]
async fn events_that_grew_old_while_no_lab_ran_go_at_its_start() {
    let folder = Folder::new("age-at-start");
    let lab = Lab::builder().db(folder.db()).start().await.unwrap();
    export(&lab, vec![step("landing", 1, &[]), step("landing", 2, &[])]).await;
    lab.shutdown().await;
    let (builder, seconds) = ahead();
    seconds.store(8 * DAY, Ordering::SeqCst);
    let lab = builder.db(folder.db()).start().await.unwrap();
    assert_eq!(lab.counts().total, 0);
    agree(&lab, &folder.db()).await;
    lab.shutdown().await;
}

#[tokio::test]
async fn events_grow_old_while_nobody_sends() {
    let lab = Lab::builder().max_age(Duration::from_secs(1)).start().await.unwrap();
    export(&lab, vec![step("landing", 1, &[])]).await;
    assert_eq!(lab.counts().total, 1);
    for _ in 0..100 {
        if lab.counts().total == 0 {
            return lab.shutdown().await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("an event of ten seconds is still there: {:?}", lab.counts());
}

/// Logs of 100 kB, each of a resource of its own: the number of events would never bound such a file.
#[tokio::test]
async fn the_file_stays_within_its_bytes() {
    const BYTES: u64 = 8 << 20;
    let folder = Folder::new("bytes");
    let lab = Lab::builder().db(folder.db()).max_bytes(BYTES).start().await.unwrap();
    let long = "x".repeat(4_000);
    for number in 0..60 {
        let names: Vec<String> = (0..25).map(|at| format!("note{at}")).collect();
        let attributes: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), long.as_str())).collect();
        let mut message =
            message(vec![record(&attributes), record(&attributes), step("landing", number, &[])]);
        message.resource_logs[0].resource.as_mut().unwrap().attributes[0] =
            pair("service.name", text(&format!("pod-{number}")));
        let body = prost::Message::encode_to_vec(&message);
        assert_eq!(send(lab.otlp_addr(), "POST", "/v1/logs", &[PROTOBUF], &body).await.status, 200);
        let length = std::fs::metadata(folder.db()).unwrap().len();
        assert!(length < BYTES + (1 << 20), "{length} bytes after {number} requests");
    }
    export(&lab, vec![step("landing", 1_000, &[])]).await;
    let held = settled(&lab).await;
    assert!((60..150).contains(&held.total), "12 MB were sent and 8 MiB are kept: {held:?}");
    agree(&lab, &folder.db()).await;
    let newest = lab.events(None, 1).await.unwrap().remove(0);
    assert_eq!(newest["attributes"]["eventId"], format!("{:031x}f", 1_000));
    lab.shutdown().await;
}

/// Three times as many as are kept, in requests of every size: nothing is read again, and all that is kept agrees.
#[tokio::test]
async fn what_is_left_agrees_however_much_has_gone() {
    let folder = Folder::new("agree");
    let lab = Lab::builder().db(folder.db()).max_events(20_000).start().await.unwrap();
    let mut number = 0;
    for request in 1..=35_u64 {
        let mut records = Vec::new();
        for _ in 0..request * 100 {
            number += 1;
            records.push(match number % 50 {
                0 => step("claim", number, &[("tier", "A b")]),
                1 => step("landing", number.saturating_sub(25), &[]),
                2 => record(&[("a", "b")]),
                _ => step("landing", number, &[]),
            });
        }
        assert_eq!(export(&lab, records).await.status, 200);
    }
    let held = settled(&lab).await;
    assert!((20_000..=20_300).contains(&held.total), "{held:?}");
    assert!(held.bad > 300 && held.duplicate > 300 && held.other > 300, "{held:?}");
    agree(&lab, &folder.db()).await;
    lab.shutdown().await;

    let lab = Lab::builder().db(folder.db()).max_events(20_000).start().await.unwrap();
    assert_eq!(lab.counts(), held, "the file says the same");
    agree(&lab, &folder.db()).await;
    lab.shutdown().await;
}

#[tokio::test]
async fn the_oldest_events_go_when_there_are_too_many() {
    let folder = Folder::new("retention");
    let lab = Lab::builder().db(folder.db()).max_events(100).start().await.unwrap();
    let mut number = 0;
    for _ in 0..6 {
        let records = (0..50).map(|_| {
            number += 1;
            step("landing", number, &[])
        });
        export(&lab, records.collect()).await;
    }
    let held = settled(&lab).await;
    assert!((100..=101).contains(&held.total) && held.good == held.total, "{held:?}");
    let counted = lab.query("SELECT count(*), uniqueCount(eventId) FROM InstantFunnel").await.unwrap();
    assert_eq!(counted["results"][0]["uniqueCount.eventId"], held.total);
    let newest = lab.events(None, 1).await.unwrap().remove(0);
    assert_eq!(newest["attributes"]["eventId"], format!("{number:031x}f"));
    let file = Connection::open(folder.db()).unwrap();
    let (oldest, rows): (i64, i64) = file
        .query_row("SELECT min(id), count(*) FROM event", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(rows as u64, held.total);
    assert_eq!(oldest as u64, number - held.total + 1, "the newest are the ones that stay");
    lab.shutdown().await;
}
