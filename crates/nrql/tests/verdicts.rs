//! Verdicts of New Relic's own parser, from the file that `NRQL_VERDICTS` names: a JSON array of queries, each valid or with
//! the line and position of the error.

#![allow(clippy::print_stdout, clippy::panic, reason = "tests report and fail")]

use serde_json::Value as Json;

#[test]
fn the_parser_agrees_with_new_relics() {
    let Ok(path) = std::env::var("NRQL_VERDICTS") else {
        println!("NRQL_VERDICTS is unset: set it to a JSON array of verdicts to run this test over them");
        return;
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let verdicts: Vec<Json> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(!verdicts.is_empty(), "{path} holds no verdict");
    let mut wrong = Vec::new();
    for verdict in &verdicts {
        let query = verdict["query"].as_str().unwrap_or_default();
        let theirs = match verdict["valid"].as_bool() {
            Some(true) => "accepted".to_owned(),
            _ => format!("{}:{}", verdict["line"], verdict["position"]),
        };
        let ours = match nrql::parse(query) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => format!("{}:{}", error.position.line, error.position.column),
        };
        if ours != theirs {
            wrong.push(format!("here {ours}, there {theirs}: {query}"));
        }
    }
    println!("{} of {} verdicts agree", verdicts.len() - wrong.len(), verdicts.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
