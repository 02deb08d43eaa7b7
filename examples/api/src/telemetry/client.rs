//! An HTTP client for the span exporter, which runs on a thread of its own and may block it.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;

const TIMEOUT: Duration = Duration::from_secs(10);

/// `ureq` behind the exporter's seam: the client that delivers the events delivers the spans, and no second HTTP
/// stack comes into the tree.
#[derive(Debug)]
pub(super) struct BlockingClient(Agent);

impl Default for BlockingClient {
    fn default() -> Self {
        let config =
            Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build();
        Self(config.into())
    }
}

#[async_trait]
impl HttpClient for BlockingClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let response = self.0.run(Request::from_parts(parts, &body[..]))?;
        let (parts, mut body) = response.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}
