//! `funnel erase`: nothing goes without --yes, and what is asked wrongly is refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::process::{Command, Output};

const JOURNEY: &str = "7d9f2c1e-0b3a-4c5d-8e6f-1a2b3c4d5e6f";

fn funnel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_funnel")).arg("erase").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// An archive of one message with one record that names the journey.
fn archive() -> Vec<u8> {
    let sized = |tag: u8, content: &[u8]| [&[tag, content.len() as u8], content].concat();
    let pair = [sized(0x0a, b"journeyId"), sized(0x12, &sized(0x0a, JOURNEY.as_bytes()))].concat();
    let request = sized(0x0a, &sized(0x12, &sized(0x12, &sized(0x32, &pair))));
    [&(request.len() as u32).to_be_bytes()[..], &request].concat()
}

#[test]
fn it_says_what_is_there_and_erases_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("funnel.otlp");
    std::fs::write(&file, archive()).unwrap();
    let path = folder.path().to_str().unwrap();
    let seen = funnel(&["--journey", JOURNEY, path]);
    assert_eq!(seen.status.code(), Some(0), "{}", text(&seen.stderr));
    let said = text(&seen.stdout);
    assert!(
        said.contains("1 events in 1 places") && said.contains("add --yes") && said.contains("Support"),
        "{said}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), archive());

    let erased = funnel(&["--journey", &JOURNEY.to_ascii_uppercase(), "--yes", path]);
    assert_eq!(erased.status.code(), Some(0), "{}", text(&erased.stderr));
    let receipt: serde_json::Value = serde_json::from_slice(&erased.stdout).unwrap();
    assert_eq!(
        (receipt["events"].as_u64(), receipt["copies"][0]["kind"].as_str()),
        (Some(1), Some("archive"))
    );
    assert!(!text(&erased.stdout).contains(JOURNEY));
    assert!(std::fs::read(&file).unwrap().is_empty());
}

#[test]
fn what_is_asked_wrongly_ends_with_2() {
    for (arguments, help) in [
        (vec!["."], "--team"),
        (vec!["--team", "x", "."], "UUID"),
        (vec!["--team", JOURNEY, "--journey", JOURNEY, "."], "--journey"),
        (vec!["--team", JOURNEY], "<PATH>"),
        (vec!["--team", JOURNEY, "/no/such"], "/no/such"),
    ] {
        let output = funnel(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(help), "{arguments:?}: {}", text(&output.stderr));
    }
}
