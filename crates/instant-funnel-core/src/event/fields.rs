//! What an event says, before it is laid out as a draft.

use super::lists::{Actor, Cohort};
use crate::contract::{CONTRACT, Step, at};
use crate::draft::Draft;
use crate::id::{EmailHash, EventId, Fingerprint, TeamId};
use crate::journey::Journey;
use crate::value::Given;
use std::time::SystemTime;

/// What an event says. A plain struct, so that building one for an inert funnel costs nothing: the compiler keeps the
/// fields in registers and lays them out as a [`Draft`] only where one is asked for.
#[derive(Clone, Copy)]
pub(super) struct EventFields<'a> {
    pub(super) step: Step,
    pub(super) at: Option<SystemTime>,
    pub(super) cohort: Option<Cohort>,
    pub(super) event_id: Option<EventId>,
    pub(super) journey: Option<Journey>,
    pub(super) tier: Option<&'a str>,
    pub(super) env: Option<&'a str>,
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) team: Option<TeamId>,
    pub(super) service: Option<&'a str>,
    pub(super) actor: Option<Actor>,
    pub(super) email_hash: Option<EmailHash>,
    /// A pseudonym was asked for and there was none.
    pub(super) no_fingerprint: bool,
    pub(super) no_email_hash: bool,
    pub(super) renewal: Option<bool>,
    pub(super) reason_code: Option<&'a str>,
}

impl EventFields<'_> {
    #[inline]
    pub(super) const fn nothing(step: Step) -> Self {
        Self {
            step,
            at: None,
            cohort: None,
            event_id: None,
            journey: None,
            tier: None,
            env: None,
            fingerprint: None,
            team: None,
            service: None,
            actor: None,
            email_hash: None,
            no_fingerprint: false,
            no_email_hash: false,
            renewal: None,
            reason_code: None,
        }
    }
}

impl<'a> From<EventFields<'a>> for Draft<'a> {
    // Inlined, most of it goes away: which fields are set is known where the event is built.
    #[inline(always)]
    fn from(fields: EventFields<'a>) -> Self {
        let mut draft = Self::new(&CONTRACT, fields.step.index());
        draft.at = fields.at;
        let mut set = |position, value: Option<Given<'a>>| {
            if let Some(value) = value {
                draft.set(position, value);
            }
        };
        // A journey that began synthetic stays synthetic.
        let synthetic =
            fields.journey.map(|journey| journey.cohort()).filter(|one| *one == Cohort::Synthetic);
        set(at::COHORT, synthetic.or(fields.cohort).map(Given::from));
        set(at::EVENT_ID, fields.event_id.map(Given::from));
        set(at::JOURNEY_ID, fields.journey.map(|journey| journey.id().into()));
        set(at::TIER, fields.tier.map(Given::from));
        set(at::ENV, fields.env.map(Given::from));
        set(at::FINGERPRINT, fields.fingerprint.map(Given::from));
        set(at::FINGERPRINT_KEY_ID, fields.fingerprint.and_then(|print| print.key()).map(Given::from));
        set(at::TEAM_ID, fields.team.map(Given::from));
        set(at::SERVICE, fields.service.map(Given::from));
        set(at::ACTOR, fields.actor.map(Given::from));
        set(at::EMAIL_HASH, fields.email_hash.map(Given::from));
        set(at::RENEWAL, fields.renewal.map(Given::from));
        set(at::REASON_CODE, fields.reason_code.map(Given::from));
        if fields.no_fingerprint {
            draft.set_missing(at::FINGERPRINT);
        }
        if fields.no_email_hash {
            draft.set_missing(at::EMAIL_HASH);
        }
        draft
    }
}
