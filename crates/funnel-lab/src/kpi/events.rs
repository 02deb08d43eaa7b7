//! Columns of events, in the order of receipt.

use hashbrown::HashMap;

/// The most distinct values of a dimension that are kept apart; further ones share [`MORE`].
const VALUES_MAX: usize = 4_096;
/// The value that stands for all that are one too many.
const MORE: &str = "(more)";
/// The journey of an event that has none.
pub(super) const NOBODY: u32 = u32::MAX;
/// The step of an event that was received before; it is in no figure.
pub(super) const REPEATED: u8 = u8::MAX - 1;
/// The beginning that an event does not say.
pub(super) const UNKNOWN_START: i64 = i64::MIN;

/// One column each; all have the same length.
#[derive(Debug, Default, Clone)]
pub(super) struct Events {
    pub(super) journey: Vec<u32>,
    pub(super) step: Vec<u8>,
    pub(super) nanos: Vec<i64>,
    pub(super) start: Vec<i64>,
}

/// The values of one attribute. Code 0 is that of an absent one.
#[derive(Debug)]
pub(super) struct Dimension {
    pub(super) key: String,
    pub(super) names: Vec<String>,
    codes: HashMap<String, u16>,
    pub(super) events: Vec<u16>,
}

impl Dimension {
    pub(super) fn new(key: &str) -> Self {
        Self { key: key.to_owned(), names: vec![String::new()], codes: HashMap::new(), events: Vec::new() }
    }

    /// The code of a value that some event has or had.
    pub(super) fn code(&self, value: &str) -> Option<u16> {
        self.codes.get(value).copied()
    }

    pub(super) fn intern(&mut self, value: &str) -> u16 {
        if let Some(code) = self.code(value) {
            return code;
        }
        let value = if self.names.len() > VALUES_MAX { MORE } else { value };
        if let Some(code) = self.code(value) {
            return code;
        }
        let code = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        self.names.push(value.to_owned());
        self.codes.insert(value.to_owned(), code);
        code
    }
}
