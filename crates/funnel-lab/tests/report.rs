//! One number everywhere: the report over HTTP, from Rust and from the file, the gauges, and NRQL where it can say the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use funnel_lab::{EventVerdict, Lab, ReportQuestion, report_file};
use serde_json::{Value, json};

use self::support::*;

async fn report(lab: &Lab, query: &str) -> Value {
    let answer = get(lab, &format!("/api/report?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()
}

/// The number of a line of the exposition.
fn gauge(text: &str, line: &str) -> f64 {
    let found = text.lines().find_map(|found| found.strip_prefix(line));
    found.unwrap_or_else(|| panic!("no {line} in {text}")).trim().parse().unwrap()
}

async fn nrql_steps(lab: &Lab, nrql: &str) -> Vec<u64> {
    let answer = lab.query(nrql).await.unwrap();
    let steps = answer["rawResponse"]["results"][0]["steps"].as_array().unwrap().clone();
    steps.iter().map(|step| step.as_u64().unwrap()).collect()
}

/// The lab's metrics in the rules and the dashboard that are shipped.
fn shipped_names() -> std::collections::BTreeSet<&'static str> {
    let files = [
        include_str!("../../../dashboards/prometheus/funnel.rules.yaml"),
        include_str!("../../../dashboards/grafana/instant-funnel.json"),
    ];
    let words = files.iter().flat_map(|file| file.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    let names: std::collections::BTreeSet<_> = words.filter(|word| word.starts_with("funnel_lab_")).collect();
    assert!(names.len() >= 2, "{names:?}");
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_says_one_number_everywhere() {
    let folder = Folder::new("report");
    // The clock stands, so that no journey grows too old between two questions.
    let now = std::time::SystemTime::now();
    let lab = Lab::builder().db(folder.db()).clock(move || now).start().await.unwrap();
    lab.load_demo().await.unwrap();
    let counts = lab.counts();
    assert!(counts.good > 300_000 && counts.bad == 0 && counts.duplicate > 20, "{counts:?}");

    keeps_the_contract(&lab).await;
    let whole = report(&lab, "by=entryActor&window=7d").await;
    let from_rust =
        lab.report(&ReportQuestion::parse([("by", "entryActor"), ("window", "7d")]).unwrap()).await.unwrap();
    for key in ["funnel", "kpis", "left_out"] {
        assert_eq!(whole[key], from_rust[key], "{key}");
    }
    gauges_agree(&get(&lab, "/metrics").await.text(), &from_rust);

    // Figures of journeys that say their beginning, as NRQL counts them.
    let (since, until) = (whole["since"].as_i64().unwrap(), whole["until"].as_i64().unwrap());
    let days = |days: i64| days * 86_400_000;
    let began = format!("cohort = 'real' AND journeyStart >= {since} AND journeyStart < {until}");
    let claimed = nrql_steps(
        &lab,
        &format!(
            "FROM InstantFunnel SELECT funnel(journeyId, \
             WHERE funnelStep = 'provision' AND tier = 'anonymous' AND timestamp - journeyStart <= {}, \
             WHERE funnelStep = 'claim' AND timestamp - journeyStart <= {}) WHERE {began} SINCE 200 days ago",
            days(1),
            days(7)
        ),
    )
    .await;
    let said = report(&lab, &format!("since={since}&until={until}")).await;
    // The others began with a landing, which NRQL's arithmetic does not know.
    let without = nrql_steps(
        &lab,
        "FROM InstantFunnel SELECT funnel(journeyId, WHERE funnelStep = 'landing', \
         WHERE funnelStep = 'provision' AND tier = 'anonymous') \
         WHERE journeyStart IS NULL AND cohort = 'real' SINCE 200 days ago",
    )
    .await;
    let engine = &said["kpis"][0]["so_far"];
    let whole_of_engine = engine["whole"].as_u64().unwrap();
    assert!(
        claimed[0] <= whole_of_engine && whole_of_engine <= claimed[0] + without[1],
        "{claimed:?} {without:?} {engine}"
    );

    // In any order and without a window the funnel is NRQL's, over the same journeys.
    let any = report(&lab, "order=any&since=200d&where=env:production").await;
    let nrql = nrql_steps(
        &lab,
        "FROM InstantFunnel SELECT funnel(journeyId, WHERE funnelStep = 'landing', WHERE funnelStep = 'provision', \
         WHERE funnelStep = 'claim', WHERE funnelStep = 'paid') WHERE cohort = 'real' AND env = 'production' \
         SINCE 200 days ago",
    )
    .await;
    let counts: Vec<u64> = any["funnel"]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["count"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, nrql);

    let since = whole["since"].to_string();
    let until = whole["until"].to_string();
    let fixed = [("since", since.as_str()), ("until", until.as_str()), ("by", "tier")];
    let question = ReportQuestion::parse(fixed).unwrap();
    let running = lab.report(&question).await.unwrap();
    lab.shutdown().await;
    let (file, later) = (report_file(&folder.db(), &question).unwrap(), running);
    for key in ["funnel", "left_out", "since", "until"] {
        assert_eq!(file[key], later[key], "{key} of the file");
    }
}

/// The gauges of `/metrics` are the report's figures.
fn gauges_agree(metrics: &str, report: &Value) {
    for name in shipped_names() {
        let exposed = metrics.lines().any(|line| line.starts_with(&format!("{name}{{")));
        assert!(exposed, "{name} is not in\n{metrics}");
    }
    for kpi in report["kpis"].as_array().unwrap() {
        let name = kpi["name"].as_str().unwrap();
        for state in ["mature", "so_far"] {
            let line = format!(
                "funnel_lab_kpi_ratio{{contract=\"InstantFunnel\",kpi=\"{name}\",state=\"{state}\"}}"
            );
            assert_eq!(gauge(metrics, &line), kpi[state]["rate"].as_f64().unwrap(), "{line}");
        }
        assert_eq!(kpi["provisional"], true);
        assert!(kpi["mature"]["whole"].as_u64().unwrap() > 500, "{kpi}");
        assert!(kpi["cohorts"].as_array().unwrap().iter().any(|cohort| cohort["mature"] == false));
    }
}

/// What the demonstration stores is what the judge would let through.
async fn keeps_the_contract(demo: &Lab) {
    let judged = lab().await;
    let events = demo.events(Some(EventVerdict::Good), 1_000).await.unwrap();
    let records = events.iter().map(|event| {
        let attributes: Vec<Value> = event["attributes"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| {
                let value = match value {
                    Value::Bool(value) => json!({"boolValue": value}),
                    Value::Number(number) => json!({"intValue": number.to_string()}),
                    text => json!({"stringValue": text}),
                };
                json!({"key": key, "value": value})
            })
            .chain([json!({"key": "newrelic.event.type", "value": {"stringValue": "InstantFunnel"}})])
            .collect();
        json!({"timeUnixNano": event["nanos"], "attributes": attributes})
    });
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records.collect::<Vec<_>>()}]}]});
    let answer = send(judged.otlp_addr(), "POST", "/v1/logs", &[JSON], body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let bad = judged.events(Some(EventVerdict::Bad), 1_000).await.unwrap();
    let problems: Vec<_> =
        bad.iter().flat_map(|event| event["problems"].as_array().unwrap().clone()).collect();
    assert!(problems.iter().all(|problem| problem["rule"] == "too_old"), "{:?}", problems.first());
    assert!(judged.counts().good > 500, "{:?}", judged.counts());
}

/// The counts of a report's funnel.
fn counts(report: &Value) -> Vec<u64> {
    report["funnel"]["steps"].as_array().unwrap().iter().map(|step| step["count"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn an_event_that_is_received_again_counts_once() {
    let lab = lab().await;
    let landing = || step("landing", 1, &[("journeyId", &journey(1))]);
    export(&lab, vec![landing(), landing()]).await;
    export(&lab, vec![landing(), step("landing", 2, &[("journeyId", &journey(2))])]).await;
    let twice = report(&lab, "steps=landing,landing").await;
    assert_eq!(counts(&twice), [2, 0]);
    assert_eq!(twice["left_out"], json!({"unknown_start": 0, "unlinked_events": 0}));
    assert_eq!(lab.counts().duplicate, 2);
}

#[tokio::test]
async fn who_began_is_who_took_the_first_step_where_no_event_says_it() {
    let lab = lab().await;
    let (one, two, three) = (journey(1), journey(2), journey(3));
    let records = vec![
        step("landing", 1, &[("journeyId", &one)]),
        step("claim", 2, &[("journeyId", &one), ("actor", "human_dashboard")]),
        step("landing", 3, &[("journeyId", &two), ("actor", "agent_mcp")]),
        step("claim", 4, &[("journeyId", &two), ("actor", "human_dashboard")]),
        step("landing", 5, &[("journeyId", &three), ("actor", "agent_curl"), ("entryActor", "agent_mcp")]),
    ];
    export(&lab, records).await;
    let answer = report(&lab, "by=entryActor&order=any").await;
    let segments = answer["funnel"]["segments"].as_array().unwrap();
    let began: Vec<_> = segments.iter().map(|segment| (&segment["value"], &segment["began"])).collect();
    assert_eq!(began, [(&json!("agent_mcp"), &json!(2)), (&Value::Null, &json!(1))]);
}

#[tokio::test]
async fn what_has_not_begun_yet_is_in_no_figure() {
    let early = std::time::SystemTime::now() - std::time::Duration::from_secs(600);
    let lab = Lab::builder().clock(move || early).start().await.unwrap();
    export(&lab, vec![step("landing", 1, &[("journeyId", &journey(1))])]).await;
    let until = now_nanos() / 1_000_000 + 3_600_000;
    let answer = report(&lab, &format!("until={until}")).await;
    assert_eq!((lab.counts().good, &answer["funnel"]["began"]), (1, &json!(0)));
    assert_eq!((&answer["until"], &answer["kpis"][0]["so_far"]["began"]), (&json!(until), &json!(0)));
}

#[tokio::test]
async fn a_wrong_question_is_refused_and_not_answered_in_part() {
    let lab = lab().await;
    for (query, wanted) in [
        ("steps=landing&steps=claim", "`steps` is given twice"),
        ("window=1d&window=2d", "`window` is given twice"),
        (&*format!("steps={}", ["landing"; 33].join(",")), "`steps` takes at most 32 steps"),
    ] {
        let answer = get(&lab, &format!("/api/report?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains(wanted), "{}", answer.text());
    }
    assert_eq!(counts(&report(&lab, &format!("steps={}", ["landing"; 32].join(","))).await), [0; 32]);
    assert_eq!(get(&lab, "/api/report?where=tier:free&where=env:production").await.status, 200);
}

#[tokio::test]
async fn who_stopped_can_be_listed() {
    let lab = lab().await;
    let mut records = Vec::new();
    for number in 0..5 {
        records.push(step("landing", number, &[("journeyId", &journey(number)), ("actor", "agent_mcp")]));
    }
    records.push(step("provision", 9, &[("journeyId", &journey(0)), ("tier", "anonymous")]));
    export(&lab, records).await;
    let found = get(&lab, "/api/stopped?level=1&limit=2&where=entryActor%3Aagent_mcp").await.json();
    assert_eq!((&found["count"], found["journeys"].as_array().unwrap().len()), (&json!(4), 2));
    let found = get(&lab, "/api/stopped?level=1&where=entryActor%3A!agent_mcp").await.json();
    assert_eq!(found["count"], 0);
    let known = get(&lab, "/api/dimensions").await.json();
    let entry =
        known["dimensions"].as_array().unwrap().iter().find(|one| one["key"] == "entryActor").unwrap();
    assert_eq!(entry["values"], json!(["agent_mcp"]));
}

#[tokio::test]
async fn a_wrong_question_names_what_it_takes() {
    let lab = lab().await;
    for (query, expected) in [
        ("since=lately", "`since` takes"),
        ("since=1d&until=2d", "`since` must be before `until`"),
        ("zone=Mars", "IANA"),
        ("every=year", "hour, day or week"),
        ("every=hour&since=200d", "2400 cohorts"),
        ("window=0d", "duration"),
        ("order=sideways", "ordered or any"),
        ("by=teamId", "not a dimension"),
        ("where=tier", "tier:free"),
        ("where=shoe:42", "`shoe`"),
        ("steps=landing,shoes", "unknown step `shoes`"),
        ("kpi=love", "claimed_per_provisioned"),
        ("colour=red", "unknown parameter `colour`"),
        ("since=%zz", "percent-encoded"),
    ] {
        let answer = get(&lab, &format!("/api/report?{query}")).await;
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && message.contains(expected), "{query}: {} {message}", answer.status);
    }
    assert_eq!(get(&lab, "/api/stopped?level=x").await.status, 400);
}
