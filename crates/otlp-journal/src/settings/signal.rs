//! A wake-up signal that is remembered, so that a waiter that checked just before it does not miss it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Signal {
    rung: Mutex<u64>,
    bell: Condvar,
}

impl Signal {
    fn rung(&self) -> MutexGuard<'_, u64> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be taken before looking for work.
    pub(crate) fn ticket(&self) -> u64 {
        *self.rung()
    }

    pub(crate) fn notify_one(&self) {
        *self.rung() += 1;
        self.bell.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        *self.rung() += 1;
        self.bell.notify_all();
    }

    /// Waits until it rings after `ticket` was taken, or for `limit`. True if it rang.
    pub(crate) fn wait(&self, ticket: u64, limit: Duration) -> bool {
        let rung = self.rung();
        let (rung, _) = self
            .bell
            .wait_timeout_while(rung, limit, |rung| *rung == ticket)
            .unwrap_or_else(PoisonError::into_inner);
        *rung != ticket
    }
}
