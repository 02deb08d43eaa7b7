//! The list of events: pages, filters, counts by rule, and the rule that is wanted beside a broken value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use serde_json::{Value, json};

use self::support::*;

async fn events(lab: &funnel_lab::Lab, asked: &str) -> Vec<Value> {
    let answer = get(lab, &format!("/api/events?{asked}")).await;
    answer.json()["events"].as_array().unwrap_or_else(|| panic!("{asked}: {}", answer.json())).clone()
}

#[tokio::test]
async fn pages_of_events_follow_each_other_to_the_first() {
    let lab = lab().await;
    let records = (0..1_250).map(|number| step("landing", number, &[])).collect();
    export(&lab, records).await;
    let mut seen = Vec::new();
    let mut asked = "limit=1000".to_owned();
    loop {
        let page = events(&lab, &asked).await;
        let Some(last) = page.last() else { break };
        asked = format!("limit=1000&before={}", last["id"]);
        seen.extend(page.iter().map(|event| event["id"].as_i64().unwrap()));
    }
    assert_eq!(seen.len(), 1_250);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "the newest first, each once");
}

#[tokio::test]
async fn events_are_filtered_by_rule_and_step_and_counted_by_rule() {
    let lab = lab().await;
    let records = vec![
        step("landing", 1, &[]),
        step("claim", 2, &[("tier", "A b")]),
        step("claim", 3, &[("tier", "C d"), ("surprise", "x")]),
        step("landing", 4, &[("tier", "pro")]),
    ];
    export(&lab, records).await;
    assert_eq!(events(&lab, "rule=slug").await.len(), 2);
    assert_eq!(events(&lab, "rule=slug&limit=1").await.len(), 1);
    assert_eq!(events(&lab, "step=landing").await.len(), 2);
    assert_eq!(events(&lab, "step=landing&verdict=bad").await.len(), 1);
    assert!(events(&lab, "rule=none%20of%20them").await.is_empty());
    assert_eq!(get(&lab, "/api/events?rules=slug").await.status, 400);

    let problems = get(&lab, "/api/problems").await.json()["problems"].clone();
    assert_eq!(problems[0], json!({"rule": "slug", "key": "tier", "events": 2}), "{problems}");
    let rules: Vec<&str> =
        problems.as_array().unwrap().iter().filter_map(|one| one["rule"].as_str()).collect();
    assert!(rules.contains(&"unknown_key") && rules.contains(&"step"), "{rules:?}");
}

#[tokio::test]
async fn beside_a_broken_value_stands_what_the_contract_wants() {
    let lab = lab().await;
    let mut slip = step("landing", 5, &[]);
    slip.attributes[0] = pair("newrelic.event.type", text("instantfunnel"));
    let records = vec![
        step("claim", 2, &[("tier", "A b")]),
        step("landing", 4, &[("tier", "pro")]),
        step("landing", 6, &[("surprise", "x")]),
        slip,
    ];
    export(&lab, records).await;
    let wanted = |rule: &'static str, all: &[Value]| {
        let problems = all.iter().flat_map(|event| event["problems"].as_array().unwrap());
        let found = problems.clone().find(|problem| problem["rule"] == rule);
        found.unwrap_or_else(|| panic!("{rule}: {all:#?}"))["wanted"].as_str().unwrap_or("").to_owned()
    };
    let all = events(&lab, "verdict=bad").await;
    assert!(wanted("slug", &all).starts_with("slug; the plan"), "{}", wanted("slug", &all));
    assert_eq!(wanted("step", &all), "only on provision, claim, paid");
    assert_eq!(wanted("unknown_key", &all), "a key of the contract");
    assert_eq!(wanted("near_miss", &all), "InstantFunnel");
}
