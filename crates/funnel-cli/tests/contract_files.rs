//! `funnel contract check`, `generate` and `diff` on files of a user's own.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::process::{Command, Output};

const SHOP: &str = "event = \"Shop\"\nversion = 1\ncounter = \"shop_total\"\nsteps = [\"visit\", \"buy\"]\n\n[attribute.plan]\nrule = { one_of = [\"trial\", \"pro\"] }\n\n[generate]\nrust = \"src/shop.rs\"\n";

fn contract(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_funnel"));
    command.current_dir(folder).arg("contract").args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_mistake_is_told_with_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.toml"), SHOP).unwrap();
    std::fs::write(folder.path().join("bad.toml"), SHOP.replace("one_of", "oneOf")).unwrap();
    let output = contract(folder.path(), &["check", "good.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = contract(folder.path(), &["check", "good.toml", "bad.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("bad.toml:7:10: `oneOf`"), "{}", said(&output));
    assert!(said(&output).contains("did you mean `one_of`?"), "{}", said(&output));
    let output = contract(folder.path(), &["check", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_is_generated_is_checked_until_the_contract_changes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.toml");
    std::fs::write(&file, SHOP).unwrap();
    let check = || contract(folder.path(), &["generate", "shop.toml", "--check"]);
    assert_eq!(check().status.code(), Some(1), "nothing is there yet");
    let output = contract(folder.path(), &["generate", "shop.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(check().status.code(), Some(0));
    let code = std::fs::read_to_string(folder.path().join("src/shop.rs")).unwrap();
    assert!(code.contains("pub enum Plan") && code.contains("pub struct Buy<'a>"), "{code}");
    std::fs::write(&file, SHOP.replace("attribute.plan", "attribute.tariff")).unwrap();
    let output = check();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("src/shop.rs"), "{}", said(&output));
    std::fs::write(&file, SHOP.replace("[generate]\nrust = \"src/shop.rs\"\n", "")).unwrap();
    assert!(said(&check()).contains("[generate]"), "{}", said(&check()));
}

#[test]
fn a_break_without_a_new_version_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("old.toml", SHOP);
    put("narrower.toml", &SHOP.replace(", \"pro\"", ""));
    put("raised.toml", &SHOP.replace(", \"pro\"", "").replace("version = 1", "version = 2"));
    let diff = |new: &str| contract(folder.path(), &["diff", "old.toml", new]);
    assert_eq!(diff("old.toml").status.code(), Some(0));
    let output = diff("narrower.toml");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("breaks: sender") && said(&output).contains("version = 2"),
        "{}",
        said(&output)
    );
    assert_eq!(diff("raised.toml").status.code(), Some(0), "{}", said(&diff("raised.toml")));
    let output = contract(folder.path(), &["diff", "raised.toml", "old.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("went down"), "{}", said(&output));
}

#[test]
fn a_query_is_linted_by_the_schema_that_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    put("shop.toml", SHOP.as_bytes());
    let schema = contract(folder.path(), &["generate", "shop.toml", "--target", "nrql-schema"]);
    assert_eq!(schema.status.code(), Some(0), "{}", said(&schema));
    put("schema.json", &schema.stdout);
    let lint = |query: &str| {
        put("query.nrql", query.as_bytes());
        let mut command = Command::new(env!("CARGO_BIN_EXE_funnel"));
        let command = command.current_dir(folder.path());
        command.args(["lint", "--schema", "schema.json", "query.nrql"]).output().unwrap()
    };
    let right = lint("SELECT uniqueCount(eventId) FROM Shop WHERE plan = 'pro' SINCE 1 day ago");
    assert_eq!(right.status.code(), Some(0), "{}", said(&right));
    for (wrong, why) in [("tariff = 'pro'", "tariff"), ("plan = 'prro'", "prro")] {
        let output = lint(&format!("SELECT uniqueCount(eventId) FROM Shop WHERE {wrong} SINCE 1 day ago"));
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
    }
    let output = contract(folder.path(), &["generate", "shop.toml", "--target", "cobol"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("json-schema"), "{}", said(&output));
}

#[test]
fn the_schema_of_the_format_and_vectors_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shop.toml"), SHOP).unwrap();
    let schema = contract(folder.path(), &["schema"]);
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert_eq!(schema["properties"]["version"]["minimum"], 1);
    let vectors = contract(folder.path(), &["vectors", "shop.toml", "--count", "25"]);
    let lines: Vec<serde_json::Value> =
        said(&vectors).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 25);
    assert!(lines.iter().all(|line| line["step"] == "visit" || line["step"] == "buy"));
}

#[test]
fn one_block_of_the_collector_serves_several_contracts() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("shop.toml", SHOP);
    put(
        "sign.toml",
        "event = \"Sign\"\nversion = 1\ncounter = \"sign_total\"\n[attribute.code]\nrule = \"slug\"\n",
    );
    let both = ["--contract", "shop.toml", "--contract", "sign.toml"];
    let run = |more: &[&str]| contract(folder.path(), &[&both[..], more].concat());
    let output = run(&["--format", "collector", "--close", "code=a,b"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let block = said(&output);
    assert_eq!(block.matches("transform/funnel_allowlist:").count(), 1);
    for part in ["log.attributes[\"plan\"]", "log.attributes[\"code\"]", "\"^(?:a|b)$\""] {
        assert!(block.contains(part), "{part}");
    }
    for wrong in [&["--format", "table"][..], &["--format", "collector", "--close", "tariff=a"]] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn the_formats_are_printed_for_another_contract_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shop.toml"), SHOP).unwrap();
    for format in ["table", "markdown", "json", "collector"] {
        let output = contract(folder.path(), &["--contract", "shop.toml", "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(said(&output).contains("plan") && !said(&output).contains("teamId"), "{format}");
    }
}
