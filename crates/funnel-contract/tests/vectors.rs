//! The engine does with each vector what the vector says.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod contracts;

use std::collections::BTreeMap;

use funnel_contract::{ConformanceVector, ContractFile};
use instant_funnel_core::contract::Violation;
use instant_funnel_core::{Checker, Draft, Stamp};

/// What the path of the `tracing` layer keeps of a vector's fields, and what it drops.
fn run(checker: &Checker, vector: &ConformanceVector) -> (Vec<String>, Vec<(String, Violation)>) {
    let contract = checker.contract();
    let step = vector.step.as_ref().map_or(0, |step| contract.step_position(step).unwrap());
    let mut dropped = BTreeMap::new();
    let mut kept = Vec::new();
    for (key, value) in &vector.fields {
        match checker.check_field(key, value.as_raw()) {
            Ok(field) => kept.push(field),
            Err(violation) => drop(dropped.insert(key.clone(), violation)),
        }
    }
    let mut draft = Draft::new(contract, step);
    kept.iter().for_each(|field| draft.set_kept(field));
    let mut off = Vec::new();
    let record = checker.check(&draft, Stamp::now(), |at, violation| off.push((at, violation))).unwrap();
    dropped
        .extend(off.into_iter().map(|(at, violation)| (contract.attributes[at].key.to_owned(), violation)));
    let is_kept = |key: &String| !dropped.contains_key(key) && record.get(key).is_some();
    let keys = vector.fields.iter().map(|(key, _)| key);
    let left = keys.clone().filter(|key| is_kept(key)).cloned().collect();
    (
        left,
        keys.filter_map(|key| dropped.get_key_value(key)).map(|(key, rule)| (key.clone(), *rule)).collect(),
    )
}

#[test]
fn the_engine_keeps_and_drops_what_ten_thousand_vectors_say() {
    for (name, text) in contracts::ALL {
        let contract = ContractFile::parse(text).unwrap();
        let checker = Checker::builder(contract.table()).default_value("serviceName", "api").build().unwrap();
        let mut met: BTreeMap<&str, usize> = BTreeMap::new();
        for vector in contract.vectors(7, 10_000) {
            let (kept, dropped) = run(&checker, &vector);
            assert_eq!((&kept, &dropped), (&vector.kept, &vector.dropped), "{name}: {}", vector.to_json());
            *met.entry("kept").or_default() += kept.len();
            dropped.iter().for_each(|(_, rule)| *met.entry(rule.as_str()).or_default() += 1);
        }
        for rule in ["kept", "unknown_key", "reserved", "type"] {
            assert!(met.get(rule).is_some_and(|count| *count >= 100), "{name}: {rule} in {met:?}");
        }
    }
}

#[test]
fn every_rule_of_a_contract_is_broken_by_a_vector() {
    let contract = ContractFile::parse(contracts::EVERY_RULE).unwrap();
    let vectors = contract.vectors(7, 10_000);
    let broken =
        |rule: Violation| vectors.iter().any(|one| one.dropped.iter().any(|(_, found)| *found == rule));
    use Violation as V;
    for rule in [V::Step, V::OneOf, V::Name, V::Version, V::Slug, V::Vocabulary, V::Uuid] {
        assert!(broken(rule), "{rule:?}");
    }
    for rule in [V::Integer, V::Number, V::Country, V::Currency] {
        assert!(broken(rule), "{rule:?}");
    }
}

#[test]
fn a_vector_is_one_line_of_json() {
    let contract = ContractFile::parse(contracts::EVERY_RULE).unwrap();
    for vector in contract.vectors(7, 1_000) {
        let line = vector.to_json();
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(json["fields"].as_object().unwrap().len(), vector.fields.len());
        assert_eq!(json["kept"].as_array().unwrap().len() + vector.dropped.len(), vector.fields.len());
    }
}
