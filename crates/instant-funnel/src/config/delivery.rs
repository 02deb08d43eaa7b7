//! The backends that send, by their variables.

use instant_funnel_core::contract::RESOURCE;

use super::{Lookup, Settings, Topic, resource};
use crate::backend::{Backend, JOURNAL_BYTES_MIN, NewRelicConfig, OtlpConfig, Region};
use crate::error::ConfigError;
use crate::var;

/// Where OpenTelemetry sends by default.
const DEFAULT_ENDPOINT: &str = "http://localhost:4318/v1/logs";

impl Settings {
    pub(super) fn otlp(&mut self, lookup: Lookup<'_>) -> Backend {
        let config = self.overlay(OtlpConfig::new(DEFAULT_ENDPOINT), lookup);
        config.map(Backend::Otlp).unwrap_or_else(|error| self.unconfigured(&error))
    }

    pub(super) fn new_relic(&mut self, lookup: Lookup<'_>) -> Backend {
        let Some(key) = lookup(var::LICENSE_KEY) else {
            let hint = if lookup(var::API_KEY).is_some() {
                "; NEW_RELIC_API_KEY is another kind of key and cannot send data"
            } else {
                ""
            };
            self.advise(
                Topic::Backend,
                var::LICENSE_KEY,
                &format!(
                    "is unset, so every event is dropped and counted as `nil_app`; set it to a licence (ingest) key{hint}"
                ),
            );
            return Backend::Unconfigured;
        };
        let of_key = Region::of_key(&key);
        let mut config = NewRelicConfig::new(key);
        if let Some(name) = lookup(var::REGION) {
            match Region::parse(&name) {
                Some(region) => {
                    if of_key.is_some_and(|of_key| of_key != region) {
                        self.advise(
                            Topic::Backend,
                            var::REGION,
                            "does not match the region in the prefix of NEW_RELIC_LICENSE_KEY",
                        );
                    }
                    config = config.region(region);
                }
                None => {
                    self.advise(
                        Topic::Backend,
                        var::REGION,
                        "is not one of `us`, `eu`, `gov`, `jp`; the key's own region is used",
                    );
                }
            }
        }
        let config = config.map_otlp(|otlp| self.overlay(otlp, lookup));
        config.map(Backend::NewRelic).unwrap_or_else(|error| self.unconfigured(&error))
    }

    /// What the `ANALYTICS_OTLP_*`, the standard `OTEL_*` and the `ANALYTICS_JOURNAL_*` variables say, over `config`.
    /// The first go before the second, so that the service's own telemetry may go elsewhere.
    fn overlay(&mut self, config: OtlpConfig, lookup: Lookup<'_>) -> Result<OtlpConfig, ConfigError> {
        let mut config =
            config.try_delivery(|delivery| delivery.environment_with_prefix(var::DELIVERY_PREFIX, lookup))?;
        if let Some(directory) = lookup(var::JOURNAL_DIR) {
            config = config.journal_directory(directory);
        }
        if let Some(text) = lookup(var::JOURNAL_MAX_BYTES) {
            match text.parse() {
                Ok(bytes) if bytes >= JOURNAL_BYTES_MIN => config = config.journal_max_bytes(bytes),
                _ => self.advise(
                    Topic::Backend,
                    var::JOURNAL_MAX_BYTES,
                    &format!(
                        "is not a number of bytes of at least {JOURNAL_BYTES_MIN}; the default, 64 MiB, is used"
                    ),
                ),
            }
        }
        if let Some(list) = lookup(var::RESOURCE) {
            config = config.resource(self.resource(&list));
        }
        Ok(config)
    }

    /// The attributes of the list that the contract allows, each by its rule.
    fn resource(&mut self, list: &str) -> Vec<(&'static str, String)> {
        let mut kept = Vec::new();
        for one in RESOURCE {
            let key = one.key;
            let Some(value) = resource::attribute(list, key) else { continue };
            match one.rule.check_text(&value) {
                Ok(()) => kept.push((key, value)),
                // Told and counted where the identity is read.
                Err(_) if ["service.name", "deployment.environment.name"].contains(&key) => {}
                Err(violation) => {
                    let fix = format!("has a `{key}` that breaks its rule; the resource is sent without it");
                    self.refuse(Topic::Backend, violation, var::RESOURCE, &fix);
                }
            }
        }
        kept
    }

    fn unconfigured(&mut self, error: &ConfigError) -> Backend {
        let text = match error {
            ConfigError::Backend(text) => text.clone(),
            other => other.to_string(),
        };
        self.advise(
            Topic::Backend,
            var::BACKEND,
            &format!("cannot work, so every event is dropped and counted as `nil_app`: {text}"),
        );
        Backend::Unconfigured
    }
}
