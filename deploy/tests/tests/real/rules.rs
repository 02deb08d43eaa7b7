//! Every Prometheus file in `dashboards/prometheus` is valid, its tests pass, and each alert is shown firing.

use std::path::PathBuf;
use std::process::Command;

use deploy_tests::binaries::{promtool, repository};

fn files(ending: &str) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(repository().join("dashboards/prometheus")).unwrap();
    let all = folder.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = all.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    files.sort();
    assert!(files.len() >= 2, "{files:?}");
    files
}

#[test]
fn every_rules_file_is_valid_and_every_test_of_it_passes() {
    let Some(promtool) = promtool() else { return };
    for (verb, ending) in [("check", ".rules.yaml"), ("test", ".test.yaml")] {
        for file in files(ending) {
            let output = Command::new(&promtool).args([verb, "rules"]).arg(&file).output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&said));
        }
    }
}

#[test]
fn every_alert_has_a_test_in_which_it_fires() {
    for rules in files(".rules.yaml") {
        let tests = PathBuf::from(rules.to_string_lossy().replace(".rules.yaml", ".test.yaml"));
        let tests = std::fs::read_to_string(&tests).unwrap_or_else(|error| panic!("{tests:?}: {error}"));
        let rules = std::fs::read_to_string(rules).unwrap();
        for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
            let fires = tests.split("- eval_time:").any(|check| {
                check.contains(&format!("alertname: {alert}\n")) && check.contains("exp_labels")
            });
            assert!(fires, "no test shows {alert} firing");
        }
    }
}
