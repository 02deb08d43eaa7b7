//! Sending, paced, one request at a time.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::progress::{Progress, name};
use super::source::{Source, Unit, Units};
use super::{ReplayError, ReplayPlan};
use crate::client::{Client, host};

/// New Relic takes events of the last 24 hours; a replay takes a while.
const TAKEN: Duration = Duration::from_secs(24 * 3_600 - 600);

/// A replay: what, where to, how fast.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Replay {
    paths: Vec<PathBuf>,
    endpoint: String,
    headers: Vec<(String, String)>,
    pace: u64,
    progress: Option<PathBuf>,
    too_old: bool,
    patience: Duration,
    now: Option<SystemTime>,
}

/// What was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayReport {
    /// Requests that were acknowledged now.
    pub requests: u64,
    /// Events in them.
    pub events: u64,
    /// Events that the endpoint says it rejected.
    pub rejected: u64,
    /// Events that were acknowledged in an earlier run and not sent again.
    pub before: u64,
    /// Events that were left out, since New Relic takes none so old.
    pub too_old: u64,
    /// What could not be read: bytes of archives, damaged letters, files of journals.
    pub damaged: u64,
}

impl Replay {
    /// A replay to the base address of a collector, a lab or New Relic, such as `http://127.0.0.1:4318`.
    pub fn new(endpoint: impl Into<String>) -> Self {
        let mut endpoint = endpoint.into();
        if !endpoint.trim_end_matches('/').ends_with("/v1/logs") {
            endpoint = format!("{}/v1/logs", endpoint.trim_end_matches('/'));
        }
        Self {
            paths: Vec::new(),
            endpoint,
            headers: vec![("content-type".to_owned(), "application/x-protobuf".to_owned())],
            pace: 5_000,
            progress: None,
            too_old: false,
            patience: Duration::from_secs(600),
            now: None,
        }
    }

    /// A file of an archive or of dead letters, or a directory of them or of journals.
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.paths.push(path.into());
        self
    }

    /// A header of every request, such as `api-key`. It is never printed.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The most events a second, 5,000 by default; 0 does not wait.
    pub fn pace(mut self, events: u64) -> Self {
        self.pace = events;
        self
    }

    /// Where it is written how far the replay came. Without it, a replay begins at the beginning.
    pub fn progress(mut self, file: impl Into<PathBuf>) -> Self {
        self.progress = Some(file.into());
        self
    }

    /// Sends events that are older than New Relic takes too.
    pub fn with_too_old(mut self) -> Self {
        self.too_old = true;
        self
    }

    /// How long an endpoint that takes nothing is waited for, ten minutes by default.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The clock that ages are measured by; the system's by default.
    pub fn now(mut self, now: SystemTime) -> Self {
        self.now = Some(now);
        self
    }

    /// Events before this are too old, Unix nanoseconds.
    fn oldest(&self) -> u64 {
        let now = self.now.unwrap_or_else(SystemTime::now);
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(TAKEN);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    fn sources(&self) -> Result<Vec<Source>, ReplayError> {
        let mut sources = Vec::new();
        for path in &self.paths {
            sources.extend(Source::open(path)?);
        }
        Ok(sources)
    }

    /// What is there. Sends and changes nothing.
    ///
    /// # Errors
    /// A path that cannot be read.
    pub fn look(&self) -> Result<ReplayPlan, ReplayError> {
        let oldest = self.oldest();
        let sources = self.sources()?;
        Ok(ReplayPlan {
            sources: sources.iter().map(|source| source.summary(oldest)).collect::<Result<_, _>>()?,
        })
    }

    /// Sends what was not acknowledged in an earlier run, and tells `seen` after each request how far it is.
    ///
    /// # Errors
    /// A path that cannot be read, or an endpoint that takes nothing. What was acknowledged is remembered.
    pub fn send(&self, seen: &mut dyn FnMut(&ReplayReport)) -> Result<ReplayReport, ReplayError> {
        let mut progress = self.progress.as_deref().map(Progress::open).transpose()?;
        let oldest = if self.too_old { 0 } else { self.oldest() };
        let client = Client::default();
        let mut report = ReplayReport::default();
        for source in self.sources()? {
            let name = name(&source.path);
            let reached = progress.as_ref().map_or(0, |progress| progress.reached(&name));
            let Units { units, before, damaged } = source.units(oldest, reached)?;
            report.damaged += damaged;
            report.before += before;
            for unit in &units {
                let begun = Instant::now();
                if !unit.body.is_empty() {
                    report.rejected += self.deliver(&client, unit)?;
                    report.requests += 1;
                    report.events += unit.events;
                }
                report.too_old += unit.too_old;
                if let (Some(progress), true) = (&mut progress, unit.position > 0) {
                    progress.acknowledged(&name, unit.position)?;
                }
                seen(&report);
                if let Some(least) = (unit.events * 1_000_000).checked_div(self.pace) {
                    sleep(Duration::from_micros(least).saturating_sub(begun.elapsed()));
                }
            }
            if units.iter().all(|unit| unit.too_old == 0) {
                source.settle()?;
            }
        }
        Ok(report)
    }

    /// Sends one request until it is taken; how many of its events were rejected.
    fn deliver(&self, client: &Client, unit: &Unit) -> Result<u64, ReplayError> {
        let begun = Instant::now();
        let mut wait = Duration::from_millis(200);
        loop {
            let (reason, asked) = match client.post(&self.endpoint, &self.headers, &unit.body) {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(rejected(&answer.body)),
                Ok(answer) => {
                    if let Some(meaning) = final_answer(answer.status) {
                        return Err(ReplayError::Refused {
                            host: host(&self.endpoint),
                            status: answer.status,
                            meaning,
                        });
                    }
                    (format!("status {}", answer.status), answer.retry_after.map(Duration::from_secs))
                }
                Err(error) => (error.reason, None),
            };
            if begun.elapsed() > self.patience {
                let seconds = begun.elapsed().as_secs();
                return Err(ReplayError::Unavailable { host: host(&self.endpoint), seconds, reason });
            }
            sleep(asked.unwrap_or(wait).min(self.patience));
            wait = (wait * 2).min(Duration::from_secs(30));
        }
    }
}

/// What an answer means that would be the same the next time; `None` for one that may pass.
fn final_answer(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => {
            "it cannot read the request, or rejects a record in it; inspect the file with `funnel replay` (without --send)"
        }
        401 => "it requires a key; give `--api-key-file`, or set NEW_RELIC_LICENSE_KEY",
        403 => "it rejects the key; New Relic requires a licence key (of the right region), not a user key",
        404 | 405 => "this path does not accept OTLP; `--to` is the base address, to which /v1/logs is added",
        413 => "one event exceeds its size limit",
        415 => "it does not accept protobuf; is this an OTLP endpoint?",
        300..=399 => "it redirects; give the address that it redirects to",
        _ => return None,
    })
}

/// `ExportLogsPartialSuccess.rejected_log_records` of an answer: field 1 of field 1.
fn rejected(body: &[u8]) -> u64 {
    let varint = |bytes: &[u8]| {
        bytes.iter().take(10).enumerate().try_fold((0_u64, false), |(value, done), (at, byte)| {
            if done { None } else { Some((value | u64::from(byte & 0x7f) << (7 * at), byte & 0x80 == 0)) }
        })
    };
    match body {
        [0x0a, _, 0x08, rest @ ..] => {
            let end = rest.iter().position(|byte| byte & 0x80 == 0).map_or(0, |at| at + 1);
            varint(&rest[..end]).map_or(0, |(value, _)| value)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_records_are_read_from_the_answer() {
        assert_eq!(rejected(b""), 0);
        assert_eq!(rejected(b"\x0a\x02\x08\x05"), 5);
        assert_eq!(rejected(b"\x0a\x03\x08\xac\x02"), 300);
        assert_eq!(rejected(b"{\"partialSuccess\":{}}"), 0);
    }

    #[test]
    fn the_path_is_added_once() {
        for given in ["http://a:1", "http://a:1/", "http://a:1/v1/logs", "http://a:1/v1/logs/"] {
            assert_eq!(Replay::new(given).endpoint.trim_end_matches('/'), "http://a:1/v1/logs");
        }
    }
}
