//! The files of `dashboards/newrelic`: made of the pack, checked by the linter, and held to New Relic's own types.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use dashboard_tests::alert::conditions;
use dashboard_tests::dashboard::DASHBOARDS;
use dashboard_tests::{dashboards, pack, read, tools};
use funnel_lint::{Catalogue, LintOptions, Linter};
use serde_json::Value;

/// `UPDATE_DASHBOARDS=1` writes them instead.
#[test]
fn the_dashboards_are_what_the_pack_makes() {
    for dashboard in DASHBOARDS {
        let made = dashboard.json();
        if std::env::var_os("UPDATE_DASHBOARDS").is_some() {
            std::fs::write(dashboards().join(dashboard.file), &made).unwrap();
        }
        assert!(
            read(dashboard.file) == made,
            "run this test with UPDATE_DASHBOARDS=1 and look at the difference"
        );
    }
}

#[test]
fn every_question_is_on_the_dashboard_of_its_reader() {
    for question in pack::questions() {
        let file = format!("newrelic/{}.json", question.reader);
        let dashboard = DASHBOARDS.iter().find(|one| one.file == file).unwrap();
        let there = dashboard.questions().any(|name| name == question.name);
        assert!(there, "{} is not on {file}", question.name);
    }
}

#[test]
fn widgets_stand_side_by_side_in_twelve_columns() {
    for dashboard in DASHBOARDS {
        let json: Value = serde_json::from_str(&dashboard.json()).unwrap();
        for page in json["pages"].as_array().unwrap() {
            let mut taken = BTreeSet::new();
            for widget in page["widgets"].as_array().unwrap() {
                let number = |key: &str| widget["layout"][key].as_u64().unwrap();
                for column in number("column")..number("column") + number("width") {
                    for row in number("row")..number("row") + number("height") {
                        assert!((1..=12).contains(&column) && taken.insert((column, row)), "{widget}");
                    }
                }
                assert!(widget["title"].as_str().unwrap().len() <= 255);
            }
        }
    }
}

/// Against the contract: an attribute that is renamed there is an error in each place that uses it.
#[test]
fn the_linter_finds_nothing_wrong_in_pack_and_dashboards() {
    let linter = Linter::default();
    let mut texts: Vec<(String, String)> =
        DASHBOARDS.iter().map(|one| (one.file.to_owned(), read(one.file))).collect();
    texts.extend(pack::questions().into_iter().map(|one| (format!("nrql/{}.nrql", one.name), one.query)));
    for (name, text) in texts {
        let queries = linter.lint_text(&name, &text);
        assert!(!queries.is_empty(), "{name}");
        for query in queries {
            assert!(query.is_ok(), "{name}: {:?}", query.findings);
        }
    }
}

#[test]
fn queries_of_kpis_and_start_days_cover_the_time_of_the_kpi() {
    let by_start = |name: &str| name.starts_with("kpi-") || name == "conversion-by-start";
    let linter = Linter::default();
    let short = |query: &str| {
        let queries = linter.lint_text("query.nrql", query);
        queries.iter().flat_map(|query| &query.findings).any(|finding| finding.rule == "short-window")
    };
    let questions: Vec<_> = pack::questions().into_iter().filter(|one| by_start(&one.name)).collect();
    assert_eq!(questions.len(), 5);
    for one in questions {
        assert!(!short(&one.query), "{}", one.name);
        let (head, _) = one.query.rsplit_once("SINCE ").unwrap();
        assert!(short(&format!("{head}SINCE 1 day ago")), "{}", one.name);
    }
}

#[test]
fn alert_conditions_use_only_what_new_relic_allows_in_them() {
    let linter = Linter::new(Catalogue::standard(), LintOptions { alerts: true, ..LintOptions::default() });
    for condition in conditions() {
        let queries = linter.lint_text("condition.nrql", &condition.query);
        assert_eq!(queries.len(), 1, "{}", condition.name);
        assert!(queries[0].alert && queries[0].is_ok(), "{}: {:?}", condition.name, queries[0].findings);
    }
}

/// The Go program beside this test, built.
fn validator() -> Option<PathBuf> {
    if !tools::have("go", "version", "the check against New Relic's Go client and HCL's parser") {
        return None;
    }
    let binary = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("validate-{}", std::process::id()));
    let output = Command::new("go")
        .args(["build", "-o"])
        .arg(&binary)
        .arg(".")
        .current_dir(dashboards().join("tests/go"))
        .env("CGO_ENABLED", "0")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(binary)
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Names of a block of HCL and of those in it, as the provider would read them.
fn names(block: &Value) -> (BTreeSet<String>, Vec<Value>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names = block["attributes"].as_array().unwrap().iter().map(text).collect();
    (names, block["blocks"].as_array().cloned().unwrap_or_default())
}

/// The properties of an interface in a declaration of `@cdktf/provider-newrelic`, as HCL spells them.
fn properties(folder: &str, interface: &str) -> BTreeSet<String> {
    let archive = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = archive.join("package/lib").join(folder).join("index.d.ts");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let (_, rest) =
        text.split_once(&format!("interface {interface} ")).unwrap_or_else(|| panic!("no {interface}"));
    let body = rest.split("\n}").next().unwrap();
    let keys =
        body.lines().filter_map(|line| line.trim().strip_prefix("readonly ")?.split([':', '?']).next());
    keys.map(snake).collect()
}

fn snake(camel: &str) -> String {
    camel.chars().fold(String::new(), |mut out, letter| {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
        out
    })
}

#[test]
fn the_dashboards_decode_strictly_into_new_relics_own_types() {
    let Some(validator) = validator() else { return };
    let mut files: Vec<_> = DASHBOARDS.iter().map(|one| dashboards().join(one.file)).collect();
    files.push(dashboards().join("../contracts/generated/dashboards/shop-funnel.json"));
    let said = run(Command::new(validator).arg("dashboard").args(&files));
    assert_eq!(said.lines().count(), files.len(), "{said}");
}

#[test]
fn every_attribute_of_the_terraform_file_is_one_of_the_providers() {
    const PROVIDER: &str = "@cdktf/provider-newrelic@13.12.2";
    let Some(validator) = validator() else { return };
    if !tools::have("npm", "--version", "the check of Terraform's attributes against the provider's types") {
        return;
    }
    let folder = env!("CARGO_TARGET_TMPDIR");
    let packed = run(Command::new("npm").args(["pack", "--silent", PROVIDER]).current_dir(folder));
    run(Command::new("tar").args(["-xzf", packed.trim()]).current_dir(folder));
    let blocks: Value = serde_json::from_str(&run(Command::new(validator)
        .arg("hcl")
        .arg(dashboards().join("newrelic/main.tf"))))
    .unwrap();
    let mut checked = 0;
    for block in blocks.as_array().unwrap() {
        let labels: Vec<_> =
            block["labels"].as_array().into_iter().flatten().map(|one| one.as_str().unwrap()).collect();
        let (kind, interface) = match (block["type"].as_str().unwrap(), labels.first().copied()) {
            ("resource", Some("newrelic_one_dashboard_json")) => {
                ("one-dashboard-json", "OneDashboardJsonConfig")
            }
            ("resource", Some("newrelic_alert_policy")) => ("alert-policy", "AlertPolicyConfig"),
            ("resource", Some("newrelic_nrql_alert_condition")) => {
                ("nrql-alert-condition", "NrqlAlertConditionConfig")
            }
            ("provider", Some("newrelic")) => ("provider", "NewrelicProviderConfig"),
            ("resource" | "provider", other) => panic!("{other:?} has no types to be held against"),
            _ => continue,
        };
        let known = properties(kind, interface);
        let (mut used, inner) = names(block);
        used.remove("for_each");
        for block in inner {
            let name = block["type"].as_str().unwrap().to_owned();
            let inner_interface = match name.as_str() {
                "nrql" => "NrqlAlertConditionNrql",
                "critical" => "NrqlAlertConditionCritical",
                other => panic!("no types for {other}"),
            };
            let unknown: Vec<_> =
                names(&block).0.difference(&properties(kind, inner_interface)).cloned().collect();
            assert!(unknown.is_empty(), "{name}: {unknown:?}");
            used.insert(name);
        }
        let unknown: Vec<_> = used.difference(&known).collect();
        assert!(unknown.is_empty(), "{labels:?}: {unknown:?}");
        checked += 1;
    }
    assert_eq!(checked, 5, "one provider, two dashboards, a policy and its conditions");
}
