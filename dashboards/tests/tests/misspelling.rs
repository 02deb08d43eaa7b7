//! Renaming an attribute of the contract is an error in every file that mentions it, and in no other. Left out are queries that read
//! metrics too, which may have any attribute.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;

use dashboard_tests::alert::conditions;
use dashboard_tests::dashboard::DASHBOARDS;
use dashboard_tests::{pack, read};
use funnel_lint::{Catalogue, LintOptions, LintedQuery, Linter};
use instant_funnel_core::contract::{Attribute, CONTRACT, Contract};

/// A file or an alert condition that holds queries.
struct Source {
    name: String,
    text: String,
    is_alert: bool,
}

/// Pack, dashboards and alert conditions.
fn sources() -> Vec<Source> {
    let dashboards = DASHBOARDS.iter().map(|one| (one.file.to_owned(), read(one.file), false));
    let pack = pack::questions().into_iter().map(|one| (format!("nrql/{}.nrql", one.name), one.query, false));
    let alerts = conditions().into_iter().map(|one| (format!("{}.nrql", one.name), one.query, true));
    let all = dashboards.chain(pack).chain(alerts);
    all.map(|(name, text, is_alert)| Source { name, text, is_alert }).collect()
}

fn judge(catalogue: &Catalogue, source: &Source) -> Vec<LintedQuery> {
    let options = LintOptions { alerts: source.is_alert, ..LintOptions::default() };
    Linter::new(catalogue.clone(), options).lint_text(&source.name, &source.text)
}

/// The contract with another name for one key.
fn renamed(key: &str) -> Contract {
    let attribute = |one: &Attribute| Attribute {
        key: if one.key == key { Box::leak(format!("{key}Renamed").into_boxed_str()) } else { one.key },
        rule: one.rule,
        origin: one.origin,
        supplier: one.supplier,
        steps: one.steps,
        presence: one.presence,
        brief: one.brief,
        derived_from: one.derived_from,
        made_by: one.made_by,
        links: one.links,
    };
    let attributes: Vec<_> = CONTRACT.attributes.iter().map(attribute).collect();
    Contract {
        event_name: CONTRACT.event_name,
        version: CONTRACT.version,
        counter: CONTRACT.counter,
        steps: CONTRACT.steps,
        attributes: Box::leak(attributes.into_boxed_slice()),
    }
}

/// The words of a query outside of its strings.
fn words(query: &str) -> BTreeSet<&str> {
    let outside = query.split('\'').step_by(2);
    outside.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.')).collect()
}

/// Whether a query reads metrics too. These may have any attribute, so no name in it can be wrong.
fn reads_metrics(query: &str) -> bool {
    let mut types = query.split("FROM ").skip(1).filter_map(|rest| rest.split("SELECT").next());
    types.any(|types| types.split(',').any(|name| name.trim() == "Metric"))
}

#[test]
fn a_renamed_attribute_fails_exactly_the_files_that_mention_it() {
    let sources = sources();
    let queries: Vec<_> = sources.iter().map(|source| judge(&Catalogue::standard(), source)).collect();
    assert!(queries.iter().all(|found| !found.is_empty() && found.iter().all(LintedQuery::is_ok)));
    let pack = sources.iter().zip(&queries).filter(|(source, _)| source.name.starts_with("nrql/"));
    let unjudged = pack.filter(|(_, found)| found.iter().any(|one| reads_metrics(&one.query)));
    let unjudged: Vec<&str> = unjudged.map(|(source, _)| source.name.as_str()).collect();
    assert_eq!(unjudged, ["nrql/events-lost.nrql", "nrql/reconciliation.nrql"]);
    let mut used = BTreeSet::new();
    for attribute in CONTRACT.attributes {
        let mut catalogue = Catalogue::standard();
        catalogue.add_contract(&renamed(attribute.key));
        for (source, found) in sources.iter().zip(&queries) {
            let is_judged = |one: &&LintedQuery| !reads_metrics(&one.query);
            let mut judged = found.iter().filter(is_judged);
            let mentions = judged.any(|one| words(&one.query).contains(attribute.key));
            let fails = judge(&catalogue, source).iter().any(|one| !one.is_ok());
            assert_eq!(fails, mentions, "{} without {}", source.name, attribute.key);
            if mentions {
                used.insert(attribute.key);
            }
        }
    }
    for key in ["funnelStep", "journeyId", "journeyStart", "cohort", "tier", "renewal", "eventId", "actor"] {
        assert!(used.contains(key), "{key} is in no file: {used:?}");
    }
    assert!(used.len() >= 13, "{used:?}");
}
