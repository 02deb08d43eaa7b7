//! Baselines: findings that were known when checking began.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::judge::{Finding, LintedQuery};

/// Findings that are known, so that only new ones count. It holds no text of a query: a finding is known by its file, its
/// rule, and a hash of the query's words; lines may move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<String, usize>,
}

/// A file that is not a baseline.
#[derive(Debug, thiserror::Error)]
#[error("not a baseline of `funnel lint`: {0}")]
pub struct BaselineError(String);

impl Baseline {
    /// The findings of these queries.
    #[must_use]
    pub fn of(queries: &[LintedQuery]) -> Self {
        let mut known = BTreeMap::new();
        for query in queries {
            for finding in &query.findings {
                *known.entry(fingerprint(query, finding)).or_insert(0) += 1;
            }
        }
        Self { known }
    }

    /// Reads what [`Baseline::to_json`] wrote.
    ///
    /// # Errors
    /// The text is something else.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let json: Value = serde_json::from_str(text).map_err(|error| BaselineError(error.to_string()))?;
        let known =
            json["known"].as_object().ok_or_else(|| BaselineError("`known` is missing".to_owned()))?;
        let known =
            known.iter().map(|(key, count)| (key.clone(), count.as_u64().unwrap_or(1) as usize)).collect();
        Ok(Self { known })
    }

    /// The text to keep in a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!("{:#}\n", json!({"version": 1, "known": self.known}))
    }

    /// How many findings it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.values().sum()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Takes the known findings out of the queries and gives their number.
    pub fn apply(&self, queries: &mut [LintedQuery]) -> usize {
        let mut left = self.known.clone();
        let mut taken = 0;
        for query in queries {
            let prints: Vec<String> =
                query.findings.iter().map(|finding| fingerprint(query, finding)).collect();
            let mut prints = prints.into_iter();
            query.findings.retain(|_| {
                let known = prints.next().and_then(|print| left.get_mut(&print)).filter(|left| **left > 0);
                known.is_none_or(|left| {
                    *left -= 1;
                    taken += 1;
                    false
                })
            });
        }
        taken
    }
}

/// The same for a finding whatever line it is on.
pub(crate) fn fingerprint(query: &LintedQuery, finding: &Finding) -> String {
    let words: Vec<&str> = query.query.split_whitespace().collect();
    let digest = Sha256::digest(format!("{}\n{}\n{}", words.join(" "), finding.rule, finding.message));
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}:{}:{digest}", query.file, finding.rule)
}
