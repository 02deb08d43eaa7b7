//! In whose name records are sent.

/// The encoded bodies of a `Resource` and an `InstrumentationScope`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) resource: Vec<u8>,
    pub(crate) scope: Vec<u8>,
}

/// Lengths and tags of the messages around the records, at most.
const FRAME: usize = 64;

impl Identity {
    /// Bytes that a request takes before its first record.
    pub(crate) fn framed(&self) -> usize {
        self.resource.len() + self.scope.len() + FRAME
    }
}
