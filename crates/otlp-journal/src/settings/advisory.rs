//! Advisories: problems that did not stop the service.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Something an operator should know. None of it stops the service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryAdvisory {
    /// The directory cannot be used; records are kept in memory only and die with the process.
    MemoryOnly {
        /// The system's error.
        reason: String,
    },
    /// The disk holds fewer segments than asked for, so the journal is smaller.
    Smaller {
        /// Bytes that the journal has.
        bytes: u64,
        /// The system's error.
        reason: String,
    },
    /// A living delivery with another endpoint uses the directory, so this one keeps its records in memory: what one
    /// leaves, the other would send to its own endpoint.
    OtherEndpoint,
    /// A set in the directory has another owner ([`Builder::owner`](crate::Builder::owner)); it stays where it is.
    OtherOwner {
        /// The set.
        set: String,
    },
    /// A file of another process was damaged. What was whole in it is sent; what was lost is counted.
    Damaged {
        /// Which, and what is wrong with it.
        reason: String,
    },
    /// Files of this process were shortened or overwritten by somebody else. Records in them are lost and counted; new
    /// ones are kept in memory there and would not survive a crash.
    Overwritten,
    /// Sending is held until the operator has changed something; said again when the reason changes.
    Held {
        /// The destination, what it answered, and which setting to look at.
        reason: String,
    },
    /// The endpoint speaks another protocol than the configured one; what is recorded waits.
    OtherProtocol {
        /// The destination, what it does not speak, and which setting to look at.
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
        /// The system's error.
        reason: String,
    },
    /// A record was not synced to the disk although that was asked for; it survives the process, not a power loss.
    NotSynced {
        /// The system's error.
        reason: String,
    },
    /// A dead letter could not be written; it was counted all the same.
    DeadLetterLost {
        /// The system's error.
        reason: String,
    },
}

impl fmt::Display for DeliveryAdvisory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MemoryOnly { reason } => write!(f, "records are kept in memory only: {reason}"),
            Self::Smaller { bytes, reason } => write!(f, "the journal is limited to {bytes} bytes: {reason}"),
            Self::OtherEndpoint => f.write_str(
                "records are kept in memory only: a running delivery with another endpoint uses the directory \
                 (Builder::directory); give each endpoint its own",
            ),
            Self::OtherOwner { set } => {
                write!(f, "the journal files {set} were not adopted: they have another owner (Builder::owner)")
            }
            Self::Damaged { reason } => write!(f, "a journal file is damaged: {reason}"),
            Self::Overwritten => f.write_str(
                "another process changed journal files of this process; until the service restarts, new records in \
                 them would not survive a crash",
            ),
            Self::Held { reason } => write!(f, "sending is held: {reason}"),
            Self::OtherProtocol { reason } => f.write_str(reason),
            Self::DirectoryVanished => f.write_str(
                "the journal's directory was removed; until the service restarts, records would not survive a crash",
            ),
            Self::CopiedJournal => {
                f.write_str("adopted a copy of a journal; records that the original also delivers arrive twice")
            }
            Self::Unreadable { reason } => write!(f, "a journal was not adopted: {reason}"),
            Self::Ignored { reason } => write!(f, "ignored a setting: {reason}"),
            Self::NoThread { reason } => write!(f, "the sender's thread cannot be started: {reason}"),
            Self::NotSynced { reason } => write!(f, "a record was not synced to the disk: {reason}"),
            Self::DeadLetterLost { reason } => {
                write!(f, "a dead letter was counted but not written: {reason}")
            }
        }
    }
}

/// Each advisory once. Kept where it arises, which may be inside of a subscriber; said by a thread of the sender.
#[derive(Debug, Default)]
pub(crate) struct Advisories {
    list: Mutex<Vec<DeliveryAdvisory>>,
    /// How many of them have been reported.
    said: AtomicUsize,
}

impl Advisories {
    /// Keeps it, to be reported later.
    pub(crate) fn add(&self, advisory: DeliveryAdvisory) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = list.iter().any(|a| std::mem::discriminant(a) == std::mem::discriminant(&advisory));
        let repeated = list.contains(&advisory);
        // A disk that fails at every dead letter must not fill the memory.
        if repeated || (seen && list.len() >= 32) {
            return;
        }
        list.push(advisory);
    }

    /// Says what was not said before to the diagnostics, with no lock held.
    pub(crate) fn say(&self) {
        let unreported: Vec<DeliveryAdvisory> = {
            let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
            let said = self.said.swap(list.len(), Ordering::AcqRel);
            list.iter().skip(said).cloned().collect()
        };
        for advisory in unreported {
            tracing::warn!(target: crate::TARGET, %advisory, "delivery advisory");
        }
    }

    pub(crate) fn list(&self) -> Vec<DeliveryAdvisory> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
