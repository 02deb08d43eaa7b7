//! What OTLP readers see: every attribute of every step, times, severity, body, event name, trace context.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use instant_funnel::testing::capture;
use instant_funnel::{
    Actor, Claim, Cohort, EventId, JourneyId, Landing, Paid, Provision, PseudonymKey, TeamId,
};
use instant_funnel::{Backend, Fingerprint, Funnel, testing::Recorder};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;

use self::support::{assert_clean, attributes, decode};

const JOURNEY: &str = "0191d2a0-5c1e-4e57-9d0b-1f6f3a8f0c11";
const TEAM: &str = "5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f";

fn funnel() -> (Funnel, Recorder) {
    let recorder = Recorder::new();
    let funnel = Funnel::builder()
        .service_name("checkout.api")
        .environment("production")
        .pseudonym_key(PseudonymKey::new(&[9; 32]).unwrap())
        .clock(|| UNIX_EPOCH + Duration::from_nanos(1_764_000_000_123_456_789))
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .build()
        .unwrap();
    (funnel, recorder)
}

fn expect(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let common = [("newrelic.event.type", "InstantFunnel"), ("serviceName", "checkout.api")];
    common.iter().chain(pairs).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn expected_of_every_step(bucket: Fingerprint, id: &str, email: &str) -> [BTreeMap<String, String>; 4] {
    let (bucket_text, key_id) = (bucket.to_string(), bucket.key_id().unwrap());
    [
        expect(&[
            ("funnelStep", "landing"),
            ("cohort", "real"),
            ("eventId", id),
            ("journeyId", JOURNEY),
            ("env", "production"),
            ("fingerprint", &bucket_text),
            ("fingerprintKeyId", &key_id),
            ("actor", "human_dashboard"),
            ("reasonCode", "ad"),
        ]),
        expect(&[
            ("funnelStep", "provision"),
            ("cohort", "synthetic"),
            ("eventId", id),
            ("journeyId", JOURNEY),
            ("tier", "anonymous"),
            ("env", "staging"),
            ("fingerprint", &bucket_text),
            ("fingerprintKeyId", &key_id),
            ("service", "db"),
            ("actor", "agent_mcp"),
        ]),
        expect(&[
            ("funnelStep", "claim"),
            ("cohort", "real"),
            ("eventId", id),
            ("journeyId", JOURNEY),
            ("tier", "free"),
            ("env", "production"),
            ("fingerprint", &bucket_text),
            ("fingerprintKeyId", &key_id),
            ("teamId", TEAM),
            ("emailHash", email),
        ]),
        expect(&[
            ("funnelStep", "paid"),
            ("cohort", "real"),
            ("eventId", id),
            ("tier", "pro"),
            ("env", "production"),
            ("teamId", TEAM),
            ("renewal", "true"),
        ]),
    ]
}

#[test]
fn every_attribute_of_every_step_arrives_as_the_contract_says() {
    let (funnel, recorder) = funnel();
    let journey = JourneyId::parse(JOURNEY).unwrap();
    let team = TeamId::parse(TEAM).unwrap();
    let bucket = funnel.pseudonymize_network("192.0.2.7".parse().unwrap(), 64_500).unwrap();
    let email = funnel.pseudonymize_email("jane@example.com").unwrap();
    let id = EventId::of("test", "1");

    funnel.record(
        Landing::new()
            .journey(journey)
            .event_id(id)
            .fingerprint(bucket)
            .actor(Actor::HumanDashboard)
            .reason_code("ad"),
    );
    funnel.record(
        Provision::new("db")
            .journey(journey)
            .event_id(id)
            .tier("anonymous")
            .fingerprint(bucket)
            .actor(Actor::AgentMcp)
            .cohort(Cohort::Synthetic)
            .env("staging"),
    );
    funnel.record(
        Claim::new(team).journey(journey).event_id(id).tier("free").fingerprint(bucket).email_hash(email),
    );
    funnel.record(Paid::new(team, None).event_id(id).tier("pro").renewal(true));

    let expected = expected_of_every_step(bucket, &id.to_string(), &email.to_string());
    let events = recorder.take();
    assert_eq!(events.len(), expected.len());
    for (event, expected) in events.iter().zip(&expected) {
        assert_clean(event);
        assert_eq!(&attributes(&decode(event)), expected);
    }
}

#[test]
fn the_record_around_the_attributes_is_the_contracts() {
    let (funnel, recorder) = funnel();
    funnel.record(Landing::new().at(UNIX_EPOCH + Duration::from_secs(1_700_000_000)));
    funnel.record(Landing::new());
    let events = recorder.take();
    let record = decode(&events[0]);
    assert_eq!(record.event_name, "InstantFunnel");
    assert_eq!((record.severity_number, record.severity_text.as_str()), (9, "INFO"));
    assert_eq!(record.body.unwrap().value, Some(Proto::StringValue("InstantFunnel".into())));
    assert_eq!(record.time_unix_nano, 1_700_000_000_000_000_000, "when it happened");
    assert_eq!(record.observed_time_unix_nano, 1_764_000_000_123_456_789, "when it was recorded");
    assert_eq!(record.dropped_attributes_count, 0);
    assert!(record.trace_id.is_empty() && record.span_id.is_empty());
    assert_eq!(decode(&events[1]).time_unix_nano, 1_764_000_000_123_456_789, "now, if never said");
}

#[test]
fn a_time_before_1970_is_the_time_of_recording() {
    let (funnel, recorder) = funnel();
    funnel.record(Landing::new().at(UNIX_EPOCH - Duration::from_secs(1)));
    assert_eq!(recorder.take()[0].time_unix_nano, 1_764_000_000_123_456_789);
}

#[test]
fn empty_optionals_are_omitted() {
    let events = capture(|funnel| funnel.record(Landing::new()));
    let keys: Vec<_> = events[0].attributes.keys().copied().collect();
    assert_eq!(keys, ["cohort", "eventId", "funnelStep", "newrelic.event.type", "serviceName"]);
    assert!(attributes(&decode(&events[0])).values().all(|value| !value.is_empty()));
}

#[test]
fn the_active_span_is_named_in_the_record_and_in_its_attributes() {
    let span = SpanContext::new(
        TraceId::from_hex("0af7651916cd43dd8448eb211c80319c").unwrap(),
        SpanId::from_hex("b7ad6b7169203331").unwrap(),
        TraceFlags::SAMPLED,
        false,
        TraceState::default(),
    );
    let events = capture(|funnel| {
        let _active = opentelemetry::Context::new().with_remote_span_context(span).attach();
        funnel.record(Landing::new());
    });
    let record = decode(&events[0]);
    assert_eq!(record.trace_id, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes());
    assert_eq!(record.span_id, 0xb7ad_6b71_6920_3331_u64.to_be_bytes());
    assert_eq!(record.flags, 1);
    let attributes = attributes(&record);
    assert_eq!(attributes["trace.id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(attributes["span.id"], "b7ad6b7169203331");
}

#[test]
fn the_encoded_length_is_exact_and_a_short_buffer_is_refused() {
    use instant_funnel::{Record, Sink, Verdict};

    struct Lengths;
    impl Sink for Lengths {
        fn accept(&self, record: &Record<'_>) -> Verdict {
            let length = record.encoded_len();
            assert_eq!(record.encode_into(&mut vec![0; length]), Ok(length));
            for short in 0..length {
                assert!(record.encode_into(&mut vec![0; short]).is_err());
            }
            Verdict::Delivered
        }
    }

    let funnel = Funnel::builder().backend(Backend::Custom(Arc::new(Lengths))).build().unwrap();
    funnel.record(Paid::new(TeamId::parse(TEAM).unwrap(), None).tier("pro").renewal(false));
    assert_eq!(funnel.stats().delivered, 1);
}
