//! Reading what a delivery left on disk, for a tool that looks at it or sends it again.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dead_letters as dead;
use super::header::{self, HeaderError};
use super::home::sets;
use super::layout::{is_directory, is_passing, read_bounded, segment_files};
use super::lock::{Attempt, SetLock};
use super::scan::{find_start, scan};
use crate::settings::stats::LossReason;
use crate::store::entry::{self, HEADER, Head, State};

/// Why a file or directory cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The system's error.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Not such a file, or damaged at its start.
    #[error("cannot read {path}: {why}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// A record that waits on disk, with what is needed to send it: wrap `record` with `resource` and `scope`.
///
/// Privacy: it holds everything that was recorded; `Debug` shows sizes only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRecord {
    /// An encoded OTLP `LogRecord`; for a corrupt dead letter the damaged bytes.
    pub record: Vec<u8>,
    /// The encoded `Resource` of the process that recorded it.
    pub resource: Arc<[u8]>,
    /// The encoded `InstrumentationScope`; may be empty.
    pub scope: Arc<[u8]>,
    /// When the event happened, Unix nanoseconds.
    pub time_unix_nanos: u64,
}

impl std::fmt::Debug for StoredRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredRecord")
            .field("bytes", &self.record.len())
            .field("time_unix_nanos", &self.time_unix_nanos)
            .finish_non_exhaustive()
    }
}

/// A record that the far end will never take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The record.
    pub stored: StoredRecord,
    /// Why it is here: rejected, too large or corrupt.
    pub reason: LossReason,
    /// The HTTP status of the last answer; 0 if there was none.
    pub status: u16,
    /// When it was given up, Unix nanoseconds.
    pub buried_unix_nanos: u64,
}

/// The dead-letter files of a directory (`<journal>/dead-letters`, or [`Builder::dead_letters`](crate::Builder::dead_letters)), in order of name.
///
/// # Errors
/// The directory cannot be read. One that is not there has no letters.
pub fn dead_letter_files(directory: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(ArchiveError::Io { path: directory.to_owned(), source }),
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == dead::SUFFIX) && is_file(f));
    files.sort();
    Ok(files)
}

/// Every whole letter of one file. A torn end (the writer died) is left out; damage in the middle ends the reading.
///
/// ```no_run
/// for file in otlp_journal::archive::dead_letter_files("/var/lib/app/journal/dead-letters".as_ref())? {
///     for letter in otlp_journal::archive::read_dead_letters(&file)? {
///         println!("{} {} {} bytes", letter.reason, letter.status, letter.stored.record.len());
///     }
/// }
/// # Ok::<(), otlp_journal::archive::ArchiveError>(())
/// ```
///
/// # Errors
/// The file cannot be read, or is not a dead-letter file of a version that this build knows.
pub fn read_dead_letters(path: &Path) -> Result<Vec<DeadLetter>, ArchiveError> {
    let bytes = read_letters(path).map_err(|source| ArchiveError::Io { path: path.to_owned(), source })?;
    parse_letters(&bytes).map_err(|why| ArchiveError::Format { path: path.to_owned(), why: why.to_owned() })
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|m| m.is_file())
}

/// Dead letters may be longer than a segment, but not endless, and no link is followed.
fn read_letters(path: &Path) -> io::Result<Vec<u8>> {
    const MOST: u64 = 1 << 30;
    if !fs::symlink_metadata(path).is_ok_and(|m| m.is_file() && m.len() <= MOST) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file under 1 GiB"));
    }
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(OpenOptions::new().read(true).open(path)?, MOST), &mut bytes)?;
    Ok(bytes)
}

fn parse_letters(bytes: &[u8]) -> Result<Vec<DeadLetter>, &'static str> {
    if bytes.get(..8) != Some(dead::MAGIC) {
        return Err("it is not a dead-letter file");
    }
    if u32_at(bytes, 8) != Some(dead::VERSION) {
        return Err("this build does not support its version");
    }
    let read = || {
        let (resource, scope) = (u32_at(bytes, 12)? as usize, u32_at(bytes, 16)? as usize);
        let middle = 24_usize.checked_add(resource)?;
        let end = middle.checked_add(scope)?;
        let (resource, scope) = (bytes.get(24..middle)?, bytes.get(middle..end)?);
        Some((Arc::from(resource), Arc::from(scope), bytes.get(end..)?))
    };
    let (resource, scope, mut rest) = read().ok_or("its header is damaged")?;
    let mut letters = Vec::new();
    while let Some((letter, after)) = letter(rest, &resource, &scope) {
        letters.push(letter);
        rest = after;
    }
    Ok(letters)
}

/// Where the header ends, and each whole letter.
pub(super) fn parse_letter_places(
    bytes: &[u8],
) -> Result<(usize, Vec<std::ops::Range<usize>>), &'static str> {
    let letters = parse_letters(bytes)?;
    let head = |at| u32_at(bytes, at).unwrap_or(0) as usize;
    let start = 24 + head(12) + head(16);
    let mut places = Vec::with_capacity(letters.len());
    let mut at = start;
    for _ in letters {
        let end = at + 32 + head(at);
        places.push(at..end);
        at = end;
    }
    Ok((start, places))
}

fn letter<'a>(bytes: &'a [u8], resource: &Arc<[u8]>, scope: &Arc<[u8]>) -> Option<(DeadLetter, &'a [u8])> {
    let len = u32_at(bytes, 0)? as usize;
    let payload = bytes.get(32..)?.get(..len)?;
    if u64_at(bytes, 24)? != dead::sum(bytes.get(4..24)?, payload) {
        return None;
    }
    let flags = *bytes.get(5)?;
    let reason = dead::reason_of(*bytes.get(4)?)?;
    let stored = stored(flags, payload, u64_at(bytes, 8)?, resource, scope)?;
    let status = u16::from_le_bytes(*bytes.get(6..)?.first_chunk()?);
    let letter = DeadLetter { stored, reason, status, buried_unix_nanos: u64_at(bytes, 16)? };
    Some((letter, bytes.get(32 + len..)?))
}

fn stored(
    flags: u8,
    payload: &[u8],
    time: u64,
    resource: &Arc<[u8]>,
    scope: &Arc<[u8]>,
) -> Option<StoredRecord> {
    let (own, record) = entry::parts(flags, payload)?;
    Some(StoredRecord {
        record: record.to_vec(),
        resource: Arc::clone(resource),
        scope: own.map_or_else(|| Arc::clone(scope), Arc::from),
        time_unix_nanos: time,
    })
}

/// The journal of a process that ended, locked against everybody else as long as this lives.
///
/// ```no_run
/// for journal in otlp_journal::archive::AbandonedJournal::open_all("/var/lib/app/journal".as_ref())? {
///     let records = journal.records()?;
///     // … send them …
///     journal.remove()?;
/// }
/// # Ok::<(), otlp_journal::archive::ArchiveError>(())
/// ```
#[derive(Debug)]
pub struct AbandonedJournal {
    path: PathBuf,
    _lock: SetLock,
}

impl AbandonedJournal {
    /// Every journal in the directory whose writer is gone. Those in use are left out.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn open_all(directory: &Path) -> Result<Vec<Self>, ArchiveError> {
        fs::read_dir(directory).map_err(|source| ArchiveError::Io { path: directory.to_owned(), source })?;
        let mut free = Vec::new();
        for path in sets(directory).into_iter().filter(|set| is_directory(set)) {
            match SetLock::try_adopt(&path) {
                Ok(Attempt::Dead { lock, .. }) => free.push(Self { path, _lock: lock }),
                Ok(Attempt::Alive | Attempt::Unknown) => {}
                Err(source) => return Err(ArchiveError::Io { path, source }),
            }
        }
        Ok(free)
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every whole record that was not delivered, in the order of writing within a segment. What is torn is left out,
    /// and so are files that cannot be read: [`AbandonedJournal::unreadable`] names them.
    ///
    /// # Errors
    /// The directory cannot be read, or a file for a reason that passes.
    pub fn records(&self) -> Result<Vec<StoredRecord>, ArchiveError> {
        let mut records = Vec::new();
        for path in self.files()? {
            match read_bounded(&path) {
                Ok(bytes) => records.extend(read_segment(&bytes).unwrap_or_default()),
                Err(source) if is_passing(&source) => return Err(ArchiveError::Io { path, source }),
                Err(_) => {}
            }
        }
        Ok(records)
    }

    /// The files that [`AbandonedJournal::records`] could not read, with the reason.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn unreadable(&self) -> Result<Vec<(PathBuf, String)>, ArchiveError> {
        let why = |path: PathBuf| {
            let read = read_bounded(&path).map_err(|error| error.to_string());
            let error = read.and_then(|bytes| read_segment(&bytes).map(drop).map_err(|e| e.to_string()));
            error.err().map(|error| (path, error))
        };
        Ok(self.files()?.into_iter().filter_map(why).collect())
    }

    fn files(&self) -> Result<Vec<PathBuf>, ArchiveError> {
        segment_files(&self.path).map_err(|source| ArchiveError::Io { path: self.path.clone(), source })
    }

    /// Removes it, after its records were sent. A file that could not be read stays, and its set with it.
    ///
    /// # Errors
    /// The system's error.
    pub fn remove(self) -> Result<(), ArchiveError> {
        let bad: Vec<PathBuf> = self.unreadable()?.into_iter().map(|(path, _)| path).collect();
        for path in self.files()?.into_iter().filter(|path| !bad.contains(path)) {
            fs::remove_file(&path).map_err(|source| ArchiveError::Io { path, source })?;
        }
        if bad.is_empty() {
            fs::remove_dir_all(&self.path)
                .map_err(|source| ArchiveError::Io { path: self.path.clone(), source })?;
        }
        // The lock goes with `self`: only now may somebody else have the name.
        Ok(())
    }
}

/// The undelivered records of one segment file of any content.
fn read_segment(bytes: &[u8]) -> Result<Vec<StoredRecord>, HeaderError> {
    let (data, seed, resource, scope) = match header::parse(bytes) {
        Ok(head) => (head.data, head.seed, head.resource, head.scope),
        Err(error @ HeaderError::Version(_)) => return Err(error),
        // The entries have checksums of their own; whose they were is lost with the header.
        Err(error) => {
            let (data, seed) = find_start(bytes, header::written_seed(bytes), None).ok_or(error)?;
            (data, seed, Vec::new(), Vec::new())
        }
    };
    if seed == 0 {
        return Ok(Vec::new());
    }
    let (resource, scope): (Arc<[u8]>, Arc<[u8]>) = (resource.into(), scope.into());
    let mut records = Vec::new();
    for run in scan(bytes, data, seed, usize::MAX).runs {
        let mut at = run.from;
        while at < run.to {
            let Some(entry) = u64_at(bytes, at).and_then(Head::unpack) else { break };
            let payload = bytes.get(at + HEADER..).and_then(|b| b.get(..entry.len as usize));
            if let (State::Committed, Some(payload), Some(time)) =
                (entry.state, payload, u64_at(bytes, at + 8))
            {
                records.extend(stored(entry.flags, payload, time, &resource, &scope));
            }
            at += entry.span();
        }
    }
    Ok(records)
}

/// For tests and fuzz targets: how many records any bytes hold as a segment file and as a dead-letter file.
#[doc(hidden)]
#[must_use]
pub fn fuzz(bytes: &[u8]) -> usize {
    let segment = read_segment(bytes).map_or(0, |records| records.len());
    segment + parse_letters(bytes).map_or(0, |letters| letters.len())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|b| u64::from_le_bytes(*b))
}
