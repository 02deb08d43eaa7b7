//! A checker's settings.

use super::checker::Checker;
use super::error::CheckerError;
use crate::contract::{Contract, MAX_ATTRIBUTES, Origin};
use crate::plan::{Plan, ProcessValues};
use crate::pseudonym::Pseudonymizer;
use crate::seal::SigningKey;
use crate::vocabulary::Vocabularies;

/// Builds a [`Checker`]. Its `Debug` form shows the values that passed their rules.
#[derive(Debug)]
#[must_use]
pub struct CheckerBuilder {
    contract: &'static Contract,
    process: ProcessValues,
    vocabularies: Vocabularies,
    pseudonymizer: Pseudonymizer,
    signing_key: Option<SigningKey>,
    error: Option<CheckerError>,
}

impl Checker {
    /// Starts a checker for `contract`.
    pub fn builder(contract: &'static Contract) -> CheckerBuilder {
        CheckerBuilder {
            contract,
            process: [const { None }; MAX_ATTRIBUTES],
            vocabularies: Vocabularies::default(),
            pseudonymizer: Pseudonymizer::default(),
            signing_key: None,
            error: None,
        }
    }

    /// A checker for `contract` without values of the process, vocabularies or pseudonyms.
    #[must_use]
    pub fn new(contract: &'static Contract) -> Self {
        Self::builder(contract).finish()
    }
}

impl CheckerBuilder {
    /// The process-wide value of an attribute whose origin is the process.
    pub fn default_value(mut self, key: &str, value: &str) -> Self {
        match self.check_default(key, value) {
            Ok(position) => self.process[position] = Some(value.into()),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// Closes slugs to lists.
    pub fn vocabularies(mut self, vocabularies: Vocabularies) -> Self {
        self.vocabularies = vocabularies;
        self
    }

    /// Makes the pseudonyms of raw fields.
    pub fn pseudonymizer(mut self, pseudonymizer: Pseudonymizer) -> Self {
        self.pseudonymizer = pseudonymizer;
        self
    }

    /// Opens sealed journeys in raw fields.
    pub fn signing_key(mut self, key: Option<SigningKey>) -> Self {
        self.signing_key = key;
        self
    }

    /// The checker.
    ///
    /// # Errors
    /// The first default that was refused, by its key.
    pub fn build(mut self) -> Result<Checker, CheckerError> {
        match self.error.take() {
            Some(error) => Err(error),
            None => Ok(self.finish()),
        }
    }

    /// A value of the process is held to the vocabulary of its attribute too.
    fn finish(mut self) -> Checker {
        for (position, value) in self.process.iter_mut().enumerate() {
            let outside = |words: &[Box<str>]| value.as_ref().is_some_and(|value| !words.contains(value));
            if self.vocabularies.words(position).is_some_and(outside) {
                *value = None;
            }
        }
        Checker::of(
            Plan::new(self.contract, self.process),
            self.vocabularies,
            self.pseudonymizer,
            self.signing_key,
        )
    }

    fn check_default(&self, key: &str, value: &str) -> Result<usize, CheckerError> {
        let position = self.contract.position(key).ok_or(CheckerError::NotAProcessValue { key: None })?;
        let attribute = &self.contract.attributes[position];
        if !matches!(attribute.origin, Origin::Process | Origin::CallerOrProcess) {
            return Err(CheckerError::NotAProcessValue { key: Some(attribute.key) });
        }
        attribute
            .rule
            .check_text(value)
            .map_err(|violation| CheckerError::BadDefault { key: attribute.key, violation })?;
        Ok(position)
    }
}
