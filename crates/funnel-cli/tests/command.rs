//! The command line: what it prints and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::process::{Command, Output};

fn funnel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_funnel")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_fault_in_a_query_points_at_the_place_and_ends_with_1() {
    let output = funnel(&["query", "SELECT count(*) FORM InstantFunnel"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("unexpected 'FORM'"), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    let mark = lines.iter().position(|line| line.trim() == "^^^^").expect("a mark under the place");
    assert_eq!(lines[mark].find('^'), lines[mark - 1].find("FORM"));
}

#[test]
fn what_cannot_be_asked_ends_with_2_and_says_what_would_help() {
    for (arguments, help) in [
        (vec!["query", "SELECT count(*) FROM X", "--url", "http://127.0.0.1:1"], "funnel lab"),
        (vec!["query", "SELECT count(*) FROM X", "--db", "/no/such/file.db"], "--db"),
        (vec!["query"], "<NRQL>"),
        (vec!["query", "SELECT count(*) FROM X", "--format", "xml"], "csv"),
        (vec!["nonsense"], "--help"),
        (vec!["contrcat"], "'contract'"),
        (vec!["lab", "--otlp", "nowhere"], "127.0.0.1:4320"),
        (vec!["lab", "--max-age", "7 parsecs"], "7d"),
    ] {
        let output = funnel(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(help), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn help_version_and_completions_are_answers() {
    for (arguments, part) in [
        (vec![], "funnel lab"),
        (vec!["--help"], "Exit status"),
        (vec!["query", "--help"], "funnel query @claims.nrql"),
        (vec!["--version"], concat!("funnel ", env!("CARGO_PKG_VERSION"))),
        (vec!["lab", "--version"], env!("CARGO_PKG_VERSION")),
        (vec!["completions", "bash"], "complete -F"),
        (vec!["completions", "zsh"], "#compdef funnel"),
    ] {
        let output = funnel(&arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(text(&output.stdout).contains(part), "{arguments:?}: {}", text(&output.stdout));
        assert!(output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_fault_in_the_command_line_is_told_without_colour() {
    let output = funnel(&["query", "SELECT 1 FROM X", "--fromat", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.starts_with("funnel: ") && said.contains("'--format'"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn the_contract_is_printed_in_each_format() {
    for format in ["table", "markdown", "json", "collector"] {
        let output = funnel(&["contract", "--format", format]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("fingerprintKeyId"), "{format}");
    }
    let json: serde_json::Value =
        serde_json::from_slice(&funnel(&["contract", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["steps"], serde_json::json!(["landing", "provision", "claim", "paid"]));
}

#[test]
fn a_slug_can_be_closed_in_the_collectors_block() {
    let closed = "reasonCode=card-declined,expired";
    let output =
        funnel(&["contract", "--format", "collector", "--close", closed, "--close", "tier=free,pro"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for words in ["^(?:card-declined|expired)$", "^(?:free|pro)$"] {
        assert!(text(&output.stdout).contains(words), "{words}");
    }
    for (arguments, help) in [
        (vec!["--format", "collector", "--close", "teamId=a"], "teamId"),
        (vec!["--format", "collector", "--close", "tier=Free Tier"], "tier"),
        (vec!["--format", "collector", "--close", "tier="], "empty"),
        (vec!["--format", "collector", "--close", "tier"], "KEY=WORD"),
        (vec!["--close", "tier=free"], "--format collector"),
    ] {
        let output = funnel(&[vec!["contract"], arguments.clone()].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(help), "{arguments:?}: {}", text(&output.stderr));
    }
}
