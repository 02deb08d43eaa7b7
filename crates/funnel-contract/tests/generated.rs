//! What is checked in is what the contract files say.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use funnel_contract::ContractFile;
use instant_funnel_core::contract::CONTRACT;
use std::path::{Path, PathBuf};

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
