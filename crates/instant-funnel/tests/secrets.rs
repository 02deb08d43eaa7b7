//! A secret in every place that takes text, and in every printed form of what is reachable: none shows.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::fmt::{Debug, Display};
use std::sync::Arc;
use std::time::Duration;

use instant_funnel::contract::{CONTRACT, RawValue};
use instant_funnel::testing::Recorder;
use instant_funnel::{
    Actor, Backend, Claim, ConfigError, Draft, EventId, Funnel, Journey, JourneyId, Landing, NewRelicConfig,
    OtlpConfig, Paid, Provision, PseudonymKey, Region, TeamId,
};

/// Passes as part of a URL, a header, a path and a key's text, and is found whatever escapes it.
const SECRET: &str = "zqSECRETqz";
const PEM: &str = "-----BEGIN PRIVATE KEY-----\nzqSECRETqz\n-----END PRIVATE KEY-----\n";

#[track_caller]
fn hides(text: &str) {
    assert!(!text.contains("SECRET"), "{text}");
    assert!(!text.contains("PRIVATE KEY"), "{text}");
}

#[track_caller]
fn debug_hides(value: &impl Debug) {
    hides(&format!("{value:?}"));
    hides(&format!("{value:#?}"));
}

#[track_caller]
fn error_hides(error: &(impl Debug + Display)) {
    hides(&error.to_string());
    debug_hides(error);
}

fn url() -> String {
    format!("http://{SECRET}:{SECRET}@127.0.0.1:9/{SECRET}?token={SECRET}")
}

fn otlp() -> OtlpConfig {
    OtlpConfig::new(url())
        .header(SECRET, SECRET)
        .journal_directory(format!("/nonexistent/{SECRET}"))
        .delivery(|delivery| {
            delivery
                .endpoint(url())
                .header_from_file(SECRET, PEM)
                .dead_letters(SECRET)
                .ca_certificate(PEM)
                .client_certificate(PEM, PEM)
                .proxy(url())
                .user_agent(SECRET)
                .resource(SECRET)
                .scope(SECRET)
        })
}

#[test]
fn configurations_and_builders_print_no_text_that_they_were_given() {
    debug_hides(&otlp());
    debug_hides(&Backend::Otlp(otlp()));
    let new_relic = NewRelicConfig::new(SECRET).region(Region::Eu).otlp(|_| otlp());
    debug_hides(&new_relic);
    debug_hides(&Backend::NewRelic(new_relic.clone()));
    let builder = Funnel::builder()
        .service_name(SECRET)
        .environment(SECRET)
        .commit_id(SECRET)
        .pseudonym_key(PseudonymKey::new(SECRET.repeat(4).as_bytes()).unwrap())
        .previous_pseudonym_key(PseudonymKey::new(SECRET.repeat(5).as_bytes()).unwrap())
        .vocabulary("tier", [SECRET])
        .backend(Backend::NewRelic(new_relic));
    debug_hides(&builder);
    error_hides(&builder.build().unwrap_err());
    let _ = otlp().delivery(|delivery| {
        debug_hides(&delivery);
        delivery
    });
}

#[test]
fn errors_of_what_code_configured_name_the_method_and_not_the_value() {
    for builder in [
        Funnel::builder().service_name(format!("{SECRET}!")),
        Funnel::builder().environment(SECRET),
        Funnel::builder().commit_id(SECRET),
        Funnel::builder().vocabulary(SECRET, ["a"]),
        Funnel::builder().vocabulary("tier", [SECRET]),
        Funnel::builder().backend(Backend::Otlp(OtlpConfig::new(SECRET))),
        Funnel::builder().backend(Backend::Otlp(OtlpConfig::new(format!("https://u:{SECRET}@h/\n")))),
        Funnel::builder().backend(Backend::Otlp(OtlpConfig::new(format!("ftp://{SECRET}")))),
        Funnel::builder()
            .backend(Backend::Otlp(OtlpConfig::new("http://127.0.0.1").header("k", format!("{SECRET}\n")))),
        Funnel::builder()
            .backend(Backend::Otlp(OtlpConfig::new("http://127.0.0.1").header(format!("{SECRET} x"), "v"))),
        Funnel::builder().backend(Backend::Otlp(
            OtlpConfig::new("http://127.0.0.1").delivery(|delivery| delivery.header_from_file("k", PEM)),
        )),
        Funnel::builder().backend(Backend::Otlp(
            OtlpConfig::new("https://127.0.0.1").delivery(|delivery| delivery.ca_certificate(PEM)),
        )),
        Funnel::builder().backend(Backend::Otlp(
            OtlpConfig::new("https://127.0.0.1").delivery(|delivery| delivery.client_certificate(PEM, PEM)),
        )),
        Funnel::builder().backend(Backend::Otlp(
            OtlpConfig::new("http://127.0.0.1")
                .delivery(|delivery| delivery.proxy(format!("socks://{SECRET}"))),
        )),
        Funnel::builder().backend(Backend::NewRelic(NewRelicConfig::new(format!("{SECRET}\n")))),
    ] {
        match builder.build() {
            Err(error) => error_hides(&error),
            Ok(funnel) => panic!("{SECRET} was taken: {:?}", funnel.advisories()),
        }
    }
    error_hides(&PseudonymKey::parse(SECRET).map_err(ConfigError::from).unwrap_err());
    error_hides(&JourneyId::parse(SECRET).unwrap_err());
    error_hides(&TeamId::parse(SECRET).unwrap_err());
    error_hides(&EventId::parse(SECRET).unwrap_err());
}

#[test]
fn advisories_of_what_the_environment_configured_name_the_variable_and_not_the_value() {
    let url = url();
    for (variable, value) in [
        ("ANALYTICS_BACKEND", SECRET),
        ("ANALYTICS_ENV", SECRET),
        ("ANALYTICS_COMMIT_ID", SECRET),
        ("ANALYTICS_COHORT", SECRET),
        ("ANALYTICS_PSEUDONYM_KEY", SECRET),
        ("ANALYTICS_PSEUDONYM_KEY_PREVIOUS", SECRET),
        ("ANALYTICS_PSEUDONYM_MODE", SECRET),
        ("ANALYTICS_VOCABULARY_TIER", SECRET),
        ("ANALYTICS_JOURNAL_MAX_BYTES", SECRET),
        ("ANALYTICS_JOURNAL_DIR", "/dev/null/zqSECRETqz"),
        ("NEW_RELIC_REGION", SECRET),
        ("OTEL_SERVICE_NAME", "zqSECRETqz!"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.version=zqSECRETqz @,service.instance.id=a zqSECRETqz"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", SECRET),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://u:zqSECRETqz@h /"),
        ("OTEL_EXPORTER_OTLP_HEADERS", SECRET),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=zqSECRETqz%0A"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", SECRET),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", SECRET),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", SECRET),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", PEM),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", PEM),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", PEM),
        ("HTTP_PROXY", url.as_str()),
        ("HTTPS_PROXY", "socks://zqSECRETqz"),
        ("NEW_RELIC_LICENSE_KEY", "zqSECRETqz\u{1}"),
    ] {
        for backend in ["otlp", "newrelic"] {
            let funnel = Funnel::from_vars(|name| match name {
                _ if name == variable => Some(value.to_owned()),
                "ANALYTICS_BACKEND" => Some(backend.to_owned()),
                "NEW_RELIC_LICENSE_KEY" => Some("eu01xx0000000000000000000000000000000000".to_owned()),
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT" if variable != "OTEL_EXPORTER_OTLP_ENDPOINT" => {
                    Some("https://127.0.0.1:9/v1/logs".to_owned())
                }
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE" if variable == "OTEL_EXPORTER_OTLP_CLIENT_KEY" => {
                    Some("/nonexistent".to_owned())
                }
                _ => None,
            });
            for advisory in funnel.advisories() {
                error_hides(&advisory);
            }
            debug_hides(&funnel);
            debug_hides(&funnel.shutdown(Duration::ZERO));
            debug_hides(&funnel.stats());
        }
    }
}

#[test]
fn events_before_they_are_checked_print_no_value() {
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let mut draft = Draft::new(&CONTRACT, 0);
    for position in 0..CONTRACT.attributes.len() {
        draft.set(position, SECRET);
    }
    debug_hides(&draft);
    debug_hides(&Landing::new().reason_code(SECRET).env(SECRET));
    debug_hides(&Provision::new(SECRET).tier(SECRET).reason_code(SECRET).env(SECRET));
    debug_hides(&Claim::new(team).tier(SECRET).actor(Actor::Unknown).env(SECRET));
    debug_hides(&Paid::new(team, Journey::from(JourneyId::new())).tier(SECRET).env(SECRET));
    debug_hides(&RawValue::Text(SECRET));
}

#[test]
fn a_funnel_that_was_given_secrets_to_record_prints_none() {
    let recorder = Recorder::new();
    let funnel = Funnel::builder()
        .service_name("api")
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .build()
        .unwrap();
    funnel.record(Provision::new(SECRET).tier(SECRET).reason_code(SECRET).env(SECRET));
    let _ = funnel.pseudonymize_email(SECRET);
    for advisory in funnel.advisories() {
        error_hides(&advisory);
    }
    debug_hides(&funnel);
    debug_hides(&recorder);
    debug_hides(&recorder.take());
    debug_hides(&funnel.stats());
    debug_hides(&funnel.guard());
}

#[cfg(feature = "otlp-sdk")]
#[test]
fn the_stock_exporter_prints_no_text_that_it_was_given() {
    use instant_funnel::OtlpSdk;

    let sdk = OtlpSdk::new(url()).header(SECRET, SECRET);
    debug_hides(&sdk);
    debug_hides(&sdk.build("api").unwrap());
    for (sdk, service) in [
        (OtlpSdk::new(SECRET), "api"),
        (OtlpSdk::new(format!("https://u:{SECRET}@h /")), "api"),
        (OtlpSdk::new("http://127.0.0.1:9").header("k", format!("{SECRET}\n")), "api"),
        (OtlpSdk::new("http://127.0.0.1:9").header(format!("{SECRET} x"), "v"), "api"),
        (OtlpSdk::new("http://127.0.0.1:9"), "zqSECRETqz@example.com"),
    ] {
        error_hides(&sdk.build(service).unwrap_err());
    }
}
