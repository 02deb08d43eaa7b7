//! The HTTP client of all commands.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Answers longer than this are cut off.
const ANSWER_MAX: u64 = 64 * 1024 * 1024;

/// An HTTP client that follows no redirect: requests hold keys.
#[derive(Clone, Debug)]
pub struct Client {
    agent: ureq::Agent,
}

/// There was no answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer from {host}: {reason}")]
pub struct ClientError {
    /// Whom the request was for, without path and credentials.
    pub host: String,
    /// What went wrong.
    pub reason: String,
}

/// An answer of whatever status.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) date: Option<SystemTime>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Duration::from_secs(30))
    }
}

impl Client {
    /// A client whose requests take no longer than `timeout`. Reads the proxy from the environment.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build();
        Self { agent: config.into() }
    }

    /// The text at `url`.
    ///
    /// # Errors
    /// No answer, or another status than 200.
    pub fn get(&self, url: &str) -> Result<String, ClientError> {
        let answer = self.ask(url)?;
        if answer.status == 200 {
            Ok(answer.text())
        } else {
            Err(ClientError { host: host(url), reason: format!("status {}", answer.status) })
        }
    }

    /// What is at `url`, of whatever status.
    pub(crate) fn ask(&self, url: &str) -> Result<Answer, ClientError> {
        let failed = |reason: String| ClientError { host: host(url), reason };
        let answer = self.agent.get(url).call().map_err(|error| failed(error.to_string()))?;
        read(answer).map_err(failed)
    }

    pub(crate) fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Answer, ClientError> {
        let failed = |reason: String| ClientError { host: host(url), reason };
        let mut request = self.agent.post(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send(body).map_err(|error| failed(error.to_string()))?;
        read(answer).map_err(failed)
    }
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Result<Answer, String> {
    let status = answer.status().as_u16();
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let retry_after = header("retry-after").and_then(|value| value.parse().ok());
    let date = header("date")
        .and_then(|value| jiff::fmt::rfc2822::parse(&value.replace("GMT", "+0000")).ok())
        .and_then(|date| u64::try_from(date.timestamp().as_second()).ok())
        .map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
    let body =
        answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec().map_err(|error| error.to_string())?;
    Ok(Answer { status, retry_after, date, body })
}

/// The host and port of a URL, without what may be a secret.
pub(crate) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_shown_without_credentials_and_path() {
        assert_eq!(host("https://user:secret@otlp.nr-data.net:443/v1/logs?key=1"), "otlp.nr-data.net:443");
        assert_eq!(host("localhost:4318"), "localhost:4318");
    }
}
