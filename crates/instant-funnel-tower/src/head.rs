//! The part of a request that the service's functions may read.

use http::{Extensions, HeaderMap, Method, Request};

/// A request without its body and without its query string.
///
/// The query string is left out on purpose: a link with an id in it is shared, and then two people are one journey.
///
/// Privacy: its `Debug` form shows neither the path nor a header.
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    method: &'a Method,
    path: &'a str,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
}

impl<'a> RequestHead<'a> {
    pub(crate) fn new(
        method: &'a Method,
        path: &'a str,
        headers: &'a HeaderMap,
        extensions: &'a Extensions,
    ) -> Self {
        Self { method, path, headers, extensions }
    }

    pub(crate) fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            path: request.uri().path(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The path, without the query string.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// What the server and outer layers attached, such as the peer's address.
    #[must_use]
    pub fn extensions(&self) -> &'a Extensions {
        self.extensions
    }

    /// The text of a header's first line, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &http::HeaderName) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl std::fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestHead").field("headers", &self.headers.len()).finish_non_exhaustive()
    }
}
