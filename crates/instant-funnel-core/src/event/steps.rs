//! The typed events of `InstantFunnel`. Generated from `contracts/instant-funnel.toml`; do not edit by hand.

use super::base::EventBase;
use crate::contract::{CONTRACT, at};
use crate::draft::Draft;
use crate::fixed_setters;
use crate::id::TeamId;
use crate::journey::Journey;

/// Somebody arrived.
#[derive(Clone, Copy)]
#[must_use = "an event does nothing until it is recorded"]
pub struct Landing<'a> {
    base: EventBase<'a>,
    reason_code: Option<&'a str>,
}

fixed_setters!(Landing: fingerprint);

impl<'a> Landing<'a> {
    /// The event, now.
    #[inline]
    #[expect(
        clippy::new_without_default,
        reason = "an event is made to be recorded, not filled in for a field"
    )]
    pub const fn new() -> Self {
        Self { base: EventBase::new(), reason_code: None }
    }

    /// Why, as a code; close it to a list; a slug.
    #[inline]
    pub fn reason_code(mut self, reason_code: &'a str) -> Self {
        self.reason_code = Some(reason_code);
        self
    }
}

impl<'a> From<Landing<'a>> for Draft<'a> {
    #[inline(always)]
    fn from(event: Landing<'a>) -> Self {
        let mut draft = event.base.draft(&CONTRACT, &at::FIXED, 0);
        if let Some(value) = event.reason_code {
            draft.set(at::REASON_CODE, value);
        }
        draft
    }
}

/// Somebody got a resource.
#[derive(Clone, Copy)]
#[must_use = "an event does nothing until it is recorded"]
pub struct Provision<'a> {
    base: EventBase<'a>,
    tier: Option<&'a str>,
    service: Option<&'a str>,
    reason_code: Option<&'a str>,
}

fixed_setters!(Provision: fingerprint);

impl<'a> Provision<'a> {
    /// The event, now.
    #[inline]
    pub const fn new(service: &'a str) -> Self {
        Self { base: EventBase::new(), tier: None, service: Some(service), reason_code: None }
    }

    /// The plan: `anonymous`, `free`, `hobby`, `pro`, …; a slug.
    #[inline]
    pub fn tier(mut self, tier: &'a str) -> Self {
        self.tier = Some(tier);
        self
    }

    /// Why, as a code; close it to a list; a slug.
    #[inline]
    pub fn reason_code(mut self, reason_code: &'a str) -> Self {
        self.reason_code = Some(reason_code);
        self
    }
}

impl<'a> From<Provision<'a>> for Draft<'a> {
    #[inline(always)]
    fn from(event: Provision<'a>) -> Self {
        let mut draft = event.base.draft(&CONTRACT, &at::FIXED, 1);
        if let Some(value) = event.tier {
            draft.set(at::TIER, value);
        }
        if let Some(value) = event.service {
            draft.set(at::SERVICE, value);
        }
        if let Some(value) = event.reason_code {
            draft.set(at::REASON_CODE, value);
        }
        draft
    }
}

/// A team claimed an anonymous resource. The link between the anonymous and the named part of the journey.
#[derive(Clone, Copy)]
#[must_use = "an event does nothing until it is recorded"]
pub struct Claim<'a> {
    base: EventBase<'a>,
    tier: Option<&'a str>,
    team_id: Option<TeamId>,
    reason_code: Option<&'a str>,
}

fixed_setters!(Claim: fingerprint email_hash);

impl<'a> Claim<'a> {
    /// The event, now.
    #[inline]
    pub const fn new(team: TeamId) -> Self {
        Self { base: EventBase::new(), tier: None, team_id: Some(team), reason_code: None }
    }

    /// The plan: `anonymous`, `free`, `hobby`, `pro`, …; a slug.
    #[inline]
    pub fn tier(mut self, tier: &'a str) -> Self {
        self.tier = Some(tier);
        self
    }

    /// Why, as a code; close it to a list; a slug.
    #[inline]
    pub fn reason_code(mut self, reason_code: &'a str) -> Self {
        self.reason_code = Some(reason_code);
        self
    }
}

impl<'a> From<Claim<'a>> for Draft<'a> {
    #[inline(always)]
    fn from(event: Claim<'a>) -> Self {
        let mut draft = event.base.draft(&CONTRACT, &at::FIXED, 2);
        if let Some(value) = event.tier {
            draft.set(at::TIER, value);
        }
        if let Some(value) = event.team_id {
            draft.set(at::TEAM_ID, value);
        }
        if let Some(value) = event.reason_code {
            draft.set(at::REASON_CODE, value);
        }
        draft
    }
}

/// A team's charge succeeded.
///
/// Give it the [`EventId`](crate::EventId) of the charge: billing systems tell the same charge more than once.
#[derive(Clone, Copy)]
#[must_use = "an event does nothing until it is recorded"]
pub struct Paid<'a> {
    base: EventBase<'a>,
    tier: Option<&'a str>,
    team_id: Option<TeamId>,
    renewal: Option<bool>,
    reason_code: Option<&'a str>,
}

fixed_setters!(Paid);

impl<'a> Paid<'a> {
    /// The event, now.
    #[inline]
    pub fn new(team: TeamId, journey: impl Into<Option<Journey>>) -> Self {
        Self { base: EventBase::new(), tier: None, team_id: Some(team), renewal: None, reason_code: None }
            .journey(journey)
    }

    /// The plan: `anonymous`, `free`, `hobby`, `pro`, …; a slug.
    #[inline]
    pub fn tier(mut self, tier: &'a str) -> Self {
        self.tier = Some(tier);
        self
    }

    /// This charge is not the first.
    #[inline]
    pub fn renewal(mut self, renewal: bool) -> Self {
        self.renewal = Some(renewal);
        self
    }

    /// Why, as a code; close it to a list; a slug.
    #[inline]
    pub fn reason_code(mut self, reason_code: &'a str) -> Self {
        self.reason_code = Some(reason_code);
        self
    }
}

impl<'a> From<Paid<'a>> for Draft<'a> {
    #[inline(always)]
    fn from(event: Paid<'a>) -> Self {
        let mut draft = event.base.draft(&CONTRACT, &at::FIXED, 3);
        if let Some(value) = event.tier {
            draft.set(at::TIER, value);
        }
        if let Some(value) = event.team_id {
            draft.set(at::TEAM_ID, value);
        }
        if let Some(value) = event.renewal {
            draft.set(at::RENEWAL, value);
        }
        if let Some(value) = event.reason_code {
            draft.set(at::REASON_CODE, value);
        }
        draft
    }
}
