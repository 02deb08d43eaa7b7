//! The block in `otel-collector.yaml` is the contract's and nobody's else.

use deploy_tests::binaries::repository;
use instant_funnel_core::Vocabularies;
use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::export::collector::{BEGIN, END, collector_allowlist};

/// With `UPDATE_ALLOWLIST=1` it writes the block instead.
#[test]
fn the_file_and_the_contract_say_the_same() {
    let path = repository().join("otel-collector.yaml");
    let file = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = file.split_once(&format!("{BEGIN}\n")).expect("the line that opens the block");
    let (block, tail) = rest.split_once(&format!("{END}\n")).expect("the line that closes the block");
    let generated = collector_allowlist(&CONTRACT, &Vocabularies::default());
    if std::env::var_os("UPDATE_ALLOWLIST").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}\n{generated}{END}\n{tail}")).unwrap();
    } else {
        assert!(block == generated, "run this test again with UPDATE_ALLOWLIST=1 and look at the difference");
    }
}
