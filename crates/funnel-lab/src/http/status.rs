//! Why a request was refused, and how HTTP and gRPC word it.

use super::body::ReadError;

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status; gRPC's follows from it.
    pub(crate) status: u16,
    /// For the sender and for the page; holds no value of the request.
    pub(crate) reason: String,
    /// After how many seconds it is worth asking again.
    pub(crate) retry_after_s: Option<u64>,
}

impl Refusal {
    /// A refusal that is worth asking again in a second when the lab is the cause.
    pub(crate) fn new(status: u16, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), retry_after_s: (status == 503).then_some(1) }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        Self::new(error.status(), error.to_string())
    }
}

/// Statuses of gRPC.
pub(crate) mod code {
    pub(crate) const OK: u8 = 0;
    pub(crate) const UNKNOWN: u8 = 2;
    pub(crate) const INVALID_ARGUMENT: u8 = 3;
    pub(crate) const DEADLINE_EXCEEDED: u8 = 4;
    pub(crate) const PERMISSION_DENIED: u8 = 7;
    pub(crate) const RESOURCE_EXHAUSTED: u8 = 8;
    pub(crate) const UNIMPLEMENTED: u8 = 12;
    pub(crate) const INTERNAL: u8 = 13;
    pub(crate) const UNAVAILABLE: u8 = 14;
    pub(crate) const UNAUTHENTICATED: u8 = 16;
}

/// The gRPC status that says what an HTTP status says.
pub(crate) fn code_of(status: u16) -> u8 {
    match status {
        200..=299 => code::OK,
        400 | 415 => code::INVALID_ARGUMENT,
        401 => code::UNAUTHENTICATED,
        403 => code::PERMISSION_DENIED,
        404 | 405 => code::UNIMPLEMENTED,
        408 => code::DEADLINE_EXCEEDED,
        // Sent again in smaller pieces it would pass.
        413 | 429 => code::RESOURCE_EXHAUSTED,
        502..=504 => code::UNAVAILABLE,
        500..=599 => code::INTERNAL,
        _ => code::UNKNOWN,
    }
}
