//! Names in a journal's directory, and the lock that tells a living writer from a dead one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use crate::store::raw::fork;

/// A set of segments.
pub(crate) const PREFIX: &str = "set-";
/// A set that is being made.
pub(crate) const MAKING: &str = "making-";
pub(crate) const LOCK: &str = "lock";
pub(crate) const SUFFIX: &str = "seg";

/// Segment files of a set, in order.
pub(crate) fn segment_files(set: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(set)?.filter_map(|e| e.ok().map(|e| e.path())).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == SUFFIX));
    files.sort();
    Ok(files)
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

/// What tells a lock file from its copy.
pub(crate) fn mark(lock: &File) -> io::Result<String> {
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
