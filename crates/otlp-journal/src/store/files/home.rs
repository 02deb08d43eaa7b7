//! The directory of a journal: this process's set of segments, and where those of other processes lie.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::header;
use super::layout::{LOCK, MAKING, PREFIX, SUFFIX, mark, take_lock};
use crate::store::identity::Identity;
use crate::store::plan::Plan;
use crate::store::raw::consumer::Consumer;
use crate::store::raw::fork;
use crate::store::raw::memory::Memory;
use crate::store::raw::segment::Segment;

/// A set that was never finished is cleared away when it is older than this.
const STALE: Duration = Duration::from_secs(600);
/// With fewer segments than this the priorities cannot be kept apart.
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
        consumer: &Consumer,
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
        let made = Self::fill(directory, &making, consumer, plan, identity, now).and_then(|mut made| {
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

    fn fill(
        directory: &Path,
        making: &Path,
        consumer: &Consumer,
        plan: Plan,
        identity: &Identity,
        now: u64,
    ) -> io::Result<Made> {
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
            match segment(consumer, &making.join(format!("{index:04}.{SUFFIX}")), &head, plan.bytes) {
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

    /// Somebody removed the directory, or its lock, under this process.
    pub(crate) fn has_vanished(&self) -> bool {
        fs::read(self.set.join(LOCK)).map_or(true, |mark| mark != self.mark.as_bytes())
    }

    /// Other processes' sets, living ones too, but for those that were found unreadable. Clears away what was never
    /// finished.
    pub(crate) fn others(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.directory) else { return Vec::new() };
        let mut sets = Vec::new();
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if path == self.set || self.skipped().contains(&path) {
                continue;
            }
            if name.starts_with(MAKING) {
                clear_unfinished(&path);
            } else if name.starts_with(PREFIX) {
                sets.push(path);
            }
        }
        sets
    }

    /// Not to be looked at again.
    pub(crate) fn skip(&self, set: PathBuf) {
        self.skipped().push(set);
    }

    fn skipped(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new segment file with all of its room on the disk, mapped.
fn segment(consumer: &Consumer, path: &Path, head: &[u8], bytes: usize) -> io::Result<Segment> {
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
    reserve(&mut file, bytes)?;
    file.rewind()?;
    file.write_all(head)?;
    Ok(Segment::free(consumer, Memory::map(&file, bytes)?, head.len(), true))
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

impl Drop for Home {
    fn drop(&mut self) {
        fork::keep_in_child(&self.lock);
    }
}
