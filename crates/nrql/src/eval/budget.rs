//! What a query may use.

use crate::error::EvalError;
use std::time::Instant;

/// The stack of a thread that evaluates: an expression may be 300 operators tall, and a level of that takes up to 25 KiB
/// where nothing is optimized.
pub(super) const STACK: usize = 16 << 20;

/// What a query may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) deadline: Option<Instant>,
    pub(super) bytes: usize,
    pub(super) threads: usize,
}

impl Budget {
    pub(super) fn check(&self, bytes: usize) -> Result<(), EvalError> {
        if bytes > self.bytes {
            return Err(EvalError::MemoryLimit { limit: self.bytes });
        }
        self.check_time()
    }

    pub(super) fn check_time(&self) -> Result<(), EvalError> {
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(EvalError::TimeLimit),
            _ => Ok(()),
        }
    }

    pub(super) fn shared(self, threads: usize) -> Self {
        Self { bytes: self.bytes / threads.max(1), ..self }
    }
}
