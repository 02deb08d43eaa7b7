//! Requests of a few megabytes that are meant to cost gigabytes or minutes: deep, wide, many, long.

use instant_funnel_core::contract::CONTRACT;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

use crate::client::{JSON, PROTOBUF};
use crate::otlp::{Good, attribute, funnel_request, request, string};

const TYPE: &str = "newrelic.event.type";

/// Field numbers and wire types of OTLP, as the byte in front of a field.
mod tag {
    pub(super) const RESOURCE_LOGS: u8 = 0x0a;
    pub(super) const RESOURCE: u8 = 0x0a;
    pub(super) const SCOPE_LOGS: u8 = 0x12;
    pub(super) const SCOPE: u8 = 0x0a;
    pub(super) const SCOPE_ATTRIBUTES: u8 = 0x1a;
    pub(super) const RECORDS: u8 = 0x12;
    pub(super) const BODY: u8 = 0x2a;
    pub(super) const RECORD_ATTRIBUTES: u8 = 0x32;
    pub(super) const ATTRIBUTES: u8 = 0x0a;
    pub(super) const VALUE: u8 = 0x12;
    pub(super) const ARRAY: u8 = 0x2a;
    pub(super) const MAP: u8 = 0x32;
    pub(super) const VALUES: u8 = 0x0a;
}

/// A request that is meant to kill.
#[derive(Debug)]
pub struct Killer {
    /// What it is made of.
    pub name: &'static str,
    /// Protobuf or JSON.
    pub content_type: &'static str,
    /// Not larger than the limit, and hardly smaller.
    pub body: Vec<u8>,
}

/// The largest request that the operator's file takes over HTTP, in bytes.
#[must_use]
pub fn limit() -> usize {
    let file = std::fs::read_to_string(crate::binaries::repository().join("otel-collector.yaml")).unwrap();
    let (_, rest) = file.split_once("max_request_body_size: ${env:OTLP_HTTP_MAX_BYTES:-").unwrap();
    rest.split('}').next().unwrap().parse().unwrap()
}

/// All of them, each just below `limit` bytes.
#[must_use]
pub fn killers(limit: usize) -> Vec<Killer> {
    let mut all = Vec::new();
    let mut add = |content_type, name, body: Vec<u8>| {
        assert!((limit * 8 / 10..=limit).contains(&body.len()), "{name}: {} of {limit} bytes", body.len());
        all.push(Killer { name, content_type, body });
    };
    for (name, body) in deep(limit).into_iter().chain(wide(limit)).chain(many(limit)).chain(long(limit)) {
        add(PROTOBUF, name, body);
    }
    for (name, body) in json(limit) {
        add(JSON, name, body.into_bytes());
    }
    all
}

/// Bytes in reverse, so that a message can be wrapped without being moved.
#[derive(Default)]
struct Inside(Vec<u8>);

impl Inside {
    fn wrap(&mut self, tag: u8) {
        let mut length = self.0.len();
        let mut varint = Vec::new();
        while length >= 0x80 {
            varint.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        varint.push(length as u8);
        self.0.extend(varint.iter().rev());
        self.0.push(tag);
    }

    fn before(&mut self, message: &[u8]) {
        self.0.extend(message.iter().rev());
    }

    fn out(mut self) -> Vec<u8> {
        self.0.reverse();
        self.0
    }
}

fn marked() -> Vec<u8> {
    let mut out = vec![tag::RECORD_ATTRIBUTES];
    attribute(TYPE, string(CONTRACT.event_name)).encode_length_delimited(&mut out).unwrap();
    out
}

/// One value in another as often as the limit allows, in each place that has attributes.
fn deep(limit: usize) -> Vec<(&'static str, Vec<u8>)> {
    let nest = |map: bool| {
        let mut value = Inside::default();
        while value.0.len() < limit - 200 {
            if map {
                value.wrap(tag::VALUE);
            }
            value.wrap(tag::VALUES);
            value.wrap(if map { tag::MAP } else { tag::ARRAY });
        }
        value
    };
    let record = |mut value: Inside, place: u8| {
        if place == tag::RECORD_ATTRIBUTES {
            value.wrap(tag::VALUE);
        }
        value.wrap(place);
        value.before(&marked());
        value.wrap(tag::RECORDS);
        value.wrap(tag::SCOPE_LOGS);
        value.wrap(tag::RESOURCE_LOGS);
        value.out()
    };
    let resource = |mut value: Inside| {
        value.wrap(tag::VALUE);
        value.wrap(tag::ATTRIBUTES);
        value.wrap(tag::RESOURCE);
        value.wrap(tag::RESOURCE_LOGS);
        value.out()
    };
    let scope = |mut value: Inside| {
        value.wrap(tag::VALUE);
        value.wrap(tag::SCOPE_ATTRIBUTES);
        value.wrap(tag::SCOPE);
        value.wrap(tag::SCOPE_LOGS);
        value.wrap(tag::RESOURCE_LOGS);
        value.out()
    };
    vec![
        ("maps in maps, an attribute", record(nest(true), tag::RECORD_ATTRIBUTES)),
        ("arrays in arrays, an attribute", record(nest(false), tag::RECORD_ATTRIBUTES)),
        ("maps in maps, the body", record(nest(true), tag::BODY)),
        ("arrays in arrays, the body", record(nest(false), tag::BODY)),
        ("maps in maps, the resource", resource(nest(true))),
        ("maps in maps, the scope", scope(nest(true))),
    ]
}

/// As many attributes as the limit allows, in each place.
fn wide(limit: usize) -> Vec<(&'static str, Vec<u8>)> {
    let fill = |one: &dyn Fn(usize) -> KeyValue| {
        let (mut all, mut bytes) = (vec![attribute(TYPE, string(CONTRACT.event_name))], 0);
        for number in 0.. {
            let next = one(number);
            bytes += next.encoded_len() + 2;
            if bytes > limit - 1_000 {
                break;
            }
            all.push(next);
        }
        all
    };
    let distinct = || fill(&|number| attribute(&format!("key{number}"), string("value")));
    let same = || fill(&|_| attribute(TYPE, string("x")));
    let empty = || fill(&|_| KeyValue::default());
    let record = |attributes| {
        let records = vec![LogRecord { attributes, ..LogRecord::default() }, Good::new(1).record()];
        request(Resource::default(), InstrumentationScope::default(), records)
    };
    let resource = |attributes| {
        let resource = Resource { attributes, ..Resource::default() };
        request(resource, InstrumentationScope::default(), Good::new(1).records(1))
    };
    let scope = |attributes| {
        let scope = InstrumentationScope { attributes, ..InstrumentationScope::default() };
        request(Resource::default(), scope, Good::new(1).records(1))
    };
    vec![
        ("many keys, a record", record(distinct())),
        ("one key many times, a record", record(same())),
        ("empty attributes, a record", record(empty())),
        ("many keys, the resource", resource(distinct())),
        ("one key many times, the resource", resource(same())),
        ("empty attributes, the resource", resource(empty())),
        ("many keys, the scope", scope(distinct())),
        ("one key many times, the scope", scope(same())),
    ]
}

/// As many messages as the limit allows.
fn many(limit: usize) -> Vec<(&'static str, Vec<u8>)> {
    let repeat = |message: &[u8], times_of: usize| message.repeat((limit - times_of) / message.len());
    let around = |mut inner: Vec<u8>, tags: &[u8]| {
        inner.reverse();
        let mut inside = Inside(inner);
        for tag in tags {
            inside.wrap(*tag);
        }
        inside.out()
    };
    let mut of_marked = vec![tag::RECORDS, 0];
    of_marked.splice(1.., {
        let mark = marked();
        [&[mark.len() as u8][..], &mark].concat()
    });
    // A legal slug or name that is not a plain one takes the longest way through the rules.
    let mut slow = Good::new(1).record();
    slow.attributes.retain(|one| one.key != "tier");
    for key in ["serviceName", "env", "tier", "service", "reasonCode"] {
        slow.attributes.retain(|one| one.key != key);
        slow.attributes.push(attribute(key, string("quite-a_long-and-2-slow_slug-z-z")));
    }
    let mut slow_record = vec![tag::RECORDS];
    slow.encode_length_delimited(&mut slow_record).unwrap();
    let mut good = Good::new(2);
    let mut resources = Vec::new();
    for number in 0.. {
        let resource = vec![attribute("service.name", string(format!("s{number}-x")))];
        let resource = Resource { attributes: resource, ..Resource::default() };
        let mut small = good.record();
        let kept = [TYPE, "funnelStep", "eventId"];
        small.attributes.retain(|one| kept.contains(&one.key.as_str()));
        let next = request(resource, InstrumentationScope::default(), vec![small]);
        if resources.len() + next.len() > limit {
            break;
        }
        resources.extend(next);
    }
    vec![
        ("empty records", around(repeat(&[tag::RECORDS, 0], 40), &[tag::SCOPE_LOGS, tag::RESOURCE_LOGS])),
        (
            "records with the type and nothing else",
            around(repeat(&of_marked, 40), &[tag::SCOPE_LOGS, tag::RESOURCE_LOGS]),
        ),
        (
            "records whose slugs are slow",
            around(repeat(&slow_record, 40), &[tag::SCOPE_LOGS, tag::RESOURCE_LOGS]),
        ),
        ("empty scopes", around(repeat(&[tag::SCOPE_LOGS, 0], 40), &[tag::RESOURCE_LOGS])),
        ("empty resources", repeat(&[tag::RESOURCE_LOGS, 0], 0)),
        (
            "an empty record in each resource",
            repeat(&[tag::RESOURCE_LOGS, 4, tag::SCOPE_LOGS, 2, tag::RECORDS, 0], 0),
        ),
        ("a resource of its own for each good record", resources),
    ]
}

/// A string as long as the limit allows.
fn long(limit: usize) -> Vec<(&'static str, Vec<u8>)> {
    let text = |head: &str, filler: &str| head.to_owned() + &filler.repeat((limit - 1_000) / filler.len());
    let record =
        |record: LogRecord| request(Resource::default(), InstrumentationScope::default(), vec![record]);
    let body = |text: String| {
        record(LogRecord { body: Some(AnyValue { value: Some(string(text)) }), ..LogRecord::default() })
    };
    let valued = |key: &str, text: String| {
        let mut record = Good::new(3).record();
        record.attributes.retain(|one| one.key != key);
        record.attributes.push(attribute(key, string(text)));
        funnel_request(vec![record])
    };
    vec![
        ("a body of braces", body(text("{", "{["))),
        ("a body that nearly names the event, again and again", body(text("{", "instant funnestep "))),
        ("an event name of blanks", record(LogRecord { event_name: text("", " "), ..LogRecord::default() })),
        ("a type of blanks", valued(TYPE, text("", " "))),
        ("a tier of dashes and digits", valued("tier", text("a", "-1-a0"))),
        ("a service name of dots", valued("serviceName", text("a", ".1."))),
    ]
}

fn json(limit: usize) -> Vec<(&'static str, String)> {
    let mark = format!("{{\"key\":\"{TYPE}\",\"value\":{{\"stringValue\":\"{}\"}}}}", CONTRACT.event_name);
    let nest = |open: &str, close: &str| {
        let depth = (limit - 400) / (open.len() + close.len());
        format!("{}{}", open.repeat(depth), close.repeat(depth))
    };
    let record =
        |inner: &str| format!("{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{inner}]}}]}}]}}");
    let with =
        |value: &str| record(&format!("{{\"attributes\":[{mark},{{\"key\":\"a\",\"value\":{value}}}]}}"));
    let array = nest("{\"arrayValue\":{\"values\":[", "]}}");
    let map = nest("{\"kvlistValue\":{\"values\":[{\"value\":", "}]}}");
    let list = |one: &str| {
        let mut all = one.repeat((limit - 200) / one.len());
        all.pop();
        all
    };
    vec![
        ("JSON, arrays in arrays", with(&array)),
        ("JSON, maps in maps", with(&map)),
        ("JSON, maps in maps, the body", record(&format!("{{\"body\":{map}}}"))),
        ("JSON, brackets in an unknown field", format!("{{\"unknown\":{}}}", nest("[", "]"))),
        (
            "JSON, objects in an unknown field",
            format!(
                "{{\"unknown\":{}1{}}}",
                "{\"a\":".repeat((limit - 400) / 6),
                "}".repeat((limit - 400) / 6)
            ),
        ),
        ("JSON, empty records", record(&list("{},"))),
        ("JSON, empty attributes", record(&format!("{{\"attributes\":[{}]}}", list("{},")))),
        ("JSON, empty resources", format!("{{\"resourceLogs\":[{}]}}", list("{},"))),
    ]
}
