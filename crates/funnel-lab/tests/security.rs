//! What a browser could be made to do to the lab, and what the lab never says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use serde_json::json;

use self::support::*;

#[tokio::test]
async fn a_strangers_page_can_neither_write_nor_read() {
    let lab = lab().await;
    let own = format!("http://{}", lab.http_addr());
    export(&lab, vec![step("landing", 1, &[])]).await;
    let body = b"{}";
    let cases: [&[(&str, &str)]; 4] = [
        &[JSON, ("origin", "http://evil.example")],
        &[JSON, ("origin", "null")],
        &[JSON, ("sec-fetch-site", "cross-site")],
        &[JSON, ("host", "evil.example")],
    ];
    for path in ["/api/reset", "/api/query", "/api/fault", "/graphql"] {
        for headers in cases {
            let answer = send(lab.http_addr(), "POST", path, headers, body).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}");
        }
    }
    for path in ["/", "/api/events", "/api/counts", "/metrics"] {
        let answer = send(lab.http_addr(), "GET", path, &[("host", "evil.example:80")], b"").await;
        assert_eq!(answer.status, 403, "{path} by a rebound name");
        assert!(get(&lab, path).await.header("access-control-allow-origin").is_none());
    }
    // What a form of another site can send without asking first.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let answer = send(lab.http_addr(), "POST", "/api/reset", &[("content-type", kind)], body).await;
        assert_eq!(answer.status, 415, "{kind}");
    }
    let foreign = [PROTOBUF, ("origin", "http://evil.example")];
    let answer =
        send(lab.otlp_addr(), "POST", "/v1/logs", &foreign, &request(vec![step("landing", 2, &[])])).await;
    assert_eq!(answer.status, 403);
    assert_eq!(lab.counts().total, 1, "nothing was written or forgotten");
    let answer = send(lab.http_addr(), "POST", "/api/reset", &[JSON, ("origin", &own)], body).await;
    assert_eq!(answer.status, 200, "the lab's own page may");
}

#[tokio::test]
async fn a_name_that_was_allowed_is_answered() {
    let lab = funnel_lab::Lab::builder().allow_host("lab.example.org").start().await.unwrap();
    let answer = send(lab.http_addr(), "GET", "/healthz", &[("host", "lab.example.org:4320")], b"").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn every_answer_carries_the_policy_and_the_page_has_nothing_inline() {
    let lab = lab().await;
    for path in ["/", "/page/main.js", "/page/style.css", "/api/counts", "/nothing"] {
        let answer = get(&lab, path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
    }
    let html = get(&lab, "/").await.text();
    assert!(!html.contains("style=") && !html.contains(" on"), "no inline style or handler");
    for script in html.split("<script").skip(1) {
        assert!(script.split('>').next().unwrap().contains("src=\"/page/"), "no inline script");
    }
    assert!(!html.contains("http://") && !html.contains("https://"), "nothing from elsewhere");
}

#[tokio::test]
async fn no_answer_repeats_what_broke_a_rule() {
    let lab = lab().await;
    let hostile =
        ["jane@example.com", "4111 1111 1111 1111", "<script>alert(1)</script>", "sk_live_0123456789abcdef"];
    for (number, value) in (0..).zip(hostile) {
        let attributes = [("tier", value), (value, "x"), ("email", value), ("journeyId", value)];
        export(&lab, vec![step("claim", number, &attributes)]).await;
    }
    assert_eq!(lab.counts().bad, 4);
    let mut answers = String::new();
    for path in ["/api/events?verdict=bad", "/api/events", "/metrics", "/api/counts", "/api/page"] {
        answers.push_str(&get(&lab, path).await.text());
    }
    let all = post(&lab, "/api/query", &json!({"nrql": "SELECT * FROM InstantFunnel LIMIT MAX"})).await;
    answers.push_str(&all.text());
    for value in hostile {
        assert!(!answers.contains(value), "{value}");
    }
}
