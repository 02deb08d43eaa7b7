//! `/graphql` answers as NerdGraph does, and `/api/query` gives the same result object.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use serde_json::{Value, json};
use support::*;

async fn seeded() -> funnel_lab::Lab {
    let lab = lab().await;
    let mut records = vec![step("landing", 1, &[("journeyId", &journey(1))])];
    records.push(step("provision", 2, &[("journeyId", &journey(1)), ("tier", "anonymous")]));
    records.push(step("landing", 3, &[("journeyId", &journey(2))]));
    export(&lab, records).await;
    lab
}

async fn ask(lab: &funnel_lab::Lab, query: &str, variables: Value) -> Value {
    let answer = post(lab, "/graphql", &json!({"query": query, "variables": variables})).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

#[tokio::test]
async fn variables_aliases_and_fragments_are_understood() {
    let lab = seeded().await;
    let query = r#"
        # what clients send
        query Run($account: Int!, $nrql: Nrql!, $timeout: Seconds = 5) {
          actor {
            account(id: $account) {
              id
              first: nrql(query: $nrql, timeout: $timeout) { ...Answer }
              second: nrql(query: "SELECT count(*) FROM InstantFunnel FACET funnelStep") {
                results totalResult metadata { facets timeWindow { begin end } }
              }
            }
          }
        }
        fragment Answer on NrdbResultContainer { nrql results rawResponse ... on NrdbResultContainer { metadata { eventTypes } } }
    "#;
    let nrql = "SELECT count(*) FROM InstantFunnel";
    let answer = ask(&lab, query, json!({"account": 42, "nrql": nrql})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let account = &answer["data"]["actor"]["account"];
    assert_eq!(account["id"], 42);
    assert_eq!(account["first"]["nrql"], nrql);
    assert_eq!(account["first"]["results"], json!([{"count": 3}]));
    assert_eq!(account["first"]["metadata"], json!({"eventTypes": ["InstantFunnel"]}));
    assert_eq!(account["first"]["rawResponse"]["results"][0]["count"], 3);
    let facets = account["second"]["results"].as_array().unwrap();
    assert_eq!(facets.len(), 2);
    assert_eq!((&facets[0]["facet"], &facets[0]["count"]), (&json!("landing"), &json!(2)));
    assert!(account["second"]["metadata"]["timeWindow"]["end"].as_i64().unwrap() > 0);
}

#[tokio::test]
async fn both_doors_to_a_query_agree() {
    let lab = seeded().await;
    let nrql = "FROM InstantFunnel SELECT funnel(journeyId, WHERE funnelStep = 'landing', WHERE funnelStep = 'provision')";
    let direct = post(&lab, "/api/query", &json!({"nrql": nrql})).await.json();
    let query = "query($q: Nrql!) { actor { account(id: 1) { nrql(query: $q) { results rawResponse } } } }";
    let graph = ask(&lab, query, json!({"q": nrql})).await;
    let graph = &graph["data"]["actor"]["account"]["nrql"];
    assert_eq!(direct["rawResponse"]["results"][0]["steps"], json!([2, 1]));
    assert_eq!(graph["rawResponse"]["results"], direct["rawResponse"]["results"]);
    assert_eq!(graph["results"], direct["results"]);
}

#[tokio::test]
async fn faults_come_with_status_200_and_a_message() {
    let lab = seeded().await;
    let nrql = "query { actor { account(id: 1) { nrql(query: \"SELECT count(*) FORM X\") { results } } } }";
    let answer = ask(&lab, nrql, json!({})).await;
    assert_eq!(answer["data"]["actor"]["account"]["nrql"], Value::Null);
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("NRQL Syntax Error: Error at line 1 position 17, unexpected 'FORM'"),
        "{message}"
    );
    for (query, expected) in [
        ("query {", "expected"),
        ("mutation { dashboardCreate { guid } }", "mutate"),
        ("{ actor { entitySearch { count } } }", "entitySearch"),
        ("{ actor { account(id: 1) { nrql { results } } } }", "query"),
        ("fragment A on X { ...B } fragment B on X { ...A } { ...A }", "circles"),
    ] {
        let message = ask(&lab, query, json!({})).await["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(expected), "{query}: {message}");
    }
    let deep = format!("{{ {} }}", "a { ".repeat(50_000));
    assert!(ask(&lab, &deep, json!({})).await["errors"][0]["message"].is_string());
}

#[tokio::test]
async fn a_fault_in_a_query_says_where_in_characters() {
    let lab = lab().await;
    let answer = post(&lab, "/api/query", &json!({"nrql": "SELECT 'é', count(*) FORM X"})).await;
    assert_eq!(answer.status, 400);
    let error = &answer.json()["error"];
    assert_eq!((&error["start"], &error["end"], &error["column"]), (&json!(21), &json!(25), &json!(22)));
    let answer = post(&lab, "/api/query", &json!({"nrql": "SELECT nosuch(x) FROM Y"})).await;
    assert_eq!((answer.status, &answer.json()["error"]["start"]), (400, &json!(7)));
    assert_eq!(post(&lab, "/api/query", &json!({"query": "SELECT 1"})).await.status, 400);
}

#[tokio::test]
async fn a_body_that_is_not_an_object_is_a_bad_request() {
    let lab = seeded().await;
    for path in ["/graphql", "/api/query", "/api/fault", "/api/reset"] {
        for body in ["[]", "[{\"query\":\"{ __typename }\"}]", "\"text\"", "7", "true", "null"] {
            let answer = send(lab.http_addr(), "POST", path, &[JSON], body.as_bytes()).await;
            assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
            assert!(answer.text().contains("object"), "{path} {body}: {}", answer.text());
        }
    }
    assert_eq!(lab.counts().total, 3);
}
