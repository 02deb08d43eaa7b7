//! The most recently refused requests with their reasons, for the page.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

/// The most reasons that are kept.
const KEPT: usize = 50;
/// The most characters of a reason.
const REASON_MAX: usize = 400;

/// Equal refusals in a row.
#[derive(Debug)]
struct Refusal {
    /// Milliseconds since 1970, of the last.
    at: i64,
    transport: &'static str,
    status: u16,
    reason: String,
    count: u64,
}

/// Refused requests and rejected records.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    total: u64,
    newest: VecDeque<Refusal>,
}

impl Refusals {
    /// Notes a request that was refused, or answered with rejected records (status 200). The reason holds no value.
    pub(crate) fn note(&self, at: i64, transport: &'static str, status: u16, reason: &str) {
        let reason: String = reason.chars().take(REASON_MAX).collect();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.total += 1;
        let same = kept.newest.iter().position(|refusal| {
            refusal.transport == transport && refusal.status == status && refusal.reason == reason
        });
        let count = same.and_then(|at| kept.newest.remove(at)).map_or(0, |refusal| refusal.count) + 1;
        kept.newest.push_front(Refusal { at, transport, status, reason, count });
        kept.newest.truncate(KEPT);
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).total
    }

    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    /// The newest first.
    pub(crate) fn to_json(&self) -> Value {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest: Vec<Value> = kept
            .newest
            .iter()
            .map(|refusal| {
                json!({
                    "at": refusal.at,
                    "transport": refusal.transport,
                    "status": refusal.status,
                    "reason": refusal.reason,
                    "count": refusal.count,
                })
            })
            .collect();
        json!({"total": kept.total, "refused": newest})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_refusals_are_one_line_and_old_ones_go() {
        let refusals = Refusals::default();
        for at in 0..3 {
            refusals.note(at, "http", 415, "content-type");
        }
        assert_eq!(refusals.to_json()["refused"][0]["count"], 3);
        for at in 0..200 {
            refusals.note(at, "grpc", 400, &format!("{at} {}", "x".repeat(1_000)));
        }
        let json = refusals.to_json();
        assert_eq!(
            (json["total"].as_u64(), json["refused"].as_array().map(Vec::len)),
            (Some(203), Some(KEPT))
        );
        assert_eq!(
            json["refused"][0]["reason"].as_str().map(|reason| reason.chars().count()),
            Some(REASON_MAX)
        );
    }
}
