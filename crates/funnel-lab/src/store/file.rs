//! Where the database lies, and that only one lab writes to it.

use super::StoreError;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The database's file, locked for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    temporary: Option<PathBuf>,
    _lock: File,
}

static TEMPORARIES: AtomicU32 = AtomicU32::new(0);

impl Place {
    /// The given file, or a fresh one that goes when the lab does.
    pub(crate) fn claim(file: Option<&Path>) -> Result<Self, StoreError> {
        let (path, temporary) = if let Some(file) = file {
            (file.to_owned(), None)
        } else {
            let number = TEMPORARIES.fetch_add(1, Ordering::Relaxed);
            let folder = std::env::temp_dir().join(format!("funnel-lab-{}-{number}", std::process::id()));
            std::fs::create_dir_all(&folder).map_err(|source| failed(&folder, source))?;
            (folder.join("lab.db"), Some(folder))
        };
        let mut beside = path.clone().into_os_string();
        beside.push(".lock");
        let lock = File::create(&beside).map_err(|source| failed(&path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, temporary, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.display().to_string() }),
            Err(TryLockError::Error(source)) => Err(failed(&path, source)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn sqlite(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { path: self.path.display().to_string(), source }
    }
}

fn failed(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { path: path.display().to_string(), source }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(folder) = &self.temporary {
            // A temporary folder that stays behind harms nobody.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
