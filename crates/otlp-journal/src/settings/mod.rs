//! What the other rooms are told and what they tell: settings, errors, advisories, numbers. Plain data; nothing here
//! opens a file, starts a thread or sends.

pub(crate) mod advisory;
pub(crate) mod builder;
pub(crate) mod choice;
pub(crate) mod clock;
mod environment;
pub(crate) mod error;
pub(crate) mod secret;
pub(crate) mod signal;
pub(crate) mod stats;
pub mod transport;
