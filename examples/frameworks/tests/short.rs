//! What a funnel adds to a service: the services in `before` have none.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use frameworks_example::{Charge, Teams, protocol};

/// Compiled, so that they are services.
#[allow(dead_code, reason = "they only have to compile")]
mod before {
    mod actix_service;
    mod axum_service;
    mod grpc;
}

const LINES_MAX: usize = 40;

/// Lines of code, without indentation.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).collect()
}

/// How many lines of `after` are not in `before`, in its order.
fn added(before: &[&str], after: &[&str]) -> usize {
    let mut common = vec![vec![0; before.len() + 1]; after.len() + 1];
    for (row, line) in after.iter().enumerate() {
        for (column, other) in before.iter().enumerate() {
            common[row + 1][column + 1] = if line == other {
                common[row][column] + 1
            } else {
                common[row][column + 1].max(common[row + 1][column])
            };
        }
    }
    after.len() - common[after.len()][before.len()]
}

/// The statements that make the layer, which each service has in its `main`.
fn set_up() -> usize {
    let library = include_str!("../src/lib.rs");
    let body = library.split("pub fn layer").nth(1).unwrap().split("\n}\n").next().unwrap();
    lines(body).len() - 1
}

#[test]
fn a_funnel_is_at_most_forty_lines() {
    assert_eq!(set_up(), 3, "cookie, header, layer");
    for (name, before, after) in [
        ("axum", include_str!("before/axum_service.rs"), include_str!("../src/axum_service.rs")),
        ("actix-web", include_str!("before/actix_service.rs"), include_str!("../src/actix_service.rs")),
        ("tonic", include_str!("before/grpc.rs"), include_str!("../src/grpc.rs")),
    ] {
        let funnel = added(&lines(before), &lines(after)) + set_up();
        println!("{name}: {funnel} lines");
        assert!((10..=LINES_MAX).contains(&funnel), "{name}: {funnel} lines");
    }
}

#[test]
fn what_is_added_is_counted() {
    assert_eq!(added(&["a", "}", "b", "}"], &["a", "x", "}", "y", "}", "b", "}"]), 3);
    assert_eq!(added(&[], &["a"]), 1);
    assert_eq!(added(&["a", "b"], &["b", "a"]), 1);
}
