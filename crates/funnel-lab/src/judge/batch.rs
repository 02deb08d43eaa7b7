//! One judged request: everything the store needs, in one string and a few flat lists.

use instant_funnel_core::contract::MAX_ATTRIBUTES;

use super::verdict::EventVerdict;
use crate::room::Share;

/// The most rejected records of one request that are named.
const REJECTIONS_MAX: usize = 5;

/// A piece of [`Batch::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    start: u32,
    end: u32,
}

/// One attribute of the contract in a row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Slot {
    /// The record has none that may be kept.
    #[default]
    Absent,
    /// Text.
    Text(Piece),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A number.
    Number(f64),
}

/// One thing that is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The attribute's key, masked when it is not shaped like one.
    pub(crate) key: String,
    /// The rule that is broken.
    pub(crate) rule: &'static str,
    /// The value with its letters and digits replaced.
    pub(crate) sample: String,
    /// What New Relic would do.
    pub(crate) fate: &'static str,
}

/// What a record says, by whose rules it was read.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every record is of the funnel, and a box would cost each of them"
)]
pub(crate) enum Content {
    /// Of a contract.
    Funnel {
        /// The contract's position.
        contract: usize,
        /// The contract's attributes, by position.
        slots: [Slot; MAX_ATTRIBUTES],
        /// The step's position in the contract.
        step: Option<usize>,
        /// What tells a repeat from a new event.
        event_id: Option<[u8; 16]>,
    },
    /// Of anything else: its attributes as a JSON object.
    Other(Piece),
}

/// One record.
#[derive(Debug)]
pub(crate) struct Row {
    /// When it happened, in nanoseconds since 1970.
    pub(crate) nanos: i64,
    /// The New Relic event type it would be stored as.
    pub(crate) kind: Piece,
    /// Before duplicates are looked for.
    pub(crate) verdict: EventVerdict,
    /// Whether New Relic would store it at all.
    pub(crate) stored: bool,
    /// Its resource, by position in [`Batch::resources`].
    pub(crate) resource: usize,
    pub(crate) content: Content,
    /// What is wrong, a range of [`Batch::problems`].
    pub(crate) problems: std::ops::Range<usize>,
}

impl Row {
    /// The time that New Relic keeps: milliseconds since 1970.
    pub(crate) fn timestamp(&self) -> i64 {
        self.nanos / 1_000_000
    }

    /// The position of the contract by whose rules it was judged.
    pub(crate) fn contract(&self) -> Option<usize> {
        match self.content {
            Content::Funnel { contract, .. } => Some(contract),
            Content::Other(_) => None,
        }
    }

    /// The step's position in the contract, of a record of the funnel.
    pub(crate) fn step(&self) -> Option<usize> {
        match self.content {
            Content::Funnel { step, .. } => step,
            Content::Other(_) => None,
        }
    }

    /// The event's id, of a record of the funnel.
    pub(crate) fn event_id(&self) -> Option<[u8; 16]> {
        match self.content {
            Content::Funnel { event_id, .. } => event_id,
            Content::Other(_) => None,
        }
    }
}

/// A record that is not stored and is reported to its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejected {
    /// Where it stands in the request.
    pub(crate) place: String,
    /// Why.
    pub(crate) reason: String,
}

/// One request's records.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    text: String,
    pub(crate) rows: Vec<Row>,
    /// Attributes of each resource as a JSON object.
    pub(crate) resources: Vec<String>,
    /// The number of each in the database, once it is stored.
    pub(crate) resource_ids: Vec<i64>,
    pub(crate) problems: Vec<Problem>,
    /// How many records are not stored and are reported to the sender.
    pub(crate) rejected: u64,
    /// The first few of them.
    pub(crate) rejections: Vec<Rejected>,
    /// Bytes of the texts of resources and problems.
    other_text: usize,
    /// Held until nobody needs the batch any more.
    pub(crate) share: Option<Share>,
}

impl Batch {
    /// For a body of so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let text = String::with_capacity(bytes - bytes / 4);
        Self { text, rows: Vec::with_capacity(bytes / 256), ..Self::default() }
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.text.capacity()
            + self.rows.capacity() * size_of::<Row>()
            + self.resources.capacity() * size_of::<String>()
            + self.problems.capacity() * size_of::<Problem>()
            + self.other_text
    }

    /// Keeps a resource's attributes and says at which position.
    pub(crate) fn add_resource(&mut self, json: String) -> usize {
        self.other_text += json.capacity();
        self.resources.push(json);
        self.resources.len() - 1
    }

    /// Counts a record that is not stored; the first few are named.
    pub(crate) fn reject(&mut self, rejected: Rejected) {
        self.rejected += 1;
        if self.rejections.len() < REJECTIONS_MAX {
            self.rejections.push(rejected);
        }
    }

    pub(crate) fn add_problem(&mut self, problem: Problem) {
        // A short text takes an allocation of its own, however short it is.
        self.other_text += problem.key.capacity() + problem.sample.capacity() + 64;
        self.problems.push(problem);
    }

    /// Keeps `text` and says where.
    #[inline]
    pub(crate) fn keep(&mut self, text: &str) -> Piece {
        let start = self.len();
        self.text.push_str(text);
        Piece { start, end: self.len() }
    }

    /// Keeps what `write` appends and says where.
    pub(crate) fn keep_with(&mut self, write: impl FnOnce(&mut String)) -> Piece {
        let start = self.len();
        write(&mut self.text);
        Piece { start, end: self.len() }
    }

    /// The text of a piece of this batch.
    #[inline]
    pub(crate) fn text(&self, piece: Piece) -> &str {
        self.text.get(piece.start as usize..piece.end as usize).unwrap_or("")
    }

    /// Bodies are bounded far below 4 GiB, so positions fit.
    fn len(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    /// How many records have a verdict.
    pub(crate) fn count(&self, verdict: EventVerdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }
}
