//! One request, judged: everything the store needs, in one block of text and a few flat lists.

use crate::room::Share;
use instant_funnel_core::contract::MAX_ATTRIBUTES;

/// A piece of [`Batch::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    start: u32,
    end: u32,
}

/// One attribute of the contract in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Slot {
    /// The record has none that may be kept.
    #[default]
    Absent,
    /// Text.
    Text(Piece),
    /// A boolean.
    Bool(bool),
}

/// What the lab thinks of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// A record of the funnel that keeps the contract.
    Good,
    /// A record of the funnel that breaks it.
    Bad,
    /// Good, but its `eventId` was there before.
    Duplicate,
    /// Not of the funnel.
    Other,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Good, Self::Bad, Self::Duplicate, Self::Other];

    /// The word in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Duplicate => "duplicate",
            Self::Other => "other",
        }
    }

    /// From its word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }
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

/// One record.
#[derive(Debug)]
pub(crate) struct Row {
    /// When it happened, in milliseconds since 1970, as New Relic keeps it.
    pub(crate) timestamp: i64,
    /// The New Relic event type it would be stored as.
    pub(crate) kind: Piece,
    /// Before duplicates are looked for.
    pub(crate) verdict: Verdict,
    /// Whether New Relic would store it at all.
    pub(crate) stored: bool,
    /// Its resource, by position in [`Batch::resources`].
    pub(crate) resource: u32,
    /// The step's position in the contract.
    pub(crate) step: Option<u8>,
    /// What tells a repeat from a new event.
    pub(crate) event_id: Option<[u8; 16]>,
    /// The contract's attributes, by position.
    pub(crate) slots: [Slot; MAX_ATTRIBUTES],
    /// The other attributes as a JSON object; only on records that are not of the funnel.
    pub(crate) extra: Option<Piece>,
    /// What is wrong, a range of [`Batch::problems`].
    pub(crate) problems: std::ops::Range<usize>,
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
    /// Records over the size limit: not stored, and told so to the sender.
    pub(crate) rejected: u64,
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

    pub(crate) fn add_resource(&mut self, json: String) {
        self.other_text += json.capacity();
        self.resources.push(json);
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
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }
}
