//! `docs/contract.md` is the table, written out. `UPDATE_DOCS=1` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::export::markdown;
use std::fs;

const START: &str = "<!-- table: made by the test contract_document -->\n";
const END: &str = "<!-- table end -->";

#[test]
fn the_document_shows_the_table_as_it_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/contract.md");
    let text = fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(START).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let expected = markdown(&CONTRACT);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, format!("{before}{START}{expected}{END}{after}")).unwrap();
    } else {
        assert_eq!(table, expected, "docs/contract.md has drifted; run this test with UPDATE_DOCS=1");
    }
}
