//! What siblings of the layer see of a funnel event under a global subscriber, in both orders, whatever is emitted
//! while the subscriber is asked.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod layer_support;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use instant_funnel::{
    Backend, Funnel, Landing, PseudonymKey, Record, Sink, Verdict, hidden, hide_funnel_events,
};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use tracing::{info, info_span, warn};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::layer_support::{Captured, alone};

const SECRET: &str = "jane.q7@example.com";

/// What the siblings were shown.
#[derive(Default)]
struct Shown {
    fmt: Captured,
    hidden_fmt: Captured,
    collected: Captured,
    hidden_collected: Captured,
    otel: InMemoryLogExporter,
}

impl Shown {
    fn assert_clean(&self) {
        for (who, text) in self.texts() {
            assert!(!text.contains("jane"), "{who} was shown the raw field:\n{text}");
        }
    }

    fn assert_all_have(&self, line: &str) {
        for (who, text) in self.texts() {
            assert!(text.contains(line), "{who} was not shown `{line}`:\n{text}");
        }
    }

    fn texts(&self) -> [(&'static str, String); 5] {
        let exported = self.otel.get_emitted_logs().unwrap();
        let bodies: Vec<_> = exported.iter().map(|log| format!("{:?}", log.record)).collect();
        [
            ("fmt", self.fmt.text()),
            ("the hidden fmt", self.hidden_fmt.text()),
            ("the collecting layer", self.collected.text()),
            ("the hidden collecting layer", self.hidden_collected.text()),
            ("the OpenTelemetry appender", bodies.join("\n")),
        ]
    }

    fn provider(&self) -> SdkLoggerProvider {
        SdkLoggerProvider::builder().with_simple_exporter(self.otel.clone()).build()
    }
}

#[derive(Clone, Copy)]
enum Siblings {
    After,
    Before,
}

/// Sets a global subscriber with the funnel's layer and five siblings.
fn install(funnel: &Funnel, siblings: Siblings) -> Shown {
    let shown = Shown::default();
    let provider = shown.provider();
    match siblings {
        Siblings::After => tracing_subscriber::registry()
            .with(funnel.layer())
            .with(shown.fmt.fmt().with_filter(hide_funnel_events()))
            .with(hidden(shown.hidden_fmt.fmt()))
            .with(shown.collected.collect().with_filter(hide_funnel_events()))
            .with(hidden(shown.hidden_collected.collect()))
            .with(OpenTelemetryTracingBridge::new(&provider).with_filter(hide_funnel_events()))
            .init(),
        Siblings::Before => tracing_subscriber::registry()
            .with(OpenTelemetryTracingBridge::new(&provider).with_filter(hide_funnel_events()))
            .with(hidden(shown.hidden_collected.collect()))
            .with(shown.collected.collect().with_filter(hide_funnel_events()))
            .with(hidden(shown.hidden_fmt.fmt()))
            .with(shown.fmt.fmt().with_filter(hide_funnel_events()))
            .with(funnel.layer())
            .init(),
    }
    shown
}

fn with_sink(sink: impl Sink + 'static) -> Funnel {
    Funnel::builder()
        .pseudonym_key(PseudonymKey::new(&[7; 32]).unwrap())
        .backend(Backend::Custom(Arc::new(sink)))
        .build()
        .unwrap()
}

/// A sink that does something of its own with each record.
struct Does(fn(u64), AtomicU64);

impl Sink for Does {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        (self.0)(self.1.fetch_add(1, Ordering::Relaxed));
        Verdict::Delivered
    }
}

fn does(action: fn(u64)) -> Funnel {
    with_sink(Does(action, AtomicU64::new(0)))
}

/// A value that does something before it is formatted.
struct Formats(fn());

impl fmt::Debug for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)();
        f.write_str("pro")
    }
}

fn emit() {
    info!(name: "InstantFunnel", funnelStep = "claim", tier = "pro", email = SECRET, cart = SECRET);
}

/// Defines a test for each order, each in a process of its own.
macro_rules! in_both_orders {
    ($name:ident, |$siblings:ident| $body:block) => {
        mod $name {
            use super::*;

            fn run($siblings: Siblings) $body

            #[test]
            fn with_siblings_after() {
                alone(concat!(stringify!($name), "::with_siblings_after"), || run(Siblings::After));
            }

            #[test]
            fn with_siblings_before() {
                alone(concat!(stringify!($name), "::with_siblings_before"), || run(Siblings::Before));
            }
        }
    };
}

/// The sink or the value does its part, and nothing is shown to anybody.
fn check(funnel: &Funnel, siblings: Siblings, emit: impl Fn()) -> Shown {
    let shown = install(funnel, siblings);
    for _ in 0..3 {
        emit();
        info!("an ordinary line");
    }
    shown.assert_clean();
    shown.assert_all_have("an ordinary line");
    assert_eq!(shown.fmt.text().matches("an ordinary line").count(), 3, "no line is lost");
    assert_eq!(funnel.stats().recorded, 3);
    shown
}

in_both_orders!(an_advisory_that_is_owed_is_logged_at_the_next_call_outside_the_layer, |siblings| {
    let funnel = Funnel::from_vars(|name| (name == "ANALYTICS_BACKEND").then(|| "newrelic".into()));
    let shown = check(&funnel, siblings, emit);
    for (who, text) in shown.texts() {
        assert!(!text.contains("NEW_RELIC_LICENSE_KEY"), "{who} was given a line inside the layer:\n{text}");
    }
    funnel.record(Landing::new());
    shown.assert_all_have("NEW_RELIC_LICENSE_KEY");
    shown.assert_all_have("unknown_key");
    shown.assert_clean();
});

in_both_orders!(a_sink_that_logs_shows_nobody_a_funnel_event, |siblings| {
    let shown = check(&does(|_| warn!("the sink speaks")), siblings, emit);
    shown.assert_all_have("the sink speaks");
});

in_both_orders!(a_sink_that_opens_a_span_shows_nobody_a_funnel_event, |siblings| {
    let funnel = does(|_| {
        let span = info_span!("inside the sink", tier = "free", detail = tracing::field::Empty);
        let _entered = span.enter();
        span.record("detail", 7);
        info!("in a span of the sink");
    });
    let shown = check(&funnel, siblings, emit);
    shown.assert_all_have("in a span of the sink");
});

in_both_orders!(a_sink_that_asks_whether_a_level_is_enabled_shows_nobody_a_funnel_event, |siblings| {
    let funnel = does(|_| assert!(tracing::enabled!(tracing::Level::ERROR)));
    check(&funnel, siblings, emit);
});

in_both_orders!(a_sink_that_panics_after_it_has_logged_shows_nobody_a_funnel_event, |siblings| {
    let funnel = does(|count| {
        warn!("the sink speaks");
        assert_ne!(count, 1, "the second time");
    });
    check(&funnel, siblings, emit);
    assert_eq!(funnel.stats().dropped.total(), 1);
});

in_both_orders!(a_value_that_logs_when_it_is_formatted_shows_nobody_a_funnel_event, |siblings| {
    let shown = check(&does(|_| {}), siblings, || {
        let tier = Formats(|| info!("the value speaks"));
        info!(name: "InstantFunnel", funnelStep = "claim", tier = ?tier, email = SECRET, cart = SECRET);
    });
    shown.assert_all_have("the value speaks");
});

in_both_orders!(a_value_that_opens_a_span_when_it_is_formatted_shows_nobody_a_funnel_event, |siblings| {
    check(&does(|_| {}), siblings, || {
        let tier = Formats(|| info_span!("value", journeyId = "none").in_scope(|| info!("in a span")));
        info!(name: "InstantFunnel", funnelStep = "claim", tier = ?tier, email = SECRET, cart = SECRET);
    });
});

in_both_orders!(
    an_expression_that_logs_while_the_fields_are_computed_shows_nobody_a_funnel_event,
    |siblings| {
        let shown = check(&does(|_| {}), siblings, || {
            info!(name: "InstantFunnel", funnelStep = { info!("computing"); "claim" }, email = SECRET);
        });
        shown.assert_all_have("computing");
    }
);

in_both_orders!(a_span_value_that_logs_shows_nobody_what_they_had_refused, |siblings| {
    let funnel = does(|_| {});
    let shown = install(&funnel, siblings);
    let tier = Formats(|| info!("the span's value speaks"));
    let span = info_span!("request", tier = ?tier, actor = tracing::field::Empty);
    span.record("actor", tracing::field::debug(Formats(|| info!("once more"))));
    span.in_scope(emit);
    shown.assert_all_have("the span's value speaks");
    shown.assert_all_have("once more");
    shown.assert_clean();
    assert_eq!(funnel.stats().recorded, 1);
});

in_both_orders!(a_sink_that_records_through_tracing_is_stopped_and_counted, |siblings| {
    let funnel = does(|_| emit());
    let shown = install(&funnel, siblings);
    emit();
    funnel.record(Landing::new());
    shown.assert_clean();
    let stats = funnel.stats();
    assert_eq!(stats.dropped[instant_funnel::DropReason::Reentrant], 2);
    assert_eq!((stats.recorded, stats.delivered, stats.pending), (4, 2, 0));
});

in_both_orders!(many_threads_that_record_and_log_at_once_show_nobody_a_funnel_event, |siblings| {
    let funnel = does(|_| warn!("the sink speaks"));
    let shown = install(&funnel, siblings);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    emit();
                    info!("an ordinary line");
                }
            });
        }
    });
    shown.assert_clean();
    assert_eq!(shown.fmt.text().matches("an ordinary line").count(), 800);
    assert_eq!((funnel.stats().recorded, funnel.stats().delivered), (800, 800));
});
