//! The directory of a journal: this process's set of segments, and where those of other processes lie.

use std::fs::{self, File};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::header::{self, Origin};
use super::layout::{
    LOCK, MAKING, PREFIX, SUFFIX, create_private, create_private_directory, ensure_private_directory,
    is_directory,
};
use super::lock::{Attempt, SetLock, first_header};
use crate::store::identity::Identity;
use crate::store::plan::{FEWEST, Plan, disk_share};
use crate::store::raw::consumer::Consumer;
use crate::store::raw::limits::largest_file;
use crate::store::raw::memory::Memory;
use crate::store::raw::segment::Segment;

/// Between the making of a set's directory and its lock lies less than this.
const UNLOCKED: Duration = Duration::from_secs(5);

/// This process's place in the directory.
#[derive(Debug)]
pub(crate) struct Home {
    directory: PathBuf,
    set: PathBuf,
    lock: SetLock,
    /// Lock files that were made again where somebody had removed them.
    renewed: Mutex<Vec<SetLock>>,
    /// Sets that are not to be looked at again, so that each is reported once.
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

/// Why there is no home.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HomeError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("a running delivery with another endpoint uses it")]
    OtherEndpoint,
}

/// What a new set is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Making<'a> {
    pub(crate) plan: Plan,
    pub(crate) identity: &'a Identity,
    pub(crate) origin: Origin<'a>,
    pub(crate) now: u64,
    pub(crate) seed: u64,
}

impl Home {
    pub(crate) fn create(
        directory: &Path,
        consumer: &Consumer,
        making: Making<'_>,
    ) -> Result<Made, HomeError> {
        ensure_private_directory(directory)?;
        if largest_file().is_some_and(|limit| limit < making.plan.bytes as u64) {
            return Err(io::Error::other(
                "this process is not allowed to write files of a segment's size (ulimit -f)",
            )
            .into());
        }
        if sets(directory).iter().any(|set| has_other_endpoint(set, making.origin.endpoint)) {
            return Err(HomeError::OtherEndpoint);
        }
        clear_unfinished(directory);
        let plan = making.plan.within(disk_share(directory));
        let making = Making { plan, ..making };
        let name = format!("{}-{:016x}", std::process::id(), making.seed);
        // A sibling must not find the set before its lock is held.
        let unfinished = directory.join(format!("{MAKING}{name}"));
        create_private_directory(&unfinished)?;
        let made = Self::fill(directory, &unfinished, consumer, making).and_then(|mut made| {
            let set = directory.join(format!("{PREFIX}{name}"));
            fs::rename(&unfinished, &set)?;
            // The names have to be on the disk before a synced record can be found again.
            let _ = File::open(&set).and_then(|d| d.sync_all());
            let _ = File::open(directory).and_then(|d| d.sync_all());
            made.home.set = set;
            Ok(made)
        });
        if made.is_err() {
            let _ = fs::remove_dir_all(&unfinished);
        }
        Ok(made?)
    }

    fn fill(directory: &Path, set: &Path, consumer: &Consumer, making: Making<'_>) -> io::Result<Made> {
        let lock = SetLock::of_new(set)?;
        let Making { plan, identity, origin, now, .. } = making;
        let head = header::encode(identity, origin, plan.bytes, std::process::id(), now);
        let mut segments = Vec::with_capacity(plan.count);
        let mut shortfall = "the disk is full".to_owned();
        for index in 0..plan.count {
            let path = set.join(format!("{index:04}.{SUFFIX}"));
            match segment(consumer, &path, &head, plan.bytes) {
                Ok(segment) => segments.push(segment),
                Err(error) => {
                    let _ = fs::remove_file(&path);
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
            set: set.to_owned(),
            lock,
            renewed: Mutex::default(),
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

    /// Somebody removed the directory under this process. A lock file alone that is missing is made again.
    pub(crate) fn has_vanished(&self) -> bool {
        if !self.lock.is_at(&self.set) {
            return true;
        }
        if let Some(lock) = SetLock::renew(&self.set) {
            self.renewed.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
        }
        false
    }

    /// Other processes' sets, living ones too, but for those that are not to be looked at again. Clears away what was
    /// never finished.
    pub(crate) fn others(&self) -> Vec<PathBuf> {
        clear_unfinished(&self.directory);
        let mut sets = sets(&self.directory);
        let skipped = self.skipped();
        sets.retain(|set| *set != self.set && !skipped.contains(set));
        sets
    }

    /// Not to be looked at again; true the first time.
    pub(crate) fn skip(&self, set: PathBuf) -> bool {
        let mut skipped = self.skipped();
        let first = !skipped.contains(&set);
        if first {
            skipped.push(set);
        }
        first
    }

    fn skipped(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn named(directory: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let ours = entries.filter(|e| e.file_name().as_encoded_bytes().starts_with(prefix.as_bytes()));
    let mut paths: Vec<PathBuf> = ours.map(|e| e.path()).collect();
    paths.sort();
    paths
}

/// All sets of a directory, and whatever else has such a name.
pub(crate) fn sets(directory: &Path) -> Vec<PathBuf> {
    named(directory, PREFIX)
}

/// A set of a living writer that sends somewhere else.
fn has_other_endpoint(set: &Path, endpoint: u64) -> bool {
    is_directory(set)
        && first_header(set).and_then(|head| head.endpoint).is_some_and(|there| there != endpoint)
        && matches!(SetLock::try_adopt(set), Ok(Attempt::Alive))
}

/// A new segment file with all of its room on the disk, mapped.
fn segment(consumer: &Consumer, path: &Path, head: &[u8], bytes: usize) -> io::Result<Segment> {
    let mut file = create_private(path, false)?;
    reserve(&mut file, bytes)?;
    file.rewind()?;
    file.write_all(head)?;
    Ok(Segment::free(consumer.token(), Memory::map(&file, bytes)?, head.len(), true))
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

/// Removes sets whose maker died before they were finished. They hold no record.
fn clear_unfinished(directory: &Path) {
    for path in named(directory, MAKING) {
        if !is_directory(&path) {
            continue;
        }
        let dead = match SetLock::try_adopt(&path) {
            Ok(Attempt::Dead { .. }) => true,
            Ok(Attempt::Unknown) => !path.join(LOCK).exists() && is_older(&path, UNLOCKED),
            Ok(Attempt::Alive) | Err(_) => false,
        };
        if dead {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn is_older(path: &Path, age: Duration) -> bool {
    fs::symlink_metadata(path).and_then(|m| m.modified()).is_ok_and(|t| t.elapsed().is_ok_and(|a| a > age))
}
