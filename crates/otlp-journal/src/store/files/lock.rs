//! Lock files, which distinguish a living writer from a dead one.
//!
//! A writer locks its set's directory, which cannot be taken away from under the data, and a file in it, which is all
//! that the first release looked at. Who adopts needs both. Neither is ever made by who adopts: a lock file that is
//! not there was removed by somebody else, perhaps under a living writer of the first release, so the set counts as
//! dead only if its files say that their writer locked the directory too.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::header;
use super::layout::{LOCK, create_private, open_regular, read_start, segment_files};
use crate::store::raw::fork;

/// A locked set. Unlocked when it is dropped.
#[derive(Debug)]
pub(crate) struct SetLock {
    directory: Option<File>,
    file: Option<File>,
}

/// What an attempt to lock another's set came to.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// The writer lives.
    Alive,
    /// It has no lock file, so nobody can say.
    Unknown,
    /// The writer is gone; `copied`: the set was copied from somewhere else.
    Dead { lock: SetLock, copied: bool },
}

impl SetLock {
    /// Locks a set that this process is making, and writes down what tells it from a copy.
    pub(crate) fn of_new(set: &Path) -> io::Result<Self> {
        let directory = lock_directory(set).map_err(|refused| match refused {
            Refusal::Held => io::Error::other("a new set is locked already"),
            Refusal::Error(error) => error,
        })?;
        let mut file = create_private(&set.join(LOCK), false)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::Error(error) => error,
            TryLockError::WouldBlock => io::Error::other("a new lock is held"),
        })?;
        file.write_all(mark(&file)?.as_bytes())?;
        fork::let_go_in_child(&file);
        Ok(Self { directory, file: Some(file) })
    }

    /// Tries to lock a set that another process made.
    ///
    /// # Errors
    /// The system's error, and a lock that is not a regular file.
    pub(crate) fn try_adopt(set: &Path) -> io::Result<Attempt> {
        let directory = match lock_directory(set) {
            Ok(directory) => directory,
            Err(Refusal::Held) => return Ok(Attempt::Alive),
            Err(Refusal::Error(error)) => return Err(error),
        };
        let mut lock = Self { directory, file: None };
        let mut file = match open_regular(&set.join(LOCK)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let dead = lock.directory.is_some() && locks_its_directory(set);
                return Ok(if dead { Attempt::Dead { lock, copied: false } } else { Attempt::Unknown });
            }
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Attempt::Alive),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        fork::let_go_in_child(&file);
        let mut written = Vec::new();
        file.rewind()?;
        (&file).take(256).read_to_end(&mut written)?;
        let copied = !written.is_empty() && written != mark(&file)?.as_bytes();
        lock.file = Some(file);
        Ok(Attempt::Dead { lock, copied })
    }

    /// The set is still where it was made.
    pub(crate) fn is_at(&self, set: &Path) -> bool {
        #[cfg(unix)]
        if let Some(directory) = &self.directory {
            use std::os::unix::fs::MetadataExt as _;
            let (Ok(ours), Ok(there)) = (directory.metadata(), fs::symlink_metadata(set)) else {
                return false;
            };
            return (ours.dev(), ours.ino()) == (there.dev(), there.ino());
        }
        set.join(LOCK).exists()
    }

    /// Makes the lock file again where somebody removed it: the first release looks at nothing else.
    pub(crate) fn renew(set: &Path) -> Option<Self> {
        if fs::symlink_metadata(set.join(LOCK)).is_ok() {
            return None;
        }
        let mut file = create_private(&set.join(LOCK), false).ok()?;
        file.try_lock().ok()?;
        let mark = mark(&file).ok()?;
        file.write_all(mark.as_bytes()).ok()?;
        fork::let_go_in_child(&file);
        Some(Self { directory: None, file: Some(file) })
    }
}

impl Drop for SetLock {
    fn drop(&mut self) {
        for file in self.directory.iter().chain(&self.file) {
            fork::keep_in_child(file);
        }
    }
}

enum Refusal {
    Held,
    Error(io::Error),
}

/// `None` where a directory cannot be locked; then the lock file has to do.
#[cfg(unix)]
fn lock_directory(set: &Path) -> Result<Option<File>, Refusal> {
    let directory = super::layout::open_directory(set).map_err(Refusal::Error)?;
    match directory.try_lock() {
        Ok(()) => {
            fork::let_go_in_child(&directory);
            Ok(Some(directory))
        }
        Err(TryLockError::WouldBlock) => Err(Refusal::Held),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

#[cfg(not(unix))]
fn lock_directory(_set: &Path) -> Result<Option<File>, Refusal> {
    Ok(None)
}

/// Whether the writer of this set locked its directory.
fn locks_its_directory(set: &Path) -> bool {
    first_header(set).is_some_and(|head| head.locks_directory)
}

/// The first header of a set that can be read.
pub(crate) fn first_header(set: &Path) -> Option<header::Header> {
    let files: Vec<PathBuf> = segment_files(set).ok()?;
    files.iter().find_map(|file| header::parse(&read_start(file, header::LONGEST).ok()?).ok())
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
