//! A journey's beginning goes with every event of it, however it was kept.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use instant_funnel::testing::{RecordedEvent, Recorder};
use instant_funnel::{
    Actor, Backend, Claim, Cohort, Draft, Funnel, Journey, JourneyId, Landing, Paid, Provision, SigningKey,
    TeamId,
};

fn recorded<'a>(event: impl Into<Draft<'a>>) -> RecordedEvent {
    let (funnel, recorder) = Funnel::recording();
    funnel.record(event);
    recorder.take().remove(0)
}

fn team() -> TeamId {
    TeamId::new()
}

#[test]
fn what_stands_for_a_journey_is_a_journey_an_id_or_a_visible_none() {
    let id = JourneyId::new();
    let column = id.to_string().parse::<JourneyId>().ok();
    for event in [
        recorded(Paid::new(team(), id)),
        recorded(Paid::new(team(), Journey::from(id))),
        recorded(Paid::new(team(), Some(Journey::from(id)))),
        recorded(Paid::new(team(), column.map(Journey::from))),
        recorded(Paid::new(team(), None).journey(id)),
        recorded(Paid::new(team(), id).journey(None)),
        recorded(Landing::new().journey(id)),
        recorded(Provision::new("db").journey(Journey::from(id))),
        recorded(Claim::new(team()).journey(Some(Journey::from(id)))),
    ] {
        event.assert_attribute("journeyId", id.to_string()).assert_attribute("cohort", "real");
    }
    recorded(Paid::new(team(), None)).assert_absent("journeyId");
}

#[test]
fn a_journey_that_began_synthetic_stays_synthetic() {
    let probe = Journey::begin(Actor::Prober);
    for event in [
        recorded(Landing::new().journey(probe)),
        recorded(Landing::new().journey(probe).cohort(Cohort::Real)),
        recorded(Landing::new().cohort(Cohort::Real).journey(probe)),
        recorded(Paid::new(team(), probe.to_string().parse::<Journey>().unwrap())),
    ] {
        event.assert_attribute("cohort", "synthetic");
    }
    let real = Journey::begin(Actor::HumanDashboard);
    recorded(Landing::new().journey(real)).assert_attribute("cohort", "real");
    recorded(Landing::new().journey(real).cohort(Cohort::Synthetic)).assert_attribute("cohort", "synthetic");
}

#[test]
fn a_funnel_begins_journeys_by_its_clock_its_cohort_and_seals_them_with_its_key() {
    let noon = UNIX_EPOCH + Duration::from_secs(1_764_000_000);
    let build = |cohort| {
        Funnel::builder()
            .clock(move || noon)
            .cohort(cohort)
            .signing_key(SigningKey::new([7; 32]).unwrap())
            .backend(Backend::Custom(Arc::new(Recorder::new())))
            .build()
            .unwrap()
    };
    let journey = build(Cohort::Real).begin_journey(Actor::AgentMcp);
    assert_eq!((journey.start(), journey.cohort()), (Some(noon), Cohort::Real));
    let staging = build(Cohort::Synthetic);
    let journey = staging.begin_journey(Actor::AgentMcp);
    assert_eq!((journey.entry_actor(), journey.cohort()), (Some(Actor::AgentMcp), Cohort::Synthetic));
    let key = staging.signing_key().unwrap();
    let sealed = key.seal(&journey, "x", noon + Duration::from_secs(1));
    assert_eq!(key.open_at(&sealed, "x", noon), Ok(journey));
    assert!(Funnel::noop().signing_key().is_none());
    let broken = Funnel::builder().clock(|| std::panic::resume_unwind(Box::new(()))).build().unwrap();
    assert!(broken.now() > SystemTime::now() - Duration::from_secs(60));
}
