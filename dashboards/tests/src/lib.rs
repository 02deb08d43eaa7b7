//! What the tests of `dashboards` stand on: the query pack, the dashboards that are made of it, the alert conditions, and
//! seeded journeys in a store that answers NRQL and in SQLite.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a fault of the kit is a failed test")]
#![allow(clippy::missing_panics_doc, reason = "as above")]

pub mod alert;
pub mod dashboard;
pub mod data;
pub mod pack;
pub mod rows;
pub mod tools;

use std::path::{Path, PathBuf};

/// The folder `dashboards`.
#[must_use]
pub fn dashboards() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The text of a file in the folder `dashboards`.
#[must_use]
pub fn read(path: &str) -> String {
    let path = dashboards().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
