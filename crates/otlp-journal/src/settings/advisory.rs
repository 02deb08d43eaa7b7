//! What is not as configured, though the service goes on.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Something an operator should know. None of it stops the service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryAdvisory {
    /// The directory cannot be used; records are kept in memory only and die with the process.
    MemoryOnly {
        /// The directory, and what the system said.
        reason: String,
    },
    /// The disk holds fewer segments than asked for, so the journal is smaller.
    Smaller {
        /// Bytes that the journal has.
        bytes: u64,
        /// What the system said.
        reason: String,
    },
    /// The directory vanished while in use; what is recorded goes on being sent, but would not survive a crash.
    DirectoryVanished,
    /// A journal was adopted that had been copied: what the original sent too arrives twice.
    CopiedJournal,
    /// Another process left files that this version cannot read; they stay where they are.
    Unreadable {
        /// Which, and why.
        reason: String,
    },
    /// A setting was ignored.
    Ignored {
        /// Which, and why.
        reason: String,
    },
    /// The system gave no thread for the sender; `flush` tries again.
    NoThread {
        /// What the system said.
        reason: String,
    },
    /// A record was not synced to the disk although that was asked for; it survives the process, not a power loss.
    NotSynced {
        /// What the system said.
        reason: String,
    },
    /// A dead letter could not be written; it was counted all the same.
    DeadLetterLost {
        /// What the system said.
        reason: String,
    },
}

impl fmt::Display for DeliveryAdvisory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MemoryOnly { reason } => write!(f, "records are kept in memory only: {reason}"),
            Self::Smaller { bytes, reason } => write!(f, "the journal has only {bytes} bytes: {reason}"),
            Self::DirectoryVanished => f.write_str(
                "the journal's directory vanished; records would not survive a crash until restart",
            ),
            Self::CopiedJournal => {
                f.write_str("adopted a copied journal; what its original delivers too arrives twice")
            }
            Self::Unreadable { reason } => write!(f, "left a journal where it is: {reason}"),
            Self::Ignored { reason } => write!(f, "ignored a setting: {reason}"),
            Self::NoThread { reason } => write!(f, "no thread for the sender: {reason}"),
            Self::NotSynced { reason } => write!(f, "a record was not synced to the disk: {reason}"),
            Self::DeadLetterLost { reason } => {
                write!(f, "a dead letter was counted but not written: {reason}")
            }
        }
    }
}

/// Each advisory once.
#[derive(Debug, Default)]
pub(crate) struct Advisories(Mutex<Vec<DeliveryAdvisory>>);

impl Advisories {
    /// Keeps it and says it once to the diagnostics.
    pub(crate) fn add(&self, advisory: DeliveryAdvisory) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = list.iter().any(|a| std::mem::discriminant(a) == std::mem::discriminant(&advisory));
        let repeated = list.contains(&advisory);
        // A disk that fails at every dead letter must not fill the memory.
        if repeated || (seen && list.len() >= 32) {
            return;
        }
        tracing::warn!(target: crate::TARGET, %advisory, "delivery advisory");
        list.push(advisory);
    }

    pub(crate) fn list(&self) -> Vec<DeliveryAdvisory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
