//! The environment, read in one place from a lookup that tests replace.

#[cfg(feature = "otlp")]
mod delivery;
mod resource;

use crate::advisory::Advisory;
use crate::backend::Backend;
use crate::var;
use instant_funnel_core::contract::{CONTRACT, Rule};
use instant_funnel_core::{Cohort, PseudonymKey, Vocabularies};

pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the environment says. What is absent or unusable is `None`; each fault is an advisory.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) service_name: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) cohort: Option<Cohort>,
    pub(crate) pseudonym_key: Option<PseudonymKey>,
    pub(crate) previous_pseudonym_key: Option<PseudonymKey>,
    pub(crate) legacy_pseudonyms: bool,
    /// The key of a slug, and the words that close it.
    pub(crate) vocabularies: Vec<(&'static str, Vec<String>)>,
    pub(crate) backend: Option<Backend>,
    pub(crate) advisories: Vec<Advisory>,
}

/// Reads every variable.
pub(crate) fn read(lookup: Lookup<'_>) -> Settings {
    let lookup: Lookup<'_> =
        &|name| lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut settings = Settings::default();
    settings.identity(lookup);
    settings.pseudonyms(lookup);
    settings.vocabularies(lookup);
    settings.backend = settings.backend(lookup);
    settings
}

impl Settings {
    fn advise(&mut self, variable: &str, fix: &str) {
        self.advisories.push(Advisory::new(variable, fix));
    }

    fn identity(&mut self, lookup: Lookup<'_>) {
        let from_resource = |key: &str| resource::attribute(&lookup(var::RESOURCE)?, key);
        let candidates =
            [(var::SERVICE_NAME, lookup(var::SERVICE_NAME)), (var::RESOURCE, from_resource("service.name"))];
        self.service_name =
            self.first_valid("serviceName", "1 to 64 letters, digits, `_`, `.` and `-`", candidates);
        let candidates =
            [(var::ENV, lookup(var::ENV)), (var::RESOURCE, from_resource("deployment.environment.name"))];
        let wanted = "a slug: a lower-case letter, then up to 31 of `a-z0-9_-`";
        self.environment = self.first_valid("env", wanted, candidates);
        if let Some(text) = lookup(var::COHORT) {
            self.cohort = Cohort::ALL.iter().copied().find(|cohort| cohort.as_str() == text);
            if self.cohort.is_none() {
                self.advise(var::COHORT, "is neither `real` nor `synthetic`; `real` is assumed");
            }
        }
    }

    /// The first candidate that passes the rule of `key`; each that does not becomes an advisory.
    fn first_valid(
        &mut self,
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
            self.advise(variable, &format!("does not give a valid `{key}`; use {wanted}"));
            None
        })
    }

    fn pseudonyms(&mut self, lookup: Lookup<'_>) {
        let mut key = |variable| {
            let parsed = lookup(variable).map(|text| PseudonymKey::parse(&text))?;
            parsed.map_err(|error| self.advise(variable, &format!("{error}; pseudonyms are omitted"))).ok()
        };
        let current = key(var::PSEUDONYM_KEY);
        let previous = key(var::PSEUDONYM_KEY_PREVIOUS);
        match lookup(var::PSEUDONYM_MODE).as_deref() {
            None | Some("keyed") => {}
            Some("legacy-sha256") => {
                if current.is_some() {
                    self.advise(
                        var::PSEUDONYM_MODE,
                        "is `legacy-sha256`, so ANALYTICS_PSEUDONYM_KEY is not used",
                    );
                }
                self.legacy_pseudonyms = true;
                return;
            }
            Some(_) => {
                self.advise(
                    var::PSEUDONYM_MODE,
                    "is neither `keyed` nor `legacy-sha256`; `keyed` is assumed",
                );
            }
        }
        if current.is_none() && previous.is_some() {
            self.advise(
                var::PSEUDONYM_KEY_PREVIOUS,
                "needs ANALYTICS_PSEUDONYM_KEY beside it; it is not used",
            );
            return;
        }
        self.pseudonym_key = current;
        self.previous_pseudonym_key = previous;
    }

    fn vocabularies(&mut self, lookup: Lookup<'_>) {
        for attribute in CONTRACT.attributes.iter().filter(|attribute| attribute.rule == Rule::Slug) {
            let variable = format!("{}{}", var::VOCABULARY_PREFIX, screaming_snake(attribute.key));
            let Some(list) = lookup(&variable) else { continue };
            let words: Vec<String> =
                list.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
            match Vocabularies::default().close(&CONTRACT, attribute.key, &words) {
                Ok(()) => self.vocabularies.push((attribute.key, words)),
                Err(error) => {
                    self.advise(&variable, &format!("is not used, `{}` stays open: {error}", attribute.key));
                }
            }
        }
    }

    fn backend(&mut self, lookup: Lookup<'_>) -> Option<Backend> {
        let chosen = lookup(var::BACKEND).map(|text| text.to_ascii_lowercase()).unwrap_or_default();
        if lookup(var::SDK_DISABLED).is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return Some(Backend::Noop);
        }
        Some(match chosen.as_str() {
            "" => return None,
            "noop" | "off" | "disabled" | "none" => Backend::Noop,
            "otlp" => self.otlp(lookup),
            "newrelic" | "new-relic" | "nr" | "insights" => self.new_relic(lookup),
            _ => {
                self.advise(
                    var::BACKEND,
                    "names no backend; use `noop`, `otlp` or `newrelic`. Nothing is recorded",
                );
                Backend::Noop
            }
        })
    }
}

#[cfg(not(feature = "otlp"))]
impl Settings {
    fn otlp(&mut self, _: Lookup<'_>) -> Backend {
        self.advise(var::BACKEND, "names a backend that this build leaves out; enable the feature `otlp`");
        Backend::Unconfigured
    }

    fn new_relic(&mut self, lookup: Lookup<'_>) -> Backend {
        self.otlp(lookup)
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
    fn vocabulary_variables_are_named_after_the_key() {
        assert_eq!(screaming_snake("reasonCode"), "REASON_CODE");
        assert_eq!(screaming_snake("tier"), "TIER");
    }
}
