//! The main job, as a newcomer runs it.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use serde_json::Value;
use std::process::Command;

#[test]
fn what_was_recorded_is_what_the_far_side_holds() {
    let run = Command::new(env!("CARGO_BIN_EXE_quickstart")).args(["--once", "--json"]).output().unwrap();
    let printed = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{printed}{}", String::from_utf8_lossy(&run.stderr));
    let result: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    let number = |key: &str| result[key].as_u64().unwrap();
    assert_eq!(number("recorded"), number("delivered") + number("dropped") + number("pending"));
    assert_eq!((number("stored"), number("dropped"), number("pending")), (number("delivered"), 0, 0));
    assert!(result["steps"]["landing"].as_u64().unwrap() >= 10_000);
    let steps: u64 = result["steps"].as_object().unwrap().values().map(|step| step.as_u64().unwrap()).sum();
    assert_eq!(steps, number("stored"));
    for kpi in ["claimed_per_provisioned", "paid_per_claimed"] {
        let value = result["kpi"][kpi].as_f64().unwrap();
        assert!(value > 0.0 && value < 1.0, "{kpi} = {value}");
    }
}

#[test]
fn a_wrong_argument_is_answered_with_the_usage() {
    let run = Command::new(env!("CARGO_BIN_EXE_quickstart")).arg("--journeys=3").output().unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8(run.stdout).unwrap().contains("usage: quickstart"));
}
