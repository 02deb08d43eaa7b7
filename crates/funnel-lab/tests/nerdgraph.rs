//! `/graphql` answers as NerdGraph does, and `/api/query` gives the same result object.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use serde_json::{Value, json};

use self::support::*;

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
        ("mutation { dashboardCreate { guid } }", "mutation"),
        ("{ actor { entitySearch { count } } }", "entitySearch"),
        ("{ actor { account(id: 1) { nrql { results } } } }", "query"),
        ("{ actor { account(id: 1) { nrql(query: \"SELECT 1 FROM X\") } } }", "subselection"),
        ("query($n: Int!) { actor { account(id: $n) { id } } }", "'n'"),
        ("query A { actor { user { id } } } query B { actor { user { id } } }", "operation"),
        ("fragment A on Actor { ...B } fragment B on Actor { ...A } { actor { ...A } }", "itself"),
    ] {
        let answer = ask(&lab, query, json!({})).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{query}: {message}");
        assert_eq!(answer["data"], Value::Null, "{query}");
    }
    let deep = format!("{{ {} }}", "a { ".repeat(50_000));
    assert!(ask(&lab, &deep, json!({})).await["errors"][0]["message"].is_string());
}

#[tokio::test]
async fn directives_defaults_and_several_accounts_are_understood() {
    let lab = seeded().await;
    let query = r#"
        query Run($nrql: Nrql = "SELECT count(*) FROM InstantFunnel", $raw: Boolean = false) {
          actor {
            nrql(accounts: [1, 2], query: $nrql, options: {eventNamespaces: ["Default"]}) {
              results
              rawResponse @include(if: $raw)
              metadata @skip(if: $raw) { eventTypes }
              queryProgress { completed queryId }
              embedded: eventDefinitions { name }
            }
            user { name }
            accounts { id }
          }
        }
    "#;
    let answer = ask(&lab, query, json!({})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let nrql = &answer["data"]["actor"]["nrql"];
    assert_eq!(
        nrql,
        &json!({
            "results": [{"count": 3}],
            "metadata": {"eventTypes": ["InstantFunnel"]},
            "queryProgress": {"completed": true, "queryId": null},
            "embedded": null,
        })
    );
    assert_eq!(answer["data"]["actor"]["accounts"], json!([{"id": 1}]));
    let answer = ask(&lab, query, json!({"raw": true, "nrql": "SELECT count(*) FROM Log"})).await;
    let nrql = &answer["data"]["actor"]["nrql"];
    assert_eq!(nrql["rawResponse"]["results"][0]["count"], 0);
    assert!(nrql.get("metadata").is_none(), "{nrql}");
}

#[tokio::test]
async fn the_schema_can_be_asked_for() {
    let lab = lab().await;
    let query = r#"{
        __schema { queryType { name } types { name } directives { name } }
        __type(name: "Account") { name kind fields { name args { name defaultValue type { name kind ofType { name } } } } }
        __typename
        actor { __typename }
    }"#;
    let answer = ask(&lab, query, json!({})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let data = &answer["data"];
    assert_eq!(data["__schema"]["queryType"]["name"], "RootQueryType");
    assert_eq!(
        (&data["__typename"], &data["actor"]["__typename"]),
        (&json!("RootQueryType"), &json!("Actor"))
    );
    assert_eq!(data["__type"]["kind"], "OBJECT");
    let fields = data["__type"]["fields"].as_array().unwrap();
    let nrql = fields.iter().find(|field| field["name"] == "nrql").unwrap();
    let query = nrql["args"].as_array().unwrap().iter().find(|argument| argument["name"] == "query").unwrap();
    assert_eq!(query["type"], json!({"name": null, "kind": "NON_NULL", "ofType": {"name": "Nrql"}}));
}

#[tokio::test]
async fn an_error_names_its_whole_path() {
    let lab = seeded().await;
    let query = r#"{ actor {
        mine: account(id: 1) { good: nrql(query: "SELECT count(*) FROM Log") { results } bad: nrql(query: "SELECT") { results } }
    } }"#;
    let answer = ask(&lab, query, json!({})).await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["errors"][0]["path"], json!(["actor", "mine", "bad"]));
    assert_eq!(answer["errors"][0]["locations"][0]["line"], 2);
    let mine = &answer["data"]["actor"]["mine"];
    assert_eq!(mine, &json!({"good": {"results": [{"count": 0}]}, "bad": null}));
}

/// Aliases, fragments and introspection can each ask for more than the document's length; all of it is bounded.
#[tokio::test]
async fn a_short_request_cannot_ask_for_a_long_answer() {
    let lab = seeded().await;
    let many =
        |field: &str, count: usize| -> String { (0..count).map(|at| format!("a{at}: {field} ")).collect() };
    let nrql = r#"nrql(query: "SELECT count(*) FROM Log") { results }"#;
    let queries = format!("{{ actor {{ account(id: 1) {{ {} }} }} }}", many(nrql, 40));
    let wide = format!("{{ actor {{ account(id: 1) {{ {} }} }} }}", many("name", 10_000));
    let multiplied = format!(
        "{{ {} }} fragment A on Actor {{ {} }} fragment B on Account {{ {} }}",
        many("actor { ...A }", 40),
        many("account(id: 1) { ...B }", 40),
        many("name", 40)
    );
    let introspection = format!(
        "{{ __schema {{ types {{ {} name {} }} }} }}",
        "fields { type { ".repeat(12),
        "} }".repeat(12)
    );
    for (what, query, expected) in [
        ("queries", queries, "32 NRQL queries"),
        ("tokens", wide, "token"),
        ("fields", multiplied, "1000 fields"),
        ("introspection", introspection, "depth"),
    ] {
        let answer = ask(&lab, &query, json!({})).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{what}: {message}");
        assert!(answer.to_string().len() < 1 << 20, "{what}: {} bytes", answer.to_string().len());
    }
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
