//! Mistakes planted in a repository of every format: each is reported at its file, line and column, and nothing else is.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::path::Path;

use funnel_lint::{Baseline, Catalogue, LintOptions, Linter};

/// Files with a mark `¦rule¦` before each mistake.
const FILES: &[(&str, &str)] = &[
    (
        "dashboards/export.json",
        r#"{"name": "Funnel", "pages": [{"widgets": [
  {"title": "a", "rawConfiguration": {"nrqlQueries": [{"accountId": 1,
    "query": "SELECT count(*) ¦syntax¦FORM Transaction"}]}},
  {"title": "b", "rawConfiguration": {"nrqlQueries": [{"accountId": 1,
    "query": "SELECT average(¦unknown-attribute¦duraton) FROM Transaction\nWHERE appName = 'shop'"}]}},
  {"title": "good", "rawConfiguration": {"nrqlQueries": [{"accountId": 1,
    "query": "SELECT percentile(duration, 95) FROM Transaction WHERE appName = '{{app}}' FACET name"}]}}]}],
 "variables": [{"name": "app", "nrqlQuery": {"accountIds": [1], "query": "SELECT ¦unknown-function¦uniqus(appName) FROM Transaction"}}]}
"#,
    ),
    (
        "dashboards/api.json",
        r#"{"variables": {"dashboard": {"pages": [{"widgets": [{"configuration": {
  "billboard": {"nrqlQueries": [{"query": "SELECT uniqueCount(journeyId) FROM InstantFunnel WHERE funnelStep = ¦impossible-value¦'claimed'"}]}}},
  {"configuration": {"line": {"nrqlQueries": [{"query": "SELECT ¦count-duplicates¦count(*) FROM InstantFunnel WHERE cohort = 'real'"}]}}},
  {"configuration": {"table": {"nrqlQueries": [{"query": "SELECT uniqueCount(eventId) FROM InstantFunnel WHERE renewal = ¦wrong-type¦'true'"}]}}}]}]}}}
"#,
    ),
    (
        "alerts/policy.yml",
        "name: Slow\nnrql:\n  query: SELECT average(duration) FROM Transaction ¦alert-clause¦SINCE 1 hour ago\n---\nname: Many\nnrql:\n  query: \"SELECT count(*), ¦alert-single¦max(duration) FROM Transaction\"\n---\nname: Good\nnrql:\n  query: 'SELECT percentage(count(*), WHERE error IS TRUE) FROM Transaction'\n",
    ),
    (
        "alerts/conditions.json",
        r#"[{"name": "a", "nrql": {"query": "SELECT ¦alert-function¦histogram(duration, 10) FROM Transaction"}},
 {"name": "b", "nrql": {"query": "SELECT ¦alert-number¦duration FROM Transaction"}}]
"#,
    ),
    (
        "alerts/block.yaml",
        "conditions:\n  - name: block\n    nrql:\n      query: |\n        SELECT count(*)\n        FROM Log\n        WHERE message LIKE '%error%'\n        ¦alert-clause¦LIMIT 10\n",
    ),
    (
        "terraform/main.tf",
        r#"resource "newrelic_nrql_alert_condition" "slow" {
  policy_id = newrelic_alert_policy.p.id
  nrql {
    query = "SELECT average(duration) FROM Transaction WHERE appName = '${var.app}' ¦alert-clause¦TIMESERIES"
  }
}
resource "newrelic_one_dashboard" "d" {
  page {
    widget_line {
      nrql_query {
        query = <<-EOT
          SELECT count(*)
          FROM Transaction
          ¦syntax¦WHRE appName = 'shop'
        EOT
      }
      nrql_query {
        query = "FROM ¦unknown-event-type¦Transacton SELECT count(*)"
      }
      nrql_query {
        query = "SELECT count(*) FROM Transaction FACET ${var.facet} LIMIT ${var.limit}"
      }
    }
  }
}
locals {
  claims_nrql = "SELECT uniqueCount(eventId) FROM InstantFunnel WHERE ¦unknown-attribute¦funnelstep = 'claim'"
}
"#,
    ),
    (
        "docs/queries.md",
        "# Queries\n\n```nrql\nSELECT uniqueCount(teamId) FROM InstantFunnel WHERE ¦negative-on-missing¦tier != 'free'\n```\n\n1. A list\n\n   ```nrql\n   SELECT uniqueCount(eventId) FROM InstantFunnel FACET ¦facet-id¦journeyId\n   ```\n\n```sql\nSELECT x FORM y\n```\n",
    ),
    (
        "docs/more.nrql",
        "-- the steps\nSELECT uniqueCount(eventId) FROM InstantFunnel FACET funnelStep ¦limit-cuts¦LIMIT 2\n\n-- the funnel over a key that a step never has\nFROM InstantFunnel SELECT funnel(¦funnel-key¦teamId, WHERE ¦funnel-key¦funnelStep = 'landing' AS 'a', WHERE funnelStep = 'claim' AS 'b')\n\nSELECT count(*) FROM Transaction WHERE appName ¦syntax¦== 'shop';\nSELECT count(*) FROM Transaction;\n",
    ),
    (
        "src/queries.go",
        "package q\n\n// nrql\nconst slow = `SELECT average(duration)\nFROM Transaction ¦syntax¦GROUP BY name`\n\nvar claimsNRQL = \"SELECT uniqueCount(journeyId) \" +\n\t\"FROM InstantFunnel WHERE ¦unknown-attribute¦actr = 'prober' AND actor = ¦impossible-value¦'x'\"\n\nvar sql = \"SELECT a FORM b\"\n",
    ),
    (
        "src/queries.ts",
        "export const a = nrql`SELECT count(*) FROM Transaction WHERE appName = '${app}' ¦syntax¦LIMT 10`;\nconst b = /* nrql */ 'SELECT ¦mixed-select¦name, count(*) FROM Transaction';\nconst c = `SELECT x FORM y`;\n",
    ),
    (
        "src/queries.py",
        "NRQL_CLAIMS = \"\"\"\nSELECT uniqueCount(eventId) FROM InstantFunnel\nWHERE ¦aggregate-in-rows¦count(*) > 5\n\"\"\"\nnrql = f'SELECT average({column}) FROM Transaction WHERE name = ¦syntax¦\"x\"'\nsql = 'SELECT x FORM y'\n",
    ),
    (
        "src/queries.rs",
        "const NRQL: &str = r#\"SELECT uniqueCount(eventId) FROM InstantFunnel WHERE renewal = ¦wrong-type¦1\"#;\nlet a = nrql(\"SELECT percentile(duration, ¦argument¦-1) FROM Transaction\");\nlet sql = \"SELECT x FORM y\";\n",
    ),
    (
        "config/deploy.yaml",
        "# for New Relic\nqueries:\n  - SELECT count(*) FROM Transaction ¦slide-by¦SLIDE BY 1 minute\n  - SELECT count(*) FROM Transaction SINCE 1 day ago ¦compare-with¦COMPARE WITH yesterday\nquery: SELECT count(*) FROM Transaction ¦empty-range¦SINCE 1 hour ago UNTIL 2 hours ago\n",
    ),
    (
        "config/nrql-list.json",
        "[\"SELECT count(*) FROM Transaction\", \"SELECT count(*) FROM Transaction ¦offset¦OFFSET 5\"]\n",
    ),
];

type Place = (String, usize, usize, String);

/// Writes the files without their marks and gives what is planted.
fn plant(folder: &Path) -> BTreeSet<Place> {
    let mut planted = BTreeSet::new();
    for (name, marked) in FILES {
        let mut text = String::new();
        let mut rest = *marked;
        while let Some((before, behind)) = rest.split_once('¦') {
            text.push_str(before);
            let (rule, behind) = behind.split_once('¦').unwrap();
            let line = text.matches('\n').count() + 1;
            let column = text.rsplit('\n').next().unwrap().chars().count() + 1;
            if !rule.is_empty() {
                planted.insert(((*name).to_owned(), line, column, rule.to_owned()));
            }
            rest = behind;
        }
        text.push_str(rest);
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    planted
}

#[test]
fn each_planted_mistake_is_told_at_its_place_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let planted = plant(folder.path());
    assert!(planted.len() >= 30, "{} are planted", planted.len());
    let report = Linter::default().lint_paths(&[folder.path().to_owned()], |_| {}).unwrap();
    assert_eq!(report.files, FILES.len());
    let found: BTreeSet<Place> = report
        .queries
        .iter()
        .flat_map(|query| query.findings.iter().map(move |finding| (query, finding)))
        .map(|(query, finding)| {
            let name =
                Path::new(&query.file).strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned();
            (name, finding.start.line, finding.start.column, finding.rule.clone())
        })
        .collect();
    let missed: Vec<_> = planted.difference(&found).collect();
    let extra: Vec<_> = found.difference(&planted).collect();
    assert!(missed.is_empty() && extra.is_empty(), "missed {missed:#?}\nnot planted {extra:#?}");
}

#[test]
fn a_baseline_knows_what_was_there_and_lines_may_move() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path());
    let lint = || Linter::default().lint_paths(&[folder.path().to_owned()], |_| {}).unwrap();
    let baseline = Baseline::parse(&Baseline::of(&lint().queries).to_json()).unwrap();
    let file = folder.path().join("docs/more.nrql");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("\n\n{text}\nSELECT cuont(*) FROM Transaction\n")).unwrap();
    let mut report = lint();
    assert_eq!(baseline.apply(&mut report.queries), baseline.len());
    let left: Vec<&str> = report
        .queries
        .iter()
        .flat_map(|query| &query.findings)
        .map(|finding| finding.rule.as_str())
        .collect();
    assert_eq!(left, ["unknown-function"]);
    assert!(Baseline::parse("{}").is_err());
}

#[test]
fn an_ignore_comment_takes_its_rule_away_and_no_other() {
    let linter = Linter::default();
    let rules = |name: &str, text: &str| -> Vec<String> {
        let found = linter.lint_text(name, text);
        found.iter().flat_map(|query| &query.findings).map(|finding| finding.rule.clone()).collect()
    };
    let query = "SELECT count(*) FROM InstantFunnel WHERE tier != 'free'";
    assert_eq!(rules("a.nrql", query), ["count-duplicates", "negative-on-missing"]);
    assert_eq!(rules("a.nrql", &format!("{query} -- funnel-lint-ignore")), [""; 0]);
    assert_eq!(
        rules("a.nrql", &format!("{query} -- funnel-lint-ignore count-duplicates")),
        ["negative-on-missing"]
    );
    assert_eq!(
        rules("a.json", &format!("{{\"nrql\": \"{query} /* funnel-lint-ignore negative-on-missing */\"}}")),
        ["count-duplicates"]
    );
    assert_eq!(rules("a.yml", &format!("# funnel-lint-ignore\nnrql: {query}\n")), [""; 0]);
    assert_eq!(rules("a.go", &format!("// funnel-lint-ignore-file\nvar nrql = `{query}`\n")), [""; 0]);
}

#[test]
fn the_picker_takes_the_place_of_since_in_widgets() {
    let since = nrql::parse("SELECT 1 FROM T SINCE 3 months ago").unwrap().since;
    let linter = Linter::new(Catalogue::standard(), LintOptions { since, ..LintOptions::default() });
    let widget = r#"{"nrqlQueries": [{"query": "SELECT count(*) FROM Transaction TIMESERIES 1 hour SINCE 1 day ago"}]}"#;
    let found = linter.lint_text("d.json", widget);
    assert_eq!(found[0].findings[0].rule, "buckets");
    let plain =
        linter.lint_text("d.nrql", "SELECT count(*) FROM Transaction TIMESERIES 1 hour SINCE 1 day ago");
    assert!(plain[0].findings.is_empty());
}

#[test]
fn a_saved_keyset_and_a_described_event_are_known() {
    let mut catalogue = Catalogue::standard();
    catalogue
        .read("keys.json", r#"{"data": {"results": [{"eventType": "Checkout", "stringKeys": ["plan"], "numericKeys": ["amount"], "booleanKeys": []}]}}"#)
        .unwrap();
    catalogue
        .read("own.json", r#"{"events": {"Signup": {"window": "7 days", "attributes": {"userId": {"type": "text", "id": true}, "plan": {"values": ["a", "b"]}}}}}"#)
        .unwrap();
    assert!(catalogue.read("x.json", "{}").is_err());
    let linter = Linter::new(catalogue, LintOptions::default());
    for (query, rule) in [
        ("SELECT sum(amuont) FROM Checkout", "unknown-attribute"),
        ("SELECT count(*) FROM Checkout WHERE plan = 1", "wrong-type"),
        (
            "SELECT funnel(userId, WHERE plan = 'a', WHERE plan = 'b') FROM Signup SINCE 1 day ago",
            "short-window",
        ),
        ("SELECT count(*) FROM Signup WHERE plan = 'a' FACET userId", "facet-id"),
    ] {
        let found = linter.lint_text("a.nrql", query);
        assert_eq!(found[0].findings.iter().map(|f| f.rule.as_str()).collect::<Vec<_>>(), [rule], "{query}");
    }
}

#[test]
fn a_window_shorter_than_a_kpi_is_reported_for_the_steps_of_that_kpi() {
    let linter = Linter::new(Catalogue::standard(), LintOptions::default());
    let funnel =
        |steps: &str| format!("SELECT funnel(journeyId, {steps}) FROM InstantFunnel SINCE 1 week ago");
    let claimed = "WHERE funnelStep = 'provision', WHERE funnelStep = 'claim'";
    let shares = "SELECT filter(uniqueCount(journeyId), WHERE funnelStep = 'claim') / \
                  filter(uniqueCount(journeyId), WHERE funnelStep = 'provision') FROM InstantFunnel";
    for (query, said) in [
        (funnel(claimed), None),
        (funnel("WHERE funnelStep = 'landing', WHERE funnelStep = 'claim'"), None),
        (
            funnel(&format!("{claimed}, WHERE funnelStep = 'paid'")),
            Some(
                "the query covers 7 days, but the KPI paid_per_claimed allows a journey 30 days to reach paid",
            ),
        ),
        (
            shares.to_owned(),
            Some(
                "the query covers 1 hour, but the KPI claimed_per_provisioned allows a journey 7 days to reach claim",
            ),
        ),
        (format!("{shares} SINCE 8 days ago"), None),
    ] {
        let found = linter.lint_text("a.nrql", &query);
        let short = found[0].findings.iter().find(|finding| finding.rule == "short-window");
        assert_eq!(short.is_some(), said.is_some(), "{query}");
        if let (Some(short), Some(said)) = (short, said) {
            assert!(short.message.starts_with(said), "{}", short.message);
        }
    }
}
