//! The handle that services hold; start, fork and end of a delivery.

mod entry;
mod journal;
mod lifecycle;
#[cfg(feature = "processor")]
pub mod processor;
#[cfg(feature = "prometheus")]
pub mod prometheus;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::entry::Entry;
use self::journal::Journal;
use crate::settings::advisory::DeliveryAdvisory;
use crate::settings::builder::Builder;
use crate::settings::choice::Priority;
use crate::settings::error::{AppendError, DeliveryConfigError};
use crate::settings::health::DeliveryHealth;
use crate::settings::secret::Secret;
use crate::settings::stats::{DeliveryReport, DeliveryStats};

/// Takes encoded OTLP log records and delivers them. Cheap to clone; all clones are one journal and one sender.
///
/// When the last clone is dropped it shuts down with [`Builder::drop_timeout`]. After a fork the child gets a journal
/// and a sender of its own at its first use, with numbers that start at zero; what the parent had taken stays the
/// parent's.
///
/// ```
/// use std::time::{Duration, SystemTime, UNIX_EPOCH};
/// use otlp_journal::{Priority, Delivery};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let delivery = Delivery::builder("http://127.0.0.1:4318/v1/logs").build()?;
///
/// // An encoded LogRecord: field 12 (event name) = "hello".
/// let record = b"\x62\x05hello";
/// let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64;
/// delivery.append(Priority::Bulk, now, record.len(), |buf| buf.copy_from_slice(record))?;
///
/// let report = delivery.shutdown(Duration::ZERO);
/// assert!(report.stats.is_conserved());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Delivery(Arc<Handle>);

struct Handle {
    journal: Arc<Journal>,
}

/// Where records go and how many there are; no setting, which may hold a secret.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let journal = &self.0.journal;
        f.debug_struct("Delivery").field("destination", &journal.destination()).finish_non_exhaustive()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // A forked child that never used it has nothing to end.
        if let Some(journal) = self.journal.existing() {
            let _ = journal.shutdown(journal.drop_timeout());
        }
    }
}

impl Delivery {
    /// Starts from the endpoint's URL, `/v1/logs` included.
    pub fn builder(endpoint: impl Into<String>) -> Builder {
        Builder::new(endpoint.into())
    }

    /// Records one event: reserves `len` bytes, lets `encode` write an encoded OTLP `LogRecord` there (the bytes
    /// start as zeros), and publishes them. With a directory, the event survives the process once this returns.
    ///
    /// It does not block, allocate or call the system, except once in thousands of records when a segment is full. Then
    /// it takes a lock for a moment, so it is not for signal handlers.
    ///
    /// # Errors
    /// The record was not taken and has been counted under the reason given.
    ///
    /// # Panics
    /// Only if `encode` does; the record is then counted under [`LossReason::Panic`](crate::LossReason::Panic).
    ///
    /// # Privacy
    /// What `encode` writes leaves the process as it is, together with the resource and the scope.
    #[inline]
    pub fn append(
        &self,
        priority: Priority,
        time_unix_nanos: u64,
        len: usize,
        encode: impl FnOnce(&mut [u8]),
    ) -> Result<(), AppendError> {
        self.0.journal.append(Entry::new(priority, time_unix_nanos), len, encode)
    }

    /// As [`Delivery::append`], with a scope or a durability of its own.
    ///
    /// # Errors
    /// As [`Delivery::append`].
    #[inline]
    pub fn append_entry(
        &self,
        entry: Entry<'_>,
        len: usize,
        encode: impl FnOnce(&mut [u8]),
    ) -> Result<(), AppendError> {
        self.0.journal.append(entry, len, encode)
    }

    /// The largest record that `append` takes, in bytes.
    #[must_use]
    pub fn max_record_bytes(&self) -> usize {
        self.0.journal.present().max_record()
    }

    /// Waits until a record of this size would find room, for importers that would rather wait than lose.
    /// Another thread may take the room first. False at the end of `timeout`, and after a shutdown.
    #[must_use]
    pub fn wait_for_room(&self, priority: Priority, len: usize, timeout: Duration) -> bool {
        self.0.journal.present().wait_for_room(priority, len, timeout)
    }

    /// Sends what was recorded before this call, now, and waits until it is settled or `timeout` has passed.
    /// Works on any thread, inside any runtime and in none: it blocks the calling thread only.
    pub fn flush(&self, timeout: Duration) -> DeliveryReport {
        self.0.journal.present().flush(timeout)
    }

    /// Takes no more records, flushes, and ends the sender. Never longer than `timeout`. Without a directory, what is
    /// still pending at the end counts as dropped; with one it stays on disk for the next start.
    pub fn shutdown(&self, timeout: Duration) -> DeliveryReport {
        self.0.journal.present().shutdown(timeout)
    }

    /// The numbers now.
    #[must_use]
    pub fn stats(&self) -> DeliveryStats {
        self.0.journal.present().stats()
    }

    /// How it is doing: the state of the sender and since when, the last answer, the oldest record that waits, and
    /// where records go. Privacy: it holds no key, no path and no word of the far end.
    #[must_use]
    pub fn health(&self) -> DeliveryHealth {
        self.0.journal.present().health()
    }

    /// What is not as configured. Grows while the service runs; each advisory appears once.
    #[must_use]
    pub fn advisories(&self) -> Vec<DeliveryAdvisory> {
        self.0.journal.present().advisories()
    }

    /// Replaces the value of a header, so that a fixed key works without a restart. False for a name or a value
    /// that HTTP does not allow.
    pub fn set_header(&self, name: &str, value: impl Into<Secret>) -> bool {
        self.0.journal.present().set_header(name, value.into())
    }
}

impl Builder {
    /// Starts the sender. Cheap: the directory is prepared here, the far end is not contacted.
    ///
    /// # Errors
    /// A setting that cannot work; the message names it. A directory that cannot be used is not an error.
    pub fn build(self) -> Result<Delivery, DeliveryConfigError> {
        self.check()?;
        Ok(Delivery(Arc::new(Handle { journal: Journal::start(self)? })))
    }
}
