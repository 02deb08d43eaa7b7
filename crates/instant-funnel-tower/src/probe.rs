//! Recognises the service's own probes by their secret.

use http::HeaderName;

use crate::head::RequestHead;
use crate::secret::SharedSecret;

#[derive(Clone, Default)]
pub(crate) struct ProbeSettings {
    pub(crate) header: Option<(HeaderName, SharedSecret)>,
}

impl ProbeSettings {
    /// Whether the request carries the secret.
    pub(crate) fn is_own_probe(&self, head: &RequestHead<'_>) -> bool {
        self.header.as_ref().is_some_and(|(name, secret)| {
            head.headers().get_all(name).iter().any(|value| secret.is(value.as_bytes()))
        })
    }
}
