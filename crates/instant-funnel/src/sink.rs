//! The trait that every backend implements: it receives checked records.

use std::time::Duration;

use instant_funnel_core::Record;

use crate::health::{Health, HealthState};
use crate::stats::{DropReason, Settled};

/// A backend.
///
/// # Contract
/// - [`accept`](Self::accept) runs on the caller's thread, in the request path, on many threads at once. It must
///   return at once: it must not wait for a network, a disk or a lock that is held across either. The funnel holds
///   no lock while it runs, so a sink that breaks this slows the calls that reach it and no others; that is the
///   bound, and nothing can be done about it from outside.
/// - A panic in it is caught and counted as [`DropReason::Panic`]; the next record still comes. A panic in another
///   method is caught too and listed in [`Funnel::advisories`](crate::Funnel::advisories). With `panic = "abort"` no
///   panic can be caught: it ends the process.
/// - It must not record into the funnel that calls it: such an event is dropped and counted as
///   [`DropReason::Reentrant`]. It may record into another one.
/// - Each record that it answers with [`Verdict::Pending`] must later appear in [`settled`](Self::settled), once.
///
/// Privacy: a sink sees checked values only, because no others exist.
///
/// ```
/// use instant_funnel::{Record, Sink, Verdict};
///
/// struct Stdout;
///
/// impl Sink for Stdout {
///     fn accept(&self, record: &Record<'_>) -> Verdict {
///         println!("{} {:?}", record.step_name(), record.get("journeyId"));
///         Verdict::Delivered
///     }
/// }
/// ```
pub trait Sink: Send + Sync {
    /// Takes one record, and says what became of it.
    fn accept(&self, record: &Record<'_>) -> Verdict;

    /// What became of the records taken with [`Verdict::Pending`] so far.
    fn settled(&self) -> Settled {
        Settled::default()
    }

    /// How delivery is doing. A sink that answers [`HealthState::Ended`] has logged itself what it leaves behind.
    fn health(&self) -> Health {
        Health::new(HealthState::Unobserved)
    }

    /// Settles what it can before `timeout` is over. May block.
    fn flush(&self, timeout: Duration) {
        let _ = timeout;
    }

    /// Settles what it can before `timeout` is over, then counts what it gives up. No record comes afterwards.
    /// May block.
    fn shutdown(&self, timeout: Duration) {
        self.flush(timeout);
    }
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The endpoint has it.
    Delivered,
    /// Given to a pipeline that does not say what becomes of it.
    HandedOver,
    /// The sink has it, and settles it later.
    Pending,
    /// Nobody has it.
    Dropped(DropReason),
}

/// A backend that was chosen but cannot work: it drops and counts.
pub(crate) struct NilApp;

impl Sink for NilApp {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        Verdict::Dropped(DropReason::NilApp)
    }

    fn health(&self) -> Health {
        Health::new(HealthState::Unconfigured)
    }
}
