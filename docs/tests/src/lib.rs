//! Every Rust block of the documents as a function: what does not compile fails the build.

#![allow(
    clippy::all,
    dead_code,
    redundant_semicolons,
    unreachable_code,
    unused,
    reason = "the blocks are written for readers"
)]

#[path = "../../../crates/instant-funnel/tests/shop/mod.rs"]
pub mod shop;

include!(concat!(env!("OUT_DIR"), "/blocks.rs"));

#[cfg(test)]
mod tests {
    #[test]
    fn every_page_with_rust_is_here() {
        let blocks = include_str!(concat!(env!("OUT_DIR"), "/blocks.rs"));
        for name in ["readme_1", "docs_services_1", "docs_delivery_1", "docs_lab_1"] {
            assert!(blocks.contains(&format!("async fn {name}(")), "{name}");
        }
    }
}
