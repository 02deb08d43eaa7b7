//! The main job, as a newcomer runs it.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::process::Command;

use serde_json::Value;

#[test]
fn what_was_recorded_is_what_the_far_side_holds() {
    let temporary = std::env::temp_dir().join(format!("quickstart-test-{}", std::process::id()));
    std::fs::create_dir_all(&temporary).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    let run = command.args(["--once", "--json"]).env("TMPDIR", &temporary).output().unwrap();
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the database goes with the run");
    std::fs::remove_dir_all(&temporary).unwrap();
    let printed = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{printed}{}", String::from_utf8_lossy(&run.stderr));
    let result: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    let number = |key: &str| result[key].as_u64().unwrap();
    assert_eq!(number("recorded"), number("delivered") + number("dropped") + number("pending"));
    assert_eq!((number("stored"), number("dropped"), number("pending")), (number("delivered"), 0, 0));
    assert!(result["steps"]["landing"].as_u64().unwrap() >= 10_000);
    let steps: u64 = result["steps"].as_object().unwrap().values().map(|step| step.as_u64().unwrap()).sum();
    assert_eq!(steps, number("stored"));
    assert_eq!(result["provisional"], true, "journeys of this minute may still convert");
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

#[test]
#[cfg(unix)]
fn a_run_that_is_stopped_leaves_nothing_behind() {
    use std::io::BufRead;
    let temporary = std::env::temp_dir().join(format!("quickstart-stopped-{}", std::process::id()));
    std::fs::create_dir_all(&temporary).unwrap();
    for signal in ["-INT", "-TERM"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
        command.args(["--journeys", "100"]).env("TMPDIR", &temporary).stdout(std::process::Stdio::piped());
        let mut run = command.spawn().unwrap();
        let printed = std::io::BufReader::new(run.stdout.take().unwrap()).lines();
        let mut printed = printed.map(|line| line.unwrap());
        assert!(printed.any(|line| line.contains("ctrl-c to stop")), "it stays up");
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1, "a database");
        let id = run.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert!(printed.any(|line| line.contains("stopping")));
        assert_eq!(run.wait().unwrap().code(), Some(0), "{signal}");
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "{signal}: the database is gone");
    }
    // In the middle of its load.
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command
        .args(["--once", "--journeys", "50000"])
        .env("TMPDIR", &temporary)
        .stdout(std::process::Stdio::piped());
    let mut run = command.spawn().unwrap();
    let printed = std::io::BufReader::new(run.stdout.take().unwrap()).lines();
    assert!(printed.map(|line| line.unwrap()).any(|line| line.contains("sending")));
    assert!(Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success());
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the database is gone");
    std::fs::remove_dir_all(&temporary).unwrap();
}
