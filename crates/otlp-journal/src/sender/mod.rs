//! The sender: threads that take batches from the schedule, post them, and bring the answers back.

pub(crate) mod backoff;
pub(crate) mod batch;
pub(crate) mod body;
pub(crate) mod compress;
pub(crate) mod flush;
pub(crate) mod gate;
pub(crate) mod post;
mod retry_after;
pub(crate) mod schedule;
pub(crate) mod verdict;
pub(crate) mod worker;
