//! The set of a process that ended: taken, read, and cleared away when the last of its records is settled.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::header;
use super::layout::{LOCK, segment_files, take_lock};
use super::scan::{Run, Scan, scan};
use crate::TARGET;
use crate::settings::advisory::DeliveryAdvisory;
use crate::store::identity::Identity;
use crate::store::raw::consumer::Consumer;
use crate::store::raw::fork;
use crate::store::raw::memory::Memory;
use crate::store::raw::segment::Segment;

/// What a set held.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) segments: Vec<FoundSegment>,
    /// Whole records that wait for delivery.
    pub(crate) live: u64,
    /// What is damaged, with the identity of its file: each is one lost record.
    pub(crate) torn: Vec<(Arc<Identity>, Vec<u8>)>,
    pub(crate) advisories: Vec<DeliveryAdvisory>,
    /// Something in it could not be read, so it stays.
    pub(crate) kept: bool,
}

/// A segment with whole records in it.
#[derive(Debug)]
pub(crate) struct FoundSegment {
    memory: Memory,
    data: usize,
    live: u64,
    pub(crate) identity: Arc<Identity>,
    pub(crate) runs: Vec<Run>,
    pub(crate) file: DeadFile,
}

impl FoundSegment {
    /// The segment, for the consumer that settles it.
    pub(crate) fn claim(self, consumer: &Consumer) -> (Segment, Arc<Identity>, Vec<Run>, DeadFile) {
        let end = self.memory.len();
        let segment = Segment::recovered(consumer, self.memory, self.data, end, self.live);
        (segment, self.identity, self.runs, self.file)
    }
}

/// Takes a set whose writer is dead and reads it; `None` when the writer lives. `request`: the bytes of a request.
pub(crate) fn adopt(path: &Path, request: usize) -> io::Result<Option<Found>> {
    let Some((lock, copied)) = take_lock(path)? else { return Ok(None) };
    let mut found = Found::default();
    if copied {
        found.advisories.push(DeliveryAdvisory::CopiedJournal);
    }
    let set = Arc::new(DeadSet { path: path.to_owned(), lock, kept: Mutex::new(false) });
    for file in segment_files(path)? {
        if let Err(error) = read(&file, &set, request, &mut found) {
            set.keep();
            found.kept = true;
            let reason = format!("{}: {error}", file.display());
            found.advisories.push(DeliveryAdvisory::Unreadable { reason });
        }
    }
    Ok(Some(found))
}

fn read(path: &Path, set: &Arc<DeadSet>, request: usize, found: &mut Found) -> io::Result<()> {
    let bytes = fs::read(path)?;
    let head = match header::parse(&bytes) {
        Ok(head) => head,
        // A process that died while it made the file.
        Err(_) if bytes.iter().all(|b| *b == 0) => return fs::remove_file(path),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    let identity = Arc::new(Identity { resource: head.resource, scope: head.scope });
    let scan = match head.seed {
        0 => Scan::default(),
        seed => scan(&bytes, head.data, seed, request.saturating_sub(identity.framed())),
    };
    for (from, to) in &scan.torn {
        let raw = bytes.get(*from..*to).unwrap_or_default();
        found.torn.push((Arc::clone(&identity), raw.to_vec()));
    }
    let live = scan.live();
    if live == 0 {
        return fs::remove_file(path);
    }
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let memory = Memory::map(&file, bytes.len())?;
    let file = DeadFile { path: path.to_owned(), set: Arc::clone(set) };
    found.live += live;
    found.segments.push(FoundSegment { memory, data: head.data, live, identity, runs: scan.runs, file });
    Ok(())
}

/// The set of a dead process; its lock is held until the last of its files is settled.
#[derive(Debug)]
struct DeadSet {
    path: PathBuf,
    lock: File,
    /// Something in it could not be read, so it stays.
    kept: Mutex<bool>,
}

impl DeadSet {
    fn keep(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    fn keeps(&self) -> bool {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for DeadSet {
    fn drop(&mut self) {
        let settled = segment_files(&self.path).is_ok_and(|files| files.is_empty());
        if settled && !self.keeps() {
            // The lock file goes while it is held, so that nobody adopts what is half removed.
            let _ = fs::remove_file(self.path.join(LOCK));
            let _ = fs::remove_dir(&self.path);
        }
        fork::keep_in_child(&self.lock);
    }
}

/// The file of an adopted segment.
#[derive(Debug)]
pub(crate) struct DeadFile {
    path: PathBuf,
    /// Held so that the set is cleared away with its last file.
    set: Arc<DeadSet>,
}

impl DeadFile {
    /// All of it is settled.
    pub(crate) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
        tracing::trace!(target: TARGET, set = %self.set.path.display(), "a segment of a dead process is settled");
    }
}
