//! What is checked in is what the contract files say.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "contracts/mod.rs"]
mod samples;
mod tools;

use std::path::{Path, PathBuf};

use funnel_contract::{ContractFile, OutputSpec, Target};
use instant_funnel_core::contract::CONTRACT;

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts")
}

#[test]
fn every_generated_file_is_what_its_contract_says() {
    let mut count = 0;
    for entry in std::fs::read_dir(contracts()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let contract = ContractFile::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for file in contract.generate() {
            let found = std::fs::read_to_string(contracts().join(&file.path)).unwrap_or_default();
            assert!(
                file.is_same(&found),
                "{} is not what {} says; run `funnel contract generate {}`",
                file.path,
                path.display(),
                path.display()
            );
            count += 1;
        }
    }
    assert!(count > 0, "the contracts generate nothing");
}

#[test]
fn the_const_table_and_the_table_of_the_file_are_the_same() {
    let text = std::fs::read_to_string(contracts().join("instant-funnel.toml")).unwrap();
    let table = ContractFile::parse(&text).unwrap().table();
    assert_eq!(format!("{table:?}"), format!("{CONTRACT:?}"));
}

/// What a target makes of the shop's contract.
fn generated(target: Target) -> String {
    let text = std::fs::read_to_string(contracts().join("shop.toml")).unwrap();
    let output = OutputSpec { target, path: "shop".to_owned() };
    ContractFile::parse(&text).unwrap().generate_one(&output).remove(0).text
}

#[test]
fn prometheus_takes_the_rules() {
    if std::process::Command::new("promtool").arg("--version").output().is_err() {
        return tools::left_out("the Prometheus rules under promtool");
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in samples::ALL {
        let output = OutputSpec { target: Target::Prometheus, path: format!("{name}.yaml") };
        let rules = ContractFile::parse(text).unwrap().generate_one(&output).remove(0);
        let path = folder.path().join(&rules.path);
        std::fs::write(&path, &rules.text).unwrap();
        let checked =
            std::process::Command::new("promtool").args(["check", "rules"]).arg(&path).output().unwrap();
        assert!(checked.status.success(), "{name}: {}", String::from_utf8_lossy(&checked.stderr));
    }
}

#[test]
fn the_registry_defines_every_key_that_the_event_refers_to() {
    let registry = generated(Target::Weaver);
    let under = |head: &str| -> Vec<String> {
        registry.lines().filter_map(|line| line.strip_prefix(head)).map(str::to_owned).collect()
    };
    let (ids, refs) = (under("      - id: "), under("      - ref: "));
    assert_eq!(ids, refs);
    assert_eq!(ids.len(), 20, "{ids:?}");
    assert!(registry.contains("      - ref: eventId\n        requirement_level: required\n"));
}

#[test]
fn the_page_tells_steps_attributes_and_kpis() {
    let page = generated(Target::Markdown);
    for line in [
        "| `subscribe`, critical | Somebody pays. | `plan`, `amount`, `journeyId` |",
        "| `plan` | `trial` \\| `pro` | caller | optional | the plan |",
        "| `activated` | `signup`, within 2 days | `activate`, where `plan` is `trial`, within 7 days | 30 % |",
    ] {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
}
