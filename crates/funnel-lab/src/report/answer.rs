//! Runs a report on the engine.

use serde_json::{Value, json};

use super::bounds::bounds;
use super::definitions::kpis;
use super::error::ReportError;
use super::json;
use super::question::ReportQuestion;
use crate::contracts::{Contracts, Layout};
use crate::kpi::{Condition, FunnelQuestion, Kpi, KpiAnswer, Proportion, StepRule, View};

/// The most values of a dimension that are listed.
const VALUES_MAX: usize = 100;
/// The attribute that tells people from tests.
const COHORT: &str = "cohort";

/// The contract that is asked for, and its journeys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) view: &'a View,
}

/// The position of the contract that a question is about.
pub(crate) fn contract_of(contracts: &Contracts, question: &ReportQuestion) -> Result<usize, ReportError> {
    let Some(event) = &question.contract else { return Ok(0) };
    let funnels = contracts.iter().map(|known| known.contract).filter(|known| known.is_funnel());
    let known = || funnels.map(|known| known.event_name).collect::<Vec<_>>().join(", ");
    match contracts.find(event) {
        Some(at) if contracts.at(at).contract.is_funnel() => Ok(at),
        Some(_) => Err(ReportError::new(format!("`{event}` has no steps; the funnels are {}", known()))),
        None => Err(ReportError::new(format!(
            "the lab does not know the contract `{event}`, only {}; give the contract's file with `--contract`",
            known()
        ))),
    }
}

/// What of a question needs the contract.
struct Resolved {
    funnel: FunnelQuestion,
    until: i64,
    bounds: Vec<i64>,
    kpis: Vec<Kpi>,
}

impl Resolved {
    fn new(asked: &Asked<'_>, question: &ReportQuestion, now: i64) -> Result<Self, ReportError> {
        let Asked { layout, view } = *asked;
        let (since, until) = question.period(now)?;
        let key = |name: &str| {
            view.dimension(name).ok_or_else(|| {
                let known = view.dimensions().collect::<Vec<_>>().join(", ");
                ReportError::new(format!("`{name}` is not a dimension; use one of {known}"))
            })
        };
        let step = |name: &str| {
            view.steps()
                .iter()
                .position(|step| step == name)
                .map(|step| StepRule::any(name, step))
                .ok_or_else(|| {
                    ReportError::new(format!(
                        "unknown step `{name}`; the steps are {}",
                        view.steps().join(", ")
                    ))
                })
        };
        let names = if question.steps.is_empty() { view.steps() } else { &question.steps };
        let mut filters = Vec::new();
        for (name, values, negated) in &question.filters {
            filters.push(Condition { key: key(name)?, values: values.clone(), negated: *negated });
        }
        if let (Some(cohort), Some(key)) = (&question.cohort, view.dimension(COHORT)) {
            filters.push(Condition::is(key, cohort));
        }
        let mut kpis = kpis(layout, view);
        if let Some(name) = &question.kpi {
            let known = kpis.iter().map(|kpi| kpi.name.clone()).collect::<Vec<_>>().join(", ");
            kpis.retain(|kpi| kpi.name == *name);
            if kpis.is_empty() {
                return Err(ReportError::new(format!("unknown KPI `{name}`; the KPIs are {known}")));
            }
        }
        let funnel = FunnelQuestion {
            steps: names.iter().map(|name| step(name)).collect::<Result<_, _>>()?,
            // What has not begun yet is in no figure.
            began: since..until.min(now.saturating_add(1)),
            window: question.window,
            order: question.order,
            filters,
            by: question.by.as_deref().map(key).transpose()?,
            now,
        };
        let every = question.pieces(since, until);
        Ok(Self { funnel, until, bounds: bounds(since, until, every, &question.zone)?, kpis })
    }

    fn figure(&self, view: &View, kpi: &Kpi) -> KpiAnswer {
        view.kpi(kpi, &self.bounds, &self.funnel.filters, self.funnel.now)
    }
}

/// The funnel and the key figures.
pub(crate) fn report(asked: &Asked<'_>, question: &ReportQuestion, now: i64) -> Result<Value, ReportError> {
    let resolved = Resolved::new(asked, question, now)?;
    let view = asked.view;
    let funnel = view.funnel(&resolved.funnel);
    let kpis: Vec<Value> =
        resolved.kpis.iter().map(|kpi| json::kpi(kpi, &resolved.figure(view, kpi))).collect();
    let mut whole = json::segment(&funnel.all);
    whole["by"] = json!(question.by);
    whole["segments"] = funnel.segments.iter().map(json::segment).collect();
    let every = question.pieces(resolved.funnel.began.start, resolved.until);
    Ok(json!({
        "now": now,
        "contract": asked.layout.contract.event_name,
        "since": resolved.funnel.began.start,
        "until": resolved.until,
        "zone": question.zone.iana_name().unwrap_or("UTC"),
        "every": every.as_str(),
        "cohort": question.cohort.as_deref().unwrap_or("all"),
        "order": match question.order {
            crate::kpi::StepOrder::InOrder => "ordered",
            crate::kpi::StepOrder::Any => "any",
        },
        "window_ms": question.window,
        "left_out": {"unknown_start": funnel.unknown_start, "unlinked_events": funnel.unlinked},
        "funnel": whole,
        "kpis": kpis,
    }))
}

/// The journeys that came to so many steps and no further; with a value, those of that segment.
pub(crate) fn stopped(
    asked: &Asked<'_>,
    question: &ReportQuestion,
    level: usize,
    limit: usize,
    now: i64,
) -> Result<Value, ReportError> {
    let resolved = Resolved::new(asked, question, now)?;
    let found = asked.view.stopped(&resolved.funnel, level, limit);
    let journeys: Vec<Value> =
        found.journeys.iter().map(|(id, start)| json!({"journey": id, "began": start})).collect();
    Ok(json!({"count": found.count, "journeys": journeys}))
}

/// What a funnel can be broken down and filtered by.
pub(crate) fn dimensions(asked: &Asked<'_>) -> Value {
    let Asked { layout, view } = *asked;
    let listed = |key: usize| view.values(key).into_iter().take(VALUES_MAX).collect::<Vec<_>>();
    let all = view.dimensions().enumerate().map(|(at, key)| json!({"key": key, "values": listed(at)}));
    json!({
        "dimensions": all.collect::<Vec<_>>(),
        "kpis": kpis(layout, view).iter().map(|kpi| json!({"name": kpi.name, "title": kpi.title})).collect::<Vec<_>>(),
        "began": view.began().map(|(first, last)| json!([first, last])),
    })
}

/// Each key figure by its name, of mature journeys and of all so far, as a report that is not told otherwise has them.
pub(crate) fn gauges(asked: &Asked<'_>, now: i64) -> Vec<(String, Proportion, Proportion)> {
    let Ok(resolved) = Resolved::new(asked, &ReportQuestion::default(), now) else { return Vec::new() };
    let figure = |kpi: &Kpi| {
        let answer = resolved.figure(asked.view, kpi);
        (kpi.name.clone(), answer.mature.proportion(), answer.so_far.proportion())
    };
    resolved.kpis.iter().map(figure).collect()
}
