//! OTLP requests as bytes, and what is in them.

use std::time::{Duration, UNIX_EPOCH};

use instant_funnel_core::contract::{CONTRACT, RawValue};
use instant_funnel_core::{
    Actor, Checker, Claim, Cohort, Draft, EventId, JourneyId, Landing, Paid, Provision, PseudonymKey,
    Pseudonymizer, Stamp, TeamId, TraceContext,
};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

use crate::random::Random;

/// Decodes a request, and makes sure that the bytes hold nothing that the message does not show.
#[must_use]
pub fn decode(body: &[u8]) -> ExportLogsServiceRequest {
    let request = ExportLogsServiceRequest::decode(body).expect("OTLP logs");
    let without_ids = into_records(request.clone()).filter(|record| record.span_id.is_empty()).count();
    // The collector writes an absent id as an empty field, which may also lengthen the length before it.
    let (known, allowed) = (request.encoded_len(), 5 * without_ids + 3);
    assert!((known..=known + allowed).contains(&body.len()), "{} bytes, {known} known", body.len());
    request
}

/// Decodes the whole messages of an archive; the last may still be on its way to the disk.
#[must_use]
pub fn decode_archive(mut bytes: &[u8]) -> Vec<ExportLogsServiceRequest> {
    let mut requests = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((body, rest)) = rest.split_at_checked(length) else { break };
        requests.push(decode(body));
        bytes = rest;
    }
    requests
}

/// How many records an archive holds.
#[must_use]
pub fn archived(bytes: &[u8]) -> usize {
    decode_archive(bytes).into_iter().flat_map(into_records).count()
}

/// The records of a request, in order.
pub fn into_records(request: ExportLogsServiceRequest) -> impl Iterator<Item = LogRecord> {
    request
        .resource_logs
        .into_iter()
        .flat_map(|resource| resource.scope_logs)
        .flat_map(|scope| scope.log_records)
}

/// A string attribute of a record.
#[must_use]
pub fn text<'r>(record: &'r LogRecord, key: &str) -> Option<&'r str> {
    record.attributes.iter().find(|one| one.key == key).and_then(|one| match &one.value.as_ref()?.value {
        Some(Value::StringValue(text)) => Some(text.as_str()),
        _ => None,
    })
}

/// An attribute.
#[must_use]
pub fn attribute(key: &str, value: impl Into<Option<Value>>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: value.into() }), ..KeyValue::default() }
}

/// Text as an attribute's value.
#[must_use]
pub fn string(text: impl Into<String>) -> Value {
    Value::StringValue(text.into())
}

/// What the contract can say of a value.
#[must_use]
pub fn raw(value: Option<&AnyValue>) -> RawValue<'_> {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => RawValue::Text(text),
        Some(Value::BoolValue(value)) => RawValue::Bool(*value),
        Some(Value::IntValue(value)) => RawValue::Integer(*value),
        Some(Value::DoubleValue(value)) => RawValue::Number(*value),
        _ => RawValue::Other,
    }
}

/// A request with one resource and one scope.
#[must_use]
pub fn request(resource: Resource, scope: InstrumentationScope, records: Vec<LogRecord>) -> Vec<u8> {
    let scope_logs = vec![ScopeLogs { scope: Some(scope), log_records: records, schema_url: String::new() }];
    let resource_logs = ResourceLogs { resource: Some(resource), scope_logs, schema_url: String::new() };
    ExportLogsServiceRequest { resource_logs: vec![resource_logs] }.encode_to_vec()
}

/// A request of our own sender, with `records`.
#[must_use]
pub fn funnel_request(records: Vec<LogRecord>) -> Vec<u8> {
    let resource =
        Resource { attributes: vec![attribute("service.name", string("api"))], ..Resource::default() };
    request(resource, InstrumentationScope { name: "instant-funnel".into(), ..Default::default() }, records)
}

/// Makes the records that the crate makes, through its own checker and encoder.
#[derive(Debug)]
pub struct Good {
    checker: Checker,
    pseudonyms: Pseudonymizer,
    random: Random,
    fresh: u64,
}

impl Good {
    /// A maker of good records.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let checker = Checker::builder(&CONTRACT)
            .default_value("serviceName", "api")
            .default_value("cohort", "real")
            .default_value("env", "production")
            .default_value("commitId", "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567")
            .build()
            .unwrap();
        let pseudonyms = Pseudonymizer::keyed(PseudonymKey::new(&[7; 32]).unwrap(), None);
        Self { checker, pseudonyms, random: Random::new(seed), fresh: seed << 32 }
    }

    /// `count` records, with every key of the contract on at least some of them.
    pub fn records(&mut self, count: usize) -> Vec<LogRecord> {
        (0..count).map(|_| self.record()).collect()
    }

    /// One request of `count` records.
    pub fn request(&mut self, count: usize) -> Vec<u8> {
        funnel_request(self.records(count))
    }

    /// The next record.
    pub fn record(&mut self) -> LogRecord {
        self.fresh += 1;
        let random = &mut self.random;
        let journey: JourneyId = JourneyId::parse(&random.uuid()).unwrap();
        let team = TeamId::parse(&random.uuid()).unwrap();
        let id = EventId::of("good", self.fresh.to_string());
        let at = UNIX_EPOCH
            + Duration::new(
                1_790_000_000 + self.fresh % 1_000_000,
                self.random.number() as u32 % 1_000_000_000,
            );
        let address = std::net::Ipv4Addr::from_bits(self.random.number() as u32);
        let fingerprint = self.pseudonyms.network(address.into(), 64_500).unwrap();
        let email_hash = self.pseudonyms.email(&format!("{}@example.com", self.fresh)).unwrap();
        let mut draft: Draft<'_> = match self.random.below(4) {
            0 => Landing::new().journey(journey).actor(Actor::AgentCurl).event_id(id).at(at).into(),
            1 => Provision::new("db").journey(journey).tier("anonymous").event_id(id).at(at).into(),
            2 => Claim::new(team)
                .journey(journey)
                .tier("free")
                .event_id(id)
                .actor(Actor::HumanDashboard)
                .at(at)
                .into(),
            _ => Paid::new(team, journey)
                .tier("pro")
                .event_id(id)
                .renewal(self.random.one_in(2))
                .reason_code("card-declined")
                .cohort(Cohort::Synthetic)
                .at(at)
                .into(),
        };
        if draft.step_position() < 3 {
            draft.set(CONTRACT.index("fingerprint"), fingerprint);
            draft.set(CONTRACT.index("fingerprintKeyId"), fingerprint.key().unwrap());
        }
        if draft.step_position() == 2 {
            draft.set(CONTRACT.index("emailHash"), email_hash);
        }
        let trace = TraceContext {
            trace_id: u128::from(self.random.number()).wrapping_mul(3).to_be_bytes(),
            span_id: (self.random.number() | 1).to_be_bytes(),
            flags: 1,
        };
        let trace = (!self.random.one_in(4)).then_some(trace);
        let stamp = Stamp { observed: at + Duration::from_millis(3), trace };
        let record =
            self.checker.check(&draft, stamp, |_, violation| panic!("not a good record: {violation:?}"));
        let record = record.unwrap();
        let mut bytes = vec![0; record.encoded_len()];
        record.encode_into(&mut bytes).unwrap();
        LogRecord::decode(bytes.as_slice()).unwrap()
    }
}
