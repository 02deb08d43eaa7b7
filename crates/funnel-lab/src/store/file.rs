//! Opens the database file: one lab at a time, and never a file of another program.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::StoreError;

/// `PRAGMA application_id`: "Flab".
pub(super) const APPLICATION: u32 = 0x466c_6162;

/// What SQLite keeps beside a database, by the ending of its name.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The database's file, locked for as long as this value lives.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    /// Removed with everything in it when this value goes.
    _temporary: Option<TempDir>,
    _lock: File,
}

impl DatabaseFile {
    /// The given file, or a fresh one that goes when the lab does. A file that is not there is made, for its owner
    /// alone; one that is there is only looked at.
    ///
    /// # Errors
    /// The file is not a lab's, or another lab has it open.
    pub(crate) fn claim(file: Option<&Path>) -> Result<Self, StoreError> {
        let (path, temporary) = if let Some(file) = file {
            (canonical(file)?, None)
        } else {
            let folder = temporary_folder().map_err(|source| failed(&std::env::temp_dir(), source))?;
            (folder.path().join("lab.db"), Some(folder))
        };
        // Looked at before the lock's file is made: beside somebody else's file nothing is left.
        check(&path)?;
        let lock = open_options(true).open(beside(&path, "-lock")).map_err(|source| failed(&path, source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { path: path.display().to_string() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(&path, source)),
        }
        if !path.exists() {
            open_options(false).open(&path).map_err(|source| failed(&path, source))?;
        }
        Ok(Self { path, _temporary: temporary, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn sqlite(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { path: self.path.display().to_string(), source }
    }
}

/// A fresh folder of a name that nobody foresees, for its owner alone.
fn temporary_folder() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("funnel-lab-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    builder.tempdir()
}

/// A file that is the owner's alone and is never emptied; not through a link that somebody has put there. With `reuse`
/// one that exists is opened.
fn open_options(reuse: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(reuse).create_new(!reuse).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    }
    options
}

pub(super) fn failed(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { path: path.display().to_string(), source }
}

/// The path with `ending` after its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// One path for one file, whichever links lead to it.
fn canonical(file: &Path) -> Result<PathBuf, StoreError> {
    if file.as_os_str().is_empty() {
        return Err(failed(file, std::io::Error::other("the name is empty")));
    }
    let found = std::fs::canonicalize(file).or_else(|error| {
        let is_new = error.kind() == std::io::ErrorKind::NotFound && file.symlink_metadata().is_err();
        let name = file.file_name().filter(|_| is_new).ok_or(error)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Ok(std::fs::canonicalize(folder.unwrap_or(Path::new(".")))?.join(name))
    });
    found.map_err(|source| failed(file, source))
}

/// Whether a lab may write to the file: it is a lab's, or there is none yet.
fn check(path: &Path) -> Result<(), StoreError> {
    let foreign = |found: String| Err(StoreError::Foreign { path: path.display().to_string(), found });
    match identify(path)? {
        Identity::Lab => {}
        Identity::New => {
            // SQLite would remove them, or read them as the new file's.
            let left = COMPANIONS.map(|ending| beside(path, ending)).into_iter().find(|file| file.exists());
            if let Some(left) = left {
                return foreign(format!("the database is missing, but this file exists: {}", left.display()));
            }
        }
        Identity::Stranger(found) => return foreign(found),
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if path.metadata().is_ok_and(|metadata| metadata.nlink() > 1) {
            return foreign("the file has a second name, by which another lab could open it".to_owned());
        }
    }
    Ok(())
}

/// Whose file it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// A lab's, of whichever version.
    Lab,
    /// There is none, or an empty one.
    New,
    /// Somebody else's, and what it is.
    Stranger(String),
}

/// Tells whose file it is by its first bytes, without opening it as a database.
pub(super) fn identify(path: &Path) -> Result<Identity, StoreError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Identity::New),
        Err(source) => return Err(failed(path, source)),
    };
    if !file.metadata().map_err(|source| failed(path, source))?.is_file() {
        return Ok(Identity::Stranger("it is not a plain file".to_owned()));
    }
    let mut header = Vec::with_capacity(100);
    file.by_ref().take(100).read_to_end(&mut header).map_err(|source| failed(path, source))?;
    if header.is_empty() {
        return Ok(Identity::New);
    }
    // The header of a SQLite file: its name first, the application's id at byte 68.
    let id = header.get(68..72).and_then(|id| <[u8; 4]>::try_from(id).ok()).map(u32::from_be_bytes);
    Ok(match id {
        Some(APPLICATION) if header.starts_with(b"SQLite format 3\0") => Identity::Lab,
        Some(id) if header.starts_with(b"SQLite format 3\0") => {
            Identity::Stranger(format!("a SQLite database with the application id {id}"))
        }
        _ => Identity::Stranger("not a SQLite database".to_owned()),
    })
}
