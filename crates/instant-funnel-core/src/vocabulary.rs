//! Closing a slug to a list.

use crate::contract::{Contract, MAX_ATTRIBUTES, Rule, Violation};

/// For each slug of a contract, the only values that a service allows; open where none are given.
///
/// A slug rule cannot tell `jane-doe` from `card-declined`. A list can.
#[derive(Debug, Clone, Default)]
pub struct Vocabularies {
    lists: [Option<Box<[Box<str>]>>; MAX_ATTRIBUTES],
}

/// A vocabulary that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// Only slugs can be closed.
    #[error("`{0}` is no slug of the contract, so it cannot be closed to a vocabulary")]
    NotASlug(String),
    /// A word that the slug rule would refuse anyhow.
    #[error("a word in the vocabulary of `{0}` is no slug: use lower-case letters, digits, `_` and `-`")]
    BadWord(String),
    /// A vocabulary without words would refuse every value.
    #[error("the vocabulary of `{0}` is empty; leave it out to keep the slug open")]
    Empty(String),
}

impl Vocabularies {
    /// Closes `key` of `contract` to `words`.
    ///
    /// # Errors
    /// [`VocabularyError`]; the vocabulary is then left as it was.
    pub fn close<I>(&mut self, contract: &Contract, key: &str, words: I) -> Result<(), VocabularyError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let position = contract
            .position(key)
            .filter(|at| contract.attributes[*at].rule == Rule::Slug)
            .ok_or_else(|| VocabularyError::NotASlug(key.to_owned()))?;
        let mut list: Vec<Box<str>> = words.into_iter().map(|word| word.as_ref().into()).collect();
        if list.is_empty() {
            return Err(VocabularyError::Empty(key.to_owned()));
        }
        if list.iter().any(|word| Rule::Slug.check_text(word).is_err()) {
            return Err(VocabularyError::BadWord(key.to_owned()));
        }
        list.sort_unstable();
        list.dedup();
        self.lists[position] = Some(list.into());
        Ok(())
    }

    /// Closes `key` to every value, for a list that has no usable word: it was meant to close the attribute, so it must
    /// not open it. A key that is not a slug of `contract` is ignored.
    pub fn block(&mut self, contract: &Contract, key: &str) {
        let slug = contract.position(key).filter(|at| contract.attributes[*at].rule == Rule::Slug);
        if let Some(position) = slug {
            self.lists[position] = Some(Box::default());
        }
    }

    /// The words that the attribute at `position` is closed to.
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

    #[test]
    fn only_slugs_can_be_closed_and_only_with_slugs() {
        let mut vocabularies = Vocabularies::default();
        let mut close = |key: &str, words: &[&str]| vocabularies.close(&CONTRACT, key, words);
        assert_eq!(close("reasonCode", &["declined", "expired"]), Ok(()));
        assert_eq!(close("teamId", &["a"]), Err(VocabularyError::NotASlug("teamId".into())));
        assert_eq!(close("nope", &["a"]), Err(VocabularyError::NotASlug("nope".into())));
        assert_eq!(close("tier", &["Free Tier"]), Err(VocabularyError::BadWord("tier".into())));
        assert_eq!(close("tier", &[]), Err(VocabularyError::Empty("tier".into())));
        let reason = CONTRACT.index("reasonCode");
        assert_eq!(vocabularies.check(reason, "declined"), Ok(()));
        assert_eq!(vocabularies.check(reason, "jane-doe"), Err(Violation::Vocabulary));
        assert_eq!(vocabularies.check(CONTRACT.index("tier"), "anything"), Ok(()));
        vocabularies.block(&CONTRACT, "tier");
        assert_eq!(vocabularies.check(CONTRACT.index("tier"), "anything"), Err(Violation::Vocabulary));
    }
}
