//! Sends again what was left behind: dead letters, the journals of processes that ended, the collector's archive. With the
//! same ids and times, so that a reader who counts distinct ids counts each event once.
//!
//! ```no_run
//! use funnel_ops::replay::Replay;
//!
//! let replay = Replay::new("http://127.0.0.1:4318").path("/var/lib/otelcol/archive/funnel.otlp");
//! let plan = replay.look()?;
//! println!("{} events, {} too old", plan.events(), plan.too_old());
//! let sent = replay.send(&mut |_| {})?;
//! assert_eq!(sent.events + sent.too_old, plan.events());
//! # Ok::<(), funnel_ops::replay::ReplayError>(())
//! ```

pub(crate) mod archive;
mod progress;
mod send;
mod source;

use std::path::PathBuf;

pub use self::send::{Replay, ReplayReport};
pub use self::source::{SourceKind, SourceSummary};

/// What would be sent.
#[derive(Clone, Debug, Default)]
pub struct ReplayPlan {
    /// Each file and journal.
    pub sources: Vec<SourceSummary>,
}

impl ReplayPlan {
    /// How many events are there.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.sources.iter().map(|source| source.events).sum()
    }

    /// How many of them New Relic would not take, since they are older than a day.
    #[must_use]
    pub fn too_old(&self) -> u64 {
        self.sources.iter().map(|source| source.too_old).sum()
    }
}

/// Why a replay ended before its end. What was acknowledged is remembered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A file or directory.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The endpoint refused, and would refuse again.
    #[error("{host} answered {status}: {meaning}")]
    Refused {
        /// Who.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What to do.
        meaning: &'static str,
    },
    /// The endpoint did not take anything for too long.
    #[error("{host} did not accept anything for {seconds} s ({reason}); run the command again to continue")]
    Unavailable {
        /// Who.
        host: String,
        /// How long was waited.
        seconds: u64,
        /// The last answer.
        reason: String,
    },
}
