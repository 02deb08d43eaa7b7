//! Who counts in a KPI.

mod support;

use http::HeaderName;
use instant_funnel_tower::SharedSecret;

use self::support::harness;

const SECRET: &str = "a-secret-that-only-our-own-probes-have";

#[tokio::test]
async fn probers_are_synthetic_and_programs_are_real() {
    let harness = harness();
    let cases = [
        ("Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "prober", "synthetic"),
        ("claude-cli/2.0", "agent_claude", "real"),
        ("python-requests/2.32.3", "agent_other", "real"),
        ("acme-cli/1.0", "unknown", "real"),
    ];
    for (user_agent, actor, cohort) in cases {
        let (_, events) = harness.send(&harness.layer(), "/landing", &[("user-agent", user_agent)], "").await;
        events[0].assert_attribute("actor", actor).assert_attribute("cohort", cohort);
    }
}

#[tokio::test]
async fn a_client_of_the_model_context_protocol_says_so_in_its_header() {
    let harness = harness();
    for (user_agent, actor) in [("node", "agent_mcp"), ("claude-cli/2.0", "agent_claude")] {
        let headers = [("user-agent", user_agent), ("mcp-protocol-version", "2025-06-18")];
        let (_, events) = harness.send(&harness.layer(), "/provision", &headers, "").await;
        events[0].assert_attribute("actor", actor);
    }
}

#[tokio::test]
async fn the_shared_secret_marks_our_own_probes_and_nothing_less_does() {
    let harness = harness();
    let layer = harness
        .layer()
        .synthetic_header(HeaderName::from_static("x-synthetic"), SharedSecret::new(SECRET).unwrap());
    let browser = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    for (sent, cohort) in [(SECRET, "synthetic"), ("true", "real"), (&SECRET[1..], "real")] {
        for step in ["/landing", "/paid"] {
            let (_, events) = harness.send(&layer, step, &[browser, ("x-synthetic", sent)], "").await;
            events[0].assert_attribute("cohort", cohort);
        }
    }
}

#[tokio::test]
async fn a_payment_says_nothing_of_the_machine_that_told_it() {
    let harness = harness();
    let sender = [("user-agent", "BillingBot/1.0 (+https://billing.example/webhooks)"), ("cookie", "a=b")];
    let (_, events) = harness.send(&harness.layer(), "/paid", &sender, "192.0.2.7:1").await;
    events[0]
        .assert_step("paid")
        .assert_attribute("cohort", "real")
        .assert_absent("actor")
        .assert_absent("journeyId")
        .assert_absent("fingerprint");
}

#[tokio::test]
async fn a_user_agent_of_any_bytes_is_read() {
    let harness = harness();
    let phone = "Mozilla/5.0 (Linux; Android 14; 갤럭시 S24; wv) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36";
    let cases: [(&[u8], &str); 4] = [
        (phone.as_bytes(), "human_dashboard"),
        (
            b"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 \xe9t\xe9/1",
            "human_dashboard",
        ),
        ("UptimeRobot/2.0 (Überwachung)".as_bytes(), "prober"),
        (b"curl/8.5.0 \xff", "agent_curl"),
    ];
    for (user_agent, actor) in cases {
        let request = http::Request::get("/landing").header("user-agent", user_agent).body(()).unwrap();
        let (_, events) = harness.call(&harness.layer(), request).await;
        events[0].assert_attribute("actor", actor);
    }
}
