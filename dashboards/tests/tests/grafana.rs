//! The Grafana dashboard: its JSON against the published types, its expressions against Prometheus's own parser, its
//! metrics against what is exposed. `instant_*` and `funnel_lab_*` are checked in the crates that expose them.
#![expect(clippy::unwrap_used, reason = "a surprise fails the test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use dashboard_tests::{read, tools};
use serde_json::Value;

const FILE: &str = "grafana/instant-funnel.json";

fn panels() -> Vec<Value> {
    let dashboard: Value = serde_json::from_str(&read(FILE)).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().clone();
    assert!(panels.len() >= 10, "{} panels", panels.len());
    panels
}

/// Title and PromQL of every target, with Grafana's variables replaced.
fn expressions() -> Vec<(String, String)> {
    let of_panel = |panel: Value| {
        let title = panel["title"].as_str().unwrap().to_owned();
        let targets = panel["targets"].as_array().unwrap().clone();
        targets.into_iter().map(move |target| {
            let expression = target["expr"].as_str().unwrap();
            let replaced =
                expression.replace("$__rate_interval", "5m").replace("$__range", "6h").replace("$job", ".*");
            assert!(!replaced.contains('$'), "{title}: a variable that is not replaced in {replaced}");
            (title.clone(), replaced)
        })
    };
    panels().into_iter().flat_map(of_panel).collect()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

#[test]
fn every_panel_says_what_it_shows_and_overlaps_no_other() {
    let mut taken = BTreeSet::new();
    for panel in panels() {
        assert!(panel["description"].as_str().unwrap().len() > 20, "{}", panel["title"]);
        let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(
                    x < 24 && taken.insert((x, y)),
                    "{} overlaps another panel at {x}, {y}",
                    panel["title"]
                );
            }
        }
    }
}

#[test]
fn every_expression_is_promql() {
    if !tools::have("promtool", "--version", "the check of the Grafana dashboard's expressions") {
        return;
    }
    let mut rules = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    for (at, (title, expression)) in expressions().iter().enumerate() {
        let expression = serde_json::to_string(expression).unwrap();
        writeln!(rules, "      # {title}\n      - record: panel:{at}\n        expr: {expression}").unwrap();
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("grafana.rules.yaml");
    std::fs::write(&file, rules).unwrap();
    run(Command::new("promtool").args(["check", "rules"]).arg(file));
}

#[test]
fn the_dashboard_has_the_published_types() {
    const PACKAGES: [&str; 2] = ["@grafana/schema@13.2.3", "typescript@7.0.2"];
    if !tools::have("npm", "--version", "the check of the Grafana dashboard against its published types") {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("grafana");
    std::fs::create_dir_all(&folder).unwrap();
    run(Command::new("npm")
        .args(["install", "--silent", "--prefix", "."])
        .args(PACKAGES)
        .current_dir(&folder));
    let check = |json: &str| {
        let source = format!(
            "import type {{ Dashboard }} from \"@grafana/schema\";\nexport const dashboard: Dashboard = {json};\n"
        );
        std::fs::write(folder.join("dashboard.ts"), source).unwrap();
        let options =
            ["--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "bundler", "--module", "esnext"];
        let mut compiler = Command::new("node_modules/.bin/tsc");
        compiler.args(options).args(["--target", "es2022", "dashboard.ts"]).current_dir(&folder);
        compiler.output().unwrap()
    };
    let output = check(&read(FILE));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    // The check can fail.
    assert!(!check(&read(FILE).replacen("\"gridPos\"", "\"gridPosition\"", 1)).status.success());
}

#[test]
fn every_metric_of_the_collector_was_seen_on_a_running_one() {
    let scraped = read("prometheus/funnel-collector.test.yaml");
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(|word| word.starts_with("otelcol_")).map(str::to_owned).collect()
    };
    let used: BTreeSet<_> = expressions().iter().flat_map(|(_, expression)| words(expression)).collect();
    assert!(used.len() >= 3, "{used:?}");
    let seen = words(&scraped);
    let unknown: Vec<_> = used.difference(&seen).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
