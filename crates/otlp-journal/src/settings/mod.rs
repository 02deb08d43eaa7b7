//! What the other modules take and return: settings, errors, advisories, numbers. Plain data; nothing here
//! opens a file, starts a thread or sends.

pub(crate) mod advisory;
pub(crate) mod builder;
mod checking;
pub(crate) mod choice;
pub(crate) mod clock;
pub(crate) mod endpoint;
mod environment;
pub(crate) mod error;
pub(crate) mod health;
pub(crate) mod judge;
pub(crate) mod proxy;
pub(crate) mod secret;
pub(crate) mod signal;
pub(crate) mod stats;
pub mod transport;
