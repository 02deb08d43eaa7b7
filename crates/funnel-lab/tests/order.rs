//! One order for a journey: by time to the nanosecond, at the same time in the order of the steps, then as received.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::{Value, json};

use self::support::*;

const STEPS: [&str; 4] = ["landing", "provision", "claim", "paid"];

fn at(name: &str, number: u64, nanos: u64) -> LogRecord {
    let id = journey(1);
    LogRecord { time_unix_nano: nanos, ..step(name, number, &[("journeyId", id.as_str())]) }
}

async fn journey_of(lab: &funnel_lab::Lab) -> Vec<Value> {
    let answer = get(lab, &format!("/api/journey?id={}", journey(1))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["events"].as_array().unwrap().clone()
}

fn steps(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["attributes"]["funnelStep"].as_str().unwrap()).collect()
}

/// A moment at the beginning of a millisecond.
fn moment() -> u64 {
    now_nanos() / 1_000_000 * 1_000_000 - 1_000_000_000
}

#[tokio::test]
async fn steps_within_one_millisecond_are_in_the_order_of_their_time() {
    for distance in [1_000_u64, 1, 999, 100_000] {
        let lab = lab().await;
        let begin = moment();
        let sent =
            STEPS.iter().zip(0_u64..).map(|(name, number)| at(name, number + 1, begin + number * distance));
        let sent: Vec<LogRecord> = sent.collect();
        // As received, backwards, and in between: the order of receipt says nothing.
        for order in [[3, 2, 1, 0], [1, 3, 0, 2]] {
            lab.reset().await.unwrap();
            export(&lab, order.iter().map(|index: &usize| sent[*index].clone()).collect()).await;
            let events = journey_of(&lab).await;
            assert_eq!(steps(&events), STEPS, "{distance} ns apart");
            let nanos: Vec<u64> =
                events.iter().map(|e| e["nanos"].as_str().unwrap().parse().unwrap()).collect();
            assert_eq!(nanos, (0..4).map(|number| begin + number * distance).collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn equal_times_are_in_the_order_of_the_steps_then_as_received() {
    let lab = lab().await;
    let begin = moment();
    export(&lab, vec![at("paid", 4, begin), at("claim", 3, begin)]).await;
    export(&lab, vec![at("provision", 22, begin), at("landing", 1, begin), at("provision", 21, begin)]).await;
    let events = journey_of(&lab).await;
    assert_eq!(steps(&events), ["landing", "provision", "provision", "claim", "paid"]);
    assert!(events[1]["attributes"]["eventId"].as_str().unwrap().ends_with("16f"), "number 22 came first");
}

#[tokio::test]
async fn the_order_outlives_a_restart_and_an_older_file() {
    let folder = Folder::new("order");
    let begin = moment();
    let lab = funnel_lab::Lab::builder().db(folder.db()).start().await.unwrap();
    export(&lab, vec![at("claim", 3, begin + 2), at("landing", 1, begin), at("provision", 2, begin + 1)])
        .await;
    lab.shutdown().await;
    // As the first version of the lab left it: without the column, and without one of the contract's.
    let file = rusqlite::Connection::open(folder.db()).unwrap();
    file.execute_batch(
        "ALTER TABLE event DROP COLUMN nanos; ALTER TABLE event DROP COLUMN renewal; PRAGMA user_version = 1",
    )
    .unwrap();
    drop(file);
    let path = folder.db();
    let read = tokio::task::spawn_blocking(move || {
        funnel_lab::query_file(&path, "SELECT count(*) FROM InstantFunnel")
    });
    let error = read.await.unwrap().unwrap_err().to_string();
    assert!(error.contains("funnel lab --db"), "{error}");
    let lab = funnel_lab::Lab::builder().db(folder.db()).start().await.unwrap();
    assert_eq!(lab.counts().good, 3);
    export(&lab, vec![at("paid", 4, begin + 5_000_000)]).await;
    assert_eq!(
        steps(&journey_of(&lab).await),
        STEPS,
        "milliseconds were kept, and equal ones are in step order"
    );
    lab.shutdown().await;
}

#[tokio::test]
async fn funnel_and_journey_agree_within_a_millisecond() {
    let lab = lab().await;
    let begin = moment();
    let mut sent: Vec<LogRecord> =
        STEPS.iter().zip(0_u64..).map(|(name, after)| at(name, after + 1, begin + after)).collect();
    sent.reverse();
    export(&lab, sent).await;
    let conditions = STEPS.map(|step| format!("WHERE funnelStep = '{step}'")).join(", ");
    let nrql = format!("FROM InstantFunnel SELECT funnel(journeyId, {conditions})");
    let answer = lab.query(&nrql).await.unwrap();
    assert_eq!(answer["rawResponse"]["results"][0]["steps"], json!([1, 1, 1, 1]));
    for bad in ["", "id=", "id=a'b", "id=%27", "x=1", &format!("id={}", "x".repeat(65))] {
        assert_eq!(get(&lab, &format!("/api/journey?{bad}")).await.status, 400, "{bad}");
    }
    assert_eq!(get(&lab, "/api/journey?id=no-such").await.json(), json!({"events": []}));
}
