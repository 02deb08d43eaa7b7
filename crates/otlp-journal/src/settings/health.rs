//! The health of a delivery.

use std::fmt;
use std::time::{Duration, SystemTime};

/// What the sender is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeliveryState {
    /// Nothing has been answered yet.
    Starting,
    /// The last answer was an acknowledgement.
    Delivering,
    /// Requests fail for a reason that may pass (5xx, no connection, no answer); they are tried again.
    Retrying,
    /// The far end asked for a pause (429).
    Throttled,
    /// The endpoint, the key or what listens there is wrong; one request asks from time to time.
    Held,
    /// It was shut down.
    Ended,
}

impl DeliveryState {
    /// Every state, in the order of the declaration.
    pub const ALL: [Self; 6] =
        [Self::Starting, Self::Delivering, Self::Retrying, Self::Throttled, Self::Held, Self::Ended];

    /// The label of metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Delivering => "delivering",
            Self::Retrying => "retrying",
            Self::Throttled => "throttled",
            Self::Held => "held",
            Self::Ended => "ended",
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The last thing that a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastAnswer {
    /// When, by the wall clock.
    pub at: SystemTime,
    /// `HTTP 200`, `HTTP 403`, `no connection: connection refused`, …; no word of the far end.
    pub outcome: String,
}

/// How a delivery is doing, from [`Delivery::health`](crate::Delivery::health).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryHealth {
    /// What the sender is doing.
    pub state: DeliveryState,
    /// Since when, by the wall clock.
    pub since: SystemTime,
    /// The last answer, or why there was none.
    pub last_answer: Option<LastAnswer>,
    /// When the far end last acknowledged records.
    pub last_delivered: Option<SystemTime>,
    /// Age of the oldest record that waits; `None` if none does.
    pub oldest_pending: Option<Duration>,
    /// Records that wait.
    pub pending: u64,
    /// Where records go: scheme, host and port. No path, user, password or query.
    pub destination: String,
    /// Records are kept in files.
    pub durable: bool,
}

impl fmt::Display for DeliveryHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}: {} pending", self.state, self.destination, self.pending)?;
        if let Some(age) = self.oldest_pending {
            write!(f, ", the oldest {} s old", age.as_secs())?;
        }
        match &self.last_answer {
            Some(last) => write!(f, "; last answer: {}", last.outcome),
            None => f.write_str("; no answer yet"),
        }
    }
}
