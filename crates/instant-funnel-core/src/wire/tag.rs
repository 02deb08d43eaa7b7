//! The tags of the fields that a record has: their number and wire type.
//!
//! Field numbers are those of `opentelemetry/proto/logs/v1/logs.proto` and `common/v1/common.proto`, protocol 1.5
//! and later (`event_name`).

pub(crate) const TIME_UNIX_NANO: u8 = 1 << 3 | 1;
pub(crate) const SEVERITY_NUMBER: u8 = 2 << 3;
pub(crate) const SEVERITY_TEXT: u8 = 3 << 3 | 2;
pub(crate) const BODY: u8 = 5 << 3 | 2;
pub(crate) const ATTRIBUTES: u8 = 6 << 3 | 2;
pub(crate) const FLAGS: u8 = 8 << 3 | 5;
pub(crate) const TRACE_ID: u8 = 9 << 3 | 2;
pub(crate) const SPAN_ID: u8 = 10 << 3 | 2;
pub(crate) const OBSERVED_TIME_UNIX_NANO: u8 = 11 << 3 | 1;
pub(crate) const EVENT_NAME: u8 = 12 << 3 | 2;
pub(crate) const RESOURCE_ATTRIBUTES: u8 = 1 << 3 | 2;
pub(crate) const SCOPE_NAME: u8 = 1 << 3 | 2;
pub(crate) const SCOPE_VERSION: u8 = 2 << 3 | 2;
pub(crate) const KEY: u8 = 1 << 3 | 2;
pub(crate) const VALUE: u8 = 2 << 3 | 2;
pub(crate) const STRING_VALUE: u8 = 1 << 3 | 2;
pub(crate) const BOOL_VALUE: u8 = 2 << 3;
pub(crate) const INT_VALUE: u8 = 3 << 3;
pub(crate) const DOUBLE_VALUE: u8 = 4 << 3 | 1;
