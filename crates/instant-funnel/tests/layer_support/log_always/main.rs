//! A service whose build has `tracing/log-always`. Prints what the funnel says of it, then what the `log` logger got.

use std::sync::{Arc, Mutex};

use instant_funnel::{Backend, Funnel, Landing, Record, Sink, Verdict};
use tracing_subscriber::layer::SubscriberExt;

struct Taken;

impl Sink for Taken {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        Verdict::Delivered
    }
}

static LOGGED: Mutex<String> = Mutex::new(String::new());

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        LOGGED.lock().unwrap().push_str(&format!("{} {}\n", record.target(), record.args()));
    }

    fn flush(&self) {}
}

fn main() {
    log::set_logger(&Logger).unwrap();
    log::set_max_level(log::LevelFilter::Info);
    let funnel = Funnel::builder().backend(Backend::Custom(Arc::new(Taken))).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(funnel.layer());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    tracing::info!(name: "InstantFunnel", funnelStep = "claim", email = "jane@example.com");
    funnel.record(Landing::new());
    for advisory in funnel.advisories() {
        println!("advisory: {advisory}");
    }
    for line in LOGGED.lock().unwrap().lines() {
        println!("logged: {line}");
    }
}
