//! The three listeners, and the checks that every request passes first.
//!
//! | bound | value |
//! |---|---|
//! | connections a door | [`CONNECTIONS_MAX`](bounds::CONNECTIONS_MAX); the next gets a 503 at once |
//! | time for the headers, and between requests | [`HEADER_TIMEOUT`](bounds::HEADER_TIMEOUT) |
//! | time for a body | [`BODY_TIMEOUT`](bounds::BODY_TIMEOUT) |
//! | bytes of telemetry, from the body to the acknowledgement | [`ROOM`](bounds::ROOM) |
//! | bytes of the page's requests | [`ASKED_MAX`](bounds::ASKED_MAX) |
//! | bytes of answers that are not yet sent | [`ANSWERS_MAX`](bounds::ANSWERS_MAX) |

mod api;
mod asset;
mod body;
pub(crate) mod bounds;
mod cors;
mod exposition;
mod figures;
mod filter;
mod grpc;
mod guard;
mod ingest;
mod otlp;
mod params;
mod proto;
mod reply;
mod serve;
mod status;

pub(crate) use self::serve::{Door, serve};
