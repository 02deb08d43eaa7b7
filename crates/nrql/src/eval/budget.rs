//! Memory and time limits of a query.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::error::EvalError;

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
}

/// One thread's part in the memory of a scan: what all of them hold together is held to the limit.
pub(super) struct Share<'s> {
    budget: &'s Budget,
    /// Bytes of all threads.
    total: &'s AtomicUsize,
    /// Bytes of this one, as it last said.
    mine: Cell<usize>,
}

impl<'s> Share<'s> {
    pub(super) fn new(budget: &'s Budget, total: &'s AtomicUsize) -> Self {
        Self { budget, total, mine: Cell::new(0) }
    }

    /// Says how many bytes this thread holds now.
    pub(super) fn check(&self, bytes: usize) -> Result<(), EvalError> {
        let before = self.mine.replace(bytes);
        let all = if bytes >= before {
            self.total.fetch_add(bytes - before, Ordering::Relaxed).saturating_add(bytes - before)
        } else {
            self.total.fetch_sub(before - bytes, Ordering::Relaxed).saturating_sub(before - bytes)
        };
        self.budget.check(all)
    }
}
