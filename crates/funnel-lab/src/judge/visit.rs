//! The visitor that judges each record of a request.

use super::attributes::{member, size};
use super::batch::{Batch, Content, Problem, Rejected, Row};
use super::claim::Claim;
use super::context::JudgeContext;
use super::fate::{self, rule};
use super::mask;
use super::verdict::EventVerdict;
use crate::otlp::{Attributes, LogRecord, RecordPlace, Visitor};
use crate::room::{NoRoom, Share};

/// The most bytes of one record; a longer one is rejected and the sender notified.
const RECORD_MAX: usize = 256 * 1024;
/// The most bytes that one request may take while it is judged.
pub(crate) const JUDGED_MAX: usize = 64 * 1024 * 1024;
/// The most problems that are noted of one record.
const PROBLEMS_MAX: usize = 64;
/// The most attributes of a resource that are kept.
const RESOURCE_ATTRIBUTES_MAX: usize = 64;

/// Why a request was not judged to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unjudged {
    #[error("the request takes more than {JUDGED_MAX} bytes of memory; send fewer records at a time")]
    TooMuch,
    #[error(transparent)]
    Full(#[from] NoRoom),
}

/// The resource that records belong to.
#[derive(Debug)]
enum Resource {
    /// Its attributes as JSON; no record was of it yet.
    Told(String),
    /// Its position in the batch.
    Kept(usize),
}

/// Judges what a reader tells it.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    pub(super) context: &'a JudgeContext,
    pub(super) batch: Batch,
    pub(super) scope: (&'a str, &'a str),
    resource: Resource,
    share: Share,
    /// Bytes of the share that are not the batch's.
    beside: usize,
    covered: usize,
    failed: Option<Unjudged>,
    /// Where the problems of the record in hand begin.
    first_problem: usize,
}

impl<'a> Judge<'a> {
    /// A judge for a body of so many bytes; `share` holds `beside` bytes for other things, and grows with the batch.
    pub(crate) fn new(context: &'a JudgeContext, bytes: usize, share: Share, beside: usize) -> Self {
        let mut judge = Self {
            context,
            batch: Batch::with_capacity(bytes),
            scope: ("", ""),
            resource: Resource::Told("{}".to_owned()),
            share,
            beside,
            covered: 0,
            failed: None,
            first_problem: 0,
        };
        judge.cover();
        judge
    }

    /// The batch, which from now on holds the share alone.
    ///
    /// # Errors
    /// Something could not be judged, and nothing of the request may be stored.
    pub(crate) fn finish(mut self) -> Result<Batch, Unjudged> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        self.share.shrink(self.covered);
        self.batch.share = Some(self.share);
        Ok(self.batch)
    }

    /// Has the share grow with the batch.
    #[inline]
    fn cover(&mut self) {
        let bytes = self.batch.bytes();
        if bytes <= self.covered {
            return;
        }
        self.covered = bytes;
        if self.beside + bytes > JUDGED_MAX {
            self.failed = Some(Unjudged::TooMuch);
        } else if let Err(full) = self.share.cover(self.beside + bytes) {
            self.failed = Some(full.into());
        }
    }

    pub(super) fn problem(&mut self, key: &str, rule: &'static str, sample: &str, fate: &'static str) {
        if self.batch.problems.len() - self.first_problem < PROBLEMS_MAX {
            self.batch.add_problem(Problem { key: mask::key(key), rule, sample: mask::sample(sample), fate });
        }
    }

    fn resource_position(&mut self) -> usize {
        let position = match &mut self.resource {
            Resource::Kept(position) => return *position,
            Resource::Told(json) => self.batch.add_resource(std::mem::take(json)),
        };
        self.resource = Resource::Kept(position);
        position
    }

    /// The record's own time, else when it was received.
    pub(super) fn time(&self, record: &LogRecord<'_>) -> i64 {
        match record.time_unix_nano {
            0 => self.context.now,
            nanos => i64::try_from(nanos).unwrap_or(i64::MAX),
        }
    }

    /// Whether New Relic takes an event of that time; a problem says why not.
    fn is_timely(&mut self, nanos: i64) -> bool {
        let JudgeContext { now, window, .. } = *self.context;
        let broken = if nanos < now.saturating_sub(window) {
            rule::TOO_OLD
        } else if nanos > now.saturating_add(window) {
            rule::TOO_NEW
        } else {
            return true;
        };
        self.problem("timestamp", broken, "", fate::DROPPED);
        false
    }
}

impl<'a> Visitor<'a> for Judge<'a> {
    fn resource(&mut self, attributes: &Attributes<'a>) {
        let mut json = String::from("{");
        for (key, value) in attributes.iter().take(RESOURCE_ATTRIBUTES_MAX) {
            member(&mut json, key, value);
        }
        json.push('}');
        self.resource = Resource::Told(json);
    }

    fn scope(&mut self, name: &'a str, version: &'a str, _attributes: &Attributes<'a>) {
        self.scope = (fate::cut(name, fate::TEXT_MAX), fate::cut(version, fate::TEXT_MAX));
    }

    fn rejected(&mut self, place: RecordPlace, reason: String) {
        self.batch.reject(Rejected { place: place.to_string(), reason });
    }

    fn record(&mut self, record: &LogRecord<'a>, place: RecordPlace) {
        if self.failed.is_some() {
            return;
        }
        if size(record) > RECORD_MAX {
            self.rejected(place, format!("the record is longer than {RECORD_MAX} bytes"));
            return;
        }
        let resource = self.resource_position();
        self.first_problem = self.batch.problems.len();
        let (kind, content) = match Claim::of(record, &self.context.contracts) {
            Claim::Funnel(contract) => self.funnel(record, contract),
            Claim::Meant(contract, mark) => self.meant(record, contract, mark),
            Claim::Other(mark) => self.other(record, mark),
        };
        let nanos = self.time(record);
        let stored = self.is_timely(nanos);
        let problems = self.first_problem..self.batch.problems.len();
        let verdict = match content {
            Content::Other(_) => EventVerdict::Other,
            Content::Funnel { .. } if problems.is_empty() => EventVerdict::Good,
            Content::Funnel { .. } => EventVerdict::Bad,
        };
        self.batch.rows.push(Row { nanos, kind, verdict, stored, resource, content, problems });
        self.cover();
    }
}
