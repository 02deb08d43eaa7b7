//! The doctor's input and its findings.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::reconcile::{Counters, EventStore};

/// What was found at one link of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckState {
    /// As it should be.
    Fine,
    /// Works, and something is to be known.
    Warning,
    /// Broken: events do not arrive.
    Broken,
    /// Not looked at, since an earlier link is broken.
    Skipped,
}

impl fmt::Display for CheckState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fine => "fine",
            Self::Warning => "warning",
            Self::Broken => "broken",
            Self::Skipped => "skipped",
        })
    }
}

/// One link of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// What was found.
    pub state: CheckState,
    /// In words.
    pub detail: String,
    /// The one thing to do.
    pub remedy: Option<String>,
}

impl Check {
    pub(super) fn fine(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, state: CheckState::Fine, detail: detail.into(), remedy: None }
    }

    pub(super) fn warning(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, state: CheckState::Warning, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn broken(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, state: CheckState::Broken, detail: detail.into(), remedy: Some(remedy.into()) }
    }
}

/// The doctor's input.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Doctor {
    pub(super) variables: BTreeMap<String, String>,
    now: Option<SystemTime>,
    pub(super) store: Option<EventStore>,
    pub(super) counters: Option<Counters>,
    pub(super) collector: Option<String>,
}

impl Doctor {
    /// With the variables of this process.
    #[must_use]
    pub fn from_env() -> Self {
        // A variable that is not UTF-8 is not one of ours.
        let texts = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::with_variables(texts)
    }

    /// With these variables, such as those of another process.
    pub fn with_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: variables.into_iter().collect(), ..Self::default() }
    }

    /// The time by which the clock is judged; the system's by default.
    #[must_use]
    pub fn now(mut self, now: SystemTime) -> Self {
        self.now = Some(now);
        self
    }

    /// Where events are stored, to look at the data too.
    #[must_use]
    pub fn store(mut self, store: EventStore) -> Self {
        self.store = Some(store);
        self
    }

    /// A service's counters.
    #[must_use]
    pub fn counters(mut self, counters: Counters) -> Self {
        self.counters = Some(counters);
        self
    }

    /// The URL of the health check or of the metrics of the Collector that events go through.
    #[must_use]
    pub fn collector(mut self, url: impl Into<String>) -> Self {
        self.collector = Some(url.into());
        self
    }

    /// A variable that says something.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The first of these variables that says something.
    pub(super) fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &str)> {
        names.iter().find_map(|name| Some((*name, self.variable(name)?)))
    }

    pub(super) fn time(&self) -> SystemTime {
        self.now.unwrap_or_else(SystemTime::now)
    }
}

/// Where events are sent.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) source: &'static str,
    pub(crate) grpc: bool,
    pub(crate) new_relic: bool,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) journal: Option<PathBuf>,
}

/// Everything that was looked at, in the order of the path.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Findings {
    /// The links.
    pub checks: Vec<Check>,
}

impl Findings {
    /// The first broken link.
    #[must_use]
    pub fn broken(&self) -> Option<&Check> {
        self.checks.iter().find(|check| check.state == CheckState::Broken)
    }

    /// Whether nothing is broken.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.broken().is_none()
    }

    /// `{"healthy", "checks": [{"name", "state", "detail", "remedy"}]}`
    #[must_use]
    pub fn to_json(&self) -> Value {
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|check| json!({"name": check.name, "state": check.state.to_string(), "detail": check.detail, "remedy": check.remedy}))
            .collect();
        json!({"healthy": self.is_healthy(), "checks": checks})
    }

    /// Adds a link; whether the next may be looked at.
    pub(super) fn add(&mut self, check: Check) -> bool {
        let goes_on = check.state != CheckState::Broken;
        self.checks.push(check);
        goes_on
    }

    pub(super) fn skip(&mut self, names: &[&'static str]) {
        let Some(broken) = self.broken().map(|check| check.name) else { return };
        for name in names {
            let detail = format!("not checked: {broken} is broken");
            self.checks.push(Check { name, state: CheckState::Skipped, detail, remedy: None });
        }
    }
}
