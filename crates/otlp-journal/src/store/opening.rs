//! Opens the segments of a new delivery.

use super::checksum::checksum;
use super::files::header::Origin;
use super::files::home::{Home, HomeError, Making};
use super::identity::Identity;
use super::plan::{Plan, memory_share};
use super::raw::consumer::Consumer;
use super::raw::memory::Memory;
use super::raw::segment::Segment;
use crate::settings::advisory::{Advisories, DeliveryAdvisory};
use crate::settings::builder::Builder;
use crate::settings::endpoint::Endpoint;
use crate::settings::error::DeliveryConfigError;

/// Where entries start in memory, where no header is needed but for the seed.
const MEMORY_DATA: usize = 64;

/// Prepares the segments, in files if there is a directory and it can be used.
pub(crate) fn open(
    builder: &Builder,
    endpoint: &Endpoint,
    consumer: &Consumer,
    identity: &Identity,
    seed: u64,
    advisories: &Advisories,
) -> Result<(Option<Home>, Vec<Segment>), DeliveryConfigError> {
    let plan = Plan::new(builder.max_bytes);
    if let Some(directory) = &builder.directory {
        let origin = Origin { owner: builder.owner.as_deref(), endpoint: fingerprint(endpoint) };
        let making = Making { plan, identity, origin, now: builder.clock.now_unix_nanos(), seed };
        match Home::create(directory, consumer, making) {
            Ok(made) => {
                let bytes = (made.segments.len() * plan.bytes) as u64;
                if made.segments.len() < plan.count || is_less(bytes, builder, plan) {
                    advisories.add(DeliveryAdvisory::Smaller { bytes, reason: made.shortfall });
                }
                return Ok((Some(made.home), made.segments));
            }
            Err(HomeError::OtherEndpoint) => advisories.add(DeliveryAdvisory::OtherEndpoint),
            Err(error) => advisories.add(DeliveryAdvisory::MemoryOnly { reason: error.to_string() }),
        }
    }
    let plan = plan.within(memory_share());
    if is_less(plan.total(), builder, plan) {
        let reason = "more than half of the memory that is available".to_owned();
        advisories.add(DeliveryAdvisory::Smaller { bytes: plan.total(), reason });
    }
    let memory = || Some(Segment::free(consumer.token(), Memory::heap(plan.bytes)?, MEMORY_DATA, false));
    let segments: Vec<Segment> = (0..plan.count).map_while(|_| memory()).collect();
    if segments.len() < 4 {
        let why = "is more memory than the system allows".to_owned();
        return Err(DeliveryConfigError::Value { setting: "Builder::max_bytes".to_owned(), why });
    }
    Ok((None, segments))
}

/// Less than was asked for, by more than what a whole number of segments leaves over.
fn is_less(bytes: u64, builder: &Builder, plan: Plan) -> bool {
    bytes.saturating_add(plan.bytes as u64) <= builder.max_bytes
}

/// Tells endpoints apart without naming one: scheme, host, port and path.
fn fingerprint(endpoint: &Endpoint) -> u64 {
    let text = format!("{}{}", endpoint.destination, endpoint.path());
    checksum(5, 0, 0, text.to_ascii_lowercase().as_bytes())
}
