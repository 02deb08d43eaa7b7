//! Queries in use and New Relic's verdicts, from the files that `NRQL_CORPUS` and `NRQL_VERDICTS` name.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may")]

use funnel_lint::Linter;
use nrql::Severity;
use serde_json::Value;

fn corpus(variable: &str) -> Option<(String, String)> {
    let Ok(path) = std::env::var(variable) else {
        println!("{variable} is unset: set it to a JSON array of queries to run this test over them");
        return None;
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    Some((path, text))
}

#[test]
fn no_query_in_use_that_parses_is_told_an_error() {
    let Some((path, text)) = corpus("NRQL_CORPUS") else { return };
    let queries: Vec<String> = serde_json::from_str(&text).unwrap();
    let found = Linter::default().lint_text(&path, &text);
    assert_eq!(found.len(), queries.len(), "every query is judged");
    let wrong: Vec<String> = found
        .iter()
        .filter(|query| nrql::parse(&query.query).is_ok())
        .flat_map(|query| query.findings.iter().map(move |finding| (query, finding)))
        .filter(|(_, finding)| finding.severity == Severity::Error)
        .map(|(query, finding)| format!("{}: {}\n    {}", finding.rule, finding.message, query.query))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_verdicts_come_out_whole_from_their_file() {
    let Some((path, text)) = corpus("NRQL_VERDICTS") else { return };
    let verdicts: Vec<Value> = serde_json::from_str(&text).unwrap();
    let found = Linter::default().lint_text(&path, &text);
    assert_eq!(found.len(), verdicts.len(), "every query is judged");
    for (verdict, query) in verdicts.iter().zip(&found) {
        let theirs = (verdict["valid"].as_bool() != Some(true)).then(|| {
            (verdict["line"].as_u64().unwrap() as usize, verdict["position"].as_u64().unwrap() as usize)
        });
        let syntax = query.findings.iter().find(|finding| finding.rule == "syntax");
        let ours = syntax.map(|finding| (finding.in_query.line, finding.in_query.column));
        assert_eq!(ours, theirs, "{}", query.query);
    }
}
