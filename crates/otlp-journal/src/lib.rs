//! Durable delivery of OTLP logs: a bounded journal in memory or mapped files, and a sender that loses nothing.
//!
//! A record is encoded once, on the calling thread, straight into the journal ([`Delivery::append`]). A sender on its
//! own threads posts it over OTLP/HTTP and frees the room when the far end has acknowledged it. Nothing is lost to a
//! slow, sick or absent far end as long as the journal has room; with a directory nothing is lost to the death of the
//! process either. What is lost all the same is counted under one of seven reasons, and the numbers add up in every
//! sample ([`DeliveryStats`]).
//!
//! | if | then |
//! |---|---|
//! | the far end is slow | several requests are in flight ([`Builder::in_flight`]) |
//! | it fails (408, 429, 5xx, no connection, no answer) | the batch is parked and tried again until it is 24 h old, others go on |
//! | it refuses the key or the path (401, 403, 404, redirects, …) | everything is held and one request asks again from time to time |
//! | it says 413 | the batch is halved |
//! | it says 400 | the batch is halved until the bad record stands alone; that one becomes a dead letter |
//! | the journal is full | the newest record is refused; [`Priority::Bulk`] before [`Priority::Critical`] |
//! | the process dies | the next start, or a sibling that uses the same directory, sends what it left |
//! | the directory cannot be used | memory, and an [`DeliveryAdvisory`] |
//! | the process forks | the child gets its own journal and sender |
//!
//! # Limits
//! - At-least-once: what was in flight when the process died, or whose answer was lost, is sent again. Put an id into
//!   the record.
//! - Records of one thread and priority usually arrive in order; nothing promises it.
//! - A record is read by the far end as it is: this crate neither checks nor redacts.

mod delivery;
mod sender;
mod settings;
mod store;

#[cfg(feature = "processor")]
pub use self::delivery::processor;
#[cfg(feature = "prometheus")]
pub use self::delivery::prometheus;
pub use self::delivery::{Delivery, Entry};
pub use self::settings::advisory::DeliveryAdvisory;
pub use self::settings::builder::Builder;
pub use self::settings::choice::{Compression, Durability, Priority, Protocol, Roots};
pub use self::settings::clock::{Clock, ManualClock};
pub use self::settings::error::{AppendError, DeliveryConfigError};
pub use self::settings::health::{DeliveryHealth, DeliveryState, LastAnswer};
pub use self::settings::judge::{AdoptedJudge, AdoptedRecord, Judgement};
pub use self::settings::secret::Secret;
pub use self::settings::stats::{DeliveryReport, DeliveryStats, LossReason, Losses};
pub use self::settings::transport;
pub use self::store::files::{archive, erase};

/// How many forks lie between this process and the first one that built a [`Delivery`].
///
/// A forked child sees a larger number than its parent, so what is counted beside a delivery can start from zero with
/// it. Costs one load.
#[inline]
#[must_use]
pub fn forks() -> u64 {
    store::raw::fork::generation()
}

/// The `tracing` target of this crate's own diagnostics, so that a filter can name it.
pub const TARGET: &str = "otlp_journal";
