//! The environment, read in one place from a lookup that tests replace.

mod advisory;
#[cfg(feature = "otlp")]
mod delivery;

pub use advisory::Advisory;

use crate::backend::Backend;
use crate::builder::FunnelBuilder;
use instant_funnel_core::contract::{CONTRACT, Rule};
use instant_funnel_core::{Cohort, PseudonymKey};

pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Variables that select and describe; the names bind.
pub(crate) mod var {
    pub(crate) const BACKEND: &str = "ANALYTICS_BACKEND";
    pub(crate) const ENV: &str = "ANALYTICS_ENV";
    pub(crate) const COHORT: &str = "ANALYTICS_COHORT";
    pub(crate) const PSEUDONYM_KEY: &str = "ANALYTICS_PSEUDONYM_KEY";
    pub(crate) const PSEUDONYM_KEY_PREVIOUS: &str = "ANALYTICS_PSEUDONYM_KEY_PREVIOUS";
    pub(crate) const PSEUDONYM_MODE: &str = "ANALYTICS_PSEUDONYM_MODE";
    pub(crate) const VOCABULARY_PREFIX: &str = "ANALYTICS_VOCABULARY_";
    pub(crate) const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
    pub(crate) const RESOURCE: &str = "OTEL_RESOURCE_ATTRIBUTES";
    #[cfg(feature = "otlp")]
    pub(crate) const JOURNAL_DIR: &str = "ANALYTICS_JOURNAL_DIR";
    #[cfg(feature = "otlp")]
    pub(crate) const JOURNAL_MAX_BYTES: &str = "ANALYTICS_JOURNAL_MAX_BYTES";
    #[cfg(feature = "otlp")]
    pub(crate) const LICENSE_KEY: &str = "NEW_RELIC_LICENSE_KEY";
    #[cfg(feature = "otlp")]
    pub(crate) const API_KEY: &str = "NEW_RELIC_API_KEY";
    #[cfg(feature = "otlp")]
    pub(crate) const REGION: &str = "NEW_RELIC_REGION";
    pub(crate) const SDK_DISABLED: &str = "OTEL_SDK_DISABLED";
}

#[cfg(not(feature = "otlp"))]
mod delivery {
    use super::{Backend, FunnelBuilder, Lookup, var};

    pub(super) fn otlp(builder: &mut FunnelBuilder, _: Lookup<'_>) -> Backend {
        builder.advise(var::BACKEND, "names a backend that this build leaves out; enable the feature `otlp`");
        Backend::Unconfigured
    }

    pub(super) fn new_relic(builder: &mut FunnelBuilder, lookup: Lookup<'_>) -> Backend {
        otlp(builder, lookup)
    }
}

/// Fills `builder` from the environment. Faults become advisories.
pub(crate) fn apply(builder: &mut FunnelBuilder, lookup: Lookup<'_>) {
    let lookup: Lookup<'_> =
        &|name| lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    builder.lenient = true;
    identity(builder, lookup);
    pseudonyms(builder, lookup);
    vocabularies(builder, lookup);
    builder.backend = backend(builder, lookup);
}

fn identity(builder: &mut FunnelBuilder, lookup: Lookup<'_>) {
    let from_resource = |key: &str| resource_attribute(&lookup(var::RESOURCE)?, key);
    let candidates =
        [(var::SERVICE_NAME, lookup(var::SERVICE_NAME)), (var::RESOURCE, from_resource("service.name"))];
    if let Some(name) =
        first_valid(builder, "serviceName", "1 to 64 letters, digits, `_`, `.` and `-`", candidates)
    {
        builder.service_name = Some(name);
    }
    let candidates =
        [(var::ENV, lookup(var::ENV)), (var::RESOURCE, from_resource("deployment.environment.name"))];
    let wanted = "a slug: a lower-case letter, then up to 31 of `a-z0-9_-`";
    if let Some(environment) = first_valid(builder, "env", wanted, candidates) {
        builder.environment = Some(environment);
    }
    if let Some(text) = lookup(var::COHORT) {
        match Cohort::ALL.iter().find(|cohort| cohort.as_str() == text) {
            Some(cohort) => builder.cohort = Some(*cohort),
            None => builder.advise(var::COHORT, "is neither `real` nor `synthetic`; `real` is assumed"),
        }
    }
}

/// The first candidate that passes the rule of `key`; each that does not becomes an advisory.
fn first_valid(
    builder: &mut FunnelBuilder,
    key: &str,
    wanted: &str,
    candidates: [(&'static str, Option<String>); 2],
) -> Option<String> {
    let rule = CONTRACT.position(key).map(|at| CONTRACT.attributes[at].rule)?;
    candidates.into_iter().find_map(|(variable, text)| {
        let text = text?;
        if rule.check_text(&text).is_ok() {
            return Some(text);
        }
        builder.advise(variable, &format!("does not give a valid `{key}`; use {wanted}"));
        None
    })
}

fn pseudonyms(builder: &mut FunnelBuilder, lookup: Lookup<'_>) {
    let mut key = |variable| {
        let parsed = lookup(variable).map(|text| PseudonymKey::parse(&text))?;
        parsed.map_err(|error| builder.advise(variable, &format!("{error}; pseudonyms are omitted"))).ok()
    };
    let current = key(var::PSEUDONYM_KEY);
    let previous = key(var::PSEUDONYM_KEY_PREVIOUS);
    match lookup(var::PSEUDONYM_MODE).as_deref() {
        None | Some("keyed") => {}
        Some("legacy-sha256") => {
            if current.is_some() {
                builder.advise(
                    var::PSEUDONYM_MODE,
                    "is `legacy-sha256`, so ANALYTICS_PSEUDONYM_KEY is not used",
                );
            }
            builder.legacy_pseudonyms = true;
            return;
        }
        Some(_) => {
            builder.advise(var::PSEUDONYM_MODE, "is neither `keyed` nor `legacy-sha256`; `keyed` is assumed");
        }
    }
    if current.is_none() && previous.is_some() {
        builder
            .advise(var::PSEUDONYM_KEY_PREVIOUS, "needs ANALYTICS_PSEUDONYM_KEY beside it; it is not used");
        return;
    }
    builder.pseudonym_key = current.or(builder.pseudonym_key.take());
    builder.previous_pseudonym_key = previous.or(builder.previous_pseudonym_key.take());
}

fn vocabularies(builder: &mut FunnelBuilder, lookup: Lookup<'_>) {
    for attribute in CONTRACT.attributes.iter().filter(|attribute| attribute.rule == Rule::Slug) {
        let variable = format!("{}{}", var::VOCABULARY_PREFIX, screaming_snake(attribute.key));
        let Some(list) = lookup(&variable) else { continue };
        let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
        if let Err(error) = builder.vocabularies.close(&CONTRACT, attribute.key, words) {
            builder.advise(&variable, &format!("is not used, `{}` stays open: {error}", attribute.key));
        }
    }
}

fn backend(builder: &mut FunnelBuilder, lookup: Lookup<'_>) -> Backend {
    let chosen = lookup(var::BACKEND).map(|text| text.to_ascii_lowercase()).unwrap_or_default();
    if lookup(var::SDK_DISABLED).is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        return Backend::Noop;
    }
    match chosen.as_str() {
        "" => std::mem::take(&mut builder.backend),
        "noop" | "off" | "disabled" | "none" => Backend::Noop,
        "otlp" => delivery::otlp(builder, lookup),
        "newrelic" | "new-relic" | "nr" | "insights" => delivery::new_relic(builder, lookup),
        _ => {
            builder.advise(
                var::BACKEND,
                "names no backend; use `noop`, `otlp` or `newrelic`. Nothing is recorded",
            );
            Backend::Noop
        }
    }
}

impl FunnelBuilder {
    pub(crate) fn advise(&mut self, variable: &str, fix: &str) {
        self.advisories.push(Advisory::new(variable, fix));
    }
}

/// One attribute of `key=value,key=value`, percent-decoded as the OpenTelemetry specification says.
pub(crate) fn resource_attribute(list: &str, key: &str) -> Option<String> {
    list.split(',').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == key).then(|| percent_decode(value.trim()))
    })
}

/// Percent escapes decoded; a broken escape is left as it is.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let mut byte = [0; 1];
        match tail {
            [high, low, after @ ..] if *first == b'%' && hex_byte(&[*high, *low], &mut byte) => {
                bytes.push(byte[0]);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_byte(digits: &[u8; 2], byte: &mut [u8; 1]) -> bool {
    let digit = |digit: u8| (digit as char).to_digit(16);
    match (digit(digits[0]), digit(digits[1])) {
        (Some(high), Some(low)) => {
            byte[0] = (high << 4 | low) as u8;
            true
        }
        _ => false,
    }
}

/// `reasonCode` → `REASON_CODE`.
fn screaming_snake(camel: &str) -> String {
    let mut out = String::with_capacity(camel.len() + 4);
    for c in camel.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_attributes_are_found_and_decoded() {
        let list = "service.name=check%2Dout, deployment.environment.name = staging,bad";
        assert_eq!(resource_attribute(list, "service.name").as_deref(), Some("check-out"));
        assert_eq!(resource_attribute(list, "deployment.environment.name").as_deref(), Some("staging"));
        assert_eq!(resource_attribute(list, "bad"), None);
        assert_eq!(percent_decode("100%zz%4"), "100%zz%4");
    }

    #[test]
    fn vocabulary_variables_are_named_after_the_key() {
        assert_eq!(screaming_snake("reasonCode"), "REASON_CODE");
        assert_eq!(screaming_snake("tier"), "TIER");
    }
}
