//! The handle that services hold.

use std::sync::Arc;
use std::time::Duration;

use crate::builder::{Builder, Class, Durability};
use crate::core::Core;
use crate::error::{ConfigError, Refused};
use crate::{Advisory, Report, Stats};

/// A record's place in the journal, for [`Delivery::append_entry`].
#[derive(Clone, Copy, Debug)]
#[must_use = "it describes a record; `append_entry` records it"]
pub struct Entry<'a> {
    pub(crate) class: Class,
    pub(crate) time: u64,
    pub(crate) scope: Option<&'a [u8]>,
    pub(crate) durability: Option<Durability>,
}

impl<'a> Entry<'a> {
    /// `time_unix_nanos`: when the event happened; it is sent until it is [`Builder::max_age`] old.
    pub const fn new(class: Class, time_unix_nanos: u64) -> Self {
        Self { class, time: time_unix_nanos, scope: None, durability: None }
    }

    /// Under its own encoded `InstrumentationScope` instead of [`Builder::scope`].
    pub const fn scope(mut self, encoded: &'a [u8]) -> Self {
        self.scope = Some(encoded);
        self
    }

    /// Instead of what [`Builder::durability`] says for the class.
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = Some(durability);
        self
    }
}

/// Takes encoded OTLP log records and delivers them. Cheap to clone; all clones are one journal and one sender.
///
/// When the last clone is dropped it shuts down with [`Builder::drop_timeout`]. After a fork the child gets a journal
/// and a sender of its own at its first use, with numbers that start at zero; what the parent had taken stays the
/// parent's.
///
/// ```
/// use std::time::{Duration, SystemTime, UNIX_EPOCH};
/// use otlp_journal::{Class, Delivery};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let delivery = Delivery::builder("http://127.0.0.1:4318/v1/logs").build()?;
///
/// // An encoded LogRecord: field 12 (event name) = "hello".
/// let record = b"\x62\x05hello";
/// let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64;
/// delivery.append(Class::Bulk, now, record.len(), |buf| buf.copy_from_slice(record))?;
///
/// let report = delivery.shutdown(Duration::ZERO);
/// assert!(report.stats.is_conserved());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Delivery(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    core: Arc<Core>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        // A forked child that never used it has nothing to end.
        if let Some(core) = self.core.existing() {
            let _ = core.shutdown(core.drop_timeout());
        }
    }
}

impl Delivery {
    /// Starts from the endpoint's URL, `/v1/logs` included.
    pub fn builder(endpoint: impl Into<String>) -> Builder {
        Builder::new(endpoint.into())
    }

    pub(crate) fn start(builder: Builder) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(Handle { core: Core::start(builder)? })))
    }

    /// Records one event: reserves `len` bytes, lets `encode` write an encoded OTLP `LogRecord` there (the bytes
    /// start as zeros), and publishes them. With a directory, the event survives the process once this returns.
    ///
    /// It does not block, allocate or call the system, except once in thousands of records when a segment is full.
    ///
    /// # Errors
    /// The record was not taken and has been counted under the reason given.
    ///
    /// # Panics
    /// Only if `encode` does; the record is then counted under [`DropReason::Panic`](crate::DropReason::Panic).
    ///
    /// # Privacy
    /// What `encode` writes leaves the process as it is, together with the resource and the scope.
    #[inline]
    pub fn append(
        &self,
        class: Class,
        time_unix_nanos: u64,
        len: usize,
        encode: impl FnOnce(&mut [u8]),
    ) -> Result<(), Refused> {
        self.0.core.append(Entry::new(class, time_unix_nanos), len, encode)
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
    ) -> Result<(), Refused> {
        self.0.core.append(entry, len, encode)
    }

    /// The largest record that `append` takes, in bytes.
    #[must_use]
    pub fn max_record_bytes(&self) -> usize {
        self.0.core.present().max_record()
    }

    /// Waits until a record of this size would find room, for importers that would rather wait than lose.
    /// Another thread may take the room first. False at the end of `timeout`, and after a shutdown.
    #[must_use]
    pub fn wait_for_room(&self, class: Class, len: usize, timeout: Duration) -> bool {
        self.0.core.present().wait_for_room(class, len, timeout)
    }

    /// Sends what was recorded before this call, now, and waits until it is settled or `timeout` has passed.
    /// Works on any thread, inside any runtime and in none: it blocks the calling thread only.
    pub fn flush(&self, timeout: Duration) -> Report {
        self.0.core.present().flush(timeout)
    }

    /// Takes no more records, flushes, and ends the sender. Never longer than `timeout`. Without a directory, what is
    /// still pending at the end counts as dropped; with one it stays on disk for the next start.
    pub fn shutdown(&self, timeout: Duration) -> Report {
        self.0.core.present().shutdown(timeout)
    }

    /// The numbers now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.core.present().stats()
    }

    /// What is not as configured. Grows while the service runs; each advisory appears once.
    #[must_use]
    pub fn advisories(&self) -> Vec<Advisory> {
        self.0.core.present().advisories()
    }

    /// Replaces the value of a header, so that a mended key works without a restart. False for a name or a value
    /// that HTTP does not allow.
    pub fn set_header(&self, name: &str, value: impl Into<crate::Secret>) -> bool {
        self.0.core.present().set_header(name, value.into())
    }
}
