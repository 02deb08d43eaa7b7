//! The file: what was acknowledged is in it, plainly, and a lab that starts on it knows it all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use funnel_lab::{Lab, LabError, StoreError};
use rusqlite::Connection;
use serde_json::json;

use self::support::*;

#[tokio::test]
async fn a_second_lab_on_the_file_knows_what_the_first_was_sent() {
    let folder = Folder::new("again");
    let lab = Lab::builder().db(folder.db()).start().await.unwrap();
    let bad = step("claim", 3, &[("tier", "A b")]);
    let log = record(&[("http.route", "/x")]);
    export(&lab, vec![step("landing", 1, &[]), step("paid", 2, &[("tier", "pro")]), bad, log]).await;
    let queries = [
        "SELECT count(*), uniqueCount(eventId), latest(tier) FROM InstantFunnel",
        "SELECT count(*) FROM Log FACET http.route, service.name",
        "SELECT uniques(newrelic.event.type) FROM InstantFunnel",
    ];
    let mut before = Vec::new();
    for query in queries {
        before.push(lab.query(query).await.unwrap()["results"].clone());
    }
    let (counts, events) = (lab.counts(), lab.events(None, 10).await.unwrap());
    lab.shutdown().await;

    let lab = Lab::builder().db(folder.db()).start().await.unwrap();
    assert_eq!(lab.counts(), counts);
    assert_eq!(lab.events(None, 10).await.unwrap(), events);
    for (query, before) in queries.into_iter().zip(before) {
        assert_eq!(lab.query(query).await.unwrap()["results"], before, "{query}");
    }
    export(&lab, vec![step("landing", 1, &[])]).await;
    assert_eq!(lab.counts().duplicate, 1, "an id of the first lab is known to the second");
    lab.shutdown().await;
}

#[tokio::test]
async fn any_sqlite_tool_reads_the_tables() {
    let folder = Folder::new("tables");
    let lab = Lab::builder().db(folder.db()).start().await.unwrap();
    export(
        &lab,
        vec![step("landing", 1, &[]), step("landing", 1, &[]), step("claim", 2, &[("tier", "é@x.y")])],
    )
    .await;
    let file = Connection::open(folder.db()).unwrap();
    let rows: Vec<(String, String, String)> = file
        .prepare("SELECT type, verdict, \"funnelStep\" FROM event ORDER BY id")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let row = |verdict: &str, step: &str| ("InstantFunnel".to_owned(), verdict.to_owned(), step.to_owned());
    assert_eq!(rows, [row("good", "landing"), row("duplicate", "landing"), row("bad", "claim")]);
    let problem: (String, String, String) = file
        .query_row("SELECT key, rule, sample FROM problem", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(problem, ("tier".to_owned(), "slug".to_owned(), "a@a.a".to_owned()));
    let resource: String = file.query_row("SELECT attributes FROM resource", [], |row| row.get(0)).unwrap();
    assert_eq!(resource, r#"{"service.name":"tests"}"#);
    assert_eq!(file.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
    lab.shutdown().await;
}

#[tokio::test]
async fn reset_forgets_everything() {
    let lab = lab().await;
    export(&lab, vec![step("landing", 1, &[]), step("claim", 2, &[("tier", "A")])]).await;
    let answer = post(&lab, "/api/reset", &json!({})).await;
    assert_eq!((answer.status, answer.json()["total"].clone()), (200, json!(0)));
    assert_eq!(lab.events(None, 10).await.unwrap(), Vec::<serde_json::Value>::new());
    assert_eq!(lab.query("SELECT count(*) FROM InstantFunnel").await.unwrap()["results"][0]["count"], 0);
    export(&lab, vec![step("landing", 1, &[])]).await;
    assert_eq!((lab.counts().good, lab.counts().duplicate), (1, 0));
}

#[tokio::test]
async fn two_labs_do_not_share_a_file() {
    let folder = Folder::new("locked");
    let lab = Lab::builder().db(folder.db()).start().await.unwrap();
    let error = Lab::builder().db(folder.db()).start().await.unwrap_err();
    assert!(matches!(error, LabError::Store(StoreError::Locked { .. })), "{error}");
    lab.shutdown().await;
    Lab::builder().db(folder.db()).start().await.unwrap().shutdown().await;
}

#[tokio::test]
async fn another_programs_file_is_left_alone() {
    let folder = Folder::new("foreign");
    Connection::open(folder.db()).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let error = Lab::builder().db(folder.db()).start().await.unwrap_err();
    assert!(matches!(error, LabError::Store(StoreError::Foreign { .. })), "{error}");
    std::fs::write(folder.db(), b"not a database at all, but long enough to be looked at").unwrap();
    let error = Lab::builder().db(folder.db()).start().await.unwrap_err();
    assert!(error.to_string().contains("--db"), "{error}");
}

#[tokio::test]
async fn a_file_answers_queries_while_its_lab_runs() {
    let folder = Folder::new("offline");
    let lab = Lab::builder().db(folder.db()).start().await.unwrap();
    export(&lab, vec![step("landing", 1, &[]), step("claim", 2, &[])]).await;
    let file = folder.db();
    let nrql = "SELECT count(*) FROM InstantFunnel FACET funnelStep";
    let answer =
        tokio::task::spawn_blocking(move || funnel_lab::query_file(&file, nrql)).await.unwrap().unwrap();
    assert_eq!(answer["results"], lab.query(nrql).await.unwrap()["results"]);
    lab.shutdown().await;
}

/// More rows, and longer texts, than are read at a time.
#[tokio::test]
async fn a_start_shows_every_event_in_its_order() {
    let folder = Folder::new("order");
    let lab = Lab::builder().db(folder.db()).start().await.unwrap();
    let long = "x".repeat(120_000);
    for part in 0..10_u64 {
        let steps = (0..1_000).map(|number| {
            let number = part * 1_000 + number;
            step(["landing", "provision", "claim"][(number % 3) as usize], number, &[])
        });
        assert_eq!(export(&lab, steps.collect()).await.status, 200);
        let logs = (0..10).map(|at| {
            let place = (part * 10 + at).to_string();
            record(&[("place", &place), ("text", &long)])
        });
        assert_eq!(export(&lab, logs.collect()).await.status, 200);
    }
    let queries = [
        "SELECT count(*), uniqueCount(eventId), latest(eventId), earliest(eventId) FROM InstantFunnel",
        "SELECT funnel(journeyId, WHERE funnelStep = 'landing', WHERE funnelStep = 'provision') FROM InstantFunnel",
        "SELECT count(*), latest(place), uniqueCount(place), max(length(text)) FROM Log",
        "SELECT place FROM Log LIMIT MAX",
    ];
    let said = async |lab: &Lab| {
        let mut said = vec![get(lab, "/api/report?by=entryActor").await.json()["funnel"].clone()];
        for query in queries {
            said.push(lab.query(query).await.unwrap()["results"].clone());
        }
        said
    };
    let (before, counts) = (said(&lab).await, lab.counts());
    assert_eq!((counts.good, counts.other), (10_000, 100));
    assert!(before.iter().all(|answer| !answer.is_null()), "{before:?}");
    lab.shutdown().await;

    let lab = Lab::builder().db(folder.db()).start().await.unwrap();
    assert_eq!(lab.counts(), counts);
    assert_eq!(said(&lab).await, before);
    lab.shutdown().await;
}
