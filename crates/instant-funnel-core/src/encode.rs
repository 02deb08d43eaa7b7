//! A record as OTLP `LogRecord` bytes, without message structs and without allocating.
//!
//! The plan and the record give one list of what is written, in order; a record's bytes are a fold over it. Its length
//! is added up without the list, from what the plan knows and the values of the record alone, which takes half the
//! time; debug builds compare it with the fold.

use crate::contract::check_resource;
use crate::plan::{KeyTemplate, positions};
use crate::record::Record;
use crate::stamp::{SPAN_ID_LEN, TRACE_ID_LEN, TraceContext};
use crate::value::Content;
use crate::wire::tag;
use crate::wire::writer::{self, field_len, key_value_len};

/// Two times with their tags.
const TIMES_LEN: usize = 2 * (1 + size_of::<u64>());
/// Flags, trace id and span id with their tags and lengths.
const TRACE_LEN: usize = 1 + size_of::<u32>() + field_len(TRACE_ID_LEN) + field_len(SPAN_ID_LEN);

/// The buffer is shorter than [`Record::encoded_len`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the buffer is shorter than `Record::encoded_len`")]
pub struct BufferTooSmall;

/// One thing to write. Borrowed: copies of the values would cost more than the bytes that are written.
enum Piece<'r> {
    /// Bytes that the plan has ready.
    Ready(&'r [u8]),
    /// A time, with its tag.
    Time(u8, u64),
    /// An attribute with a value of this record's.
    Attribute(&'r KeyTemplate, &'r Content<'r>),
    /// Flags, trace id and span id.
    Trace(&'r TraceContext),
}

/// What is done with each piece. Not closures: they cannot be told to be inlined, and calls cost more than the bytes.
trait Fold {
    /// What `so_far` becomes.
    fn piece(&mut self, so_far: usize, piece: Piece<'_>) -> Option<usize>;
}

/// Adds up lengths, to compare [`Record::encoded_len`] with.
struct Length;

impl Fold for Length {
    #[inline(always)]
    fn piece(&mut self, so_far: usize, piece: Piece<'_>) -> Option<usize> {
        let len = match piece {
            Piece::Ready(bytes) => bytes.len(),
            Piece::Time(..) => 1 + size_of::<u64>(),
            Piece::Attribute(template, value) => template.encoded_len(value),
            Piece::Trace(_) => TRACE_LEN,
        };
        Some(so_far + len)
    }
}

/// Writes at a position and returns the one behind.
struct Bytes<'b>(&'b mut [u8]);

impl Fold for Bytes<'_> {
    #[inline(always)]
    fn piece(&mut self, at: usize, piece: Piece<'_>) -> Option<usize> {
        let buffer = &mut *self.0;
        match piece {
            Piece::Ready(bytes) => writer::put(buffer, at, bytes),
            Piece::Time(tag, nanos) => writer::fixed64(buffer, at, tag, nanos),
            Piece::Attribute(template, value) => template.write(buffer, at, value),
            Piece::Trace(trace) => {
                let at = writer::put(buffer, at, &[tag::FLAGS, trace.flags, 0, 0, 0])?;
                let at = writer::bytes(buffer, at, tag::TRACE_ID, &trace.trace_id)?;
                writer::bytes(buffer, at, tag::SPAN_ID, &trace.span_id)
            }
        }
    }
}

impl Record<'_> {
    /// Everything that is written, in order, given to `each` until it has enough.
    #[inline(always)]
    fn fold(&self, mut each: impl Fold) -> Option<usize> {
        let mut so_far = each.piece(0, Piece::Time(tag::TIME_UNIX_NANO, self.moment.time_unix_nano))?;
        so_far = each.piece(so_far, Piece::Ready(&self.step.head))?;
        for position in positions(self.carried() & !self.plan.in_head()) {
            let template = self.plan.key(position)?;
            let supplied;
            let piece = if self.is_given(position) {
                Piece::Attribute(template, self.draft.slots.get(position)?)
            } else if let Some(bytes) = self.plan.ready(position) {
                Piece::Ready(bytes)
            } else if self.step.is_fresh(position) {
                Piece::Attribute(template, self.moment.event_id.as_ref()?)
            } else {
                supplied = self.supplied(position)?;
                Piece::Attribute(template, &supplied)
            };
            so_far = each.piece(so_far, piece)?;
        }
        if let Some(trace) = &self.moment.trace {
            so_far = each.piece(so_far, Piece::Trace(trace))?;
        }
        let observed = self.moment.observed_time_unix_nano;
        so_far = each.piece(so_far, Piece::Time(tag::OBSERVED_TIME_UNIX_NANO, observed))?;
        each.piece(so_far, Piece::Ready(self.plan.tail()))
    }

    /// The exact number of bytes that [`encode_into`](Self::encode_into) writes.
    #[must_use]
    #[inline]
    pub fn encoded_len(&self) -> usize {
        let behind_head = !self.plan.in_head();
        let mut len = TIMES_LEN + self.step.head.len() + self.plan.tail().len();
        for position in positions(self.given() & behind_head) {
            if let (Some(template), Some(value)) = (self.plan.key(position), self.draft.slots.get(position)) {
                len += template.encoded_len(value);
            }
        }
        for position in positions(self.filled() & behind_head) {
            len += self.step.filled_len(position);
        }
        if self.moment.trace.is_some() {
            len += TRACE_LEN;
        }
        debug_assert_eq!(Some(len), self.fold(Length), "the sum is of the list that is written");
        len
    }

    /// Writes the OTLP `LogRecord` message to the start of `buffer` and returns its length. Allocates nothing.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; what was written before that is not a record.
    #[inline]
    pub fn encode_into(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let written = self.fold(Bytes(buffer)).ok_or(BufferTooSmall)?;
        debug_assert_eq!(written, self.encoded_len(), "the length is that of the bytes");
        Ok(written)
    }

    /// [`encode_into`](Self::encode_into) a fresh buffer.
    #[must_use]
    pub fn encode_to_vec(&self) -> Vec<u8> {
        let mut buffer = vec![0; self.encoded_len()];
        let written = self.encode_into(&mut buffer);
        debug_assert_eq!(written, Ok(buffer.len()));
        buffer
    }
}

/// The body of an OTLP `Resource` message: the given attributes that the contract lets a resource have, with values
/// that pass [their rules](check_resource). The others are left out.
///
/// ```
/// use instant_funnel_core::encode_resource;
/// assert!(!encode_resource([("service.name", "api")]).is_empty());
/// assert!(encode_resource([("host.ip", "192.0.2.7"), ("service.version", "built by jane@example.com")]).is_empty());
/// ```
#[must_use]
pub fn encode_resource<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in attributes {
        if check_resource(key, value).is_ok() {
            let (at, value) = (out.len(), Content::Text(value));
            out.resize(at + field_len(key_value_len(key, &value)), 0);
            let end = writer::key_value(&mut out, at, tag::RESOURCE_ATTRIBUTES, key, &value);
            debug_assert_eq!(end, Some(out.len()));
        }
    }
    out
}

/// The body of an OTLP `InstrumentationScope` message.
#[must_use]
pub fn encode_scope(name: &str, version: &str) -> Vec<u8> {
    let mut buffer = vec![0; field_len(name.len()) + field_len(version.len())];
    let end = writer::bytes(&mut buffer, 0, tag::SCOPE_NAME, name.as_bytes())
        .and_then(|at| writer::bytes(&mut buffer, at, tag::SCOPE_VERSION, version.as_bytes()));
    debug_assert_eq!(end, Some(buffer.len()));
    buffer
}
