//! Fault injection: the lab answers as a failing New Relic.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

/// The longest delay that can be asked for.
const DELAY_MAX_MS: u64 = 60_000;

/// What the next requests with logs meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The HTTP status; 200 with a delay is a slow but healthy far end.
    pub(crate) status: u16,
    /// How many requests more.
    count: u64,
    /// How long each waits for its answer.
    pub(crate) delay: Duration,
    /// The `Retry-After` header; over gRPC a `RetryInfo`.
    pub(crate) retry_after_s: Option<u64>,
    /// Whether the records are stored although the answer says that they are not: the acknowledgement is lost.
    pub(crate) store: bool,
}

/// A fault that cannot be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum FaultError {
    #[error("`{0}` is not an unsigned number")]
    NotANumber(&'static str),
    #[error("`status` is not an HTTP status from 200 to 599")]
    Status,
    #[error("`delay_ms` is over {DELAY_MAX_MS}")]
    Delay,
    #[error("`store` is not true or false")]
    Store,
    #[error("unknown member; give status, count, delay_ms, retry_after_s and store")]
    Unknown,
}

impl Fault {
    /// From the body of `POST /api/fault`; `None` means healthy again.
    pub(crate) fn parse(body: &Value) -> Result<Option<Self>, FaultError> {
        let members = body.as_object().ok_or(FaultError::Unknown)?;
        const MEMBERS: [&str; 5] = ["status", "count", "delay_ms", "retry_after_s", "store"];
        if members.keys().any(|key| !MEMBERS.contains(&key.as_str())) {
            return Err(FaultError::Unknown);
        }
        let store = match members.get("store") {
            None | Some(Value::Null) => false,
            Some(value) => value.as_bool().ok_or(FaultError::Store)?,
        };
        let number = |name: &'static str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or(FaultError::NotANumber(name)),
        };
        // An acknowledgement that is lost is one that fails.
        let status = number("status")?.unwrap_or(if store { 503 } else { 200 });
        let status = u16::try_from(status).ok().filter(|status| (200..=599).contains(status));
        let delay = number("delay_ms")?.unwrap_or(0);
        if delay > DELAY_MAX_MS {
            return Err(FaultError::Delay);
        }
        let count = number("count")?.unwrap_or(1);
        let fault = Self {
            status: status.ok_or(FaultError::Status)?,
            count,
            delay: Duration::from_millis(delay),
            retry_after_s: number("retry_after_s")?,
            store,
        };
        Ok((count > 0).then_some(fault))
    }

    /// Whether the sender is told that all went well, if late.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn to_json(fault: Option<Self>) -> Value {
        match fault {
            None => json!({"count": 0}),
            Some(fault) => json!({
                "status": fault.status,
                "count": fault.count,
                "delay_ms": fault.delay.as_millis(),
                "retry_after_s": fault.retry_after_s,
                "store": fault.store,
            }),
        }
    }
}

/// The fault in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Option<Fault>>);

impl Faults {
    pub(crate) fn set(&self, fault: Option<Fault>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    pub(crate) fn get(&self) -> Option<Fault> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this request meets; each counts.
    pub(crate) fn take(&self) -> Option<Fault> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = (*held)?;
        *held = (fault.count > 1).then_some(Fault { count: fault.count - 1, ..fault });
        Some(fault)
    }
}
