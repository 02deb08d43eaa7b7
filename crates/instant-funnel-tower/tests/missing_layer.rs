//! A step on a route that no layer wraps is reported once. In a process of its own, since it is reported once a process.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as its tests do")]

use std::sync::{Arc, Mutex};

use instant_funnel_tower::FunnelContext;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

#[derive(Clone, Default)]
struct Messages(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Messages {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(format!("{} {}", event.metadata().target(), message.0));
    }
}

#[test]
fn the_first_question_to_a_context_without_a_layer_warns_once() {
    // Nobody listens yet, so this does not use the one warning up.
    FunnelContext::default().landing().record();
    let messages = Messages::default();
    let subscriber = tracing_subscriber::registry().with(messages.clone());
    tracing::subscriber::with_default(subscriber, || {
        let idle = FunnelContext::of(&http::Extensions::new());
        let _ = format!("{idle:?}");
        assert!(messages.0.lock().unwrap().is_empty(), "an unused context is not a mistake");
        idle.provision("db").record();
        idle.provision("db").record();
        assert!(idle.journey().is_none() && idle.email_hash("jane@example.com").is_none());
    });
    let messages = messages.0.lock().unwrap();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].starts_with("instant_funnel::middleware "), "{messages:?}");
    assert!(messages[0].contains("FunnelLayer"), "{messages:?}");
}
