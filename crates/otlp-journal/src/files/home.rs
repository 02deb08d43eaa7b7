//! The directory of a journal: this process's set of segments, and those that dead processes left.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::recover::{Adopted, scan};
use super::{Plan, header};
use crate::advisory::Advisory;
use crate::core::Core;
use crate::raw::fork;
use crate::raw::segment::Segment;
use crate::raw::store::Store;
use crate::sender::batch::Identity;
use crate::sender::schedule::{Leftover, Source};
use crate::{DropReason, TARGET};

pub(crate) const PREFIX: &str = "set-";
const MAKING: &str = "making-";
pub(crate) const LOCK: &str = "lock";
pub(crate) const SUFFIX: &str = "seg";
/// A set that was never finished is cleared away when it is older than this.
const STALE: Duration = Duration::from_secs(600);
/// With fewer segments than this the classes cannot be kept apart.
const FEWEST: usize = 4;

/// This process's place in the directory.
#[derive(Debug)]
pub(crate) struct Home {
    directory: PathBuf,
    set: PathBuf,
    /// Held as long as the file is open.
    lock: File,
    mark: String,
    /// Sets that cannot be read, so that each is said once.
    skipped: Mutex<Vec<PathBuf>>,
}

/// A home and its segments.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) home: Home,
    pub(crate) segments: Vec<Segment>,
    /// Why there are fewer segments than planned.
    pub(crate) shortfall: String,
}

impl Home {
    pub(crate) fn create(
        directory: &Path,
        plan: Plan,
        identity: &Identity,
        now: u64,
        seed: u64,
    ) -> io::Result<Made> {
        fs::create_dir_all(directory)?;
        let name = format!("{}-{seed:016x}", std::process::id());
        // A sibling must not find the set before its lock is held.
        let making = directory.join(format!("{MAKING}{name}"));
        fs::create_dir(&making)?;
        let made = Self::fill(directory, &making, plan, identity, now).and_then(|mut made| {
            let set = directory.join(format!("{PREFIX}{name}"));
            fs::rename(&making, &set)?;
            // The names have to be on the disk before a synced record can be found again.
            let _ = File::open(&set).and_then(|d| d.sync_all());
            let _ = File::open(directory).and_then(|d| d.sync_all());
            made.home.set = set;
            Ok(made)
        });
        if made.is_err() {
            let _ = fs::remove_dir_all(&making);
        }
        made
    }

    fn fill(directory: &Path, making: &Path, plan: Plan, identity: &Identity, now: u64) -> io::Result<Made> {
        let mut lock = OpenOptions::new().read(true).write(true).create_new(true).open(making.join(LOCK))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::Error(error) => error,
            TryLockError::WouldBlock => io::Error::other("a new lock is held"),
        })?;
        fork::let_go_in_child(&lock);
        let mark = mark(&lock)?;
        lock.write_all(mark.as_bytes())?;
        let head = header::encode(identity, plan.bytes, std::process::id(), now);
        let mut segments = Vec::with_capacity(plan.count);
        let mut shortfall = String::new();
        for index in 0..plan.count {
            match segment(&making.join(format!("{index:04}.{SUFFIX}")), &head, plan.bytes) {
                Ok(segment) => segments.push(segment),
                Err(error) => {
                    let _ = fs::remove_file(making.join(format!("{index:04}.{SUFFIX}")));
                    shortfall = error.to_string();
                    break;
                }
            }
        }
        if segments.len() < FEWEST {
            return Err(io::Error::other(format!("no room for {FEWEST} segments: {shortfall}")));
        }
        let home = Self {
            directory: directory.to_owned(),
            set: making.to_owned(),
            lock,
            mark,
            skipped: Mutex::default(),
        };
        Ok(Made { home, segments, shortfall })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Everything is settled: leaves nothing behind.
    pub(crate) fn remove(&self) {
        let _ = fs::remove_dir_all(&self.set);
    }

    /// Looks for sets without a living writer and hands their records to the sender.
    pub(crate) fn adopt(&self, core: &Core) {
        let vanished = fs::read(self.set.join(LOCK)).map_or(true, |mark| mark != self.mark.as_bytes());
        if vanished && !core.is_closed() {
            core.advisories.add(Advisory::DirectoryVanished);
        }
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if path == self.set || self.skipped().contains(&path) {
                continue;
            }
            if name.starts_with(MAKING) {
                clear_unfinished(&path);
            } else if name.starts_with(PREFIX)
                && let Err(error) = self.adopt_set(&path, core)
            {
                core.advisories.add(Advisory::Unreadable { reason: format!("{}: {error}", path.display()) });
                self.skipped().push(path);
            }
        }
    }

    fn skipped(&self) -> std::sync::MutexGuard<'_, Vec<PathBuf>> {
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn adopt_set(&self, path: &Path, core: &Core) -> io::Result<()> {
        let Some((lock, copied)) = take_lock(path)? else { return Ok(()) };
        if copied {
            core.advisories.add(Advisory::CopiedJournal);
        }
        let set = Arc::new(DeadSet { path: path.to_owned(), lock, kept: Mutex::new(false) });
        let mut found: Vec<Adopted> = Vec::new();
        let (mut live, mut torn) = (0, 0);
        for file in segment_files(path)? {
            match adopt_file(&file, &set, core) {
                Ok((adopted, lost)) => {
                    live += adopted.as_ref().map_or(0, |(_, runs)| runs.iter().map(|r| r.live).sum());
                    torn += lost;
                    found.extend(adopted);
                }
                Err(error) => {
                    *set.kept.lock().unwrap_or_else(PoisonError::into_inner) = true;
                    let reason = format!("{}: {error}", file.display());
                    core.advisories.add(Advisory::Unreadable { reason });
                }
            }
        }
        if set.keeps() {
            self.skipped().push(path.to_owned());
        }
        core.counters.recover(live, torn);
        if live + torn > 0 {
            tracing::info!(target: TARGET, records = live, torn, "adopted the journal of a process that ended");
        }
        core.take_over(found);
        Ok(())
    }
}

fn adopt_file(path: &Path, set: &Arc<DeadSet>, core: &Core) -> io::Result<(Option<Adopted>, u64)> {
    let bytes = fs::read(path)?;
    let head = match header::parse(&bytes) {
        Ok(head) => head,
        // A process that died while it made the file.
        Err(_) if bytes.iter().all(|b| *b == 0) => return fs::remove_file(path).map(|()| (None, 0)),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    let identity = Arc::new(Identity { resource: head.resource, scope: head.scope });
    let scan = match head.seed {
        0 => super::recover::Scan::default(),
        seed => scan(&bytes, head.data, seed, core.request_budget(&identity)),
    };
    for (from, to) in &scan.torn {
        let raw = bytes.get(*from..*to).unwrap_or_default();
        core.dead.keep_raw(&identity, raw, DropReason::Corrupt, core.clock.now_unix_nanos());
    }
    let torn = scan.torn.len() as u64;
    if scan.live() == 0 {
        fs::remove_file(path)?;
        return Ok((None, torn));
    }
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let store = Store::map(&file, bytes.len())?;
    let segment = Arc::new(Segment::recovered(store, head.data, bytes.len(), scan.live()));
    let leftover = DeadFile { path: path.to_owned(), set: Arc::clone(set) };
    let source = Source { segment, identity, adopted: Some(Box::new(leftover)) };
    Ok((Some((source, scan.runs)), torn))
}

/// The lock of a set whose writer is dead, and whether the set is a copy. `None`: the writer lives.
pub(crate) fn take_lock(set: &Path) -> io::Result<Option<(File, bool)>> {
    let path = set.join(LOCK);
    let mut lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let mut written = String::new();
    lock.rewind()?;
    (&lock).take(256).read_to_string(&mut written)?;
    fork::let_go_in_child(&lock);
    let copied = !written.is_empty() && written != mark(&lock)?;
    Ok(Some((lock, copied)))
}

/// Segment files of a set, in order.
pub(crate) fn segment_files(set: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(set)?.filter_map(|e| e.ok().map(|e| e.path())).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == SUFFIX));
    files.sort();
    Ok(files)
}

/// What tells a lock file from its copy.
fn mark(lock: &File) -> io::Result<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let meta = lock.metadata()?;
        Ok(format!("otlp-journal 1 {}:{}\n", meta.dev(), meta.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = lock;
        Ok("otlp-journal 1\n".to_owned())
    }
}

/// A new segment file with all of its room on the disk, mapped.
fn segment(path: &Path, head: &[u8], bytes: usize) -> io::Result<Segment> {
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
    reserve(&mut file, bytes)?;
    file.rewind()?;
    file.write_all(head)?;
    Ok(Segment::free(Store::map(&file, bytes)?, head.len(), true))
}

/// Takes the disk's room now: a mapped page that finds the disk full kills the process.
fn reserve(file: &mut File, bytes: usize) -> io::Result<()> {
    let zeros = vec![0; 64 << 10];
    let mut left = bytes;
    while left > 0 {
        let part = left.min(zeros.len());
        file.write_all(zeros.get(..part).unwrap_or_default())?;
        left -= part;
    }
    Ok(())
}

fn clear_unfinished(path: &Path) {
    let old =
        fs::metadata(path).and_then(|m| m.modified()).is_ok_and(|t| t.elapsed().is_ok_and(|age| age > STALE));
    if old && matches!(take_lock(path), Ok(Some(_))) {
        let _ = fs::remove_dir_all(path);
    }
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
    fn keeps(&self) -> bool {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        fork::keep_in_child(&self.lock);
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

#[derive(Debug)]
struct DeadFile {
    path: PathBuf,
    /// Held so that the set is cleared away with its last file.
    set: Arc<DeadSet>,
}

impl Leftover for DeadFile {
    fn remove(&mut self) {
        let _ = fs::remove_file(&self.path);
        tracing::trace!(target: TARGET, set = %self.set.path.display(), "a segment of a dead process is settled");
    }
}
