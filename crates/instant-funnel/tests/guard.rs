//! What a guard logs at the end. One test, so that no other thread decides which log lines are wanted.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![cfg(feature = "otlp")]

use std::sync::{Arc, Mutex};

use instant_funnel::testing::Recorder;
use instant_funnel::{Backend, Funnel, Landing, OtlpConfig, Record, Sink, Verdict};
use tracing_subscriber::layer::SubscriberExt;

/// The warnings of this thread, by target.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Warnings {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if *event.metadata().level() == tracing::Level::WARN {
            self.0.lock().unwrap().push(event.metadata().target().to_owned());
        }
    }
}

fn warnings_at_the_end_of(backend: Backend) -> Vec<String> {
    let warnings = Warnings::default();
    let subscriber = tracing_subscriber::registry().with(warnings.clone());
    tracing::subscriber::with_default(subscriber, || {
        let funnel = Funnel::builder().service_name("api").backend(backend).build().unwrap();
        let guard = funnel.guard();
        funnel.record(Landing::new());
        drop(guard);
    });
    warnings.0.lock().unwrap().clone()
}

#[test]
fn a_guard_that_leaves_something_says_it_once_whoever_keeps_it() {
    struct Keeps;
    impl Sink for Keeps {
        fn accept(&self, _: &Record<'_>) -> Verdict {
            Verdict::Pending
        }
    }
    assert_eq!(warnings_at_the_end_of(Backend::Custom(Arc::new(Keeps))), ["instant_funnel"]);
    assert!(warnings_at_the_end_of(Backend::Custom(Arc::new(Recorder::new()))).is_empty());
    let refused = Backend::Otlp(OtlpConfig::new("http://127.0.0.1:9/v1/logs"));
    assert_eq!(warnings_at_the_end_of(refused), ["otlp_journal"]);
}
