//! Where NRQL stands in a file, by the file's format.

mod code;
mod hcl;
mod json;
mod keys;
mod markdown;
mod plain;
mod yaml;

use std::path::Path;

pub(crate) use self::keys::is_slip;
use crate::found::Found;

/// The endings of the files that are read in a folder.
pub(crate) const ENDINGS: &[&str] = &[
    "json", "yaml", "yml", "tf", "hcl", "tfvars", "md", "mdx", "markdown", "go", "ts", "tsx", "mts", "cts",
    "js", "jsx", "mjs", "cjs", "py", "rs", "nrql",
];

/// The queries of a file. `named`: somebody named this very file, so that a bare `query` is taken for NRQL.
pub(crate) fn find(name: &str, text: &str, named: bool) -> Vec<Found> {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or("");
    let readily = named || is_about_new_relic(name) || is_about_new_relic(text);
    let mut found = match ending.to_ascii_lowercase().as_str() {
        "json" => json::find(text, readily),
        "yaml" | "yml" => yaml::find(text, readily),
        "tf" | "hcl" | "tfvars" => hcl::find(text, readily),
        "md" | "mdx" | "markdown" => markdown::find(text),
        "go" => code::find(text, code::Language::Go),
        "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs" => {
            code::find(text, code::Language::Script)
        }
        "py" => code::find(text, code::Language::Python),
        "rs" => code::find(text, code::Language::Rust),
        _ if text.trim_start().starts_with(['{', '[']) => json::find(text, readily),
        _ => plain::find(text),
    };
    found.retain(|found| !found.query.text.is_empty());
    found
}

fn is_about_new_relic(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["nrql", "newrelic", "new relic", "new_relic", "new-relic"].iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::found::Use;

    fn queries(name: &str, text: &str) -> Vec<(String, Use)> {
        find(name, text, false).into_iter().map(|found| (found.query.text, found.used)).collect()
    }

    #[test]
    fn every_byte_of_a_query_knows_its_place() {
        let text = "{\"nrql\": {\"query\": \"SELECT count(*)\\nFROM T WHERE a = '\\u00e9\\\"'\"}}";
        let found = find("a.json", text, true);
        let query = &found[0].query;
        assert_eq!(query.text, "SELECT count(*)\nFROM T WHERE a = 'é\"'");
        let at = |word: &str| query.place(query.text.find(word).unwrap());
        assert!(text[at("FROM")..].starts_with("FROM"));
        assert!(text[at("é")..].starts_with("\\u00e9"));
    }

    #[test]
    fn the_shapes_of_dashboards_and_alerts_are_told_apart() {
        let widget = r#"{"pages":[{"widgets":[{"rawConfiguration":{"nrqlQueries":[{"accountId":1,"query":"FROM A SELECT 1"}]}},
            {"configuration":{"line":{"nrqlQueries":[{"query":"FROM B SELECT 1"}]}}}]}],
            "variables":[{"nrqlQuery":{"query":"FROM C SELECT uniques(x)"}}]}"#;
        let kinds: Vec<Use> = queries("d.json", widget).iter().map(|found| found.1).collect();
        assert_eq!(kinds, [Use::Widget, Use::Widget, Use::Widget]);
        assert_eq!(queries("a.json", r#"{"nrql":{"query":"FROM A SELECT 1"}}"#)[0].1, Use::Alert);
        assert_eq!(queries("x.json", r#"{"query":"SELECT 1 FROM sql_table"}"#), []);
        assert_eq!(queries("x.json", r#"{"query":"SELECT 1 FROM T","for":"New Relic"}"#).len(), 1);
    }

    #[test]
    fn a_list_of_queries_is_one() {
        assert_eq!(
            queries("nrql.json", r#"["SELECT 1 FROM T", "SELCT 1 FROM T", "FROM T SELECT 2"]"#).len(),
            3
        );
        assert_eq!(queries("newrelic.json", r#"["a", "b"]"#), []);
    }

    #[test]
    fn terraform_is_read_with_its_heredocs_and_nested_json() {
        let text = "resource \"newrelic_nrql_alert_condition\" \"a\" {\n  nrql {\n    query = \"SELECT count(*) FROM T WHERE a = '${var.a}'\"\n  }\n}\n\
            resource \"newrelic_one_dashboard\" \"d\" {\n  page { widget_line { nrql_query {\n    query = <<-EOT\n      SELECT count(*)\n      FROM T\n    EOT\n  } } }\n}\n\
            resource \"newrelic_one_dashboard_json\" \"j\" {\n  json = <<E\n{\"nrqlQueries\":[{\"query\":\"FROM J SELECT 1\"}]}\nE\n}\n";
        let found = queries("main.tf", text);
        assert_eq!(found[0], ("SELECT count(*) FROM T WHERE a = '${var.a}'".to_owned(), Use::Alert));
        assert_eq!(found[1].1, Use::Widget);
        assert!(found[1].0.contains("FROM T"), "{found:?}");
        assert_eq!(found[2], ("FROM J SELECT 1".to_owned(), Use::Widget));
    }

    #[test]
    fn yaml_is_read_in_its_styles_of_text() {
        let text = "name: a\nnrql:\n  query: \"SELECT \\\"x\\\" FROM A\"\n---\nnrql:\n  query: 'SELECT ''x'' FROM B'\n---\n- nrql:\n    query: SELECT c\n      FROM C # not this\n  other: 1\n---\nnrql:\n  query: |\n    SELECT d\n    FROM D\n  name: x\n---\nnrql:\n  query: >-\n    SELECT e\n    FROM E\n";
        let found: Vec<String> = queries("a.yml", text).into_iter().map(|found| found.0).collect();
        assert_eq!(
            found,
            [
                "SELECT \"x\" FROM A",
                "SELECT 'x' FROM B",
                "SELECT c FROM C",
                "SELECT d\nFROM D",
                "SELECT e FROM E"
            ]
        );
    }

    #[test]
    fn fences_and_files_of_nrql_hold_several() {
        let text = "# A\n```nrql\nSELECT 1 FROM A\n\nSELECT 2\nFROM B;\n```\n```sql\nSELECT 3 FROM c\n```\n";
        assert_eq!(queries("a.md", text).len(), 2);
        let text = "-- what it is\nFROM A SELECT 1\n\n-- next\nFROM B SELECT 2\n\nWHERE x = 1\n";
        let found = queries("a.nrql", text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].0.ends_with("WHERE x = 1"));
    }

    #[test]
    fn marked_literals_of_code_are_found_and_others_are_not() {
        for (name, text) in [
            ("a.go", "// nrql\nquery := `SELECT 1 FROM A`\nother := \"SELECT 1 FROM B\"\n"),
            ("a.go", "const claimsNRQL = \"SELECT 1 \" +\n\t\"FROM A\"\nvar sql = \"SELECT 1 FROM b\"\n"),
            ("a.ts", "const q = nrql`SELECT 1 FROM A`; const s = `SELECT 1 FROM b`;"),
            ("a.ts", "run(/* nrql */ 'SELECT 1 FROM A'); run('SELECT 1 FROM b')"),
            ("a.py", "NRQL = \"\"\"\nSELECT 1 FROM A\n\"\"\"\nsql = 'SELECT 1 FROM b'\n"),
            ("a.py", "q = (  # language=NRQL\n  'SELECT 1 '\n  'FROM A')\n"),
            ("a.rs", "let q = nrql(\"SELECT 1 FROM A\"); let c = '\"'; let s = \"SELECT 1 FROM b\";"),
            ("a.rs", "const NRQL: &str =\n    r#\"SELECT 1 FROM A\"#;\nfn f<'a>(x: &'a str) {}\n"),
        ] {
            let found = queries(name, text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].0, "SELECT 1 FROM A", "{text}");
        }
    }
}
