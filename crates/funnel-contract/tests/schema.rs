//! The JSON Schemas, held to two independent validators: jsonschema for Python, and Ajv.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod contracts;
mod tools;

use funnel_contract::{ContractFile, OutputSpec, Target};
use instant_funnel_core::contract::{Contract, Origin, RawValue};
use serde_json::{Map, Value, json};

/// What each validator that is there says of each value.
fn verdicts(schema: &Value, values: &[Value]) -> Vec<(&'static str, Vec<bool>)> {
    let input = json!({"schema": schema, "values": values}).to_string();
    let script = |name: &str| format!("{}/tests/tools/{name}", env!("CARGO_MANIFEST_DIR"));
    let validators = [
        ("jsonschema", tools::python("jsonschema"), script("validate.py")),
        ("ajv", tools::node("ajv"), script("validate.mjs")),
    ];
    let mut all = Vec::new();
    for (name, program, script) in validators {
        let Some(program) = program else {
            tools::left_out(&format!("a JSON Schema under the validator {name}"));
            continue;
        };
        let said = tools::answer(&program, &[&script], &input);
        all.push((name, serde_json::from_str(&said).unwrap()));
    }
    all
}

fn schema_of(contract: &ContractFile) -> Value {
    let output = OutputSpec { target: Target::JsonSchema, path: "shop.schema.json".to_owned() };
    serde_json::from_str(&contract.generate_one(&output)[0].text).unwrap()
}

/// Records of vectors: the fields with what every record has, of which one in twenty lacks a key.
fn records(contract: &ContractFile) -> Vec<Value> {
    let table = contract.table();
    let mut records = Vec::new();
    for (at, vector) in contract.vectors(11, 10_000).iter().enumerate() {
        let line: Value = serde_json::from_str(&vector.to_json()).unwrap();
        let mut record = Map::new();
        for attribute in table.attributes {
            let value = match attribute.origin {
                Origin::Contract => attribute.rule.to_string(),
                Origin::Step => vector.step.clone().unwrap(),
                Origin::CallerOrGenerated => "0a1b2c3d4e5f60718293a4b5c6d7e8f9".to_owned(),
                _ => continue,
            };
            if at % 20 != records.len() % 7 {
                record.insert(attribute.key.to_owned(), value.into());
            }
        }
        // Half of the records hold what the vector keeps alone, so that many are right.
        let fields = line["fields"].as_object().unwrap();
        let wanted = |key: &String| at % 2 == 0 || vector.kept.contains(key);
        record.extend(
            fields.iter().filter(|(key, _)| wanted(key)).map(|(key, value)| (key.clone(), value.clone())),
        );
        records.push(Value::Object(record));
    }
    records
}

/// What the engine says of a record: each key and value is right, on its step, and no key is missing.
fn judged(contract: &Contract, record: &Value) -> bool {
    let record = record.as_object().unwrap();
    let step = record.get("funnelStep").and_then(Value::as_str).and_then(|step| contract.step_position(step));
    let whole = contract.attributes.iter().all(|one| {
        !matches!(one.origin, Origin::Contract | Origin::Step | Origin::CallerOrGenerated)
            || record.contains_key(one.key)
    });
    let right = record.iter().all(|(key, value)| {
        let raw = match value {
            Value::String(text) => RawValue::Text(text),
            Value::Bool(value) => RawValue::Bool(*value),
            Value::Number(number) => match number.as_i64() {
                Some(value) => RawValue::Integer(value),
                None => RawValue::Number(number.as_f64().unwrap()),
            },
            _ => RawValue::Other,
        };
        let position = contract.judge(key, raw, i64::MAX);
        position
            .is_ok_and(|at| !contract.is_funnel() || step.is_some_and(|step| contract.may_occur(at, step)))
    });
    whole && right
}

#[test]
fn two_validators_judge_ten_thousand_records_of_each_contract_as_the_engine_does() {
    for (name, text) in contracts::ALL {
        let contract = ContractFile::parse(text).unwrap();
        let table = contract.table();
        let records = records(&contract);
        let expected: Vec<bool> = records.iter().map(|record| judged(table, record)).collect();
        let good = expected.iter().filter(|good| **good).count();
        assert!(good > 2_000 && good < 8_000, "{name}: {good} of {} are right", records.len());
        for (validator, found) in verdicts(&schema_of(&contract), &records) {
            for ((record, expected), found) in records.iter().zip(&expected).zip(found) {
                assert_eq!(found, *expected, "{validator} on {name}: {record}");
            }
        }
    }
}

/// A contract file as JSON.
fn as_json(text: &str) -> Option<Value> {
    text.parse::<toml::Table>().ok().map(|table| serde_json::to_value(table).unwrap())
}

#[test]
fn the_schema_of_the_format_takes_every_contract_of_the_repository() {
    let schema: Value = serde_json::from_str(&ContractFile::format_schema()).unwrap();
    let files: Vec<Value> = contracts::ALL.iter().map(|(_, text)| as_json(text).unwrap()).collect();
    for (validator, found) in verdicts(&schema, &files) {
        for ((name, _), found) in contracts::ALL.iter().zip(found) {
            assert!(found, "{validator} refuses {name}");
        }
    }
}

/// The rest of a file, the limits of a string and twins are for the reader alone: more than half is for both.
#[test]
fn the_schema_of_the_format_refuses_most_broken_files() {
    let schema: Value = serde_json::from_str(&ContractFile::format_schema()).unwrap();
    let cases = include_str!("mistakes.txt").split("### ").skip(1);
    let broken: Vec<Value> = cases
        .filter_map(|case| as_json(case.split_once('\n').unwrap().1.split_once("---\n").unwrap().0))
        .collect();
    assert!(broken.len() >= 40, "{}", broken.len());
    let all = verdicts(&schema, &broken);
    for (validator, found) in &all {
        let refused = found.iter().filter(|taken| !**taken).count();
        assert!(refused * 2 > broken.len(), "{validator} refuses {refused} of {}", broken.len());
        assert_eq!(found, &all[0].1, "{validator} and {} differ", all[0].0);
    }
}

#[test]
fn the_schema_of_the_format_is_checked_in_and_named_by_every_contract() {
    let folder = tools::repository().join("contracts");
    let found = std::fs::read_to_string(folder.join("contract.schema.json")).unwrap();
    assert!(
        found == ContractFile::format_schema(),
        "it has drifted; run `funnel contract schema > contracts/contract.schema.json`"
    );
    for (name, text) in &contracts::ALL[1..] {
        assert!(text.starts_with("#:schema contract.schema.json\n"), "{name} does not name its schema");
    }
}
