//! The limits of the listeners.

use std::time::Duration;

/// Connections that a door of HTTP/1.1 holds at a time.
pub(crate) const CONNECTIONS_MAX: usize = 512;
/// Connections that the door of gRPC holds; each has many streams.
pub(crate) const GRPC_CONNECTIONS_MAX: usize = 128;
/// How long a client may take for the headers of a request, and how long a connection may idle.
pub(crate) const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a client may take for a body.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes that requests take in memory: bodies, what they unpack to, and what is judged and not yet stored.
pub(crate) const ROOM: usize = 192 * 1024 * 1024;
/// Bytes that requests of the page's door take.
pub(crate) const ASKED_MAX: usize = 64 * 1024 * 1024;
/// Bytes of answers that are not yet sent.
pub(crate) const ANSWERS_MAX: usize = 64 * 1024 * 1024;
