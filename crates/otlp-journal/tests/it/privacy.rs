//! Secrets that were put into the wrong place are nowhere to be read.

use std::fmt::Debug;

use otlp_journal::{Builder, Delivery, Entry, Priority};

use crate::support::{Far, Scratch, append, quick};

const SECRET: &str = "hunter2-sk_live_51";
const PEM: &str = "-----BEGIN PRIVATE KEY-----\nhunter2-sk_live_51\n-----END PRIVATE KEY-----\n";

fn hides(what: &str, shown: &impl Debug) {
    for text in [format!("{shown:?}"), format!("{shown:#?}")] {
        assert!(!text.contains("hunter2"), "{what}: {text}");
    }
}

/// A setting with a secret in it, by name.
type Planted = (&'static str, Box<dyn Fn(Builder) -> Builder>);

fn planted() -> Vec<Planted> {
    vec![
        ("endpoint", Box::new(|b| b.endpoint(format!("https://u:{SECRET}@h/v1/logs?token={SECRET}")))),
        ("endpoint with a line break", Box::new(|b| b.endpoint(format!("https://u:{SECRET}@h/\n")))),
        ("no URL", Box::new(|b| b.endpoint(SECRET))),
        ("header value", Box::new(|b| b.header("api-key", SECRET))),
        ("bad header value", Box::new(|b| b.header("api-key", format!("{SECRET}\n")))),
        ("header name", Box::new(|b| b.header(format!("{SECRET} "), "x"))),
        ("header file", Box::new(|b| b.header_from_file("api-key", SECRET))),
        ("header file's name", Box::new(|b| b.header_from_file(SECRET, "/nowhere"))),
        ("authority", Box::new(|b| b.ca_certificate(PEM))),
        ("client certificate", Box::new(|b| b.client_certificate(PEM, PEM))),
        ("client key", Box::new(|b| b.client_certificate("/nowhere", PEM))),
        ("proxy", Box::new(|b| b.proxy(format!("http://u:{SECRET}@p:1")))),
        ("bad proxy", Box::new(|b| b.proxy(format!("socks5://u:{SECRET}@p:1")))),
        ("proxy that is not a URL", Box::new(|b| b.proxy(format!("{SECRET} {SECRET}")))),
        ("user agent", Box::new(|b| b.user_agent(SECRET))),
        ("resource", Box::new(|b| b.resource(SECRET))),
        ("scope", Box::new(|b| b.scope(SECRET))),
        ("owner", Box::new(|b| b.owner(SECRET))),
        ("directory", Box::new(|b| b.directory(format!("/proc/{SECRET}")))),
        ("dead letters", Box::new(|b| b.dead_letters(format!("/proc/{SECRET}")))),
    ]
}

#[test]
fn no_setting_shows_a_secret_that_was_put_into_it() {
    for (what, plant) in planted() {
        let builder = plant(Delivery::builder("http://127.0.0.1:1/v1/logs"));
        hides(what, &builder);
        match builder.build() {
            Ok(delivery) => {
                hides(what, &delivery);
                hides(what, &delivery.advisories());
                hides(what, &delivery.health());
                for advisory in delivery.advisories() {
                    assert!(!advisory.to_string().contains("hunter2"), "{what}: {advisory}");
                }
                assert!(!delivery.health().to_string().contains("hunter2"), "{what}");
                let _ = delivery.shutdown(std::time::Duration::ZERO);
            }
            Err(error) => {
                hides(what, &error);
                assert!(!error.to_string().contains("hunter2"), "{what}: {error}");
            }
        }
    }
}

#[test]
fn no_variable_shows_a_secret_that_was_put_into_it() {
    for name in [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
        "http_proxy",
        "ALL_PROXY",
        "NO_PROXY",
    ] {
        for value in
            [PEM.to_owned(), format!("https://u:{SECRET}@h/\n"), SECRET.to_owned(), format!("a={SECRET}%")]
        {
            let lookup = |asked: &str| (asked == name).then(|| value.clone());
            let builder = Builder::from_environment(lookup).unwrap();
            hides(name, &builder);
            match builder.build() {
                Ok(delivery) => {
                    hides(name, &delivery);
                    let said: Vec<String> = delivery.advisories().iter().map(ToString::to_string).collect();
                    hides(name, &said);
                    hides(name, &delivery.health());
                    let _ = delivery.shutdown(std::time::Duration::ZERO);
                }
                Err(error) => {
                    hides(name, &error);
                    let said = error.to_string();
                    assert!(!said.contains("hunter2"), "{said}");
                    let family = name.trim_start_matches("OTEL_EXPORTER_OTLP_").trim_start_matches("LOGS_");
                    assert!(said.contains(family), "it names the variable: {said}");
                }
            }
        }
    }
}

#[test]
fn no_public_value_shows_what_was_recorded() {
    let scratch = Scratch::new("shown");
    let far = Far::always(503);
    let delivery = quick(&far).directory(scratch.path()).backoff(crate::support::LONG, crate::support::LONG);
    let delivery = delivery.build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    let text = SECRET.as_bytes();
    let entry = Entry::new(Priority::Bulk, crate::support::now_nanos()).scope(text);
    hides("entry", &entry);
    delivery.append_entry(entry, text.len(), |buf| buf.copy_from_slice(text)).unwrap();
    hides("delivery", &delivery);
    let _ = delivery.shutdown(std::time::Duration::ZERO);
    drop(delivery);
    for journal in otlp_journal::archive::AbandonedJournal::open_all(scratch.path()).unwrap() {
        hides("records", &journal.records().unwrap());
        hides("journal", &journal);
    }
}
