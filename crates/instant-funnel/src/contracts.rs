//! The contracts of one funnel: the first, and the others with their checkers and counters.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use instant_funnel_core::Checker;
use instant_funnel_core::contract::{CONTRACT, Contract};

/// A contract beside the first one.
pub(crate) struct OtherContract {
    pub(crate) checker: Checker,
    steps: Box<[AtomicU64]>,
}

impl OtherContract {
    pub(crate) fn new(checker: Checker) -> Self {
        // A plain event is counted as one step.
        let steps = checker.contract().steps.len().max(1);
        Self { checker, steps: (0..steps).map(|_| AtomicU64::new(0)).collect() }
    }

    pub(crate) fn count(&self, step: usize) {
        if let Some(step) = self.steps.get(step) {
            step.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn recorded_of(&self, step: usize) -> u64 {
        self.steps.get(step).map_or(0, |step| step.load(Ordering::Relaxed))
    }

    pub(crate) fn reset(&self) {
        self.steps.iter().for_each(|step| step.store(0, Ordering::Relaxed));
    }
}

/// The contracts of every funnel of this process but [`CONTRACT`], so that sibling layers never see their events.
static LEARNT: RwLock<Vec<&'static Contract>> = RwLock::new(Vec::new());
static ANY_LEARNT: AtomicBool = AtomicBool::new(false);

/// Makes a contract known to the whole process.
pub(crate) fn learn(contract: &'static Contract) {
    if contract.is(&CONTRACT) {
        return;
    }
    let mut learnt = LEARNT.write().unwrap_or_else(PoisonError::into_inner);
    if !learnt.iter().any(|known| known.is(contract)) {
        learnt.push(contract);
        ANY_LEARNT.store(true, Ordering::Release);
    }
}

/// Whether events of some contract of this process have this name.
#[cfg(feature = "layer")]
pub(crate) fn is_event_name(name: &str) -> bool {
    if name == CONTRACT.event_name {
        return true;
    }
    let learnt = || LEARNT.read().unwrap_or_else(PoisonError::into_inner);
    ANY_LEARNT.load(Ordering::Acquire) && learnt().iter().any(|contract| contract.event_name == name)
}
