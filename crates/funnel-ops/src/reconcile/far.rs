//! What the store holds: a lab, or New Relic through NerdGraph.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::client::{Client, host};

/// A range of time, milliseconds since 1970; the end is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From.
    pub since: i64,
    /// Until.
    pub until: i64,
}

impl Window {
    /// Whether a time is within.
    #[must_use]
    pub fn contains(&self, millis: i64) -> bool {
        (self.since..self.until).contains(&millis)
    }
}

/// Where events are stored.
#[derive(Clone)]
pub enum EventStore {
    /// A lab's address, such as `http://127.0.0.1:4320`.
    Lab(String),
    /// New Relic.
    NerdGraph {
        /// `https://api.newrelic.com/graphql`, or the region's own.
        url: String,
        /// The account.
        account: u64,
        /// A user key. It is never printed.
        key: String,
    },
}

impl std::fmt::Debug for EventStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lab(url) => f.debug_tuple("Lab").field(&host(url)).finish(),
            Self::NerdGraph { url, account, .. } => f
                .debug_struct("NerdGraph")
                .field("host", &host(url))
                .field("account", account)
                .finish_non_exhaustive(),
        }
    }
}

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
#[error("{host} did not answer the query: {reason}")]
pub struct FarError {
    /// Who.
    pub host: String,
    /// Why, and what to do.
    pub reason: String,
}

/// How many copies of how many events a step has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) copies: u64,
    pub(crate) distinct: u64,
}

/// What the store holds.
#[derive(Clone, Debug, Default)]
pub struct FarSide {
    pub(crate) steps: BTreeMap<String, Stored>,
}

/// A page of New Relic's LIMIT MAX.
const PAGE: usize = 5_000;

impl FarSide {
    /// The same with a step: how many records of how many distinct events.
    #[must_use]
    pub fn step(mut self, name: impl Into<String>, copies: u64, distinct: u64) -> Self {
        self.steps.insert(name.into(), Stored { copies, distinct });
        self
    }

    /// Asks how many events of each step lie in the window.
    ///
    /// # Errors
    /// The other service does not answer, or refuses.
    pub fn ask(store: &EventStore, client: &Client, event: &str, window: Window) -> Result<Self, FarError> {
        let nrql = format!(
            "SELECT count(*) AS copies, uniqueCount(eventId) AS distinct FROM {event} FACET funnelStep SINCE {} UNTIL {} LIMIT MAX",
            window.since, window.until
        );
        let mut far = Self::default();
        for row in store.rows(client, &nrql)? {
            let step = row["facet"].as_str().or_else(|| row["funnelStep"].as_str()).unwrap_or("").to_owned();
            let count = |name: &str| row[name].as_f64().unwrap_or(0.0) as u64;
            far.steps.insert(step, Stored { copies: count("copies"), distinct: count("distinct") });
        }
        Ok(far)
    }
}

impl EventStore {
    /// The ids of a step's events within the window, by pages of time so that no limit cuts them.
    ///
    /// # Errors
    /// The other service does not answer, or one millisecond holds more events than an answer.
    pub fn ids(
        &self,
        client: &Client,
        event: &str,
        step: &str,
        window: Window,
    ) -> Result<BTreeSet<String>, FarError> {
        let mut ids = BTreeSet::new();
        let mut windows = vec![window];
        while let Some(Window { since, until }) = windows.pop() {
            let nrql = format!(
                "SELECT eventId FROM {event} WHERE funnelStep = '{}' SINCE {since} UNTIL {until} LIMIT MAX",
                step.replace('\'', "\\'")
            );
            let rows = self.rows(client, &nrql)?;
            if rows.len() >= 2_000 && rows.len() % 1_000 == 0 || rows.len() >= PAGE {
                if until - since < 2 {
                    return Err(self.failed(format!("more than {} events at {since}", rows.len())));
                }
                let middle = since + (until - since) / 2;
                windows.extend([Window { since, until: middle }, Window { since: middle, until }]);
                continue;
            }
            ids.extend(rows.iter().filter_map(|row| row["eventId"].as_str()).map(str::to_owned));
        }
        Ok(ids)
    }

    fn failed(&self, reason: impl Into<String>) -> FarError {
        let url = match self {
            Self::Lab(url) | Self::NerdGraph { url, .. } => url,
        };
        FarError { host: host(url), reason: reason.into() }
    }

    /// The rows of an answer.
    pub(crate) fn rows(&self, client: &Client, nrql: &str) -> Result<Vec<Value>, FarError> {
        let json_header = ("content-type".to_owned(), "application/json".to_owned());
        let (url, headers, body) = match self {
            Self::Lab(url) => {
                (format!("{}/api/query", url.trim_end_matches('/')), vec![json_header], json!({"nrql": nrql}))
            }
            Self::NerdGraph { url, account, key } => {
                let query = "query($id: Int!, $nrql: Nrql!) { actor { account(id: $id) { nrql(query: $nrql, timeout: 60) { results } } } }";
                let headers = vec![json_header, ("api-key".to_owned(), key.clone())];
                (url.clone(), headers, json!({"query": query, "variables": {"id": account, "nrql": nrql}}))
            }
        };
        let answer = client
            .post(&url, &headers, body.to_string().as_bytes())
            .map_err(|error| self.failed(error.reason))?;
        let hint = match answer.status {
            200..=299 | 400 => "",
            401 | 403 => "; NerdGraph wants a user key (NRAK-…), not a licence key",
            _ => "; is the address right?",
        };
        let json: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| self.failed(format!("status {} and no JSON{hint}", answer.status)))?;
        if let Some(message) =
            json["errors"][0]["message"].as_str().or_else(|| json["error"]["message"].as_str())
        {
            return Err(self.failed(format!("{message}{hint}")));
        }
        let results = match self {
            Self::Lab(_) => &json["results"],
            Self::NerdGraph { .. } => &json["data"]["actor"]["account"]["nrql"]["results"],
        };
        let none = || self.failed(format!("status {} and no results{hint}", answer.status));
        results.as_array().cloned().ok_or_else(none)
    }
}
