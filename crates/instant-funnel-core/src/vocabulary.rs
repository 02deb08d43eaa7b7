//! Vocabularies: closing a slug to a list.

use crate::contract::{Contract, MAX_ATTRIBUTES, Rule, Violation};

/// For each slug of a contract, the only values that a service allows; open where none are given.
///
/// A slug rule cannot tell `jane-doe` from `card-declined`. A list can.
#[derive(Debug, Clone, Default)]
pub struct Vocabularies {
    lists: [Option<Box<[Box<str>]>>; MAX_ATTRIBUTES],
}

/// What is wrong with a vocabulary. Holds none of its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// Only slugs can be closed. Nothing was changed.
    #[error("only a slug of the contract can be restricted to a vocabulary, and {} is not a slug", key.unwrap_or("this key"))]
    NotASlug {
        /// The key, if the contract has it.
        key: Option<&'static str>,
    },
    /// Some words break the slug rule. The key is restricted to the others; if there are none, it accepts no value.
    #[error(
        "the vocabulary of `{key}` has {} words, and those at these positions are not slugs: {}; use a lower-case \
         letter, then up to 31 of `a-z0-9_-`. The key accepts only the other {good}",
        good + bad.len(),
        bad.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
    )]
    BadWords {
        /// The key that is closed.
        key: &'static str,
        /// How many words it is restricted to.
        good: usize,
        /// The place of each bad word in the list, from 1.
        bad: Vec<usize>,
    },
    /// The list is empty, so the key accepts no value.
    #[error(
        "the vocabulary of `{key}` is empty, so every value is dropped; leave it out to keep the slug open"
    )]
    Empty {
        /// The key that is closed.
        key: &'static str,
    },
}

impl Vocabularies {
    /// Closes `key` of `contract` to `words`, in place of an earlier vocabulary.
    ///
    /// # Errors
    /// [`VocabularyError`]. A bad word does not open the slug: it is restricted to the good ones all the same, and without
    /// one the attribute is dropped whatever its value.
    pub fn close<I>(
        &mut self,
        contract: &'static Contract,
        key: &str,
        words: I,
    ) -> Result<(), VocabularyError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let Some(position) = contract.position(key) else {
            return Err(VocabularyError::NotASlug { key: None });
        };
        let attribute = &contract.attributes[position];
        let key = attribute.key;
        if attribute.rule != Rule::Slug {
            return Err(VocabularyError::NotASlug { key: Some(key) });
        }
        let (mut list, mut bad): (Vec<Box<str>>, Vec<usize>) = (Vec::new(), Vec::new());
        for (at, word) in words.into_iter().enumerate() {
            let word = word.as_ref();
            if Rule::Slug.check_text(word).is_ok() { list.push(word.into()) } else { bad.push(at + 1) }
        }
        let result = match (list.len(), bad.is_empty()) {
            (0, true) => Err(VocabularyError::Empty { key }),
            (_, true) => Ok(()),
            (good, false) => Err(VocabularyError::BadWords { key, good, bad }),
        };
        list.sort_unstable();
        list.dedup();
        self.lists[position] = Some(list.into());
        result
    }

    /// Closes `key` to every value, for a list that has no usable word: it was meant to close the attribute, so it must
    /// not open it. A key that is not a slug of `contract` is ignored.
    pub fn block(&mut self, contract: &Contract, key: &str) {
        let slug = contract.position(key).filter(|at| contract.attributes[*at].rule == Rule::Slug);
        if let Some(position) = slug {
            self.lists[position] = Some(Box::default());
        }
    }

    /// The words that the attribute at `position` is restricted to.
    #[must_use]
    pub fn words(&self, position: usize) -> Option<&[Box<str>]> {
        self.lists.get(position)?.as_deref()
    }

    #[inline]
    pub(crate) fn check(&self, position: usize, text: &str) -> Result<(), Violation> {
        match &self.lists[position] {
            Some(list) if !list.iter().any(|word| **word == *text) => Err(Violation::Vocabulary),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::CONTRACT;

    const REASON: usize = CONTRACT.index("reasonCode");

    #[test]
    fn only_slugs_can_be_closed() {
        let mut vocabularies = Vocabularies::default();
        let mut close = |key: &str, words: &[&str]| vocabularies.close(&CONTRACT, key, words);
        assert_eq!(close("reasonCode", &["declined", "expired"]), Ok(()));
        assert_eq!(close("teamId", &["a"]), Err(VocabularyError::NotASlug { key: Some("teamId") }));
        assert_eq!(close("nope", &["a"]), Err(VocabularyError::NotASlug { key: None }));
        assert_eq!(vocabularies.check(REASON, "declined"), Ok(()));
        assert_eq!(vocabularies.check(REASON, "jane-doe"), Err(Violation::Vocabulary));
        assert_eq!(vocabularies.check(CONTRACT.index("tier"), "anything"), Ok(()));
        vocabularies.block(&CONTRACT, "tier");
        assert_eq!(vocabularies.check(CONTRACT.index("tier"), "anything"), Err(Violation::Vocabulary));
    }

    #[test]
    fn a_bad_word_does_not_open_the_slug() {
        for (words, bad) in [
            (["card-declined", "Expired"], 2),
            (["two words", "card-declined"], 1),
            (["card-declined", "tel-302-797-1126"], 2),
            (["", "card-declined"], 1),
        ] {
            let mut vocabularies = Vocabularies::default();
            let error = vocabularies.close(&CONTRACT, "reasonCode", words).unwrap_err();
            assert_eq!(error, VocabularyError::BadWords { key: "reasonCode", good: 1, bad: vec![bad] });
            for word in words.iter().filter(|word| word.len() > 1) {
                assert!(!error.to_string().contains(word), "{error}");
            }
            assert_eq!(vocabularies.check(REASON, "card-declined"), Ok(()));
            assert_eq!(vocabularies.check(REASON, "jane-doe"), Err(Violation::Vocabulary));
        }
    }

    #[test]
    fn a_vocabulary_without_a_good_word_refuses_every_value() {
        for words in [&[][..], &["Expired"], &["", "4111"]] {
            let mut vocabularies = Vocabularies::default();
            assert!(vocabularies.close(&CONTRACT, "reasonCode", words).is_err());
            for value in ["expired", "card-declined", "a"] {
                assert_eq!(vocabularies.check(REASON, value), Err(Violation::Vocabulary), "{words:?}");
            }
        }
    }
}
