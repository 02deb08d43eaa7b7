//! What lies in files and directories, made into requests.

use std::fmt;
use std::path::{Path, PathBuf};

use otlp_journal::LossReason;
use otlp_journal::archive::{AbandonedJournal, StoredRecord, dead_letter_files, read_dead_letters};

use super::ReplayError;
use super::archive::Messages;
use crate::wire::{each_record, record_time, retain, wrap};

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A file of the collector's archive.
    Archive,
    /// A file of records that the endpoint refused.
    DeadLetters,
    /// The journal of a process that ended. It is removed once all of it is delivered.
    Journal,
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Archive => "archive",
            Self::DeadLetters => "dead letters",
            Self::Journal => "journal",
        })
    }
}

/// What a source holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SourceSummary {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is.
    pub kind: SourceKind,
    /// How many events it holds.
    pub events: u64,
    /// How many of them are older than New Relic takes.
    pub too_old: u64,
    /// The time of the oldest event, Unix nanoseconds.
    pub oldest: Option<u64>,
    /// The time of the newest event, Unix nanoseconds.
    pub newest: Option<u64>,
    /// What could not be read: bytes of an archive, letters that are damaged.
    pub damaged: u64,
}

/// A request under New Relic's limit, and how far in its source one is when it is acknowledged.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) position: u64,
    pub(crate) body: Vec<u8>,
    pub(crate) events: u64,
    pub(crate) too_old: u64,
}

/// What is left of a source to send.
#[derive(Debug, Default)]
pub(crate) struct Units {
    pub(crate) units: Vec<Unit>,
    /// Events that an earlier run was acknowledged.
    pub(crate) before: u64,
    pub(crate) damaged: u64,
}

/// New Relic takes less than this before compression.
const LIMIT: usize = 990_000;
/// Records in a request made of single ones.
const TOGETHER: usize = 500;

#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) kind: SourceKind,
    journal: Option<AbandonedJournal>,
}

impl Source {
    /// The sources under a path, in order of name.
    pub(crate) fn open(path: &Path) -> Result<Vec<Self>, ReplayError> {
        let failed = |reason: String| ReplayError::File { path: path.to_owned(), reason };
        let meta = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?;
        if !meta.is_dir() {
            let kind = if path.extension().is_some_and(|ending| ending == "otd") {
                SourceKind::DeadLetters
            } else {
                SourceKind::Archive
            };
            return Ok(vec![Self { path: path.to_owned(), kind, journal: None }]);
        }
        let mut sources = Vec::new();
        for journal in AbandonedJournal::open_all(path).map_err(|error| failed(error.to_string()))? {
            let path = journal.path().to_owned();
            sources.push(Self { path, kind: SourceKind::Journal, journal: Some(journal) });
        }
        for folder in [path.to_owned(), path.join("dead-letters")] {
            let files = dead_letter_files(&folder).map_err(|error| failed(error.to_string()))?;
            sources.extend(files.into_iter().map(|path| Self {
                path,
                kind: SourceKind::DeadLetters,
                journal: None,
            }));
        }
        let mut archives: Vec<PathBuf> = std::fs::read_dir(path)
            .map_err(|error| failed(error.to_string()))?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "otlp") && path.is_file())
            .collect();
        archives.sort();
        sources.extend(archives.into_iter().map(|path| Self {
            path,
            kind: SourceKind::Archive,
            journal: None,
        }));
        Ok(sources)
    }

    fn failed(&self, reason: impl fmt::Display) -> ReplayError {
        ReplayError::File { path: self.path.clone(), reason: reason.to_string() }
    }

    /// What is in it behind the position `reached`, without the events older than `oldest`.
    pub(crate) fn units(&self, oldest: u64, reached: u64) -> Result<Units, ReplayError> {
        let rest = |records: Vec<(u64, StoredRecord)>, damaged: usize| {
            let (before, rest): (Vec<_>, Vec<_>) =
                records.into_iter().partition(|(position, _)| *position <= reached);
            Units { units: together(&rest, oldest), before: before.len() as u64, damaged: damaged as u64 }
        };
        match self.kind {
            SourceKind::Archive => {
                let data = std::fs::read(&self.path).map_err(|error| self.failed(error))?;
                let mut messages = Messages::new(&data);
                let mut found = Units::default();
                for (end, body) in messages.by_ref() {
                    if end as u64 > reached {
                        found.units.extend(split(body, oldest, end as u64));
                    } else {
                        each_record(body, &mut |_| found.before += 1);
                    }
                }
                found.damaged = messages.lost as u64;
                Ok(found)
            }
            SourceKind::DeadLetters => {
                let letters = read_dead_letters(&self.path).map_err(|error| self.failed(error))?;
                let all = letters.len();
                let whole: Vec<(u64, StoredRecord)> = letters
                    .into_iter()
                    .zip(1..)
                    .filter(|(letter, _)| letter.reason != LossReason::Corrupt)
                    .map(|(letter, position)| (position, letter.stored))
                    .collect();
                let damaged = all - whole.len();
                Ok(rest(whole, damaged))
            }
            SourceKind::Journal => {
                let Some(journal) = &self.journal else { return Ok(Units::default()) };
                let records = journal.records().map_err(|error| self.failed(error))?;
                let damaged = journal.unreadable().map_err(|error| self.failed(error))?.len();
                Ok(rest((1..).zip(records).collect(), damaged))
            }
        }
    }

    pub(crate) fn summary(&self, oldest: u64) -> Result<SourceSummary, ReplayError> {
        let Units { units, damaged, .. } = self.units(0, 0)?;
        let mut summary = SourceSummary {
            path: self.path.clone(),
            kind: self.kind,
            events: 0,
            too_old: 0,
            oldest: None,
            newest: None,
            damaged,
        };
        for unit in &units {
            each_record(&unit.body, &mut |record| {
                summary.events += 1;
                let Some(time) = record_time(record) else { return };
                summary.too_old += u64::from(time < oldest);
                summary.oldest = Some(summary.oldest.map_or(time, |known| known.min(time)));
                summary.newest = Some(summary.newest.map_or(time, |known| known.max(time)));
            });
        }
        Ok(summary)
    }

    /// All of it is delivered: a journal goes, so that no process sends it once more.
    pub(crate) fn settle(self) -> Result<(), ReplayError> {
        let path = self.path;
        match self.journal {
            Some(journal) => {
                journal.remove().map_err(|error| ReplayError::File { path, reason: error.to_string() })
            }
            None => Ok(()),
        }
    }
}

/// Neighbours of one resource and scope in one request.
fn together(records: &[(u64, StoredRecord)], oldest: u64) -> Vec<Unit> {
    let alike = |a: &(u64, StoredRecord), b: &(u64, StoredRecord)| {
        a.1.resource == b.1.resource && a.1.scope == b.1.scope
    };
    let mut units = Vec::new();
    for group in records.chunk_by(alike) {
        for some in group.chunks(TOGETHER) {
            let (Some((_, first)), Some((position, _))) = (some.first(), some.last()) else { continue };
            let body =
                wrap(&first.resource, &first.scope, some.iter().map(|(_, stored)| stored.record.as_slice()));
            units.extend(split(&body, oldest, *position));
        }
    }
    units
}

/// A request without what is too old, halved until it is under the limit. The position is that of the last part.
fn split(body: &[u8], oldest: u64, position: u64) -> Vec<Unit> {
    let (mut events, mut too_old) = (0_u64, 0);
    let fresh = retain(body, &mut |record| {
        let old = record_time(record).is_some_and(|time| time < oldest);
        events += u64::from(!old);
        too_old += u64::from(old);
        !old
    });
    let mut parts = Vec::new();
    halve(fresh, events, &mut parts);
    if parts.is_empty() {
        parts.push((Vec::new(), 0));
    }
    let last = parts.len() - 1;
    parts
        .into_iter()
        .enumerate()
        .map(|(at, (body, events))| Unit {
            // Only the last part stands for the whole: a kill between two sends the first once more.
            position: if at == last { position } else { 0 },
            body,
            events,
            too_old: if at == last { too_old } else { 0 },
        })
        .collect()
}

fn halve(body: Vec<u8>, events: u64, parts: &mut Vec<(Vec<u8>, u64)>) {
    if body.len() <= LIMIT || events < 2 {
        if events > 0 {
            parts.push((body, events));
        }
        return;
    }
    let half = events / 2;
    for first in [true, false] {
        let mut seen = 0;
        let part = retain(&body, &mut |_| {
            seen += 1;
            (seen <= half) == first
        });
        halve(part, if first { half } else { events - half }, parts);
    }
}
