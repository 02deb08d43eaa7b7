//! The service's own probes, marked by a secret that only they send.

use crate::head::RequestHead;
use crate::secret::SharedSecret;
use http::HeaderName;

#[derive(Clone, Default)]
pub(crate) struct ProbeSettings {
    pub(crate) header: Option<(HeaderName, SharedSecret)>,
}

impl ProbeSettings {
    /// Whether the request carries the secret.
    pub(crate) fn is_own_probe(&self, head: &RequestHead<'_>) -> bool {
        let sent = self.header.as_ref().and_then(|(name, secret)| Some((head.headers().get(name)?, secret)));
        sent.is_some_and(|(value, secret)| secret.is(value.as_bytes()))
    }
}
