//! Queries in use, from the file that `NRQL_CORPUS` names: a JSON array of strings.

#![allow(clippy::print_stdout, clippy::panic, reason = "tests report and fail")]

#[test]
fn queries_in_use_parse_and_survive_printing() {
    let Some(queries) = queries() else { return };
    let mut refused = Vec::new();
    for text in &queries {
        let query = match nrql::parse(text) {
            Ok(query) => query,
            Err(error) => {
                refused.push(format!("{}\n    {text}", error.summary()));
                continue;
            }
        };
        let printed = query.to_string();
        let again =
            nrql::parse(&printed).unwrap_or_else(|error| panic!("{text}\nprinted as {printed}\n{error}"));
        assert_eq!(query, again, "{text}\nprinted as {printed}");
        assert_eq!(printed, again.to_string(), "{text}");
    }
    for line in &refused {
        println!("refused: {line}");
    }
    let parsed = queries.len() - refused.len();
    println!("{parsed} of {} queries parse and round-trip", queries.len());
    assert!(parsed * 1_000 >= queries.len() * 995, "fewer than 99.5 % parse");
}

fn queries() -> Option<Vec<String>> {
    let Ok(path) = std::env::var("NRQL_CORPUS") else {
        println!("NRQL_CORPUS is unset: set it to a JSON array of queries to run this test over them");
        return None;
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let queries: Vec<String> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(!queries.is_empty(), "{path} holds no query");
    Some(queries)
}
