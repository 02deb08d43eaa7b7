//! Version 1, frozen: a thousand records as its engine encoded them, and the block that it generated for a collector.
//!
//! `tests/fixtures/v1/README.md` says what is in the files. This program wrote them, with `WRITE_V1=1`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

use instant_funnel_core::contract::{CONTRACT, Rule};
use instant_funnel_core::export::collector_allowlist;
use instant_funnel_core::{
    Checker, Draft, EventId, Stamp, TraceContext, Value, Vocabularies, encode_resource,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

const RECORDS: u64 = 1_000;

/// Names that both versions take, then names that only version 1 takes.
const NAMES: [&[&str]; 2] = [
    &["api", "check-out", "billing_worker.2", "Shop-7"],
    &["203.0.113.77", "4155550134", "AKIAIOSFODNN7EXAMPLE", "sk_live_fixture", "ghp_fixture", "10"],
];
const SLUGS: [&[&str]; 2] = [
    &["anonymous", "free", "hobby", "pro", "us-east-1", "card-declined", "db", "production", "a1b2c3"],
    &[
        "ip-10-4-54-25",
        "tel-302-797-1126",
        "card_6289_8010_2025_2953",
        "c4111-1111-1111-1111",
        "ssn-078-05-1120",
        "a8-71-db-c2-65-b4",
        "d41d8cd98f00b204e98f9a98ecf8427e",
        "v2-123456",
    ],
];
const UUIDS: [&[&str]; 2] = [
    &[
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "3d813cbb-47fb-42ba-91df-831e1593ac29",
        "9C5B94B1-35AD-49BB-B118-8E8FC24ABF80",
    ],
    &[
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "c232ab00-9414-11ec-b3c8-9e6bdeced846",
        "41555501-3400-0000-0000-000000000000",
    ],
];

/// SplitMix64, so that the same files come out everywhere.
struct Random(u64);

impl Random {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn one_in(&mut self, of: u64) -> bool {
        self.number().is_multiple_of(of)
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.number() as usize % list.len()]
    }

    /// One of three comes from the values that only version 1 takes.
    fn value(&mut self, lists: [&[&str]; 2]) -> String {
        let list = lists[usize::from(self.one_in(3))];
        self.of(list).to_owned()
    }

    fn hex(&mut self, digits: usize) -> String {
        let mut text: String = (0..digits).map(|_| format!("{:x}", self.number() % 16)).collect();
        text.replace_range(0..1, "a");
        text
    }
}

fn value_of(rule: &Rule, random: &mut Random) -> Option<String> {
    match rule {
        Rule::OneOf(texts) => Some(random.of(texts).to_owned()),
        Rule::Slug => Some(random.value(SLUGS)),
        Rule::Uuid => Some(random.value(UUIDS)),
        Rule::Hex { min, max, .. } => {
            let digits = min + random.number() as usize % (max - min + 1);
            Some(random.hex(digits))
        }
        Rule::Name { .. } => Some(random.value(NAMES)),
        Rule::Const(_) | Rule::Bool => None,
    }
}

fn record(number: u64, random: &mut Random) -> Vec<u8> {
    let mut checker = Checker::builder(&CONTRACT)
        .default_value("serviceName", &random.value(NAMES))
        .default_value("cohort", "real");
    if random.one_in(2) {
        checker = checker.default_value("env", &random.value(SLUGS));
    }
    let checker = checker.build().unwrap();
    let step = number as usize % CONTRACT.steps.len();
    let mut draft = Draft::new(&CONTRACT, step);
    draft.set_time(UNIX_EPOCH + Duration::from_millis(1_790_000_000_000 + number * 977));
    // Set last, so that it holds: a fresh id would be another one each time.
    let id = match number % 2 {
        0 => EventId::of("fixture", number.to_string()),
        _ => EventId::parse(&random.hex(32)).unwrap(),
    };
    let id = id.to_string();
    let texts: Vec<_> = CONTRACT
        .attributes
        .iter()
        .map(|attribute| {
            let here = if attribute.steps.contains(step) { !random.one_in(3) } else { random.one_in(12) };
            let wanted = here && attribute.origin.from_caller();
            (wanted, value_of(&attribute.rule, random), random.one_in(2))
        })
        .collect();
    for (position, (wanted, text, truth)) in texts.iter().enumerate() {
        if *wanted {
            draft.set(position, text.as_deref().map_or(Value::Bool(*truth), Value::Text));
        }
    }
    draft.set(CONTRACT.index("eventId"), Value::Text(&id));
    let trace = TraceContext {
        trace_id: (u128::from(random.number()) << 64 | u128::from(random.number())).to_be_bytes(),
        span_id: random.number().to_be_bytes(),
        flags: 1,
    };
    let observed = UNIX_EPOCH + Duration::from_millis(1_790_000_000_003 + number * 977);
    let stamp = Stamp { observed, trace: random.one_in(2).then_some(trace) };
    checker.check(&draft, stamp, |violation| panic!("{violation:?}")).unwrap().encode_to_vec()
}

/// A record in one line: its times, its trace and span id, and its attributes in wire order.
fn readable(record: &LogRecord) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut line = format!("{}\t{}", record.time_unix_nano, record.observed_time_unix_nano);
    write!(line, "\t{}\t{}", hex(&record.trace_id), hex(&record.span_id)).unwrap();
    for one in &record.attributes {
        let value = match one.value.as_ref().and_then(|value| value.value.as_ref()) {
            Some(Proto::StringValue(text)) => text.clone(),
            Some(Proto::BoolValue(truth)) => truth.to_string(),
            other => panic!("{other:?}"),
        };
        write!(line, "\t{}={value}", one.key).unwrap();
    }
    line
}

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures/v1", name].iter().collect()
}

/// A fixture's messages, each behind four bytes of its length.
fn messages(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (message, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        messages.push(message);
        bytes = rest;
    }
    messages
}

#[test]
fn write() {
    if std::env::var_os("WRITE_V1").is_none() {
        return;
    }
    let mut random = Random(1);
    let (mut bytes, mut lines) = (Vec::new(), String::new());
    for number in 0..RECORDS {
        let record = record(number, &mut random);
        writeln!(lines, "{}", readable(&LogRecord::decode(record.as_slice()).unwrap())).unwrap();
        bytes.extend((record.len() as u32).to_be_bytes());
        bytes.extend(record);
    }
    fs::write(fixture("records.bin"), bytes).unwrap();
    fs::write(fixture("records.tsv"), lines).unwrap();
    let resources: [&[(&str, &str)]; 3] = [
        &[("service.name", "api"), ("service.version", "1.2.3"), ("telemetry.sdk.language", "rust")],
        &[("service.name", "203.0.113.77"), ("service.instance.id", "01890a5d-ac96-774b-bcce-b302099a8057")],
        &[("service.name", "4155550134"), ("service.version", "7"), ("deployment.environment.name", "10")],
    ];
    let mut bytes = Vec::new();
    for resource in resources {
        let encoded = encode_resource(resource.iter().copied());
        bytes.extend((encoded.len() as u32).to_be_bytes());
        bytes.extend(encoded);
    }
    fs::write(fixture("resources.bin"), bytes).unwrap();
    fs::write(fixture("collector-block.yaml"), collector_allowlist(&CONTRACT, &Vocabularies::default()))
        .unwrap();
}

#[test]
fn every_frozen_record_decodes_to_its_readable_line_and_together_they_hold_every_step_and_key() {
    let bytes = fs::read(fixture("records.bin")).unwrap();
    let lines = fs::read_to_string(fixture("records.tsv")).unwrap();
    let messages = messages(&bytes);
    assert_eq!(messages.len() as u64, RECORDS);
    assert_eq!(lines.lines().count(), messages.len());
    for (message, line) in messages.iter().zip(lines.lines()) {
        assert_eq!(readable(&LogRecord::decode(*message).unwrap()), line);
    }
    for step in CONTRACT.steps {
        let of_step = || lines.lines().filter(|line| line.contains(&format!("\tfunnelStep={}\t", step.name)));
        for attribute in CONTRACT.attributes {
            let with_it = of_step().filter(|line| line.contains(&format!("\t{}=", attribute.key))).count();
            assert!(with_it > 5, "{} on {}: {with_it}", attribute.key, step.name);
        }
    }
}
