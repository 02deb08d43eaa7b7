//! Answers as JSON. Rates are between 0 and 1, times in milliseconds.

use serde_json::{Value, json};

use crate::kpi::{Durations, Kpi, KpiAnswer, KpiTally, Proportion, Segment, StepCount, Verdict};

fn with_rate(mut members: Value, figure: Proportion) -> Value {
    let interval = figure.interval();
    members["rate"] = json!(figure.rate());
    members["low"] = json!(interval.map(|(low, _)| low));
    members["high"] = json!(interval.map(|(_, high)| high));
    members
}

fn times(times: &Durations) -> Value {
    let bars: Vec<Value> = times
        .histogram
        .iter()
        .map(|(from, to, count)| json!([from, if *to == i64::MAX { Value::Null } else { json!(to) }, count]))
        .collect();
    json!({"count": times.count, "median_ms": times.median, "p90_ms": times.p90, "histogram": bars})
}

fn step(count: &StepCount) -> Value {
    let of_previous = json!({"part": count.of_previous.part, "whole": count.of_previous.whole});
    json!({
        "step": count.label,
        "count": count.count,
        "open": count.open,
        "of_first": with_rate(json!({"part": count.of_first.part, "whole": count.of_first.whole}), count.of_first),
        "of_previous": with_rate(of_previous, count.of_previous),
        "time": count.times.as_ref().map(times),
    })
}

pub(super) fn segment(segment: &Segment) -> Value {
    json!({
        "value": segment.value,
        "began": segment.began,
        "steps": segment.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn tally(tally: KpiTally) -> Value {
    let members = json!({"began": tally.began, "whole": tally.from, "part": tally.to});
    with_rate(members, tally.proportion())
}

pub(super) fn kpi(kpi: &Kpi, answer: &KpiAnswer) -> Value {
    let verdict = Verdict::of(answer.mature.proportion(), kpi.target);
    let cohorts: Vec<Value> = answer
        .cohorts
        .iter()
        .map(|cohort| {
            let mut members = tally(cohort.tally);
            members["from"] = json!(cohort.from);
            members["until"] = json!(cohort.until);
            members["mature"] = json!(cohort.mature);
            members
        })
        .collect();
    let bound = |within: i64| (within < i64::MAX).then_some(within);
    json!({
        "name": kpi.name,
        "title": kpi.title,
        "from": {"step": kpi.from.rule.label, "within_ms": bound(kpi.from.within)},
        "to": {"step": kpi.to.rule.label, "within_ms": bound(kpi.to.within)},
        "target": kpi.target,
        "settles_after_ms": bound(kpi.settles_after()),
        "least_n": kpi.target.map(Proportion::least_whole),
        "mature": tally(answer.mature),
        "so_far": tally(answer.so_far),
        "provisional": answer.provisional,
        "verdict": verdict.as_str(),
        "cohorts": cohorts,
    })
}
