//! OTLP's bytes, without message structs.

pub(crate) mod reader;
pub(crate) mod tag;
pub(crate) mod writer;
