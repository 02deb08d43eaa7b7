//! SARIF 2.1.0, which code hosts show beside the lines.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::word;
use crate::baseline::fingerprint;
use crate::linter::LintReport;

/// The report as a SARIF log. Paths stand in it as they were given, with `/`, relative to the folder that the command ran
/// in.
#[must_use]
pub fn sarif(report: &LintReport) -> Value {
    let names: BTreeSet<&str> = report
        .queries
        .iter()
        .flat_map(|query| &query.findings)
        .map(|finding| finding.rule.as_str())
        .collect();
    let rules: Vec<Value> = names
        .iter()
        .map(|rule| {
            json!({
                "id": rule,
                "name": pascal(rule),
                "shortDescription": {"text": format!("NRQL: {}.", rule.replace('-', " "))},
                "fullDescription": {"text": format!("`funnel lint` found a query that breaks the rule {rule}.")},
                "helpUri": "https://github.com/instant-funnel/instant-funnel/blob/main/docs/lint.md",
                "help": {"text": "docs/lint.md lists the rules."},
            })
        })
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut results = Vec::new();
    for query in &report.queries {
        for finding in &query.findings {
            let hint = finding.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
            results.push(json!({
                "ruleId": finding.rule,
                "ruleIndex": names.iter().position(|name| *name == finding.rule),
                "level": word(finding.severity),
                "message": {"text": format!("{}{hint}.", finding.message)},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri(&query.file)},
                    "region": {
                        "startLine": finding.start.line,
                        "startColumn": finding.start.column,
                        "endLine": finding.end.line,
                        "endColumn": finding.end.column,
                    },
                }}],
                "partialFingerprints": {"funnelLint/v1": fingerprint(query, finding)},
            }));
        }
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "funnel-lint",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://github.com/instant-funnel/instant-funnel",
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn pascal(rule: &str) -> String {
    rule.split('-')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect()
}

/// A path as the reference of a URI.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut out = String::new();
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
