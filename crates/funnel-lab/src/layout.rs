//! The positions of the attributes that the lab itself reads. Found by what supplies them when the lab is
//! compiled, so that hardly a key of a funnel is spelt here.

pub(crate) use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::contract::Origin;

/// The attribute that makes New Relic store a record as an event of the funnel.
pub(crate) const EVENT_TYPE: usize = position(Origin::Contract);
/// The step that was taken.
pub(crate) const STEP: usize = position(Origin::Step);
/// What tells a repeat from a new event.
pub(crate) const EVENT_ID: usize = position(Origin::CallerOrGenerated);

/// What a journey's events share.
pub(crate) const JOURNEY: &str = CONTRACT.attributes[CONTRACT.index("journeyId")].key;

/// The contract's attributes that have a column of their own: all but the event type, which every event has.
pub(crate) fn columns() -> impl Iterator<Item = (usize, &'static str)> {
    let attributes = CONTRACT.attributes.iter().enumerate();
    attributes.filter(|(at, _)| *at != EVENT_TYPE).map(|(at, attribute)| (at, attribute.key))
}

const fn position(wanted: Origin) -> usize {
    let mut at = 0;
    // Past the end it does not compile.
    while CONTRACT.attributes[at].origin as u8 != wanted as u8 {
        at += 1;
    }
    at
}
