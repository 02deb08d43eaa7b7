//! `docs/contract.md` is the table, written out. `UPDATE_DOCS=1` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;

use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::export::{markdown, markdown_rules};

/// The parts between two marker lines, each with what belongs there.
fn generated() -> [(&'static str, String); 2] {
    [("table", markdown(&CONTRACT)), ("rules", markdown_rules())]
}

#[test]
fn the_document_shows_the_table_and_the_rules_as_they_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/contract.md");
    let mut text = fs::read_to_string(path).unwrap();
    let old = text.clone();
    for (part, expected) in generated() {
        let start = format!("<!-- {part}: made by the test contract_document -->\n");
        let (before, rest) = text.split_once(&start).unwrap();
        let (_, after) = rest.split_once(&format!("<!-- {part} end -->")).unwrap();
        text = format!("{before}{start}{expected}<!-- {part} end -->{after}");
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, text).unwrap();
    } else {
        assert!(text == old, "docs/contract.md has drifted; run this test with UPDATE_DOCS=1");
    }
}
