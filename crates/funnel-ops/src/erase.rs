//! Erases a team, a journey or a fingerprint from every copy on this machine's disks.
//!
//! ```no_run
//! use funnel_ops::erase::{Erase, Subject};
//!
//! let erase = Erase::new(Subject::Team("0190b3f4-0000-7000-8000-000000000001".to_owned())).path("/var/lib/app/journal");
//! println!("{} events are there", erase.look()?.events());
//! let receipt = erase.run()?;
//! println!("{:#}", receipt.to_json());
//! # Ok::<(), funnel_ops::erase::EraseError>(())
//! ```
//!
//! # What it cannot reach
//! See [`OUT_OF_REACH`].

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use otlp_journal::archive::{AbandonedJournal, dead_letter_files, read_dead_letters};
use otlp_journal::erase::{erase_dead_letters, journals_in_use};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::replay::archive::Messages;
use crate::wire::{attributes, each_record, retain};

/// Copies that no command of ours reaches, and what to do about each.
pub const OUT_OF_REACH: &[&str] = &[
    "the collector's queue: it drains to New Relic within a day; stop the senders first",
    "Kafka: topics keep their events until their retention ends",
    "New Relic: only New Relic Support can delete stored events; send them the event type, the id and the time range",
    "backups, and copies of these files elsewhere",
    "destroying a pseudonym key unlinks everyone's pseudonyms (fingerprint, emailHash) but not journeyId or teamId",
];

/// Whose events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A team, with the journeys that its events name and those of their steps that have no team.
    Team(String),
    /// A journey.
    Journey(String),
    /// A network's pseudonym.
    Fingerprint(String),
}

impl Subject {
    fn key(&self) -> &'static str {
        match self {
            Self::Team(_) => "teamId",
            Self::Journey(_) => "journeyId",
            Self::Fingerprint(_) => "fingerprint",
        }
    }

    fn id(&self) -> &str {
        let (Self::Team(id) | Self::Journey(id) | Self::Fingerprint(id)) = self;
        id
    }
}

/// What a copy lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyKind {
    /// The journal of a process that ended.
    Journal,
    /// Records that the endpoint refused.
    DeadLetters,
    /// The collector's archive.
    Archive,
    /// A lab's database.
    Lab,
}

impl fmt::Display for CopyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Journal => "journal",
            Self::DeadLetters => "dead letters",
            Self::Archive => "archive",
            Self::Lab => "lab",
        })
    }
}

/// A file or journal with events of the subject.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ErasedCopy {
    /// Where.
    pub path: PathBuf,
    /// What it is.
    pub kind: CopyKind,
    /// How many events.
    pub events: u64,
    /// SHA-256 of the file afterwards, in hexadecimal; none before, and none for a journal.
    pub hash: Option<String>,
}

/// Something that a living process holds, and that was left as it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HeldCopy {
    /// Where.
    pub path: PathBuf,
    /// Who holds it.
    pub holder: String,
}

/// What was found, or erased.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct EraseReceipt {
    /// SHA-256 of the subject's kind and id; the receipt does not contain the id itself.
    pub subject: String,
    /// How many journeys of a team went with it.
    pub journeys: usize,
    /// Each copy.
    pub copies: Vec<ErasedCopy>,
    /// What could not be touched.
    pub held: Vec<HeldCopy>,
}

impl EraseReceipt {
    /// How many events in all.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.copies.iter().map(|copy| copy.events).sum()
    }

    /// What, where, how many, and the hashes; and what is out of reach.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let copies = self.copies.iter().map(
            |copy| json!({"path": copy.path, "kind": copy.kind.to_string(), "events": copy.events, "sha256": copy.hash}),
        );
        let held = self.held.iter().map(|held| json!({"path": held.path, "holder": held.holder}));
        json!({
            "subject": self.subject,
            "journeys": self.journeys,
            "events": self.events(),
            "copies": copies.collect::<Vec<_>>(),
            "held": held.collect::<Vec<_>>(),
            "outOfReach": OUT_OF_REACH,
        })
    }
}

/// Why something was not erased.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct EraseError {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong.
    pub reason: String,
}

/// An erasure: whose events, and where to look.
#[derive(Clone, Debug)]
#[must_use = "nothing is erased before `run`"]
pub struct Erase {
    subject: Subject,
    paths: Vec<PathBuf>,
}

struct Place {
    path: PathBuf,
    kind: CopyKind,
    journal: Option<AbandonedJournal>,
}

impl Erase {
    /// Whose events go.
    pub fn new(subject: Subject) -> Self {
        Self { subject, paths: Vec::new() }
    }

    /// A directory of journals, dead letters, archives or labs, or one such file.
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.paths.push(path.into());
        self
    }

    /// What is there. Changes nothing.
    ///
    /// # Errors
    /// A place that cannot be read.
    pub fn look(&self) -> Result<EraseReceipt, EraseError> {
        self.each(count)
    }

    /// Erases, and reads each file again to see that no byte of an id is left.
    ///
    /// # Errors
    /// A place that cannot be read or written; those before it are done.
    pub fn run(&self) -> Result<EraseReceipt, EraseError> {
        self.each(|place, ids| {
            let erased = erase(place, ids)?;
            verify(place, ids)?;
            Ok(erased)
        })
    }

    fn each(
        &self,
        mut handle: impl FnMut(&Place, &[String]) -> Result<u64, EraseError>,
    ) -> Result<EraseReceipt, EraseError> {
        if self.subject.id().len() < 16 {
            return Err(EraseError { path: PathBuf::from("-"), reason: "the id is too short".to_owned() });
        }
        let digest = Sha256::digest(format!("{}={}", self.subject.key(), self.subject.id()));
        let mut receipt = EraseReceipt { subject: hex(&digest), ..EraseReceipt::default() };
        let mut places = Vec::new();
        for path in &self.paths {
            places.extend(open(path, &mut receipt.held)?);
        }
        let mut ids = vec![self.subject.id().to_owned()];
        if let Subject::Team(team) = &self.subject {
            let mut journeys = BTreeSet::new();
            for place in &places {
                journeys.extend(journeys_of(place, team)?);
            }
            receipt.journeys = journeys.len();
            ids.extend(journeys);
        }
        for place in &places {
            let events = handle(place, &ids)?;
            if events > 0 {
                let hash = std::fs::read(&place.path).ok().map(|bytes| hex(&Sha256::digest(bytes)));
                receipt.copies.push(ErasedCopy { path: place.path.clone(), kind: place.kind, events, hash });
            }
        }
        Ok(receipt)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn failed(path: &Path) -> impl Fn(&dyn fmt::Display) -> EraseError + '_ {
    |error| EraseError { path: path.to_owned(), reason: error.to_string() }
}

/// The places under a path; what a living process holds is listed instead.
fn open(path: &Path, held: &mut Vec<HeldCopy>) -> Result<Vec<Place>, EraseError> {
    let failed = failed(path);
    let mut places = Vec::new();
    let mut files = Vec::new();
    if path.is_dir() {
        for used in journals_in_use(path).map_err(|error| failed(&error))? {
            let holder = holder(&used).unwrap_or_else(|| "a running process".to_owned());
            held.push(HeldCopy { path: used, holder });
        }
        for journal in AbandonedJournal::open_all(path).map_err(|error| failed(&error))? {
            let path = journal.path().to_owned();
            places.push(Place { path, kind: CopyKind::Journal, journal: Some(journal) });
        }
        for folder in [path.to_owned(), path.join("dead-letters")] {
            files.extend(dead_letter_files(&folder).map_err(|error| failed(&error))?);
        }
        let entries = std::fs::read_dir(path).map_err(|error| failed(&error))?;
        let mut others: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        others
            .retain(|path| path.is_file() && kind_of(path).is_some_and(|kind| kind != CopyKind::DeadLetters));
        others.sort();
        files.extend(others);
    } else {
        std::fs::metadata(path).map_err(|error| failed(&error))?;
        files.push(path.to_owned());
    }
    for path in files {
        let kind = kind_of(&path).unwrap_or(CopyKind::Archive);
        match holder(&path) {
            Some(holder) => held.push(HeldCopy { path, holder }),
            None => places.push(Place { path, kind, journal: None }),
        }
    }
    Ok(places)
}

fn kind_of(path: &Path) -> Option<CopyKind> {
    match path.extension()?.to_str()? {
        "otd" => Some(CopyKind::DeadLetters),
        "otlp" => Some(CopyKind::Archive),
        "db" => Some(CopyKind::Lab),
        _ => None,
    }
}

/// The process other than this one that has the file, or one under the directory, open. Known on Linux, for processes that
/// this user may look at.
fn holder(path: &Path) -> Option<String> {
    let wanted = path.canonicalize().ok()?;
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let pid = process.file_name().to_str()?.parse::<u32>().ok();
        let Some(pid) = pid.filter(|pid| *pid != std::process::id()) else { continue };
        let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else { continue };
        let open = descriptors.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
        let maps = std::fs::read_to_string(process.path().join("maps")).unwrap_or_default();
        if open.into_iter().any(|link| link.starts_with(&wanted)) || maps.contains(&*wanted.to_string_lossy())
        {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("process {pid} ({})", name.trim()));
        }
    }
    None
}

fn bytes(ids: &[String]) -> Vec<&[u8]> {
    ids.iter().map(String::as_bytes).collect()
}

fn contains(bytes: &[u8], id: &[u8]) -> bool {
    bytes.windows(id.len()).any(|window| window == id)
}

fn holds(bytes: &[u8], ids: &[String]) -> bool {
    ids.iter().any(|id| contains(bytes, id.as_bytes()))
}

/// Calls `each` with every record of a place.
fn records(place: &Place, each: &mut dyn FnMut(&[u8])) -> Result<(), EraseError> {
    let failed = failed(&place.path);
    match (place.kind, &place.journal) {
        (CopyKind::Journal, Some(journal)) => {
            let records = journal.records().map_err(|error| failed(&error))?;
            records.iter().for_each(|stored| each(&stored.record));
        }
        (CopyKind::DeadLetters, _) => {
            let letters = read_dead_letters(&place.path).map_err(|error| failed(&error))?;
            letters.iter().for_each(|letter| each(&letter.stored.record));
        }
        (CopyKind::Archive, _) => {
            let data = std::fs::read(&place.path).map_err(|error| failed(&error))?;
            Messages::new(&data).for_each(|(_, body)| each_record(body, each));
        }
        _ => {}
    }
    Ok(())
}

fn journeys_of(place: &Place, team: &str) -> Result<Vec<String>, EraseError> {
    if place.kind == CopyKind::Lab {
        let failed = failed(&place.path);
        return funnel_lab::related_in_file(&place.path, "teamId", team, "journeyId")
            .map_err(|error| failed(&error));
    }
    let mut journeys = Vec::new();
    records(place, &mut |record| {
        if contains(record, team.as_bytes()) {
            journeys.extend(
                attributes(record).into_iter().filter(|(key, _)| key == "journeyId").map(|(_, id)| id),
            );
        }
    })?;
    Ok(journeys)
}

fn count(place: &Place, ids: &[String]) -> Result<u64, EraseError> {
    if place.kind == CopyKind::Lab {
        let failed = failed(&place.path);
        return funnel_lab::count_in_file(&place.path, ids).map_err(|error| failed(&error));
    }
    let mut count = 0;
    records(place, &mut |record| count += u64::from(holds(record, ids)))?;
    Ok(count)
}

fn erase(place: &Place, ids: &[String]) -> Result<u64, EraseError> {
    let failed = failed(&place.path);
    match (place.kind, &place.journal) {
        (CopyKind::Lab, _) => funnel_lab::erase_from_file(&place.path, ids).map_err(|error| failed(&error)),
        (CopyKind::DeadLetters, _) => erase_dead_letters(&place.path, &bytes(ids))
            .map(|count| count as u64)
            .map_err(|error| failed(&error)),
        (CopyKind::Journal, Some(journal)) => {
            journal.erase(&bytes(ids)).map(|count| count as u64).map_err(|error| failed(&error))
        }
        _ => erase_archive(&place.path, ids).map_err(|error| failed(&error)),
    }
}

/// Writes the archive anew without the events, and without halves of messages; other messages stay byte for byte.
fn erase_archive(path: &Path, ids: &[String]) -> std::io::Result<u64> {
    let data = std::fs::read(path)?;
    if !holds(&data, ids) {
        return Ok(0);
    }
    let mut erased = 0;
    let mut kept = Vec::with_capacity(data.len());
    for (_, body) in Messages::new(&data) {
        let rest = retain(body, &mut |record| {
            let gone = holds(record, ids);
            erased += u64::from(gone);
            !gone
        });
        if !rest.is_empty() {
            kept.extend_from_slice(&u32::try_from(rest.len()).unwrap_or(u32::MAX).to_be_bytes());
            kept.extend_from_slice(&rest);
        }
    }
    let fresh = path.with_extension("otlp-new");
    let mut file = std::fs::File::create(&fresh)?;
    file.set_permissions(std::fs::metadata(path)?.permissions())?;
    file.write_all(&kept)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    Ok(erased)
}

/// Byte by byte, in each file of the place.
fn verify(place: &Place, ids: &[String]) -> Result<(), EraseError> {
    let mut files = vec![place.path.clone()];
    if place.path.is_dir() {
        files = std::fs::read_dir(&place.path)
            .map_err(|error| failed(&place.path)(&error))?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_file())
            .collect();
    } else if place.kind == CopyKind::Lab {
        for ending in ["-wal", "-shm", "-journal"] {
            let mut name = place.path.clone().into_os_string();
            name.push(ending);
            files.push(name.into());
        }
    }
    for file in files {
        if std::fs::read(&file).is_ok_and(|bytes| holds(&bytes, ids)) {
            let reason =
                "the id is still in the file, outside any record; delete the file by hand".to_owned();
            return Err(EraseError { path: file, reason });
        }
    }
    Ok(())
}
