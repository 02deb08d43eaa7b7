//! `funnel lint`: formats, exit status, and the files for pre-commit and for a code host.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn funnel(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_funnel"))
        .args(arguments)
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a test needs and the machine lacks is left out, but not in CI.
fn left_out(what: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{what}");
    println!("left out: {what}");
}

const WRONG: &str = "SELECT cuont(*) FROM Transaction";

#[test]
fn the_status_says_whether_something_is_wrong() {
    let fine = funnel(&["lint", "-"], "SELECT count(*) FROM Transaction");
    assert_eq!(fine.status.code(), Some(0));
    assert!(text(&fine.stdout).contains("1 query in 1 file: 0 errors"), "{}", text(&fine.stdout));
    let wrong = funnel(&["lint", "-"], WRONG);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        text(&wrong.stdout).contains("stdin.nrql:1:8: error: Unknown function cuont()"),
        "{}",
        text(&wrong.stdout)
    );
    let warned = "SELECT count(*) FROM InstantFunnel";
    assert_eq!(funnel(&["lint", "-"], warned).status.code(), Some(0));
    assert_eq!(funnel(&["lint", "-", "--strict"], warned).status.code(), Some(1));
    for (arguments, help) in [
        (vec!["lint", "no/such/file"], "no/such/file"),
        (vec!["lint"], "<PATH>"),
        (vec!["lint", "-", "--since", "soon"], "3 hours ago"),
        (vec!["lint", "-", "--baseline", "no/such"], "no/such"),
        (vec!["lint", "-", "--schema", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")], "not JSON"),
    ] {
        let output = funnel(&arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(help), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_misspelt_word_is_corrected_in_its_file_and_the_rest_is_left() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let plain =
        file("a.nrql", "SELECT cuont(*) FROM InstantFunnel WHERE funnelStp = 'clam' AND teir = 'pro'\n");
    let json = file("b.json", r#"{"nrql": "SELECT average(`durattion`), 'é' FROM Transaction"}"#);
    // With an escape in the word: the file's bytes are not the query's.
    let escaped = file("c.json", r#"{"nrql": "SELECT c\u0075ont(*) FROM Transaction"}"#);
    std::fs::set_permissions(&plain, std::fs::Permissions::from_mode(0o640)).unwrap();

    let output = funnel(&["lint", "--fix", folder.path().to_str().unwrap()], "");
    let (said, asides) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said}{asides}");
    assert!(asides.contains("5 words corrected"), "{asides}");
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(
        read(&plain),
        "SELECT count(*) FROM InstantFunnel WHERE funnelStep = 'claim' AND tier = 'pro'\n"
    );
    assert_eq!(read(&json), r#"{"nrql": "SELECT average(`duration`), 'é' FROM Transaction"}"#);
    assert_eq!(read(&escaped), r#"{"nrql": "SELECT c\u0075ont(*) FROM Transaction"}"#);
    assert!(said.contains("c.json:1:"), "{said}");
    assert_eq!(std::fs::metadata(&plain).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);

    let again = funnel(&["lint", "--fix", plain.to_str().unwrap()], "");
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stdout));
    assert!(text(&again.stderr).contains("0 words corrected"));
    let stdin = funnel(&["lint", "--fix", "-"], WRONG);
    assert_eq!(stdin.status.code(), Some(2));
    assert!(text(&stdin.stderr).contains("standard input"));
}

#[test]
fn a_contract_file_is_known_with_its_types_steps_and_values() {
    let contract = repository().join("contracts/shop.toml");
    let lint = |query: &str| {
        let output = funnel(&["lint", "-", "--contract", contract.to_str().unwrap()], query);
        (output.status.code(), text(&output.stdout))
    };
    let fine = "SELECT uniqueCount(eventId), sum(amount) FROM ShopFunnel WHERE funnelStep = 'subscribe' \
                AND plan = 'pro' AND timestamp - journeyStart < 86400000 SINCE 1 week ago";
    assert_eq!(lint(fine).0, Some(0), "{}", lint(fine).1);
    for (query, finding) in [
        ("SELECT sum(amuont) FROM ShopFunnel", "did you mean amount?"),
        ("SELECT count(eventId) FROM ShopFunnel WHERE plan = 'trail'", "did you mean 'trial'?"),
        ("SELECT count(eventId) FROM ShopFunnel WHERE channel = 'ad'", "did you mean 'ads'?"),
        ("SELECT count(eventId) FROM ShopFunnel WHERE amount = 'many'", "amount"),
        ("SELECT count(eventId) FROM ShopFunnel WHERE country = 'nl'", "capitals"),
    ] {
        let (status, said) = lint(query);
        assert_eq!(status, Some(1), "{query}: {said}");
        assert!(said.contains(finding), "{query}: {said}");
    }
    let missing = funnel(&["lint", "-", "--contract", "no/such.toml"], "SELECT 1 FROM T");
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn json_has_an_object_for_every_query() {
    let output = funnel(
        &["lint", "-", "--format", "json", "--stdin-name", "a.json"],
        &format!("[\"{WRONG}\", \"FROM T SELECT 1\"]"),
    );
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2);
    assert_eq!(json[0]["ok"], false);
    assert_eq!(json[0]["line"], 1);
    assert_eq!(json[0]["query"], WRONG);
    assert_eq!(json[0]["problems"][0]["rule"], "unknown-function");
    assert_eq!(json[0]["problems"][0]["column"], 10);
    assert_eq!(json[0]["problems"][0]["queryColumn"], 8);
    assert_eq!(json[1]["ok"], true);
}

#[test]
fn colour_and_escape_sequences() {
    assert!(!text(&funnel(&["lint", "-"], WRONG).stdout).contains('\u{1b}'), "a pipe is not a terminal");
    let coloured = text(&funnel(&["lint", "-", "--color", "always"], WRONG).stdout);
    assert!(coloured.contains("\u{1b}[1;31merror:"), "{coloured:?}");
    let hostile = text(&funnel(&["lint", "-"], "SELECT \u{1b}[2Jcount(*) FROM T").stdout);
    assert!(!hostile.contains('\u{1b}'), "{hostile:?}");
}

#[test]
fn a_baseline_lets_an_old_repository_begin() {
    let folder = tempfile::tempdir().unwrap();
    let (file, baseline) = (folder.path().join("old.nrql"), folder.path().join("baseline.json"));
    std::fs::write(&file, WRONG).unwrap();
    let (file, baseline) = (file.to_str().unwrap(), baseline.to_str().unwrap());
    assert_eq!(funnel(&["lint", file, "--write-baseline", baseline], "").status.code(), Some(0));
    assert_eq!(funnel(&["lint", file, "--baseline", baseline], "").status.code(), Some(0));
    std::fs::write(file, format!("{WRONG};\nSELECT smu(x) FROM Transaction")).unwrap();
    let new = funnel(&["lint", file, "--baseline", baseline], "");
    assert_eq!(new.status.code(), Some(1));
    let said = text(&new.stdout);
    assert!(said.contains("smu") && !said.contains("cuont") && said.contains("1 in the baseline"), "{said}");
}

#[test]
fn microsofts_validator_accepts_the_sarif() {
    let tool = std::env::var_os("SARIF_MULTITOOL")
        .map(PathBuf::from)
        .or_else(|| Some(repository().join("target/sarif/node_modules/.bin/sarif-multitool")))
        .filter(|tool| tool.exists());
    let Some(tool) = tool else {
        return left_out(
            "the validation of SARIF: `npm install --prefix target/sarif @microsoft/sarif-multitool`, or name it in SARIF_MULTITOOL",
        );
    };
    let folder = tempfile::tempdir().unwrap();
    let input = format!(
        "{WRONG};\nSELECT count(*) FROM InstantFunnel WHERE tier != 'free' AND funnelStep = 'clam' FACET journeyId;\nSELECT 1 FORM x"
    );
    std::fs::create_dir(folder.path().join("a b")).unwrap();
    std::fs::write(folder.path().join("a b/q.nrql"), &input).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_funnel"))
        .args(["lint", "a b", "--format", "sarif"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let log = folder.path().join("log.sarif");
    std::fs::write(&log, &output.stdout).unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["runs"][0]["results"].as_array().unwrap().len() >= 5);
    let verdict = folder.path().join("verdict.sarif");
    let validated =
        Command::new(tool).arg("validate").arg(&log).arg("--output").arg(&verdict).output().unwrap();
    let said = text(&validated.stdout) + &text(&validated.stderr);
    let found: Value = serde_json::from_str(
        std::fs::read_to_string(&verdict).unwrap_or_else(|_| panic!("{said}")).trim_start_matches('\u{feff}'),
    )
    .unwrap();
    let found = found["runs"][0]["results"].as_array().cloned().unwrap_or_default();
    let errors: Vec<&Value> = found.iter().filter(|result| result["level"] == "error").collect();
    assert!(errors.is_empty() && validated.status.success(), "{errors:#?}\n{said}");
}

#[test]
fn the_hook_and_the_action_use_options_that_exist() {
    let help = text(&funnel(&["lint", "--help"], "").stdout);
    for file in [".pre-commit-hooks.yaml", "action.yml"] {
        let text = std::fs::read_to_string(repository().join(file)).unwrap();
        assert!(text.contains("funnel lint"), "{file}");
        let mut used = 0;
        for line in text.lines().filter(|line| line.contains("funnel lint") || line.contains("options+=")) {
            for word in line
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
                .filter(|word| word.starts_with("--"))
            {
                assert!(help.contains(word), "{file}: {word}");
                used += 1;
            }
        }
        assert!(used >= 2 || file == ".pre-commit-hooks.yaml", "{file}");
    }
}
