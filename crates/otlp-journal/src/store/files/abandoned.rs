//! The set of a process that ended: taken, read, and cleared away when the last of its records is settled.
//!
//! Whatever lies there is data from outside. Nothing is removed before everything in it was read, so that a fault that
//! passes (no descriptors left) changes nothing.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::header::{self, Header, HeaderError};
use super::layout::{LOCK, count_once, is_directory, is_passing, open_regular, read_all, segment_files};
use super::lock::{Attempt, SetLock, first_header};
use super::scan::{Run, Scan, filler, find_start, scan};
use crate::settings::advisory::DeliveryAdvisory;
use crate::settings::judge::{AdoptedRecord, Judge, Judgement};
use crate::settings::stats::LossReason;
use crate::store::entry::{HEADER, Head, State, parts};
use crate::store::identity::Identity;
use crate::store::raw::consumer::Consumer;
use crate::store::raw::memory::Memory;
use crate::store::raw::segment::Segment;

/// Whose sets are taken, and on what terms.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) owner: Option<String>,
    pub(crate) judge: Option<Judge>,
    /// Bytes of a request.
    pub(crate) request: usize,
    /// Sets that are taken and not settled yet.
    pub(crate) open: Arc<AtomicUsize>,
}

/// What became of an attempt to take a set.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Its writer lives, or may live.
    Alive,
    /// Its records are somebody else's.
    Stranger,
    Taken(Found),
}

/// What a set held.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) segments: Vec<FoundSegment>,
    /// Whole records that wait for delivery.
    pub(crate) live: u64,
    /// Records that are lost, with what is left of each.
    pub(crate) lost: Vec<Lost>,
    pub(crate) advisories: Vec<DeliveryAdvisory>,
    /// Something in it could not be read, so it stays.
    pub(crate) kept: bool,
}

/// A record that will not be sent.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) identity: Arc<Identity>,
    pub(crate) reason: LossReason,
    /// Empty where nothing of it is left.
    pub(crate) raw: Vec<u8>,
    pub(crate) flags: u8,
    pub(crate) time: u64,
}

/// A segment with whole records in it.
#[derive(Debug)]
pub(crate) struct FoundSegment {
    memory: Memory,
    data: usize,
    live: u64,
    identity: Arc<Identity>,
    runs: Vec<Run>,
    file: DeadFile,
}

impl FoundSegment {
    /// The segment, for the consumer that settles it.
    pub(crate) fn claim(self, consumer: &Consumer) -> (Segment, Arc<Identity>, Vec<Run>, DeadFile) {
        let end = self.memory.len();
        let segment = Segment::recovered(consumer.token(), self.memory, self.data, end, self.live);
        (segment, self.identity, self.runs, self.file)
    }
}

/// Takes a set whose writer is dead and reads it.
///
/// # Errors
/// The set cannot be read; if [`is_passing`], it is as it was.
pub(crate) fn adopt(path: &Path, terms: &Terms) -> io::Result<Outcome> {
    if !is_directory(path) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a directory"));
    }
    let (lock, copied) = match SetLock::try_adopt(path)? {
        Attempt::Alive | Attempt::Unknown => return Ok(Outcome::Alive),
        Attempt::Dead { lock, copied } => (lock, copied),
    };
    let first = first_header(path);
    let owner = first.as_ref().and_then(|head| head.owner.as_deref());
    if owner.is_some_and(|owner| terms.owner.as_deref().map(str::as_bytes) != Some(owner)) {
        return Ok(Outcome::Stranger);
    }
    let mut found = Found::default();
    if copied {
        found.advisories.push(DeliveryAdvisory::CopiedJournal);
    }
    terms.open.fetch_add(1, Ordering::Relaxed);
    let set = Arc::new(DeadSet {
        path: path.to_owned(),
        _lock: lock,
        kept: AtomicBool::new(false),
        open: Arc::clone(&terms.open),
    });
    let mut reader = Reader { terms, set: &set, first, found, remove: Vec::new(), mark: Vec::new() };
    for file in segment_files(path)? {
        reader.take(&file)?;
    }
    Ok(Outcome::Taken(reader.finish()))
}

/// Reads the files of one set.
struct Reader<'a> {
    terms: &'a Terms,
    set: &'a Arc<DeadSet>,
    /// In whose name records of a file with a damaged header are sent.
    first: Option<Header>,
    found: Found,
    /// Files with nothing left in them.
    remove: Vec<PathBuf>,
    /// Heads to write, so that what was counted is not counted again.
    mark: Vec<(File, u64, Head)>,
}

/// A file that was read, and where its entries begin.
struct Opened {
    file: File,
    bytes: Vec<u8>,
    identity: Arc<Identity>,
    data: usize,
    seed: u64,
    damaged: Option<&'static str>,
}

impl Reader<'_> {
    /// # Errors
    /// Only what passes; a bad file is counted and stays.
    fn take(&mut self, path: &Path) -> io::Result<()> {
        match self.open(path) {
            Ok(opened) => self.sort(path, opened),
            Err(error) if is_passing(&error) => Err(error),
            Err(error) => {
                self.keep(path, &error.to_string());
                // A newer release can still read its own files: nothing is lost.
                let newer = error.get_ref().and_then(|e| e.downcast_ref::<HeaderError>());
                if !matches!(newer, Some(HeaderError::Version(_))) {
                    self.count_file(path);
                }
                Ok(())
            }
        }
    }

    fn open(&self, path: &Path) -> io::Result<Opened> {
        let mut file = open_regular(path)?;
        let bytes = read_all(&mut file)?;
        let invalid = |error: HeaderError| io::Error::new(io::ErrorKind::InvalidData, error);
        match header::parse(&bytes) {
            Ok(head) => {
                let mut damaged = (!head.whole).then_some("its length has changed since it was created");
                let (data, mut seed) = (head.data, head.seed);
                // No checksum covers the seed: with a damaged one every entry looks torn.
                if seed != 0
                    && scan(&bytes, data, seed, usize::MAX).is_all_torn()
                    && let Some((_, right)) = find_start(&bytes, Some(seed), self.seed_of_set())
                {
                    (seed, damaged) = (right, Some("its header is damaged"));
                }
                let identity = self.identity(head.resource, head.scope);
                Ok(Opened { file, bytes, identity, data, seed, damaged })
            }
            Err(error @ HeaderError::Version(_)) => Err(invalid(error)),
            Err(error) => {
                let (data, seed) = find_start(&bytes, header::written_seed(&bytes), self.seed_of_set())
                    .ok_or_else(|| invalid(error))?;
                let (resource, scope) = self
                    .first
                    .as_ref()
                    .map_or_else(Default::default, |h| (h.resource.clone(), h.scope.clone()));
                let identity = self.identity(resource, scope);
                let damaged = Some("its header is damaged");
                Ok(Opened { file, bytes, identity, data, seed, damaged })
            }
        }
    }

    fn identity(&self, resource: Vec<u8>, scope: Vec<u8>) -> Arc<Identity> {
        let resource = match &self.terms.judge {
            Some(judge) => judge.resource(&resource),
            None => resource,
        };
        Arc::new(Identity::new(resource, scope))
    }

    /// The seeds of a set's segments follow from the number in its name.
    fn seed_of_set(&self) -> Option<u64> {
        let name = self.set.path.file_name()?.to_str()?;
        u64::from_str_radix(name.rsplit_once('-')?.1, 16).ok()
    }

    fn sort(&mut self, path: &Path, mut opened: Opened) -> io::Result<()> {
        let request = self.terms.request.saturating_sub(opened.identity.framed());
        let look = |o: &Opened| match o.seed {
            0 => Scan::default(),
            seed => scan(&o.bytes, o.data, seed, request),
        };
        let mut scanned = look(&opened);
        if let Some(judge) = self.terms.judge.clone()
            && self.judge(&judge, &mut opened, &scanned)?
        {
            scanned = look(&opened);
        }
        for (from, to) in &scanned.torn {
            let raw = opened.bytes.get(*from..*to).unwrap_or_default().to_vec();
            self.lose(&opened.identity, LossReason::Corrupt, raw, 0, 0);
            if let Some(head) = filler(*from, *to, opened.bytes.len()) {
                self.mark.push((opened.file.try_clone()?, *from as u64, head));
            }
        }
        if let Some(why) = opened.damaged {
            if scanned.torn.is_empty() {
                self.count_file(path);
            }
            if scanned.live() == 0 {
                self.keep(path, why);
                return Ok(());
            }
            self.found
                .advisories
                .push(DeliveryAdvisory::Damaged { reason: format!("{}: {why}", name(path)) });
        }
        let live = scanned.live();
        if live == 0 {
            self.remove.push(path.to_owned());
            return Ok(());
        }
        let memory = Memory::map(&opened.file, opened.bytes.len() & !7)?;
        let file = DeadFile { path: path.to_owned(), _set: Arc::clone(self.set) };
        self.found.live += live;
        let Opened { identity, data, .. } = opened;
        self.found.segments.push(FoundSegment { memory, data, live, identity, runs: scanned.runs, file });
        Ok(())
    }

    /// Lets the judge see each record; true if it refused any, which are then marked as settled. If it edits any, the
    /// sender shows it each one again.
    fn judge(&mut self, judge: &Judge, opened: &mut Opened, scanned: &Scan) -> io::Result<bool> {
        let (mut refused, mut edits) = (Vec::new(), false);
        for run in &scanned.runs {
            let mut at = run.from;
            while at < run.to {
                let Some(head) = head_at(&opened.bytes, at) else { break };
                let payload = opened.bytes.get(at + HEADER..).and_then(|b| b.get(..head.len as usize));
                if let (State::Committed, Some(payload)) = (head.state, payload) {
                    let time = word_at(&opened.bytes, at + 8).unwrap_or(0);
                    let (own, record) = parts(head.flags, payload).unwrap_or((None, payload));
                    let shown = AdoptedRecord {
                        record,
                        resource: &opened.identity.resource,
                        scope: own.unwrap_or(&opened.identity.scope),
                        time_unix_nanos: time,
                    };
                    match judge.judge(&shown) {
                        Judgement::Send => {}
                        Judgement::Edit => edits = true,
                        Judgement::Refuse => refused.push((at, head, time, payload.to_vec())),
                    }
                }
                at += head.span();
            }
        }
        if edits {
            let Identity { resource, scope, .. } = &*opened.identity;
            let editor = Some(judge.clone());
            opened.identity = Arc::new(Identity { resource: resource.clone(), scope: scope.clone(), editor });
        }
        for (at, head, time, payload) in &refused {
            self.lose(&opened.identity, LossReason::Rejected, payload.clone(), head.flags, *time);
            let done = Head { state: State::Done, ..*head };
            if let Some(place) = opened.bytes.get_mut(*at..*at + 8) {
                place.copy_from_slice(&done.pack().to_le_bytes());
            }
            self.mark.push((opened.file.try_clone()?, *at as u64, done));
        }
        Ok(!refused.is_empty())
    }

    fn lose(&mut self, identity: &Arc<Identity>, reason: LossReason, raw: Vec<u8>, flags: u8, time: u64) {
        self.found.lost.push(Lost { identity: Arc::clone(identity), reason, raw, flags, time });
    }

    /// A bad file counts as one record, since nobody can know how many it held.
    fn count_file(&mut self, path: &Path) {
        if count_once(path) {
            self.lose(
                &Arc::new(Identity::new(Vec::new(), Vec::new())),
                LossReason::Corrupt,
                Vec::new(),
                0,
                0,
            );
        }
    }

    /// The file stays where it is, and so does its set.
    fn keep(&mut self, path: &Path, why: &str) {
        self.set.kept.store(true, Ordering::Relaxed);
        self.found.kept = true;
        self.found.advisories.push(DeliveryAdvisory::Unreadable { reason: format!("{}: {why}", name(path)) });
    }

    /// Everything was read: now files may change.
    fn finish(self) -> Found {
        for (file, at, head) in &self.mark {
            let _ = write_at(file, &head.pack().to_le_bytes(), *at);
        }
        for path in &self.remove {
            let _ = fs::remove_file(path);
        }
        self.found
    }
}

/// Set and file, which this crate named; not the directory, which the operator did.
fn name(path: &Path) -> String {
    let part = |p: Option<&std::ffi::OsStr>| p.map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{}/{}", part(path.parent().and_then(Path::file_name)), part(path.file_name()))
}

fn head_at(bytes: &[u8], at: usize) -> Option<Head> {
    Head::unpack(word_at(bytes, at)?)
}

fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|b| u64::from_le_bytes(*b))
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(not(unix))]
fn write_at(mut file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    use std::io::{Seek as _, Write as _};
    file.seek(io::SeekFrom::Start(at))?;
    file.write_all(bytes)
}

/// The set of a dead process; its lock is held until the last of its files is settled.
#[derive(Debug)]
struct DeadSet {
    path: PathBuf,
    _lock: SetLock,
    /// Something in it could not be read, so it stays.
    kept: AtomicBool,
    open: Arc<AtomicUsize>,
}

impl Drop for DeadSet {
    fn drop(&mut self) {
        let settled = segment_files(&self.path).is_ok_and(|files| files.is_empty());
        if settled && !self.kept.load(Ordering::Relaxed) {
            // Only what this crate put there; the lock file last, while it is held, so that nobody adopts what is
            // half removed.
            for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
                if entry.path().extension().is_some_and(|e| e == "counted") {
                    let _ = fs::remove_file(entry.path());
                }
            }
            let _ = fs::remove_file(self.path.join(LOCK));
            let _ = fs::remove_dir(&self.path);
        }
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The file of an adopted segment.
#[derive(Debug)]
pub(crate) struct DeadFile {
    path: PathBuf,
    /// Held so that the set is cleared away with its last file.
    _set: Arc<DeadSet>,
}

impl DeadFile {
    /// All of it is settled.
    pub(crate) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }
}
