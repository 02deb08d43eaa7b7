//! What a figure means, rule by rule.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::sync::Arc;

use funnel_lab::kpi::{
    Bounded, Condition, FunnelQuestion, Journeys, Kpi, KpiAnswer, Proportion, StepOrder, StepRule, TakenStep,
    Verdict, View,
};

const STEPS: [&str; 4] = ["landing", "provision", "claim", "paid"];
const MINUTE: i64 = 60_000;

/// Events as `(journey, step, nanoseconds, tier)`.
fn view(events: &[(&str, usize, i64, &str)]) -> Arc<View> {
    let mut journeys = Journeys::new(&STEPS, &["tier"]);
    for (journey, step, nanos, tier) in events {
        journeys.take(&TakenStep {
            journey: Some(journey),
            step: Some(*step),
            nanos: *nanos,
            start: None,
            values: &[(!tier.is_empty()).then_some(*tier)],
        });
    }
    journeys.view()
}

fn at(minutes: i64) -> i64 {
    minutes * MINUTE * 1_000_000
}

fn all(now: i64) -> FunnelQuestion {
    FunnelQuestion::new((0..4).map(|step| StepRule::any(STEPS[step], step)).collect(), now)
}

fn counts(view: &View, question: &FunnelQuestion) -> Vec<u64> {
    view.funnel(question).all.steps.iter().map(|step| step.count).collect()
}

#[test]
fn order_is_by_nanoseconds_and_ties_count_in_step_order() {
    // Within one millisecond, received in the wrong order.
    let right = view(&[("a", 2, 3_000, ""), ("a", 1, 2_000, ""), ("a", 0, 1_000, "")]);
    let wrong = view(&[("a", 0, 3_000, ""), ("a", 1, 2_000, ""), ("a", 2, 1_000, "")]);
    let tied = view(&[("a", 3, 7, ""), ("a", 2, 7, ""), ("a", 1, 7, ""), ("a", 0, 7, "")]);
    assert_eq!(counts(&right, &all(9)), [1, 1, 1, 0]);
    assert_eq!(counts(&wrong, &all(9)), [1, 0, 0, 0]);
    assert_eq!(counts(&tied, &all(9)), [1, 1, 1, 1]);
    let any = FunnelQuestion { order: StepOrder::Any, ..all(9) };
    assert_eq!(counts(&wrong, &any), [1, 1, 1, 0]);
}

#[test]
fn ties_count_in_the_order_of_the_question_and_an_event_takes_one_step() {
    let asked = |steps: &[usize]| {
        let rules = steps.iter().map(|step| StepRule::any(STEPS[*step], *step)).collect();
        FunnelQuestion { window: Some(1_000), ..FunnelQuestion::new(rules, 9) }
    };
    let tied = view(&[("a", 0, 7, ""), ("a", 1, 7, ""), ("a", 0, 7, "")]);
    assert_eq!(counts(&tied, &asked(&[1, 0])), [1, 1]);
    assert_eq!(counts(&tied, &asked(&[0, 1, 0])), [1, 1, 1]);
    assert_eq!(counts(&tied, &asked(&[0, 1, 0, 1])), [1, 1, 1, 0], "there is one provision");
    // The attempt that came to two steps before goes on; another begins with the same event.
    let later = view(&[("a", 0, 7, ""), ("a", 1, 8, ""), ("a", 0, 9, ""), ("a", 2, 9, "")]);
    assert_eq!(counts(&later, &asked(&[0, 1, 2, 0])), [1, 1, 1, 1]);
    assert_eq!(counts(&later, &asked(&[2, 0, 1])), [1, 1, 0]);
    let times = later.funnel(&asked(&[0, 1, 2, 0])).all.steps[3].times.clone();
    assert_eq!(times.unwrap().count, 1);
    // One event is not a retry of itself.
    let one = view(&[("a", 0, 7, "")]);
    assert_eq!(counts(&one, &asked(&[0, 0, 0])), [1, 0, 0]);
}

#[test]
fn a_funnel_has_as_many_steps_as_a_contract() {
    let names: Vec<String> = (0..32).map(|step| format!("step{step}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut journeys = Journeys::new(&names, &[]);
    for step in 0..32 {
        let nanos = at(step as i64);
        journeys.take(&TakenStep { journey: Some("a"), step: Some(step), nanos, ..TakenStep::default() });
    }
    let steps = names.iter().enumerate().map(|(step, name)| StepRule::any(name, step)).collect();
    let question = FunnelQuestion::new(steps, 99 * MINUTE);
    let view = journeys.view();
    assert_eq!(counts(&view, &question), [1; 32]);
    assert_eq!(view.stopped(&question, 32, 9).count, 1);
    let any = FunnelQuestion { order: StepOrder::Any, ..question };
    assert_eq!(counts(&view, &any), [1; 32]);
}

#[test]
fn a_repeated_event_is_in_no_figure() {
    let mut journeys = Journeys::new(&STEPS, &["tier"]);
    let event = TakenStep { journey: Some("a"), step: Some(0), nanos: at(1), ..TakenStep::default() };
    journeys.take(&event);
    journeys.take_repeated();
    journeys.take(&TakenStep { step: None, ..event });
    let view = journeys.view();
    let twice = vec![StepRule::any("landing", 0), StepRule::any("again", 0)];
    assert_eq!(counts(&view, &FunnelQuestion::new(twice, 9 * MINUTE)), [1, 0]);
    assert_eq!((journeys.len(), view.unlinked()), (3, 1));
    journeys.keep_newest(2);
    assert_eq!((journeys.len(), journeys.view().journeys(), journeys.view().unlinked()), (2, 0, 1));
}

#[test]
fn a_journey_that_did_not_begin_is_left_out_and_counted() {
    let mut journeys = Journeys::new(&STEPS, &[]);
    for (journey, step, start) in
        [(Some("a"), 0, None), (Some("b"), 1, Some(5)), (Some("c"), 2, None), (None, 0, None)]
    {
        journeys.take(&TakenStep { journey, step: Some(step), nanos: at(1), start, values: &[] });
    }
    let answer = journeys.view().funnel(&all(2 * MINUTE));
    assert_eq!((answer.all.began, answer.unknown_start, answer.unlinked), (2, 1, 1));
}

#[test]
fn a_segment_is_that_of_the_first_event_that_has_a_value() {
    let events = [
        ("a", 0, 1, ""),
        ("a", 1, 2, "anonymous"),
        ("a", 2, 3, "free"),
        ("b", 0, 1, ""),
        ("c", 0, 1, "free"),
    ];
    let view = view(&events);
    let answer = view.funnel(&FunnelQuestion { by: view.dimension("tier"), ..all(9) });
    let segments: Vec<_> =
        answer.segments.iter().map(|segment| (segment.value.as_deref(), segment.steps[2].count)).collect();
    assert_eq!(segments, [(None, 0), (Some("anonymous"), 1), (Some("free"), 0)]);
    let free = FunnelQuestion { filters: vec![Condition::is(0, "free")], ..all(9) };
    assert_eq!(counts(&view, &free), [1, 0, 0, 0]);
    let not_free = FunnelQuestion { filters: vec![Condition::is_not(0, "free")], ..all(9) };
    assert_eq!(counts(&view, &not_free), [2, 1, 1, 0]);
}

#[test]
fn who_still_has_time_has_not_dropped_off() {
    let view = view(&[("a", 0, at(0), ""), ("b", 0, at(50), ""), ("c", 0, at(0), ""), ("c", 1, at(5), "")]);
    let question = FunnelQuestion { window: Some(30 * MINUTE), ..all(60 * MINUTE) };
    let steps = view.funnel(&question).all.steps;
    assert_eq!((steps[1].count, steps[1].open), (1, 1));
    assert_eq!(steps[1].of_previous, Proportion::of(1, 3));
    let stopped = view.stopped(&question, 1, 10);
    assert_eq!((stopped.count, stopped.journeys), (1, vec![("a".to_owned(), 0)]));
    let later = FunnelQuestion { now: 90 * MINUTE, began: 0..i64::MAX, ..question };
    assert_eq!(view.stopped(&later, 1, 1).journeys, [("b".to_owned(), 50 * MINUTE)], "the latest first");
    assert_eq!(view.stopped(&later, 1, 1).count, 2);
}

#[test]
fn a_younger_attempt_still_has_time_however_far_an_older_one_came() {
    let began_again = [("a", 0, at(0), ""), ("a", 1, at(1), ""), ("a", 0, at(100), "")];
    let went_on = [("a", 0, at(0), ""), ("a", 1, at(1), ""), ("a", 1, at(100), "")];
    for (events, order) in [(began_again, StepOrder::InOrder), (went_on, StepOrder::Any)] {
        let view = view(&events);
        let question = FunnelQuestion { window: Some(30 * MINUTE), order, ..all(130 * MINUTE) };
        let steps = view.funnel(&question).all.steps;
        assert_eq!((steps[1].count, steps[2].count, steps[2].open), (1, 0, 1), "{order:?}");
        assert_eq!(view.stopped(&question, 2, 9).count, 0, "{order:?}");
        let over = FunnelQuestion { now: 131 * MINUTE, ..question };
        assert_eq!(view.funnel(&over).all.steps[2].open, 0, "{order:?}");
        assert_eq!(view.stopped(&over, 2, 9).count, 1, "{order:?}");
    }
}

#[test]
fn a_retry_counts_its_best_attempt_and_its_time() {
    let view = view(&[
        ("a", 0, at(0), ""),
        ("a", 0, at(100), ""),
        ("a", 0, at(110), ""),
        ("a", 1, at(115), ""),
        ("a", 2, at(145), ""),
    ]);
    let question = FunnelQuestion { window: Some(30 * MINUTE), ..all(9_999 * MINUTE) };
    let steps = view.funnel(&question).all.steps;
    assert_eq!(steps.iter().map(|step| step.count).collect::<Vec<_>>(), [1, 1, 0, 0]);
    // The earliest beginning whose window holds the provision is that at 100.
    assert_eq!(steps[1].times.as_ref().unwrap().median, 15 * MINUTE);
}

fn kpi() -> Kpi {
    let day = 24 * 60 * MINUTE;
    Kpi {
        name: "claimed_per_provisioned".to_owned(),
        title: "Claimed".to_owned(),
        from: Bounded {
            rule: StepRule::any("provision", 1).when(Condition::is(0, "anonymous")),
            within: day,
        },
        to: Bounded { rule: StepRule::any("claim", 2), within: 7 * day },
        target: Some(0.02),
    }
}

fn figure(view: &View, now: i64) -> KpiAnswer {
    let day = 24 * 60 * MINUTE;
    let bounds: Vec<i64> = (0..=30).map(|at| at * day).collect();
    view.kpi(&kpi(), &bounds, &[], now)
}

#[test]
fn both_bounds_are_measured_from_the_beginning() {
    let (day, minute) = (24 * 60, 1);
    let view = view(&[
        // In time, at the very end of both bounds.
        ("a", 0, at(0), ""),
        ("a", 1, at(day), "anonymous"),
        ("a", 2, at(7 * day), ""),
        // Provisioned too late, though claimed in time.
        ("b", 0, at(0), ""),
        ("b", 1, at(day + minute), "anonymous"),
        ("b", 2, at(2 * day), ""),
        // Claimed too late.
        ("c", 0, at(0), ""),
        ("c", 1, at(minute), "anonymous"),
        ("c", 2, at(7 * day + minute), ""),
        // Another tier.
        ("d", 0, at(0), ""),
        ("d", 1, at(minute), "free"),
        ("d", 2, at(2 * minute), ""),
    ]);
    let answer = figure(&view, 8 * day * MINUTE);
    assert_eq!((answer.mature.began, answer.mature.from, answer.mature.to), (4, 2, 1));
    assert!(!answer.provisional && answer.cohorts[0].mature && !answer.cohorts[1].mature);
}

/// Whatever comes later, a mature figure stays; a younger one is never called final.
#[test]
fn a_mature_cohort_never_changes() {
    let day = 24 * 60;
    let mut events = Vec::new();
    let names: Vec<String> = (0..400).map(|number| format!("j{number}")).collect();
    for (number, name) in (0_i64..).zip(&names) {
        let begin = number * 40;
        events.push((name.as_str(), 0, at(begin), ""));
        events.push((name.as_str(), 1, at(begin + number % 2_000), "anonymous"));
        if number % 7 == 0 {
            events.push((name.as_str(), 2, at(begin + number % 13 * day), ""));
            events.push((name.as_str(), 2, at(begin + 20 * day), ""));
        }
    }
    let last = figure(&view(&events), 60 * day * MINUTE);
    assert!(!last.provisional && last.cohorts.iter().filter(|cohort| cohort.tally.from > 0).count() > 8);
    for today in 0..30 {
        let now = today * day * MINUTE;
        let known: Vec<_> = events.iter().copied().filter(|event| event.2 <= now * 1_000_000).collect();
        let answer = figure(&view(&known), now);
        for (cohort, end) in answer.cohorts.iter().zip(&last.cohorts) {
            assert!(!cohort.mature || cohort == end, "day {today}: {cohort:?} became {end:?}");
            assert!(cohort.tally.to <= end.tally.to);
        }
        assert_eq!(answer.provisional, answer.so_far != answer.mature);
    }
}

/// Where the period ends has no part in the figure: at a true rate of a fifth and delays of up to six days, every window says
/// a fifth or that it does not know.
#[test]
fn the_figure_does_not_depend_on_the_window() {
    let (hour, day) = (60, 24 * 60);
    let names: Vec<String> = (0..20_000).map(|number| format!("j{number}")).collect();
    let mut events = Vec::new();
    for (number, name) in (0_i64..).zip(&names) {
        // Spread over twenty days; which of them are claimed, and when, follows no pattern in time.
        let (begin, mixed) = (number * 20 * day / 20_000, number * 7_919 % 20_000);
        events.push((name.as_str(), 0, at(begin), ""));
        events.push((name.as_str(), 1, at(begin + 1), "anonymous"));
        if mixed % 5 == 0 {
            events.push((name.as_str(), 2, at(begin + 2 + mixed * 6 * day / 20_000), ""));
        }
    }
    let now = 20 * day;
    events.retain(|event| event.2 <= at(now));
    let view = view(&events);
    for back in [3 * hour, 6 * hour, day, 7 * day, 9 * day, 14 * day, 20 * day] {
        let answer = view.kpi(&kpi(), &[(now - back) * MINUTE, now * MINUTE + 1], &[], now * MINUTE);
        assert!(answer.provisional, "the youngest are never final");
        let mature = answer.mature.proportion();
        assert_eq!(mature.whole > 0, back > 7 * day, "{back}");
        if let Some((low, high)) = mature.interval() {
            assert!(low < 0.2 && 0.2 < high, "{back}: {mature:?} is not a fifth");
        }
    }
}

#[test]
fn a_verdict_waits_for_enough_journeys() {
    let verdict = |part, whole, target| Verdict::of(Proportion::of(part, whole), Some(target));
    assert_eq!(verdict(0, 0, 0.02), Verdict::TooFew);
    assert_eq!(verdict(0, 188, 0.02), Verdict::TooFew);
    assert_eq!(verdict(0, 189, 0.02), Verdict::Below);
    assert_eq!(verdict(4, 200, 0.02), Verdict::Open);
    assert_eq!(verdict(10, 12, 0.2), Verdict::Above);
    // The roots of (p - part/whole)² = z² p (1 - p) / whole, found by bisection.
    for (part, whole, low, high) in
        [(0, 10, 0.0, 0.277_533), (5, 10, 0.236_593, 0.763_407), (1, 1_000, 0.000_177, 0.005_643)]
    {
        let (found_low, found_high) = Proportion::of(part, whole).interval().unwrap();
        assert!(
            (found_low - low).abs() < 1e-6 && (found_high - high).abs() < 1e-6,
            "{part} of {whole}: {found_low} {found_high}"
        );
    }
}

#[test]
fn forgetting_the_oldest_leaves_what_the_others_make() {
    let mut journeys = Journeys::new(&STEPS, &["tier"]);
    for number in 0..1_000 {
        let id = format!("j{number}");
        for step in 0..2 {
            let values = [Some(if number % 2 == 0 { "a" } else { "b" })];
            journeys.take(&TakenStep {
                journey: Some(&id),
                step: Some(step),
                nanos: number,
                start: None,
                values: &values,
            });
        }
    }
    assert_eq!(counts(&journeys.view(), &all(2_000)), [1_000, 1_000, 0, 0]);
    journeys.keep_newest(21);
    let view = journeys.view();
    assert_eq!(
        (journeys.len(), view.journeys(), view.unknown_start()),
        (21, 11, 1),
        "one has lost its landing"
    );
    assert_eq!(counts(&view, &all(2_000)), [10, 10, 0, 0]);
    assert_eq!(view.journey("j999").unwrap().len(), 2);
    assert!(view.journey("j0").is_none());
}
