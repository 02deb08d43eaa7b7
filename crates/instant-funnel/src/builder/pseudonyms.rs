//! Keys or the compatibility mode, from code and from the environment.

use instant_funnel_core::{PseudonymKey, Pseudonymizer};

use crate::config::{Finding, PseudonymChoice, Topic};
use crate::error::ConfigError;
use crate::var;

/// What was chosen so far. What comes later wins over the other source; code that contradicts itself is an error.
#[derive(Default)]
pub(super) struct Pseudonyms {
    key: Option<PseudonymKey>,
    previous: Option<PseudonymKey>,
    legacy: bool,
    from_env: bool,
}

fn finding(variable: &str, fix: &str) -> Finding {
    Finding::new(Topic::Pseudonyms, variable, fix)
}

impl Pseudonyms {
    pub(super) fn set_key(&mut self, key: PseudonymKey) -> Option<Finding> {
        let overruled = self.legacy && self.from_env;
        if overruled {
            self.legacy = false;
        }
        self.key = Some(key);
        self.from_env = false;
        overruled.then(|| {
            finding(
                var::PSEUDONYM_MODE,
                "is not used: `FunnelBuilder::pseudonym_key` was called after `with_env`",
            )
        })
    }

    pub(super) fn set_previous(&mut self, key: PseudonymKey) {
        self.previous = Some(key);
    }

    pub(super) fn set_legacy(&mut self) -> Option<Finding> {
        let overruled = self.key.is_some() && self.from_env;
        if overruled {
            (self.key, self.previous) = (None, None);
        }
        self.legacy = true;
        self.from_env = false;
        overruled.then(|| {
            finding(
                var::PSEUDONYM_KEY,
                "is not used: `FunnelBuilder::legacy_pseudonyms` was called after `with_env`",
            )
        })
    }

    pub(super) fn apply(&mut self, choice: PseudonymChoice) -> Option<Finding> {
        let overruled = match choice {
            PseudonymChoice::Keyed { key, previous } => {
                self.key = Some(*key);
                self.previous = previous.map(|key| *key).or(self.previous.take());
                let overruled = std::mem::take(&mut self.legacy);
                overruled.then(|| {
                    finding(var::PSEUDONYM_KEY, "is used instead of `FunnelBuilder::legacy_pseudonyms`")
                })
            }
            PseudonymChoice::Legacy => {
                self.legacy = true;
                let overruled = self.key.take().is_some() | self.previous.take().is_some();
                overruled.then(|| {
                    finding(
                        var::PSEUDONYM_MODE,
                        "is `legacy-sha256`, so `FunnelBuilder::pseudonym_key` and `previous_pseudonym_key` are not used",
                    )
                })
            }
        };
        self.from_env = true;
        overruled
    }

    pub(super) fn build(&self) -> Result<Pseudonymizer, ConfigError> {
        match (self.legacy, &self.key, &self.previous) {
            (true, None, None) => Ok(Pseudonymizer::legacy_sha256()),
            // A previous key from code beside a mode from the environment, which never stops the service.
            (true, None, Some(_)) if self.from_env => Ok(Pseudonymizer::legacy_sha256()),
            (false, Some(key), previous) => Ok(Pseudonymizer::keyed(key.clone(), previous.clone())),
            (false, None, None) => Ok(Pseudonymizer::omit()),
            _ => Err(ConfigError::PseudonymMode),
        }
    }
}
