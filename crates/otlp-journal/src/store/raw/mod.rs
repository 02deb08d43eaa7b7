//! The only place with `unsafe`: memory that several threads fill at once, file mappings, the fork hook, and
//! threads.
//!
//! # Safety argument
//! - *Threads of this process.* Bytes are written by the owner of a reservation, or by the holder of the
//!   [`Consumer`](consumer::Consumer) token when it empties a drained segment, and read after a release store that
//!   says they are whole. Words that several may touch are atomics. What leaves this module can be called in any
//!   order: a caller's mistake can lose an entry, never memory safety.
//! - *Foreign writers.* A mapped file can be changed by another process at any time, which Rust's model does not
//!   know. So nothing read from a segment is trusted: a length is checked against the segment's end before it is
//!   used, every access is checked against the bounds of the mapping, which never changes its size, and the payload
//!   is only ever read as `u8`, for which every bit pattern is valid. What a foreign write can do is damage records.
//!   The slices of a payload are handed to code that copies them (the body of a request, a dead letter) and that
//!   does not look at a byte twice to decide about memory.
//! - *Truncation.* A page that a foreign truncation took away raises SIGBUS when it is touched. On Linux [`guard`]
//!   puts an empty page in its place, so that the mapping is whole again at the same address; elsewhere the process
//!   ends, which is not undefined behaviour.
#![expect(
    unsafe_code,
    reason = "concurrent writes into one buffer and file mappings cannot be expressed in safe Rust"
)]

pub(crate) mod consumer;
pub(crate) mod fork;
pub(crate) mod guard;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod once;
pub(crate) mod segment;
pub(crate) mod sync;
pub(crate) mod thread;
pub(crate) mod token;
