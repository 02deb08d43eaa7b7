//! The journal on disk.
//!
//! ```text
//! <directory>/
//!   set-<process>-<number>/      one writer's segments
//!     lock                       held by the writer; free = dead, to be adopted
//!     0000.seg … NNNN.seg
//!   dead-letters/
//!     dead-<process>-<number>.otd
//! ```

pub mod archive;
pub(crate) mod dead;
pub(crate) mod header;
pub(crate) mod home;
pub(crate) mod recover;

use std::sync::Arc;

use crate::advisory::{Advisories, Advisory};
use crate::builder::Builder;
use crate::error::ConfigError;
use crate::raw::segment::Segment;
use crate::raw::store::Store;
use crate::sender::batch::Identity;

/// Where entries start in memory, where no header is needed but for the seed.
const MEMORY_DATA: usize = 64;

/// The size and the number of segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) bytes: usize,
    pub(crate) count: usize,
}

/// About 64 segments, of 64 KiB to 1 MiB, so that a whole one makes one request.
pub(crate) fn plan(builder: &Builder) -> Plan {
    let share = usize::try_from(builder.max_bytes / 64).unwrap_or(usize::MAX);
    let bytes = share.clamp(64 << 10, 1 << 20) & !0xfff;
    let count = usize::try_from(builder.max_bytes / bytes as u64).unwrap_or(usize::MAX);
    Plan { bytes, count }
}

/// Prepares the segments, in files if there is a directory and it can be used.
pub(crate) fn open(
    builder: &Builder,
    plan: Plan,
    identity: &Arc<Identity>,
    seed: u64,
    advisories: &Advisories,
) -> Result<(Option<home::Home>, Vec<Segment>), ConfigError> {
    if let Some(directory) = &builder.directory {
        match home::Home::create(directory, plan, identity, builder.clock.now_unix_nanos(), seed) {
            Ok(made) => {
                if made.segments.len() < plan.count {
                    let bytes = (made.segments.len() * plan.bytes) as u64;
                    advisories.add(Advisory::Smaller { bytes, reason: made.shortfall });
                }
                return Ok((Some(made.home), made.segments));
            }
            Err(error) => {
                let reason = format!("{}: {error}", directory.display());
                advisories.add(Advisory::MemoryOnly { reason });
            }
        }
    }
    let memory = || Some(Segment::free(Store::heap(plan.bytes)?, MEMORY_DATA, false));
    let segments: Vec<Segment> = (0..plan.count).map_while(|_| memory()).collect();
    if segments.len() < 4 {
        let why = "is more memory than the system gives".to_owned();
        return Err(ConfigError::Value { setting: "Builder::max_bytes".to_owned(), why });
    }
    Ok((None, segments))
}
