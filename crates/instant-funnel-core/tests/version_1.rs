//! What version 2 does with records and blocks of version 1, and the other way round.
//!
//! `tests/fixtures/v1/README.md` says what is in the files. They are never written again.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod block;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use instant_funnel_core::contract::{CONTRACT, RawValue, Rule, check_resource};
use instant_funnel_core::export::collector_allowlist;
use instant_funnel_core::{
    Admission, Checker, Claim, Draft, EventId, JourneyId, Landing, Paid, Provision, PseudonymKey,
    Pseudonymizer, Stamp, TeamId, TraceContext, Vocabularies,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

use self::block::{Block, Field, Fields};

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures/v1", name].iter().collect()
}

/// A fixture's messages, each behind four bytes of its length.
fn messages<M: Message + Default>(name: &str) -> Vec<M> {
    let bytes = fs::read(fixture(name)).unwrap();
    let mut rest = bytes.as_slice();
    let mut messages = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk() {
        let (message, behind) = behind.split_at(u32::from_be_bytes(*length) as usize);
        messages.push(M::decode(message).unwrap());
        rest = behind;
    }
    messages
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn field(one: &KeyValue) -> Field {
    match one.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Proto::StringValue(text)) => Field::Text(text.clone()),
        Some(Proto::BoolValue(truth)) => Field::Bool(*truth),
        other => panic!("{other:?}"),
    }
}

fn attributes(all: &[KeyValue]) -> Fields {
    all.iter().map(|one| (one.key.clone(), field(one))).collect()
}

/// A record's attributes, with its own ids beside them.
fn fields(record: &LogRecord) -> Fields {
    let mut fields = attributes(&record.attributes);
    fields.insert("log.time_unix_nano".to_owned(), Field::Integer(record.time_unix_nano as i64));
    for (path, id) in [("log.trace_id.string", &record.trace_id), ("log.span_id.string", &record.span_id)] {
        if !id.is_empty() {
            fields.insert(path.to_owned(), Field::Text(hex(id)));
        }
    }
    fields
}

/// A record in one line: its times, its trace and span id, and its attributes in wire order.
fn readable(record: &LogRecord) -> String {
    let mut line = format!("{}\t{}", record.time_unix_nano, record.observed_time_unix_nano);
    write!(line, "\t{}\t{}", hex(&record.trace_id), hex(&record.span_id)).unwrap();
    for one in &record.attributes {
        match field(one) {
            Field::Text(text) => write!(line, "\t{}={text}", one.key).unwrap(),
            Field::Bool(truth) => write!(line, "\t{}={truth}", one.key).unwrap(),
            Field::Integer(_) => panic!("version 1 had no integers"),
        }
    }
    line
}

/// What version 2 takes of a record that somebody else made.
fn taken(record: &Fields) -> Fields {
    let Some(Field::Text(step)) = record.get("funnelStep") else { panic!("no step") };
    let step = CONTRACT.step_position(step).unwrap();
    let takes = |key: &str, value: &Field| {
        let raw = match value {
            Field::Text(text) => RawValue::Text(text),
            Field::Bool(truth) => RawValue::Bool(*truth),
            Field::Integer(value) => RawValue::Integer(*value),
        };
        CONTRACT.judge(key, raw, i64::MAX).is_ok_and(|position| CONTRACT.may_occur(position, step))
    };
    let own = |key: &str| key.starts_with("log.");
    record
        .iter()
        .filter(|(key, value)| own(key) || takes(key, value))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

/// The keys that version 1 did not have.
const NEW_IN_VERSION_2: [&str; 2] = ["journeyStart", "entryActor"];

fn block_2() -> String {
    collector_allowlist(&CONTRACT, &Vocabularies::default())
}

fn block_1() -> String {
    fs::read_to_string(fixture("collector-block.yaml")).unwrap()
}

#[test]
fn every_frozen_record_decodes_to_its_readable_line_and_together_they_hold_every_step_and_key() {
    let records = messages::<LogRecord>("records.bin");
    let lines = fs::read_to_string(fixture("records.tsv")).unwrap();
    assert_eq!((records.len(), lines.lines().count()), (1_000, 1_000));
    for (record, line) in records.iter().zip(lines.lines()) {
        assert_eq!(readable(record), line);
    }
    for step in CONTRACT.steps {
        let of_step = || lines.lines().filter(|line| line.contains(&format!("\tfunnelStep={}\t", step.name)));
        for attribute in CONTRACT.attributes.iter().filter(|one| !NEW_IN_VERSION_2.contains(&one.key)) {
            let with_it = of_step().filter(|line| line.contains(&format!("\t{}=", attribute.key))).count();
            assert!(with_it > 5, "{} on {}: {with_it}", attribute.key, step.name);
        }
    }
}

#[test]
fn a_record_of_version_1_is_admitted_without_what_version_2_refuses() {
    let mut shortened = 0;
    for record in messages::<LogRecord>("records.bin") {
        let before = fields(&record);
        let bytes = record.encode_to_vec();
        let left = match CONTRACT.admit(&bytes) {
            Admission::Whole => bytes,
            Admission::Without { record, dropped } => {
                shortened += 1;
                let left = LogRecord::decode(&record[..]).unwrap();
                assert_eq!(fields(&left).len() + dropped, before.len(), "{}", readable(&left));
                record
            }
            Admission::Refused => panic!("{}", readable(&record)),
        };
        assert_eq!(fields(&LogRecord::decode(&left[..]).unwrap()), taken(&before), "{}", readable(&record));
        assert_eq!(CONTRACT.admit(&left), Admission::Whole);
    }
    assert!(shortened > 100, "{shortened}");
}

#[test]
fn a_block_of_version_2_drops_no_record_of_version_1_and_deletes_what_its_rules_refuse() {
    let block = Block::parse(&block_2(), "log");
    let mut deleted = BTreeSet::new();
    for record in messages::<LogRecord>("records.bin") {
        let before = fields(&record);
        let after = block.apply(before.clone()).expect("dropped whole");
        assert_eq!(after, taken(&before), "{}", readable(&record));
        deleted.extend(before.into_keys().filter(|key| !after.contains_key(key)));
    }
    for key in ["serviceName", "journeyId", "tier", "env", "teamId", "reasonCode", "emailHash", "renewal"] {
        assert!(deleted.contains(key), "the fixture holds a {key} that version 2 refuses");
    }
    for key in ["newrelic.event.type", "funnelStep", "cohort", "eventId", "trace.id", "span.id"] {
        assert!(!deleted.contains(key), "{key}");
    }
}

#[test]
fn a_block_of_version_1_leaves_every_frozen_record_as_it_is() {
    let block = Block::parse(&block_1(), "log");
    for record in messages::<LogRecord>("records.bin") {
        let before = fields(&record);
        let mut after = block.apply(before.clone()).expect("dropped whole");
        // Its own token rule, which the engine of version 1 did not have.
        if let Some(Field::Text(name)) = before.get("serviceName")
            && ["203.0.113.77", "sk_live_fixture"].contains(&name.as_str())
        {
            after.insert("serviceName".to_owned(), Field::Text(name.clone()));
        }
        assert_eq!(after, before, "{}", readable(&record));
    }
}

/// Each step with everything that it can say, in every way that version 2 says it.
fn records_of_version_2() -> Vec<LogRecord> {
    let pseudonyms = Pseudonymizer::keyed(PseudonymKey::new(&[7; 32]).unwrap(), None);
    let mut records = Vec::new();
    for number in 0..200_u32 {
        let checker = Checker::builder(&CONTRACT)
            .default_value(
                "serviceName",
                ["api", "check-out", "billing_worker.2", "Shop-7"][number as usize % 4],
            )
            .default_value("cohort", "real")
            .default_value("env", "production")
            .default_value("commitId", "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567")
            .build()
            .unwrap();
        let journey = JourneyId::new();
        let team = match number % 2 {
            0 => pseudonyms.team_id(&format!("org_{number}")).unwrap(),
            _ => TeamId::from_uuid(*JourneyId::new().as_uuid()).unwrap(),
        };
        let fingerprint = pseudonyms.network(std::net::Ipv4Addr::from_bits(number << 8).into(), number);
        let email = pseudonyms.email(&format!("{number}@example.com"));
        let slug = ["anonymous", "us-east-1", "card-declined", "a1b2c3", "v2-1-0"][number as usize % 5];
        let id = EventId::of("test", number.to_be_bytes());
        let drafts: [Draft<'_>; 4] = [
            Landing::new().journey(journey).fingerprint(fingerprint).reason_code(slug).into(),
            Provision::new(slug).journey(journey).tier(slug).fingerprint(fingerprint).event_id(id).into(),
            Claim::new(team).journey(journey).tier(slug).fingerprint(fingerprint).email_hash(email).into(),
            Paid::new(team, None).tier(slug).renewal(true).event_id(id).into(),
        ];
        let trace = TraceContext { trace_id: [0xab; 16], span_id: [0xcd; 8], flags: 1 };
        for draft in &drafts {
            let stamp = Stamp { trace: number.is_multiple_of(2).then_some(trace), ..Stamp::now() };
            let record = checker.check(draft, stamp, |_, violation| panic!("{violation:?}")).unwrap();
            records.push(LogRecord::decode(record.encode_to_vec().as_slice()).unwrap());
        }
    }
    records
}

#[test]
fn a_block_of_either_version_leaves_every_record_of_version_2_as_it_is() {
    for text in [block_1(), block_2()] {
        let block = Block::parse(&text, "log");
        for record in records_of_version_2() {
            let before = fields(&record);
            assert_eq!(block.apply(before.clone()).as_ref(), Some(&before), "{}", readable(&record));
        }
    }
}

#[test]
fn a_block_of_version_2_takes_of_a_resource_what_the_engine_takes() {
    let block = Block::parse(&block_2(), "resource");
    let frozen = messages::<Resource>("resources.bin").into_iter().map(|one| attributes(&one.attributes));
    let texts = [
        "api",
        "203.0.113.77",
        "1.2.3",
        "7",
        "ghp_fixture",
        "01890a5d-ac96-474b-bcce-123456789012",
        "00000000-0000-0000-0000-000000000000",
        "1.4.0+build.7",
        "jane@example.com",
        "",
        "4155550134",
        "Shop-7",
    ];
    let every = texts.into_iter().map(|text| {
        let keys = instant_funnel_core::contract::RESOURCE.iter().map(|one| one.key.to_owned());
        keys.map(|key| (key, Field::Text(text.to_owned()))).collect::<Fields>()
    });
    for before in frozen.chain(every) {
        let mut expected = before.clone();
        expected.retain(|key, value| matches!(value, Field::Text(text) if check_resource(key, text).is_ok()));
        assert_eq!(block.apply(before), Some(expected));
    }
}

#[test]
fn the_rules_of_version_2_are_the_narrower_ones() {
    // What version 1 said of each rule that version 2 still has.
    let slug = regex::Regex::new("^[a-z][a-z0-9_-]{0,31}$").unwrap();
    let seven = regex::Regex::new("[0-9]{7}").unwrap();
    for line in fs::read_to_string(fixture("records.tsv")).unwrap().lines() {
        for (_, value) in line.split('\t').filter_map(|one| one.split_once('=')) {
            if Rule::Slug.check_text(value).is_ok() {
                assert!(slug.is_match(value) && !seven.is_match(value), "{value}");
            }
        }
    }
}

#[test]
fn a_block_of_version_1_deletes_of_what_version_2_takes_only_what_upgrading_says() {
    let (log, resource) = (Block::parse(&block_1(), "log"), Block::parse(&block_1(), "resource"));
    let text = |key: &str, value: &str| Fields::from([(key.to_owned(), Field::Text(value.to_owned()))]);
    for version in ["203.0.113.77", "20261126123456"] {
        assert_eq!(check_resource("service.version", version), Ok(()));
        assert_eq!(resource.apply(text("service.version", version)), Some(Fields::new()), "{version}");
    }
    assert_eq!(Rule::Slug.check_text("disk_live_stats"), Ok(()));
    let mut record = fields(&records_of_version_2().remove(1));
    record.insert("tier".to_owned(), Field::Text("disk_live_stats".to_owned()));
    let left = log.apply(record.clone()).expect("dropped whole");
    record.remove("tier");
    assert_eq!(left, record);
}
