//! The collector's block keeps of a record what the engine would, for one contract and for several at once.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod contracts;
mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use funnel_contract::{ConformanceVector, ContractFile};
use instant_funnel_core::Vocabularies;
use instant_funnel_core::contract::{Contract, Origin, RawValue};
use instant_funnel_core::export::collector_allowlists;
use serde_json::{Map, Value, json};

const MILLIS: i64 = 1_780_000_000_000;

fn collector() -> Option<PathBuf> {
    Some(tools::repository().join("deploy/collector/_build/otelcol-funnel")).filter(|path| path.exists())
}

/// A running collector; it ends with the test.
struct Running {
    child: Child,
    port: u16,
    out: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(binary: &Path, folder: &Path, block: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (out, config) = (folder.join("out.json"), folder.join("config.yaml"));
        let text = format!(
            "receivers:\n  otlp: {{protocols: {{http: {{endpoint: '127.0.0.1:{port}'}}}}}}\nprocessors:\n{block}exporters:\n  file: {{path: '{}', flush_interval: 50ms}}\nservice:\n  telemetry: {{metrics: {{level: none}}, logs: {{level: error}}}}\n  pipelines:\n    logs:\n      receivers: [otlp]\n      processors: [transform/funnel_place, filter/keep_funnel, transform/funnel_allowlist, filter/funnel_required]\n      exporters: [file]\n",
            out.display()
        );
        std::fs::write(&config, text).unwrap();
        let said = std::fs::File::create(folder.join("said.txt")).unwrap();
        let mut command = Command::new(binary);
        command.arg("--config").arg(&config).stdout(Stdio::null()).stderr(said);
        let mut running = Self { child: command.spawn().unwrap(), port, out };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = running.child.try_wait().unwrap();
            let said = std::fs::read_to_string(folder.join("said.txt")).unwrap();
            assert!(ended.is_none() && begun.elapsed() < Duration::from_secs(120), "{said}");
            std::thread::sleep(Duration::from_millis(100));
        }
        running
    }

    fn send(&self, records: &[Value]) {
        let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// The keys of each record that came out, by its id, once there are `count`.
    fn kept(&self, count: usize) -> BTreeMap<String, BTreeSet<String>> {
        let begun = Instant::now();
        loop {
            let text = std::fs::read_to_string(&self.out).unwrap_or_default();
            let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut kept = BTreeMap::new();
            lines.for_each(|line| read_records(&line, &mut kept));
            if kept.len() >= count || begun.elapsed() > Duration::from_secs(120) {
                return kept;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

fn read_records(line: &Value, kept: &mut BTreeMap<String, BTreeSet<String>>) {
    let items = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    for resource in items(line, "resourceLogs") {
        for scope in items(&resource, "scopeLogs") {
            for record in items(&scope, "logRecords") {
                let attributes = items(&record, "attributes");
                let id = attributes.iter().find(|one| one["key"] == "eventId").unwrap();
                let id = id["value"]["stringValue"].as_str().unwrap().to_owned();
                let keys = attributes.iter().map(|one| one["key"].as_str().unwrap().to_owned());
                kept.insert(id, keys.collect());
            }
        }
    }
}

fn any_value(value: &RawValue<'_>) -> Value {
    match value {
        RawValue::Text(text) => json!({"stringValue": text}),
        RawValue::Bool(value) => json!({"boolValue": value}),
        RawValue::Integer(value) => json!({"intValue": value.to_string()}),
        RawValue::Number(value) => json!({"doubleValue": value}),
        RawValue::Other => json!({"arrayValue": {"values": [{"stringValue": "a"}]}}),
    }
}

/// A record of a vector with what every record has, its id, and the keys that are to be left.
fn record(contract: &Contract, vector: &ConformanceVector, at: usize) -> (Value, String, BTreeSet<String>) {
    let id = format!("a{at:031x}");
    let mut attributes = Map::new();
    let mut expected = BTreeSet::new();
    for one in contract.attributes {
        let text = match one.origin {
            Origin::Contract => one.rule.to_string(),
            Origin::Step => vector.step.clone().unwrap(),
            Origin::CallerOrGenerated => id.clone(),
            _ => continue,
        };
        expected.insert(one.key.to_owned());
        attributes.insert(one.key.to_owned(), json!({"stringValue": text}));
    }
    let step = vector.step.as_ref().map_or(0, |step| contract.step_position(step).unwrap());
    for (key, value) in &vector.fields {
        if attributes.contains_key(key) {
            continue;
        }
        let judged = contract.judge(key, value.as_raw(), MILLIS);
        // Ids of spans are kept when they are those of the record, which has none.
        let span = |at: usize| matches!(contract.attributes[at].origin, Origin::TraceId | Origin::SpanId);
        if judged.is_ok_and(|at| contract.may_occur(at, step) && !span(at)) {
            expected.insert(key.clone());
        }
        attributes.insert(key.clone(), any_value(&value.as_raw()));
    }
    let attributes: Vec<_> =
        attributes.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    let record = json!({
        "timeUnixNano": format!("{}", MILLIS * 1_000_000), "severityNumber": 9, "severityText": "INFO",
        "eventName": contract.event_name, "body": {"stringValue": contract.event_name}, "attributes": attributes,
    });
    (record, id, expected)
}

fn hold(names: &[&str], count: usize) {
    let Some(binary) = collector() else {
        return tools::left_out("the collector's block under the collector (deploy/collector/build.sh)");
    };
    let all = contracts::ALL.iter().filter(|(name, _)| names.contains(name));
    let files: Vec<ContractFile> = all.map(|(_, text)| ContractFile::parse(text).unwrap()).collect();
    let open = Vocabularies::default();
    let tables: Vec<&'static Contract> = files.iter().map(ContractFile::table).collect();
    let pairs: Vec<_> = tables.iter().map(|table| (*table, &open)).collect();
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&binary, folder.path(), &collector_allowlists(&pairs));
    let (mut expected, mut records) = (BTreeMap::new(), Vec::new());
    for (file, table) in files.iter().zip(&tables) {
        for vector in file.vectors(13, count) {
            let (record, id, keys) = record(table, &vector, records.len());
            expected.insert(id, keys);
            records.push(record);
        }
    }
    // A mark of an event is on both, and no type that is also the event's name.
    let mut without = records[0].clone();
    let untyped = |one: &Value| one["key"] != "newrelic.event.type" && one["key"] != "eventId";
    let attributes = without["attributes"].as_array_mut().unwrap();
    attributes.retain(untyped);
    attributes.push(json!({"key": "eventId", "value": {"stringValue": "b".repeat(32)}}));
    let mut other = without.clone();
    let unknown = json!({"key": "newrelic.event.type", "value": {"stringValue": "Unknown"}});
    other["attributes"].as_array_mut().unwrap().push(unknown);
    running.send(&[without, other]);
    records.chunks(500).for_each(|records| running.send(records));
    let kept = running.kept(expected.len());
    for (id, keys) in &expected {
        let at = usize::from_str_radix(&id[1..], 16).unwrap();
        assert_eq!(kept.get(id), Some(keys), "{}", records[at]);
    }
    assert_eq!(kept.len(), expected.len());
}

#[test]
fn the_block_of_every_rule_keeps_what_the_engine_keeps_of_ten_thousand_vectors() {
    hold(&["every-rule"], 10_000);
}

#[test]
fn the_block_of_a_plain_event_keeps_what_the_engine_keeps() {
    hold(&["instant-churn-signal"], 10_000);
}

#[test]
fn one_block_holds_each_record_to_the_contract_of_its_type() {
    hold(&["instant-funnel", "shop", "instant-flow-test", "instant-abuse-signal"], 2_500);
}
