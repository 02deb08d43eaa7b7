//! Taking records out of what a delivery left on disk.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::archive::{AbandonedJournal, ArchiveError, parse_letter_places, u64_at};
use super::header;
use super::home::sets;
use super::layout::{create_private, is_directory, read_bounded, segment_files};
use super::lock::{Attempt, SetLock};
use super::scan::{filler, scan};
use crate::store::entry::{HEADER, Head, State};

/// The journals in a directory that a living process holds.
///
/// # Errors
/// The directory cannot be read.
pub fn journals_in_use(directory: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    let mut used = Vec::new();
    for path in sets(directory).into_iter().filter(|set| is_directory(set)) {
        match SetLock::try_adopt(&path) {
            Ok(Attempt::Dead { .. }) => {}
            Ok(Attempt::Alive | Attempt::Unknown) => used.push(path),
            Err(source) => return Err(ArchiveError::Io { path, source }),
        }
    }
    Ok(used)
}

impl AbandonedJournal {
    /// Overwrites every record that holds one of these byte strings, delivered ones too, and what is left of others in
    /// room that is not used. The other records stay, to be delivered. Gives the number of undelivered records that went.
    ///
    /// # Errors
    /// A file that cannot be read or written. One that is damaged at its start stays as it is.
    pub fn erase(&self, holding: &[&[u8]]) -> Result<usize, ArchiveError> {
        let mut erased = 0;
        for path in segment_files(self.path()).map_err(|source| io_error(self.path(), source))? {
            let bytes = read_bounded(&path).map_err(|source| io_error(&path, source))?;
            if !holds(&bytes, holding) {
                continue;
            }
            let (image, count) = without(&bytes, holding).ok_or_else(|| ArchiveError::Format {
                path: path.clone(),
                why: "its header is damaged".to_owned(),
            })?;
            overwrite(&path, &image).map_err(|source| io_error(&path, source))?;
            erased += count;
        }
        Ok(erased)
    }
}

/// Removes the letters of a file that hold one of these byte strings, and a torn end. Gives their number. The process that
/// writes the file must have ended: it would go on writing to the old one.
///
/// # Errors
/// The file cannot be read or written, or is not a dead-letter file.
pub fn erase_dead_letters(path: &Path, holding: &[&[u8]]) -> Result<usize, ArchiveError> {
    let bytes = fs::read(path).map_err(|source| io_error(path, source))?;
    if !holds(&bytes, holding) {
        return Ok(0);
    }
    let (start, places) = parse_letter_places(&bytes)
        .map_err(|why| ArchiveError::Format { path: path.to_owned(), why: why.to_owned() })?;
    let mut kept = bytes[..start].to_vec();
    let mut erased = 0;
    for place in places {
        if holds(&bytes[place.clone()], holding) {
            erased += 1;
        } else {
            kept.extend_from_slice(&bytes[place]);
        }
    }
    replace(path, &kept).map_err(|source| io_error(path, source))?;
    Ok(erased)
}

fn io_error(path: &Path, source: io::Error) -> ArchiveError {
    ArchiveError::Io { path: path.to_owned(), source }
}

fn holds(bytes: &[u8], any: &[&[u8]]) -> bool {
    any.iter().any(|wanted| !wanted.is_empty() && bytes.windows(wanted.len()).any(|window| window == *wanted))
}

/// A segment without the records that hold one of these, and how many of them waited for delivery.
fn without(bytes: &[u8], holding: &[&[u8]]) -> Option<(Vec<u8>, usize)> {
    let head = header::parse(bytes).ok()?;
    let mut image = bytes.get(..head.data)?.to_vec();
    image.resize(bytes.len(), 0);
    let mut erased = 0;
    let mut at = head.data;
    let runs = if head.seed == 0 { Vec::new() } else { scan(bytes, head.data, head.seed, usize::MAX).runs };
    for run in runs {
        // What lies before a run is settled or torn: a given-up entry over all of it.
        give_up(&mut image, at, run.from);
        at = run.from;
        while at < run.to {
            let Some(entry) = u64_at(bytes, at).and_then(Head::unpack) else { break };
            let end = at + entry.span();
            let whole = bytes.get(at..end)?;
            if holds(whole.get(HEADER..)?, holding) {
                give_up(&mut image, at, end);
                erased += usize::from(entry.state == State::Committed);
            } else {
                image.get_mut(at..end)?.copy_from_slice(whole);
            }
            at = end;
        }
        at = run.to;
    }
    Some((image, erased))
}

fn give_up(image: &mut [u8], from: usize, to: usize) {
    let end = image.len();
    if from < to
        && let Some(head) = filler(from, to, end)
        && let Some(place) = image.get_mut(from..from + 8)
    {
        place.copy_from_slice(&head.pack().to_le_bytes());
    }
}

fn overwrite(path: &Path, image: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    file.write_all(image)?;
    file.sync_all()
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("otd-new");
    let _ = fs::remove_file(&fresh);
    let mut file = create_private(&fresh, false)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}
