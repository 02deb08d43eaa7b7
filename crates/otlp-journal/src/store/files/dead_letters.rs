//! Dead letters: records that the far end will never take, kept for a person to look at and to send again.
//!
//! ```text
//!  0   8  "OTLPDEAD"
//!  8  u32 version, 1
//! 12  u32 length of the resource
//! 16  u32 length of the scope
//! 20  u32 0
//! 24      encoded `Resource`, encoded `InstrumentationScope`
//! then for each letter:
//!  0  u32 length of the payload
//!  4  u8  reason: 1 too large, 2 rejected, 3 corrupt
//!  5  u8  flags: 2 = the payload starts with a scope of its own (u32 length, then the scope)
//!  6  u16 HTTP status of the answer, 0 if none
//!  8  u64 time of the event, Unix nanoseconds
//! 16  u64 time of the burial
//! 24  u64 checksum over the bytes 4–24 and the payload
//! 32      payload: an encoded `LogRecord`; for `corrupt` the damaged bytes as they were found
//! ```
//! No header, key or text of the far end is in it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::abandoned::Lost;
use super::layout::{create_private, ensure_private_directory};
use crate::settings::advisory::{Advisories, DeliveryAdvisory};
use crate::settings::builder::Builder;
use crate::settings::stats::LossReason;
use crate::store::checksum::checksum;
use crate::store::entry::SCOPED;
use crate::store::identity::Identity;
use crate::store::raw::limits::largest_file;
use crate::store::raw::segment::EntryView;

pub(crate) const MAGIC: &[u8; 8] = b"OTLPDEAD";
pub(crate) const VERSION: u32 = 1;
pub(crate) const SUFFIX: &str = "otd";

/// Writes them; one file for each identity.
#[derive(Debug)]
pub(crate) struct DeadLetters {
    directory: Option<PathBuf>,
    limit: u64,
    advisories: Arc<Advisories>,
    open: Mutex<Vec<(Arc<Identity>, File)>>,
}

/// A letter before it is written.
struct Letter<'a> {
    payload: &'a [u8],
    reason: LossReason,
    flags: u8,
    status: u16,
    time: u64,
    buried: u64,
}

impl DeadLetters {
    pub(crate) fn new(builder: &Builder, journal: Option<&Path>, advisories: Arc<Advisories>) -> Self {
        let beside = journal.map(|j| j.join("dead-letters"));
        Self {
            directory: builder.dead_letters.clone().or(beside),
            limit: builder.dead_letter_bytes,
            advisories,
            open: Mutex::default(),
        }
    }

    /// Keeps a record that was refused.
    pub(crate) fn keep(
        &self,
        identity: &Arc<Identity>,
        entry: &EntryView<'_>,
        reason: LossReason,
        status: u16,
        now: u64,
    ) {
        let (payload, flags) = (entry.payload, entry.head.flags & SCOPED);
        self.put(identity, &Letter { payload, reason, flags, status, time: entry.time, buried: now });
    }

    /// Keeps what is left of a record that was lost in another process's journal.
    pub(crate) fn keep_lost(&self, lost: &Lost, now: u64) {
        if lost.raw.is_empty() {
            return;
        }
        let (payload, flags) = (lost.raw.as_slice(), lost.flags & SCOPED);
        let letter = Letter { payload, reason: lost.reason, flags, status: 0, time: lost.time, buried: now };
        self.put(&lost.identity, &letter);
    }

    fn put(&self, identity: &Arc<Identity>, letter: &Letter<'_>) {
        let Some(directory) = &self.directory else { return };
        if let Err(error) = self.write(directory, identity, letter) {
            self.advisories.add(DeliveryAdvisory::DeadLetterLost { reason: error.to_string() });
        }
    }

    fn write(&self, directory: &Path, identity: &Arc<Identity>, letter: &Letter<'_>) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = letter.encode();
        let limit = largest_file().map_or(self.limit, |largest| self.limit.min(largest));
        if used(directory).saturating_add((bytes.len() + head(identity).len()) as u64) > limit {
            return Err(io::Error::other("the dead letters are full (Builder::dead_letter_bytes)"));
        }
        if let Some((_, file)) = open.iter_mut().find(|(known, _)| known == identity) {
            return file.write_all(&bytes);
        }
        ensure_private_directory(directory)?;
        let name = format!("dead-{}-{:x}-{:x}.{SUFFIX}", std::process::id(), letter.buried, unique());
        let mut file = create_private(&directory.join(name), true)?;
        file.write_all(&head(identity))?;
        file.write_all(&bytes)?;
        // A journal that adopts many dead ones must not hold a file for each.
        if open.len() >= 16 {
            open.remove(0);
        }
        open.push((Arc::clone(identity), file));
        Ok(())
    }
}

/// Two deliveries of one process may bury at the same moment.
fn unique() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Bytes taken by all dead letters there.
fn used(directory: &Path) -> u64 {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    files.filter_map(|f| f.metadata().ok()).map(|m| m.len()).fold(0, u64::saturating_add)
}

fn head(identity: &Identity) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for word in [VERSION, identity.resource.len() as u32, identity.scope.len() as u32, 0] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&identity.resource);
    out.extend_from_slice(&identity.scope);
    out
}

impl Letter<'_> {
    fn encode(&self) -> Vec<u8> {
        let mut fields = Vec::with_capacity(32 + self.payload.len());
        fields.extend_from_slice(&(self.payload.len() as u32).to_le_bytes());
        fields.push(reason_code(self.reason));
        fields.push(self.flags);
        fields.extend_from_slice(&self.status.to_le_bytes());
        fields.extend_from_slice(&self.time.to_le_bytes());
        fields.extend_from_slice(&self.buried.to_le_bytes());
        let sum = sum(fields.get(4..).unwrap_or_default(), self.payload);
        fields.extend_from_slice(&sum.to_le_bytes());
        fields.extend_from_slice(self.payload);
        fields
    }
}

pub(crate) fn sum(fields: &[u8], payload: &[u8]) -> u64 {
    checksum(checksum(4, 0, 0, fields), 0, 0, payload)
}

fn reason_code(reason: LossReason) -> u8 {
    match reason {
        LossReason::TooLarge => 1,
        LossReason::Corrupt => 3,
        _ => 2,
    }
}

pub(crate) fn reason_of(code: u8) -> Option<LossReason> {
    match code {
        1 => Some(LossReason::TooLarge),
        2 => Some(LossReason::Rejected),
        3 => Some(LossReason::Corrupt),
        _ => None,
    }
}
