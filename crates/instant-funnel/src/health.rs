//! The health of delivery, for people, readiness checks and metrics.

use std::fmt;
use std::time::{Duration, SystemTime};

/// What delivery is doing; the `state` label of `instant_analytics_delivery_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthState {
    /// There is no backend; nothing is recorded.
    Off,
    /// A backend is chosen but cannot work; every event is dropped. [`Funnel::advisories`](crate::Funnel::advisories) says why.
    Unconfigured,
    /// The backend does not say: the service's own OpenTelemetry pipeline, or a [`Sink`](crate::Sink) without
    /// [`health`](crate::Sink::health).
    Unobserved,
    /// Nothing has been answered yet.
    Starting,
    /// The last answer was an acknowledgement.
    Delivering,
    /// Requests fail for a reason that may pass; they are tried again.
    Retrying,
    /// The endpoint asked for a pause.
    Throttled,
    /// The endpoint or the key is refused; one request asks from time to time.
    Held,
    /// It was shut down.
    Ended,
}

impl HealthState {
    /// Every state, in the order of the declaration.
    pub const ALL: [Self; 9] = [
        Self::Off,
        Self::Unconfigured,
        Self::Unobserved,
        Self::Starting,
        Self::Delivering,
        Self::Retrying,
        Self::Throttled,
        Self::Held,
        Self::Ended,
    ];

    /// The label's text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Unconfigured => "unconfigured",
            Self::Unobserved => "unobserved",
            Self::Starting => "starting",
            Self::Delivering => "delivering",
            Self::Retrying => "retrying",
            Self::Throttled => "throttled",
            Self::Held => "held",
            Self::Ended => "ended",
        }
    }
}

impl fmt::Display for HealthState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How delivery is doing, from [`Funnel::health`](crate::Funnel::health).
///
/// Privacy: holds no key, header, path or value, so it may be logged and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// What delivery is doing.
    pub state: HealthState,
    /// Since when, by the wall clock; `None` if the backend does not say.
    pub since: Option<SystemTime>,
    /// The last answer, such as `HTTP 200` or `no connection: connection refused`; no word of the endpoint.
    pub last_answer: Option<String>,
    /// When it came.
    pub last_answer_at: Option<SystemTime>,
    /// When the endpoint last acknowledged events.
    pub last_delivered: Option<SystemTime>,
    /// Age of the oldest event that waits; `None` if none does.
    pub oldest_pending: Option<Duration>,
    /// Where events go: scheme, host and port. No path, user, password or query.
    pub destination: Option<String>,
    /// What waits is kept in files and survives the process.
    pub durable: bool,
}

impl Health {
    /// A state and nothing more; for a [`Sink`](crate::Sink), which then sets the fields that it knows.
    #[must_use]
    pub const fn new(state: HealthState) -> Self {
        Self {
            state,
            since: None,
            last_answer: None,
            last_answer_at: None,
            last_delivered: None,
            oldest_pending: None,
            destination: None,
            durable: false,
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.state)?;
        if let Some(destination) = &self.destination {
            write!(f, ", to {destination}")?;
        }
        if let Some(answer) = &self.last_answer {
            write!(f, "; last answer: {answer}")?;
        }
        if let Some(age) = self.oldest_pending {
            write!(f, "; the oldest event has waited {} s", age.as_secs())?;
        }
        Ok(())
    }
}
