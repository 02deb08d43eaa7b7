//! Operations on a conversion funnel (doctor, reconcile, replay, erase), called by the command `funnel` and by tests.
//!
//! | question | call |
//! |---|---|
//! | do the counters, the events and the money agree | [`reconcile::compare`] |
//! | why does nothing arrive | [`doctor::examine`] |
//! | what do we hold of a team, a journey, a network, and how is it forgotten | [`erase::Erase`] |
//! | what was left behind, and can it be sent again | [`replay::Replay`] |
//!
//! Everything here blocks the calling thread.

#![forbid(unsafe_code)]

mod client;
pub mod doctor;
pub mod erase;
pub mod reconcile;
pub mod replay;
mod wire;

pub use self::client::{Client, ClientError};
