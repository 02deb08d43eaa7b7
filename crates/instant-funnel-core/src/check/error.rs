//! Errors of the checker.

use crate::contract::Violation;

/// A draft that became no record at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The contract has no such step.
    #[error("the contract does not have this step")]
    UnknownStep,
    /// The draft was made for another contract than the checker's.
    #[error("the draft was made for another contract")]
    OtherContract,
}

/// A checker that cannot be built. Holds no value, and no key that the contract does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckerError {
    /// The contract has no such key, or the process may not set it.
    #[error("{}", not_a_process_value(*key))]
    NotAProcessValue {
        /// The key, if the contract has it.
        key: Option<&'static str>,
    },
    /// A default that its own rule refuses.
    #[error("the default of `{key}` breaks its rule ({})", violation.as_str())]
    BadDefault {
        /// The attribute's key.
        key: &'static str,
        /// The rule it breaks.
        violation: Violation,
    },
}

fn not_a_process_value(key: Option<&'static str>) -> String {
    match key {
        Some(key) => {
            format!("the process cannot set `{key}`: the contract gives this attribute another supplier")
        }
        None => "the contract does not have the attribute that the process wants to set".to_owned(),
    }
}
