//! The environment, read in one place from a lookup that tests replace.

#[cfg(feature = "otlp")]
mod delivery;
mod resource;

use std::cell::RefCell;
use std::collections::BTreeSet;

use instant_funnel_core::contract::{CONTRACT, Rule, Violation};
use instant_funnel_core::{Cohort, PseudonymKey, SigningKey};

use crate::advisory::Advisory;
use crate::backend::Backend;
use crate::net::caught;
use crate::var;

pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the environment says. What is absent or unusable is `None`; each fault is a finding.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) service_name: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) commit_id: Option<String>,
    pub(crate) cohort: Option<Cohort>,
    pub(crate) pseudonyms: Option<PseudonymChoice>,
    pub(crate) signing_key: Option<SigningKey>,
    /// The key of a slug, and the words that close it; without words the attribute is dropped.
    pub(crate) vocabularies: Vec<(&'static str, Vec<String>)>,
    pub(crate) backend: Option<Backend>,
    pub(crate) findings: Vec<Finding>,
}

/// How pseudonyms are to be made.
pub(crate) enum PseudonymChoice {
    Keyed { key: Box<PseudonymKey>, previous: Option<Box<PseudonymKey>> },
    Legacy,
}

/// What a finding is about, so that code which decides the same thing afterwards can take it back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    Backend,
    Cohort,
    Pseudonyms,
    SigningKey,
    Other,
}

/// One fault: what to tell the operator, and what to count.
pub(crate) struct Finding {
    pub(crate) topic: Topic,
    pub(crate) advisory: Advisory,
    /// The rule that a value broke, where it was a value.
    pub(crate) violation: Option<Violation>,
}

impl Finding {
    pub(crate) fn new(topic: Topic, variable: &str, fix: impl Into<String>) -> Self {
        Self::of(topic, Advisory::new(variable, fix))
    }

    pub(crate) fn of(topic: Topic, advisory: Advisory) -> Self {
        Self { topic, advisory, violation: None }
    }
}

/// Reads every variable.
pub(crate) fn read(lookup: Lookup<'_>) -> Settings {
    let broken = RefCell::new(BTreeSet::new());
    let lookup: Lookup<'_> = &|name| {
        let text = caught(|| lookup(name)).unwrap_or_else(|| {
            broken.borrow_mut().insert(name.to_owned());
            None
        })?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut settings = Settings::default();
    settings.identity(lookup);
    settings.pseudonyms(lookup);
    settings.signing_key(lookup);
    settings.vocabularies(lookup);
    settings.backend = settings.backend(lookup);
    for variable in broken.take() {
        settings.advise(
            Topic::Other,
            &variable,
            "could not be looked up, because the lookup panicked; it is treated as unset",
        );
    }
    settings
}

impl Settings {
    fn advise(&mut self, topic: Topic, variable: &str, fix: &str) {
        self.findings.push(Finding::new(topic, variable, fix));
    }

    /// A value that breaks a rule: told and counted.
    fn refuse(&mut self, topic: Topic, violation: Violation, variable: &str, fix: &str) {
        self.findings.push(Finding { violation: Some(violation), ..Finding::new(topic, variable, fix) });
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
        let wanted = "7 to 40 lower-case hexadecimal digits, at least one of them a letter";
        self.commit_id = self.first_valid("commitId", wanted, [(var::COMMIT_ID, lookup(var::COMMIT_ID))]);
        if let Some(text) = lookup(var::COHORT) {
            self.cohort = Cohort::ALL.iter().copied().find(|cohort| cohort.as_str() == text);
            if self.cohort.is_none() {
                self.advise(
                    Topic::Cohort,
                    var::COHORT,
                    "is neither `real` nor `synthetic`; `real` is assumed",
                );
            }
        }
    }

    /// The first candidate that passes the rule of `key`; each that does not becomes an advisory.
    fn first_valid<const N: usize>(
        &mut self,
        key: &str,
        wanted: &str,
        candidates: [(&'static str, Option<String>); N],
    ) -> Option<String> {
        let rule = CONTRACT.position(key).map(|at| CONTRACT.attributes[at].rule)?;
        candidates.into_iter().find_map(|(variable, text)| {
            let text = text?;
            let Err(violation) = rule.check_text(&text) else { return Some(text) };
            let fix = format!("does not give a valid `{key}`; use {wanted}");
            self.refuse(Topic::Other, violation, variable, &fix);
            None
        })
    }

    fn pseudonyms(&mut self, lookup: Lookup<'_>) {
        let mut key = |variable| {
            let parsed = lookup(variable).map(|text| PseudonymKey::parse(&text))?;
            parsed
                .map_err(|error| {
                    let omitted =
                        if variable == var::PSEUDONYM_KEY { "; pseudonyms are omitted" } else { "" };
                    self.advise(Topic::Pseudonyms, variable, &format!("is not used: {error}{omitted}"));
                })
                .ok()
        };
        let current = key(var::PSEUDONYM_KEY);
        let previous = key(var::PSEUDONYM_KEY_PREVIOUS);
        match lookup(var::PSEUDONYM_MODE).as_deref() {
            None | Some("keyed") => {}
            Some("legacy-sha256") => {
                if current.is_some() {
                    self.advise(
                        Topic::Pseudonyms,
                        var::PSEUDONYM_MODE,
                        "is `legacy-sha256`, so ANALYTICS_PSEUDONYM_KEY is not used",
                    );
                }
                self.pseudonyms = Some(PseudonymChoice::Legacy);
                return;
            }
            Some(_) => self.advise(
                Topic::Pseudonyms,
                var::PSEUDONYM_MODE,
                "is neither `keyed` nor `legacy-sha256`; `keyed` is assumed",
            ),
        }
        match (current, previous) {
            (Some(key), previous) => {
                self.pseudonyms =
                    Some(PseudonymChoice::Keyed { key: Box::new(key), previous: previous.map(Box::new) });
            }
            (None, Some(_)) => self.advise(
                Topic::Pseudonyms,
                var::PSEUDONYM_KEY_PREVIOUS,
                "is not used, because ANALYTICS_PSEUDONYM_KEY is not set or not valid",
            ),
            (None, None) => {}
        }
    }

    /// The text's own bytes, so that code in any language which reads the same variable has the same key.
    fn signing_key(&mut self, lookup: Lookup<'_>) {
        let mut key = |variable| {
            let made = lookup(variable).map(SigningKey::new)?;
            let advise = |error| self.advise(Topic::SigningKey, variable, &format!("is not used: {error}"));
            made.map_err(advise).ok()
        };
        let (current, previous) = (key(var::SIGNING_KEY), key(var::SIGNING_KEY_PREVIOUS));
        self.signing_key = match (current, previous) {
            (Some(key), Some(previous)) => Some(key.with_previous(previous)),
            (None, Some(_)) => {
                let fix = "is not used, because it needs ANALYTICS_SIGNING_KEY beside it";
                self.advise(Topic::SigningKey, var::SIGNING_KEY_PREVIOUS, fix);
                None
            }
            (key, None) => key,
        };
    }

    /// A bad word is left out and the good ones close the slug. Without a good word nothing passes: a list that was
    /// meant to close an attribute must not open it.
    fn vocabularies(&mut self, lookup: Lookup<'_>) {
        for attribute in CONTRACT.attributes.iter().filter(|attribute| attribute.rule == Rule::Slug) {
            let key = attribute.key;
            let variable = format!("{}{}", var::VOCABULARY_PREFIX, screaming_snake(key));
            let Some(list) = lookup(&variable) else { continue };
            let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
            let (good, bad): (Vec<_>, Vec<_>) =
                words.map(str::to_owned).partition(|word| attribute.rule.check_text(word).is_ok());
            let dropped = if good.is_empty() {
                format!("; no word is left, so `{key}` is dropped")
            } else {
                String::new()
            };
            if !bad.is_empty() {
                let fix = format!(
                    "has {} words that are not slugs and are left out (use lower-case letters, digits, `_` and `-`){dropped}",
                    bad.len()
                );
                self.advise(Topic::Other, &variable, &fix);
            } else if good.is_empty() {
                self.advise(
                    Topic::Other,
                    &variable,
                    &format!("is an empty list{dropped}; unset it to keep `{key}` open"),
                );
            }
            self.vocabularies.push((key, good));
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
                    Topic::Backend,
                    var::BACKEND,
                    "does not name a backend; use `noop`, `otlp` or `newrelic`. Nothing is recorded",
                );
                Backend::Noop
            }
        })
    }
}

#[cfg(not(feature = "otlp"))]
impl Settings {
    fn otlp(&mut self, _: Lookup<'_>) -> Backend {
        self.advise(
            Topic::Backend,
            var::BACKEND,
            "names a backend that this build does not include; enable the feature `otlp`",
        );
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
