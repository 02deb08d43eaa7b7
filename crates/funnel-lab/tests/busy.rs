//! More than the lab can do at a time: a clear status, bounded time and memory, and whoever asks for less is served.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use self::support::*;

/// `docs/lab.md` states it.
const QUERY_TIMEOUT: Duration = Duration::from_secs(10);

/// A condition that has to be tried on each row: its text differs from row to row, and no pattern is found in it.
fn endless() -> String {
    let pattern = |at: usize| format!("concat(eventId, journeyId) LIKE '%{at}x%{at}y%'");
    let groups: Vec<String> = (0..5)
        .map(|group| (0..200).map(|at| pattern(group * 200 + at)).collect::<Vec<_>>().join(" OR "))
        .collect();
    format!("SELECT count(*) FROM InstantFunnel WHERE ({})", groups.join(") OR ("))
}

/// Held by each test that keeps every core busy: two of them at once would measure each other.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_would_run_for_minutes_ends_in_time_and_the_lab_goes_on() {
    let _alone = ALONE.lock().await;
    let lab = lab().await;
    let mut number = 0;
    for _ in 0..20 {
        let records = (0..2_000).map(|_| {
            number += 1;
            step("landing", number, &[("journeyId", &journey(number))])
        });
        assert_eq!(export(&lab, records.collect()).await.status, 200);
    }
    let query = json!({"nrql": endless()});
    let begin = Instant::now();
    let nerdgraph = json!({
        "query": "query($q: Nrql!) { actor { account(id: 1) { nrql(query: $q) { results } } } }",
        "variables": {"q": endless()},
    });
    let asking = async { tokio::join!(post(&lab, "/api/query", &query), post(&lab, "/graphql", &nerdgraph)) };
    // Meanwhile a service sends and others look at the page.
    let working = async {
        let mut slowest = Duration::ZERO;
        let mut served = 0;
        while begin.elapsed() < QUERY_TIMEOUT - Duration::from_secs(1) {
            let start = Instant::now();
            number += 1;
            assert_eq!(export(&lab, vec![step("landing", number, &[])]).await.status, 200);
            assert_eq!(get(&lab, "/api/counts").await.json()["good"], number);
            assert_eq!(get(&lab, "/metrics").await.status, 200);
            slowest = slowest.max(start.elapsed());
            served += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        (served, slowest)
    };
    let ((plain, nerdgraph), (served, slowest)) = tokio::join!(asking, working);
    let took = begin.elapsed();
    assert_eq!(plain.status, 504, "{}", plain.text());
    assert!(plain.json()["error"]["message"].as_str().unwrap().contains("narrow"), "{}", plain.text());
    // GraphQL has its errors in the answer.
    assert_eq!(nerdgraph.status, 200);
    let message = nerdgraph.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("narrow"), "{message}");
    assert!(took < QUERY_TIMEOUT + Duration::from_secs(2), "{took:?}");
    println!("{served} requests were served meanwhile, the slowest in {slowest:?}");
    assert!(served > 20 && slowest < Duration::from_secs(3), "{served} served, the slowest in {slowest:?}");

    // What was stored meanwhile is counted, as soon as the threads have noticed that their time is over.
    // Until then an answer says that it is behind.
    let counted = loop {
        let counted = post(&lab, "/api/query", &json!({"nrql": "SELECT count(*) FROM InstantFunnel"})).await;
        let messages = counted.json()["metadata"]["messages"].to_string();
        if !messages.contains("not counted yet") {
            break counted;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{messages}");
    };
    assert_eq!((counted.status, counted.json()["results"][0]["count"].clone()), (200, json!(number)));
    lab.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_queries_do_not_keep_a_small_one_waiting() {
    let _alone = ALONE.lock().await;
    let lab = std::sync::Arc::new(lab().await);
    for first in (0..40_000).step_by(2_000) {
        let records =
            (first..first + 2_000).map(|number| step("landing", number, &[("journeyId", &journey(number))]));
        assert_eq!(export(&lab, records.collect()).await.status, 200);
    }
    // Six at a time, for as long as the small ones are asked.
    let enough = std::sync::Arc::new(AtomicBool::new(false));
    let slow: Vec<_> = (0..6)
        .map(|_| {
            let (lab, enough) = (std::sync::Arc::clone(&lab), std::sync::Arc::clone(&enough));
            tokio::spawn(async move {
                while !enough.load(Ordering::Relaxed) {
                    assert_eq!(post(&lab, "/api/query", &json!({"nrql": endless()})).await.status, 504);
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    for number in 0..3 {
        // What is sent meanwhile does not keep it waiting either.
        assert_eq!(export(&lab, vec![step("landing", 50_000 + number, &[])]).await.status, 200);
        let small = post(&lab, "/api/query", &json!({"nrql": "SELECT count(*) FROM InstantFunnel"})).await;
        assert_eq!(small.status, 200, "{}", small.text());
        assert!(small.json()["results"][0]["count"].as_u64().unwrap() >= 40_000);
    }
    enough.store(true, Ordering::Relaxed);
    for slow in slow {
        slow.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_queries_than_may_wait_are_told_to_come_again() {
    let _alone = ALONE.lock().await;
    let lab = std::sync::Arc::new(lab().await);
    let records = (0..2_000).map(|number| step("landing", number, &[("journeyId", &journey(number))]));
    assert_eq!(export(&lab, records.collect()).await.status, 200);
    let asked: Vec<_> = (0..100)
        .map(|_| {
            let lab = std::sync::Arc::clone(&lab);
            tokio::spawn(async move { post(&lab, "/api/query", &json!({"nrql": endless()})).await })
        })
        .collect();
    let mut refused = 0;
    for answer in asked {
        let answer = answer.await.unwrap();
        if answer.status == 503 {
            assert_eq!(answer.header("retry-after"), Some("1"));
            refused += 1;
        }
    }
    assert!(refused > 0, "none of a hundred was refused");
    assert_eq!(post(&lab, "/api/query", &json!({"nrql": "SELECT count(*) FROM Log"})).await.status, 200);
}

/// Braces and commas within a string cost what a string costs, and nesting that nobody reads is refused for good.
#[tokio::test]
async fn a_body_of_braces_is_a_bad_request_and_not_a_busy_lab() {
    let lab = lab().await;
    let braces = "{".repeat(200_000);
    for path in ["/graphql", "/api/query", "/api/fault"] {
        for body in [braces.clone(), "[".repeat(200_000), format!("{{\"query\":{braces}")] {
            let answer = send(lab.http_addr(), "POST", path, &[JSON], body.as_bytes()).await;
            assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        }
        // Too much of something that could be read.
        let list = format!("[{}0]", "{\"\":0},".repeat(37_000));
        let answer = send(lab.http_addr(), "POST", path, &[JSON], list.as_bytes()).await;
        assert!(matches!(answer.status, 400 | 413), "{path}: {}", answer.status);
    }
    let quoted = json!({"query": braces, "variables": null});
    let answer = post(&lab, "/graphql", &quoted).await;
    assert!(answer.status != 503 && answer.json()["errors"][0]["message"].is_string(), "{}", answer.status);
    assert_eq!(post(&lab, "/api/query", &json!({"nrql": "{".repeat(60_000)})).await.status, 400);
    assert_eq!(post(&lab, "/api/query", &json!({"nrql": ",".repeat(60_000)})).await.status, 400);
}

fn field(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    prost::encoding::encode_varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

/// Bodies of 8 MiB that hold as much as possible that takes memory: each is refused or small, whatever it repeats.
#[tokio::test]
async fn a_body_of_very_many_things_is_refused() {
    const LONG: usize = 7 << 20;
    let lab = lab().await;
    let around = |tags: &[u8], inner: Vec<u8>| {
        tags.iter().rev().fold(inner, |inner, tag| {
            let mut outer = Vec::new();
            field(&mut outer, *tag, &inner);
            outer
        })
    };
    let resources = [0x0a, 0].repeat(LONG / 2);
    let scopes = around(&[0x0a], [0x12, 0].repeat(LONG / 2));
    let records = around(&[0x0a, 0x12], [0x12, 0].repeat(LONG / 2));
    let attributes = around(&[0x0a, 0x12, 0x12], [0x32, 0].repeat(LONG / 2));
    let shared = around(&[0x0a, 0x0a], [0x0a, 0].repeat(LONG / 2));
    // A record of the funnel whose every attribute breaks a rule.
    let mut wrong = Vec::new();
    for (key, value) in [("newrelic.event.type", "InstantFunnel"), ("funnelStep", "landing")] {
        let value = around(&[0x12, 0x0a], value.as_bytes().to_vec());
        let mut pair = Vec::new();
        field(&mut pair, 0x0a, key.as_bytes());
        pair.extend_from_slice(&value);
        field(&mut wrong, 0x32, &pair);
    }
    let strange = around(&[0x32], [&[0x0a, 1, b'x'][..], &[0x12, 2, 0x10, 1]].concat());
    wrong.extend_from_slice(&strange.repeat(200_000 / strange.len()));
    let mut wrongs = Vec::new();
    while wrongs.len() < LONG - wrong.len() {
        field(&mut wrongs, 0x12, &wrong);
    }
    let wrongs = around(&[0x0a, 0x12], wrongs);

    for (what, body, status) in [
        ("resources", resources, 200),
        ("scopes", scopes, 200),
        ("records", records, 413),
        ("attributes", attributes, 200),
        ("attributes of a resource", shared, 200),
        ("problems", wrongs, 200),
    ] {
        let packed = zstd::bulk::compress(&body, 1).unwrap();
        let headers = [PROTOBUF, ("content-encoding", "zstd")];
        let answer = send(lab.otlp_addr(), "POST", "/v1/logs", &headers, &packed).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
    }
    let events = lab.events(Some(funnel_lab::EventVerdict::Bad), 1).await.unwrap();
    assert_eq!(
        events[0]["problems"].as_array().unwrap().len(),
        64,
        "the first problems of a record are noted"
    );

    for unit in ["{\"\":0},", "[],", "0,"] {
        let list = format!("{{\"resourceLogs\":[{}0]}}", unit.repeat((4 << 20) / unit.len() - 10));
        let answer = send(lab.otlp_addr(), "POST", "/v1/logs", &[JSON], list.as_bytes()).await;
        assert_eq!(answer.status, 413, "{unit} {}", answer.text());
    }
    assert_eq!(export(&lab, vec![step("landing", 1, &[])]).await.status, 200);
    lab.shutdown().await;
}

/// Bodies that stay unfinished fill the room: a new sender is told when to retry, and is served when they end.
#[tokio::test]
async fn without_room_a_sender_is_told_to_come_again() {
    use tokio::io::AsyncWriteExt;
    let lab = lab().await;
    let mut open = Vec::new();
    // Long ones, and short ones for the gaps between them.
    for length in [vec![4 << 20; 60], vec![30_000; 300]].concat() {
        let mut stream = tokio::net::TcpStream::connect(lab.otlp_addr()).await.unwrap();
        let head = format!(
            "POST /v1/logs HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {length}\r\n\r\n",
            lab.otlp_addr(),
        );
        let _ = stream.write_all(head.as_bytes()).await;
        // All but the last byte; the lab may refuse before it has read them.
        let body = vec![0; length - 1];
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.write_all(&body)).await;
        open.push(stream);
    }
    let answer = export(&lab, vec![step("landing", 1, &[])]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.text());
    assert_eq!(get(&lab, "/healthz").await.status, 200);
    drop(open);
    let begin = Instant::now();
    while export(&lab, vec![step("landing", 2, &[])]).await.status != 200 {
        assert!(begin.elapsed() < Duration::from_secs(10), "the room is not given back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    lab.shutdown().await;
}
