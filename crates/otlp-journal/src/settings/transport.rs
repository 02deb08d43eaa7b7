//! The trait between the sender and an HTTP client.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::choice::Roots;
use super::secret::Secret;

/// Sends one request and waits for its answer. Called from the sender's own threads, several at once.
///
/// An implementation must come back in bounded time, read a bounded part of the answer's body, and never follow a
/// redirect: the headers hold a key. It needs no retries; the sender judges the answer.
///
/// ```
/// use otlp_journal::transport::{Request, Response, Transport, TransportError};
///
/// #[derive(Debug)]
/// struct Nowhere;
///
/// impl Transport for Nowhere {
///     fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
///         assert!(request.body.len() < 1_000_000);
///         Ok(Response::new(200))
///     }
/// }
/// ```
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Posts `request`.
    ///
    /// # Errors
    /// When there was no answer to judge: no connection, no TLS, no status line in time.
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError>;
}

/// A request to post.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The whole URL.
    pub endpoint: &'a str,
    /// All headers but `Content-Length` and `Host`. They hold keys.
    pub headers: &'a [(&'a str, &'a str)],
    /// An encoded `ExportLogsServiceRequest`, compressed as `Content-Encoding` says.
    pub body: &'a [u8],
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// What the far end said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After` as it came.
    pub retry_after: Option<String>,
    /// The header `Content-Type` as it came.
    pub content_type: Option<String>,
    /// The body, or the part that was read of it.
    pub body: Vec<u8>,
}

impl Response {
    /// An answer without a body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// With a `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, value: impl Into<String>) -> Self {
        self.retry_after = Some(value.into());
        self
    }

    /// With a `Content-Type` header.
    #[must_use]
    pub fn content_type(mut self, value: impl Into<String>) -> Self {
        self.content_type = Some(value.into());
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// There was no answer. All of these are tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The name did not resolve.
    #[error("the endpoint's name did not resolve")]
    Dns,
    /// Nobody listens, or the connection broke.
    #[error("no connection: {0}")]
    Connection(String),
    /// No TLS session: an unknown authority, an expired certificate, a protocol error.
    #[error("no TLS session: {0}")]
    Tls(String),
    /// Not done within the time limit.
    #[error("no answer in time")]
    Timeout,
    /// The answer was not HTTP.
    #[error("not an HTTP answer: {0}")]
    Protocol(String),
}

/// Stands in where no client can be made.
#[derive(Debug)]
pub(crate) struct Unavailable;

impl Transport for Unavailable {
    fn send(&self, _: &Request<'_>) -> Result<Response, TransportError> {
        Err(TransportError::Connection("the client could not be set up in this process".to_owned()))
    }
}

/// What a client needs to know at its start.
#[derive(Clone)]
pub(crate) struct TransportSettings {
    pub(crate) timeout: Duration,
    pub(crate) roots: Roots,
    pub(crate) ca_certificate: Option<(String, PathBuf)>,
    pub(crate) client_chain: Option<(String, PathBuf)>,
    pub(crate) client_key: Option<(String, PathBuf)>,
    pub(crate) proxy: Option<(String, Secret)>,
    pub(crate) user_agent: String,
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            roots: Roots::default(),
            ca_certificate: None,
            client_chain: None,
            client_key: None,
            proxy: None,
            user_agent: concat!("otlp-journal/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
