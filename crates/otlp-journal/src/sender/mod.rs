//! The sender: threads that take batches from the schedule, post them, and bring the answers back.

pub(crate) mod backoff;
pub(crate) mod batch;
mod body;
mod compress;
pub(crate) mod flush;
#[cfg(feature = "http")]
mod forward;
mod gate;
#[cfg(feature = "grpc")]
pub(crate) mod grpc;
pub(crate) mod headers;
#[cfg(feature = "http")]
pub(crate) mod http;
pub(crate) mod monitor;
pub(crate) mod outbox;
#[cfg(feature = "http")]
mod pem;
pub(crate) mod post;
#[cfg(feature = "http")]
mod resolve;
mod retry_after;
pub(crate) mod schedule;
mod verdict;
pub(crate) mod worker;
