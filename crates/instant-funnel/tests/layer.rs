//! The second entrance, and what its siblings see.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::io;
use std::sync::{Arc, Mutex};

use instant_funnel::contract::Violation;
use instant_funnel::testing::{RecordedEvent, Recorder};
use instant_funnel::{Backend, DropReason, Funnel, Landing, PseudonymKey, hide_funnel_events};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

const JOURNEY: &str = "0191d2a0-5c1e-4e57-9d0b-1f6f3a8f0c11";

fn recorded(
    funnel_of: impl FnOnce(Funnel) -> tracing::Dispatch,
    emit: impl FnOnce(),
) -> (Vec<RecordedEvent>, Funnel) {
    let recorder = Recorder::new();
    let funnel = Funnel::builder()
        .service_name("test")
        .pseudonym_key(PseudonymKey::new(&[7; 32]).unwrap())
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .build()
        .unwrap();
    tracing::dispatcher::with_default(&funnel_of(funnel.clone()), emit);
    (recorder.take(), funnel)
}

#[expect(clippy::needless_pass_by_value, reason = "takes what a closure would")]
fn alone(funnel: Funnel) -> tracing::Dispatch {
    tracing_subscriber::registry().with(funnel.layer()).into()
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn layer(&self) -> impl Layer<Registry> + use<> {
        let writer = self.clone();
        tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone())
    }
}

#[test]
fn an_event_named_instant_funnel_is_recorded_by_the_same_rules() {
    let (events, funnel) = recorded(alone, || {
        info!(name: "InstantFunnel", funnelStep = "claim", tier = "free", journeyId = %JOURNEY, renewal = true,
              email = "jane@example.com", cart = 3, "claimed by jane");
        info!(name: "SomethingElse", funnelStep = "claim");
        info!(funnelStep = "claim", "no name");
    });
    assert_eq!(events.len(), 1);
    events[0].assert_step("claim").assert_attribute("tier", "free").assert_attribute("journeyId", JOURNEY);
    events[0].assert_absent("renewal").assert_absent("email");
    assert_eq!(funnel.attributes_blocked(Violation::Step), 1, "a claim cannot be a renewal");
    let expected = funnel.pseudonymize_email("jane@example.com").unwrap().to_string();
    events[0].assert_attribute("emailHash", expected);
    assert_eq!(funnel.attributes_blocked(Violation::UnknownKey), 2, "cart and the message");
}

#[test]
fn each_refused_field_is_counted_under_its_rule() {
    let error = io::Error::other("jane@example.com");
    let (events, funnel) = recorded(alone, || {
        info!(name: "InstantFunnel", funnelStep = "paid", tier = "Pro!", teamId = "jane", emailHash = "4111111111111111",
              actor = "jane", renewal = "yes", serviceName = "other", commitId = 17, reasonCode = &error as &dyn std::error::Error,
              env = ?Some("production"), email = "not an address", absent = None::<&str>);
    });
    assert_eq!(events.len(), 1);
    let caller: Vec<_> =
        events[0].attributes.keys().filter(|key| !["cohort", "eventId"].contains(key)).copied().collect();
    assert_eq!(caller, ["funnelStep", "newrelic.event.type", "serviceName"]);
    events[0].assert_attribute("serviceName", "test");
    for (violation, count) in [
        (Violation::Slug, 2),
        (Violation::Uuid, 1),
        (Violation::OneOf, 1),
        (Violation::Type, 2),
        (Violation::Reserved, 3),
        (Violation::Derivation, 1),
        (Violation::UnknownKey, 0),
    ] {
        assert_eq!(funnel.attributes_blocked(violation), count, "{violation:?}");
    }
}

#[test]
fn an_unknown_step_drops_the_record_whole_and_counts_it() {
    let (events, funnel) = recorded(alone, || {
        info!(name: "InstantFunnel", funnelStep = "refund", tier = "pro");
        info!(name: "InstantFunnel", tier = "pro");
        info!(name: "InstantFunnel", funnelStep = 2);
    });
    assert_eq!(events, []);
    let stats = funnel.stats();
    assert_eq!((stats.recorded, stats.dropped[DropReason::InvalidEvent], stats.pending), (3, 3, 0));
}

#[test]
fn a_field_of_an_enclosing_span_fills_an_absent_attribute_and_the_nearest_wins() {
    let (events, funnel) = recorded(alone, || {
        let outer =
            info_span!("request", journeyId = JOURNEY, tier = "free", path = "/claim?email=jane@example.com");
        let _outer = outer.enter();
        let inner =
            info_span!("handler", tier = "pro", service = "Not A Slug", actor = tracing::field::Empty);
        inner.record("actor", "agent_mcp");
        let _inner = inner.enter();
        info!(name: "InstantFunnel", funnelStep = "provision", env = "staging");
        info!(name: "InstantFunnel", funnelStep = "provision", tier = "hobby");
    });
    assert_eq!(events.len(), 2);
    events[0]
        .assert_attribute("journeyId", JOURNEY)
        .assert_attribute("tier", "pro")
        .assert_attribute("env", "staging");
    events[0].assert_attribute("actor", "agent_mcp").assert_absent("service");
    events[1].assert_attribute("tier", "hobby");
    assert_eq!(funnel.attributes_blocked(Violation::Slug), 2, "once for each event that would have taken it");
    assert_eq!(
        funnel.attributes_blocked(Violation::UnknownKey),
        0,
        "a span's other fields are its own affair"
    );
}

#[test]
fn an_id_of_one_event_is_not_inherited_by_others() {
    let id = "0123456789abcdef0123456789abcdef";
    let (events, _) = recorded(alone, || {
        let _span = info_span!("request", eventId = id, funnelStep = "paid", tier = "pro").entered();
        info!(name: "InstantFunnel", funnelStep = "claim", tier = "pro");
    });
    events[0].assert_step("claim");
    assert_ne!(events[0].text("eventId"), Some(id));
}

#[test]
fn a_sibling_fmt_layer_prints_nothing_of_a_funnel_event() {
    let (hidden, seen) = (Captured::default(), Captured::default());
    let (events, _) = recorded(
        |funnel| {
            tracing_subscriber::registry()
                .with(hidden.layer().with_filter(hide_funnel_events()).and_then(seen.layer()))
                .with(funnel.layer())
                .into()
        },
        || {
            info!(name: "InstantFunnel", funnelStep = "claim", email = "jane@example.com");
            info!("an ordinary line");
        },
    );
    assert_eq!(events.len(), 1);
    assert!(seen.text().contains("jane@example.com"), "without the filter a sibling prints the raw field");
    assert!(!hidden.text().contains("jane") && !hidden.text().contains("claim"), "{}", hidden.text());
    assert!(hidden.text().contains("an ordinary line"));
}

#[test]
fn a_sibling_tracing_opentelemetry_layer_copies_nothing_of_a_funnel_event() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let tracer = provider.tracer("test");
    let (events, _) = recorded(
        |funnel| {
            let otel = tracing_opentelemetry::layer().with_tracer(tracer);
            tracing_subscriber::registry()
                .with(otel.with_filter(hide_funnel_events()))
                .with(funnel.layer())
                .into()
        },
        || {
            let _span = info_span!("request").entered();
            info!(name: "InstantFunnel", funnelStep = "claim", email = "jane@example.com");
            info!("an ordinary event");
        },
    );
    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 1);
    let names: Vec<_> = spans[0].events.iter().map(|event| event.name.to_string()).collect();
    assert_eq!(names, ["an ordinary event"]);
    assert!(!format!("{spans:?}").contains("jane"));
    let trace_id = spans[0].span_context.trace_id().to_string();
    events[0].assert_attribute("trace.id", trace_id);
    events[0].assert_attribute("span.id", spans[0].span_context.span_id().to_string());
}

#[test]
fn a_global_filter_silences_the_layer_and_never_the_typed_api() {
    let recorder = Recorder::new();
    let funnel = Funnel::builder().backend(Backend::Custom(Arc::new(recorder.clone()))).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(EnvFilter::new("warn")).with(funnel.layer());
    tracing::subscriber::with_default(subscriber, || {
        info!(name: "InstantFunnel", funnelStep = "claim");
        assert_eq!(recorder.events(), [], "a global filter comes before every layer");
        funnel.record(Landing::new());
    });
    assert_eq!(recorder.take().len(), 1);

    let quiet_logs =
        tracing_subscriber::fmt::layer().with_writer(io::sink).with_filter(EnvFilter::new("warn"));
    let subscriber = tracing_subscriber::registry().with(quiet_logs).with(funnel.layer());
    tracing::subscriber::with_default(subscriber, || info!(name: "InstantFunnel", funnelStep = "claim"));
    assert_eq!(recorder.take().len(), 1, "a filter on another layer is that layer's");
}

#[test]
fn a_field_that_panics_while_it_is_formatted_costs_its_event_and_nothing_else() {
    struct Bomb;
    impl std::fmt::Display for Bomb {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("in Display")
        }
    }
    let (events, funnel) = recorded(alone, || {
        let _span = info_span!("request", tier = %Bomb).entered();
        info!(name: "InstantFunnel", funnelStep = "claim", tier = %Bomb);
        info!(name: "InstantFunnel", funnelStep = "claim", tier = "pro");
    });
    assert_eq!(events.len(), 1);
    let stats = funnel.stats();
    assert_eq!(
        (stats.recorded, stats.delivered, stats.dropped[DropReason::Panic], stats.pending),
        (2, 1, 1, 0)
    );
}
