//! The gRPC service, as `build.rs` generates it.

include!(concat!(env!("OUT_DIR"), "/example.Databases.rs"));

/// What is asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateRequest {}

/// What was made.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateReply {}
