//! Options of the evaluation.

use std::time::Duration;

/// What evaluation may use, and the choices where New Relic's behaviour is not known.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// Threads for large scans. Default: the machine's, at most 8.
    pub threads: usize,
    /// Bytes that the groups of one scan may take before it ends with [`EvalError::MemoryLimit`](crate::EvalError).
    /// Default: 1 GiB.
    pub memory_limit: usize,
    /// How long a query may run before it ends with [`EvalError::TimeLimit`](crate::EvalError). Default: one minute,
    /// as New Relic has it.
    pub time_limit: Option<Duration>,
    /// Whether `!=`, `NOT IN`, `NOT LIKE` and `NOT RLIKE` hold for a missing value. Default: true. Under either
    /// setting a message says when rows hung on it.
    pub negatives_match_null: bool,
    /// What `accountId()` gives. Default: 0.
    pub account_id: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, |threads| threads.get().min(8)),
            memory_limit: 1 << 30,
            time_limit: Some(Duration::from_secs(60)),
            negatives_match_null: true,
            account_id: 0,
        }
    }
}

impl Options {
    /// The same with another number of threads.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// The same with another bound of memory, in bytes.
    #[must_use]
    pub fn memory_limit(self, memory_limit: usize) -> Self {
        Self { memory_limit, ..self }
    }

    /// The same with another bound of time; `None` for none.
    #[must_use]
    pub fn time_limit(self, time_limit: Option<Duration>) -> Self {
        Self { time_limit, ..self }
    }

    /// The same with another reading of negative tests on a missing value.
    #[must_use]
    pub fn negatives_match_null(self, negatives_match_null: bool) -> Self {
        Self { negatives_match_null, ..self }
    }

    /// The same with another account number.
    #[must_use]
    pub fn account_id(self, account_id: i64) -> Self {
        Self { account_id, ..self }
    }
}
