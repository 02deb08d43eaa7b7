//! The segments of a new delivery.

use super::files::home::Home;
use super::identity::Identity;
use super::plan::Plan;
use super::raw::consumer::Consumer;
use super::raw::memory::Memory;
use super::raw::segment::Segment;
use crate::settings::advisory::{Advisories, DeliveryAdvisory};
use crate::settings::builder::Builder;
use crate::settings::error::DeliveryConfigError;

/// Where entries start in memory, where no header is needed but for the seed.
const MEMORY_DATA: usize = 64;

/// Prepares the segments, in files if there is a directory and it can be used.
pub(crate) fn open(
    builder: &Builder,
    consumer: &Consumer,
    identity: &Identity,
    seed: u64,
    advisories: &Advisories,
) -> Result<(Option<Home>, Vec<Segment>), DeliveryConfigError> {
    let plan = Plan::new(builder.max_bytes);
    if let Some(directory) = &builder.directory {
        match Home::create(directory, consumer, plan, identity, builder.clock.now_unix_nanos(), seed) {
            Ok(made) => {
                if made.segments.len() < plan.count {
                    let bytes = (made.segments.len() * plan.bytes) as u64;
                    advisories.add(DeliveryAdvisory::Smaller { bytes, reason: made.shortfall });
                }
                return Ok((Some(made.home), made.segments));
            }
            Err(error) => {
                let reason = format!("{}: {error}", directory.display());
                advisories.add(DeliveryAdvisory::MemoryOnly { reason });
            }
        }
    }
    let memory = || Some(Segment::free(consumer, Memory::heap(plan.bytes)?, MEMORY_DATA, false));
    let segments: Vec<Segment> = (0..plan.count).map_while(|_| memory()).collect();
    if segments.len() < 4 {
        let why = "is more memory than the system gives".to_owned();
        return Err(DeliveryConfigError::Value { setting: "Builder::max_bytes".to_owned(), why });
    }
    Ok((None, segments))
}
