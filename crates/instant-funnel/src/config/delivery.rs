//! The backends that send, by their variables.

use super::{Lookup, var};
use crate::backend::{Backend, NewRelicConfig, OtlpConfig, Region};
use crate::builder::{ConfigError, FunnelBuilder};

/// Where OpenTelemetry sends when nothing is said.
const DEFAULT_ENDPOINT: &str = "http://localhost:4318/v1/logs";

pub(super) fn otlp(builder: &mut FunnelBuilder, lookup: Lookup<'_>) -> Backend {
    let config = OtlpConfig::new(DEFAULT_ENDPOINT).with_vars(lookup, &mut builder.advisories);
    config.map(Backend::Otlp).unwrap_or_else(|error| unconfigured(builder, &error))
}

pub(super) fn new_relic(builder: &mut FunnelBuilder, lookup: Lookup<'_>) -> Backend {
    let Some(key) = lookup(var::LICENSE_KEY) else {
        let hint = if lookup(var::API_KEY).is_some() {
            "; NEW_RELIC_API_KEY is another kind of key, it cannot send data"
        } else {
            ""
        };
        builder.advise(
            var::LICENSE_KEY,
            &format!("is unset, so every event is dropped and counted as `nil_app`; use a licence (ingest) key{hint}"),
        );
        return Backend::Unconfigured;
    };
    let of_key = Region::of_key(&key);
    let mut config = NewRelicConfig::new(key);
    if let Some(name) = lookup(var::REGION) {
        match Region::parse(&name) {
            Some(region) => {
                if of_key.is_some_and(|of_key| of_key != region) {
                    builder.advise(
                        var::REGION,
                        "is another region than the prefix of NEW_RELIC_LICENSE_KEY says",
                    );
                }
                config = config.region(region);
            }
            None => builder
                .advise(var::REGION, "is none of `us`, `eu`, `gov`, `jp`; the key's own region is used"),
        }
    }
    let config = config.map_otlp(|otlp| otlp.with_vars(lookup, &mut builder.advisories));
    config.map(Backend::NewRelic).unwrap_or_else(|error| unconfigured(builder, &error))
}

fn unconfigured(builder: &mut FunnelBuilder, error: &ConfigError) -> Backend {
    let text = match error {
        ConfigError::Backend(text) => text.clone(),
        other => other.to_string(),
    };
    builder.advise(
        var::BACKEND,
        &format!("cannot work, so every event is dropped and counted as `nil_app`: {text}"),
    );
    Backend::Unconfigured
}
