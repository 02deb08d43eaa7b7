//! Who sends: each value of the resource passes its rule, whatever way it came.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

#[path = "support/receiver.rs"]
mod receiver;

use std::time::Duration;

use instant_funnel::contract::Violation;
use instant_funnel::{Backend, Funnel, Landing, OtlpConfig};

const LONG: Duration = Duration::from_secs(60);

/// A funnel of the environment that sends to `url`, and what its resource says.
fn sent(pairs: &[(&str, &str)]) -> (Funnel, std::collections::BTreeMap<String, String>) {
    let (url, requests) = receiver::start();
    let funnel = Funnel::from_vars(|name| {
        let fixed = [("ANALYTICS_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", url.as_str())];
        let mut all = pairs.iter().chain(&fixed);
        all.find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    });
    funnel.record(Landing::new());
    assert!(funnel.flush(LONG).is_complete());
    let resource = requests.resource();
    let _ = funnel.shutdown(LONG);
    (funnel, resource)
}

fn count_of_refusals(funnel: &Funnel) -> u64 {
    Violation::ALL.iter().map(|violation| funnel.attributes_blocked(*violation)).sum()
}

#[test]
fn an_environment_that_puts_personal_data_into_the_resource_is_refused_told_and_counted() {
    for (variable, value, names) in [
        ("OTEL_SERVICE_NAME", "jane@example.com", "serviceName"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=jane@example.com", "serviceName"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=jane%40example.com", "serviceName"),
        ("ANALYTICS_ENV", "jane@example.com", "env"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=jane@example.com", "env"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.namespace=jane@example.com", "service.namespace"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.version=1.0 (jane@example.com)", "service.version"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=jane@example.com", "service.instance.id"),
    ] {
        let (funnel, resource) = sent(&[(variable, value)]);
        assert!(!format!("{resource:?}").contains("jane"), "{variable}={value}: {resource:?}");
        let advisories = funnel.advisories();
        let told: Vec<_> = advisories.iter().filter(|told| told.variable() == variable).collect();
        assert_eq!(told.len(), 1, "{variable}={value}: {advisories:?}");
        assert!(told[0].to_string().contains(names) && !told[0].to_string().contains("jane"), "{told:?}");
        assert_eq!(count_of_refusals(&funnel), 1, "{variable}={value}");
    }
}

#[test]
fn good_values_arrive_and_other_keys_do_not() {
    let list = "service.namespace=shop,service.version=1.2.3,host.name=alice-laptop,service.name=api";
    let (funnel, resource) = sent(&[("OTEL_RESOURCE_ATTRIBUTES", list)]);
    assert_eq!(funnel.advisories(), []);
    let said = |key: &str| resource.get(key).map(String::as_str);
    assert_eq!(said("service.name"), Some("api"));
    assert_eq!(said("service.namespace"), Some("shop"));
    assert_eq!(said("service.version"), Some("1.2.3"));
    assert_eq!(said("host.name"), None);
    assert!(said("service.instance.id").is_some());
}

#[test]
fn code_cannot_put_a_resource_of_its_own_behind_the_rules() {
    let (url, requests) = receiver::start();
    // An encoded resource: attributes { key: "a" value { string_value: "jane" } }.
    let smuggled: &[u8] = b"\x0a\x0b\x0a\x01a\x12\x06\x0a\x04jane";
    let config = OtlpConfig::new(url).delivery(|delivery| delivery.resource(smuggled).scope(smuggled));
    let funnel = Funnel::builder().service_name("api").backend(Backend::Otlp(config)).build().unwrap();
    funnel.record(Landing::new());
    assert!(funnel.flush(LONG).is_complete());
    let resource = requests.resource();
    assert!(!resource.contains_key("a") && resource["service.name"] == "api", "{resource:?}");
    let _ = funnel.shutdown(LONG);
}

#[cfg(feature = "otlp-sdk")]
#[test]
fn the_stock_exporters_service_name_passes_the_same_rule() {
    use instant_funnel::{ConfigError, OtlpSdk};

    for name in ["jane@example.com", "my service", "", "a/b", "naïve", &"a".repeat(65)] {
        let error = OtlpSdk::new("http://127.0.0.1:9/v1/logs").build(name).unwrap_err();
        assert!(matches!(error, ConfigError::Backend(_)));
        let text = error.to_string();
        assert!(text.contains("OtlpSdk::build"), "{text}");
        assert!(name.is_empty() || !text.contains(name), "{text}");
    }
    let (url, requests) = receiver::start();
    let backend = OtlpSdk::new(url).build("checkout.api").unwrap();
    let funnel = Funnel::builder().service_name("api").backend(backend).build().unwrap();
    funnel.record(Landing::new());
    assert_eq!(funnel.flush(LONG).delivered, 1);
    assert_eq!(requests.resource()["service.name"], "checkout.api");
}
