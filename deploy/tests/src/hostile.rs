//! Records that no honest sender makes.

use instant_funnel_core::contract::CONTRACT;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::otlp::{Good, attribute, string};
use crate::random::Random;

/// One of these is in every secret that must be gone for good. The other texts are ones that a rule may allow.
pub const NEEDLES: &[&str] = &["zqxvj", "203.0.113.", "4111111111111111"];

const SECRETS: &[&str] = &[
    "zqxvj@example.com",
    "Zqxvj zqxvjson",
    "eyJzqxvjzqxvj.eyJzqxvjzqxvj.zqxvj",
    "sk_live_zqxvjzqxvj",
    "pk_test_zqxvjzqxvj",
    "203.0.113.77",
    "4111111111111111",
    "4155550123",
    "tel-4155550123",
    "free\nzqxvj",
    "free\n",
    "a-slug-of-thirty-two-characters-",
    "a-slug-of-thirty-three-characters",
    "plainletterswithoutanendandtoolong",
    "v2-123456",
    "v2-1234567",
    "FREE",
    "<nil>",
    "",
    "9 zqxvj",
    "https://zqxvj.example/?token=zqxvj",
    "zqxvj\u{0}zqxvj",
    "true",
    "false",
    "two_words",
    "more_than_two_words",
    "a-word-and-99",
    "a1b2",
];
const UNKNOWN_KEYS: &[&str] = &[
    "email",
    "zqxvj.key",
    "FunnelStep",
    "funnelstep",
    "tier.",
    " tier",
    "tier\nzqxvj",
    "redaction.masked.keys",
    "redaction.redacted.keys",
    "redaction.ignored.count",
    "user.email",
    "",
];

/// Makes requests of hostile records.
#[derive(Debug)]
pub struct Hostile {
    random: Random,
    good: Good,
    made: u64,
}

impl Hostile {
    /// The same seed makes the same records.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), good: Good::new(seed), made: 0 }
    }

    /// One request of `count` records. Each has its own observed time.
    pub fn request(&mut self, count: usize) -> ExportLogsServiceRequest {
        let records = (0..count).map(|_| self.record()).collect();
        let random = &mut self.random;
        let mut place = || {
            let mut attributes = vec![attribute("service.name", string("api"))];
            for _ in 0..random.below(5) {
                let key = *random.pick(&[
                    "service.name",
                    "service.version",
                    "service.instance.id",
                    "deployment.environment.name",
                    "telemetry.sdk.name",
                    "host.name",
                    "redaction.masked.keys",
                    "zqxvj",
                ]);
                let value = match value(random, 2) {
                    // Numbers and addresses are versions too.
                    Some(_) if key.ends_with(".version") => {
                        Some(AnyValue { value: Some(string("zqxvj@example.com")) })
                    }
                    value => value,
                };
                attributes.push(KeyValue { key: key.to_owned(), value, ..KeyValue::default() });
            }
            attributes
        };
        let resource =
            Resource { attributes: place(), dropped_attributes_count: 4_155_550, ..Resource::default() };
        let scope = InstrumentationScope {
            attributes: place(),
            name: "zqxvj".into(),
            version: "zqxvj@example.com".into(),
            dropped_attributes_count: 4_155_550,
        };
        let scope_logs = vec![ScopeLogs {
            scope: Some(scope),
            log_records: records,
            schema_url: "https://zqxvj.example".into(),
        }];
        let schema_url = "https://zqxvj.example/resource".into();
        ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs { resource: Some(resource), scope_logs, schema_url }],
        }
    }

    fn record(&mut self) -> LogRecord {
        self.made += 1;
        let mut record = self.good.record();
        record.observed_time_unix_nano = 1_790_000_000_000_000_000 + self.made;
        for _ in 0..=self.random.below(4) {
            self.spoil(&mut record);
        }
        if self.random.one_in(4)
            && let Some(one) = self.random.any_of(&mut record.attributes)
        {
            one.key_strindex = 415_555_012;
        }
        // Without any mark it would be somebody's ordinary log record.
        let step = record.attributes.iter().any(|one| one.key == "funnelStep" && one.value.is_some());
        if !step && record.event_name != CONTRACT.event_name {
            CONTRACT.event_name.clone_into(&mut record.event_name);
        }
        record
    }

    fn spoil(&mut self, record: &mut LogRecord) {
        let random = &mut self.random;
        let known = CONTRACT.attributes[random.below(CONTRACT.attributes.len())].key;
        match random.below(14) {
            0 => {
                let key = (*random.pick(UNKNOWN_KEYS)).to_owned();
                record.attributes.push(KeyValue { key, value: value(random, 3), ..KeyValue::default() });
            }
            1 | 2 => {
                let value = value(random, 3);
                match record.attributes.iter_mut().find(|one| one.key == known) {
                    Some(found) => found.value = value,
                    None => record.attributes.push(KeyValue {
                        key: known.to_owned(),
                        value,
                        ..KeyValue::default()
                    }),
                }
            }
            3 => {
                let twin = KeyValue { key: known.to_owned(), value: value(random, 3), ..KeyValue::default() };
                let at = random.below(record.attributes.len() + 1);
                record.attributes.insert(at, twin);
            }
            4 => record.attributes.retain(|one| one.key != known),
            5 => {
                let inner = value(random, 0);
                let list = KeyValueList {
                    values: vec![KeyValue { key: "id".into(), value: inner, ..KeyValue::default() }],
                };
                record.attributes.push(attribute("trace", Value::KvlistValue(list)));
            }
            6 => record.body = value(random, 3),
            7 => {
                let marked = vec![
                    attribute("newrelic.event.type", string(CONTRACT.event_name)),
                    attribute("email", string("zqxvj@example.com")),
                ];
                record.body =
                    Some(AnyValue { value: Some(Value::KvlistValue(KeyValueList { values: marked })) });
            }
            8 => (*random.pick(SECRETS)).clone_into(&mut record.severity_text),
            9 => (*random.pick(&["zqxvj", "instantfunnel", "Other", ""])).clone_into(&mut record.event_name),
            10 => {
                record.flags = random.number() as u32;
                record.dropped_attributes_count = 4_155_550_123_u64 as u32;
                record.severity_number = 21;
            }
            11 => record.time_unix_nano = 0,
            // A record that is right but for one type, which its text does not show.
            12 => {
                if let Some(value) = random.any_of(&mut record.attributes).and_then(|one| one.value.as_mut())
                {
                    value.value = value.value.take().map(disguised);
                }
            }
            // As many attributes as before, but one key twice.
            _ => {
                let key = random.any_of(&mut record.attributes).map(|one| one.key.clone());
                if let (Some(key), Some(one)) = (key, random.any_of(&mut record.attributes)) {
                    one.key = key;
                }
            }
        }
    }
}

/// Another type whose text is, or may be, the same.
fn disguised(value: Value) -> Value {
    match value {
        Value::StringValue(text)
            if text.len() % 2 == 0 && text.bytes().all(|one| one.is_ascii_hexdigit()) =>
        {
            let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
            Value::BytesValue((0..text.len()).step_by(2).map(byte).collect())
        }
        Value::StringValue(text) if text.len() > 20 => {
            Value::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(string(text)) }] })
        }
        Value::StringValue(_) => Value::BoolValue(true),
        Value::BoolValue(value) => string(value.to_string()),
        other => other,
    }
}

fn value(random: &mut Random, depth: usize) -> Option<AnyValue> {
    let value = match random.below(if depth == 0 { 9 } else { 12 }) {
        0..=2 => string(*random.pick(SECRETS)),
        3 => {
            let digits = *random.pick(&[7, 8, 16, 31, 32, 40, 41]);
            string(random.hex(digits).to_uppercase())
        }
        4 => Value::IntValue(*random.pick(&[4_155_550_123, 4_111_111_111_111_111, 0, -1])),
        5 => Value::DoubleValue(*random.pick(&[f64::NAN, f64::INFINITY, 4.5, 4_155_550_123.0])),
        6 => Value::BytesValue(b"zqxvj@example.com, and some more of it".to_vec()),
        7 => Value::BoolValue(random.one_in(2)),
        8 if random.one_in(2) => return None,
        8 => return Some(AnyValue { value: None }),
        9 => {
            let values = (0..random.below(4)).filter_map(|_| value(random, depth - 1)).collect();
            Value::ArrayValue(ArrayValue { values })
        }
        10 => {
            let values = (0..random.below(4))
                .map(|_| KeyValue {
                    key: (*random.pick(&["zqxvj", "id", "event.type", "email"])).to_owned(),
                    value: value(random, depth - 1),
                    ..KeyValue::default()
                })
                .collect();
            Value::KvlistValue(KeyValueList { values })
        }
        _ => string("zqxvj".repeat(2048)),
    };
    Some(AnyValue { value: Some(value) })
}
