//! OTLP as the lab reads it. Of logs: protobuf and JSON give the same borrowed records.
//!
//! The protobuf side reads the wire in place instead of building message structs: a record costs no allocation, and
//! that is most of what lets the lab keep up with a load test on two cores. A test holds it against `opentelemetry-proto`.

pub(crate) mod count;
mod error;
pub(crate) mod json;
pub(crate) mod packing;
pub(crate) mod proto;
mod record;
pub(crate) mod signal;
#[cfg(test)]
mod tests;
mod wire;
mod write;

pub(crate) use self::error::DecodeError;
pub(crate) use self::record::{Any, Attributes, LogRecord, RecordPlace, Visitor};
pub(crate) use self::write::{simple, write_json, write_json_text};
