//! The attributes, the places of the fixed keys, and the KPIs.

use instant_funnel_core::contract::fixed;

use super::change::{ChangeKind, ContractChange, Party, note};
use super::rules::{Relation, relation};
use crate::model::{ContractFile, KpiStep, RuleSpec};

/// The names of the steps on which something occurs.
fn names(file: &ContractFile, on: &[usize]) -> Vec<String> {
    let all = || file.steps.iter().map(|step| step.name.clone()).collect();
    if on.is_empty() {
        return all();
    }
    on.iter().filter_map(|position| file.steps.get(*position)).map(|step| step.name.clone()).collect()
}

/// Compares where something occurs.
fn places(
    changes: &mut Vec<ContractChange>,
    key: &str,
    old: &[String],
    new: &[String],
    files: (&ContractFile, &ContractFile),
) {
    for step in new.iter().filter(|step| !old.contains(step) && files.0.step_position(step).is_some()) {
        note(changes, ChangeKind::Wider, &[], format!("`{key}`: now also on the step `{step}`"));
    }
    for step in old.iter().filter(|step| !new.contains(step) && files.1.step_position(step).is_some()) {
        let what = format!("`{key}`: no longer on the step `{step}`");
        note(changes, ChangeKind::Narrower, &[Party::Sender, Party::Query], what);
    }
}

pub(super) fn placements(old: &ContractFile, new: &ContractFile, changes: &mut Vec<ContractChange>) {
    for attribute in &fixed::ALL {
        let of = |file: &ContractFile| {
            let placement = file.fixed.iter().find(|one| one.key == attribute.key);
            let on = placement.map(|one| one.on.clone()).unwrap_or_default();
            (names(file, &on), placement.and_then(|one| one.when.clone()))
        };
        let (before, after) = (of(old), of(new));
        places(changes, attribute.key, &before.0, &after.0, (old, new));
        if before.1 != after.1 {
            note(changes, ChangeKind::Wording, &[], format!("`{}`: other words", attribute.key));
        }
    }
}

pub(super) fn attributes(old: &ContractFile, new: &ContractFile, changes: &mut Vec<ContractChange>) {
    for attribute in old.attributes.iter().filter(|one| new.attribute(&one.key).is_none()) {
        let what = format!("`{}`: gone", attribute.key);
        note(changes, ChangeKind::Narrower, &[Party::Sender, Party::Query], what);
    }
    for attribute in &new.attributes {
        let key = &attribute.key;
        let Some(before) = old.attribute(key) else {
            note(changes, ChangeKind::Wider, &[], format!("`{key}`: new"));
            continue;
        };
        rule(changes, key, &before.rule, &attribute.rule);
        places(changes, key, &names(old, &before.on), &names(new, &attribute.on), (old, new));
        if before.supplier != attribute.supplier {
            note(changes, ChangeKind::Other, &[Party::Sender], format!("`{key}`: the supplier changed"));
        }
        if (&before.brief, &before.when) != (&attribute.brief, &attribute.when) {
            note(changes, ChangeKind::Wording, &[], format!("`{key}`: other words"));
        }
    }
}

fn rule(changes: &mut Vec<ContractChange>, key: &str, old: &RuleSpec, new: &RuleSpec) {
    let enums = |rule: &RuleSpec| matches!(rule, RuleSpec::OneOf(_));
    match relation(old, new) {
        Relation::Same => {}
        Relation::Wider if enums(old) != enums(new) => {
            let what = format!("`{key}`: accepts more values, and its type in code changes");
            note(changes, ChangeKind::Wider, &[Party::Sender], what);
        }
        Relation::Wider => note(changes, ChangeKind::Wider, &[], format!("`{key}`: accepts more values")),
        Relation::Narrower => {
            note(changes, ChangeKind::Narrower, &[Party::Sender], format!("`{key}`: accepts fewer values"));
        }
        Relation::Other => {
            let what = format!("`{key}`: accepts different values");
            note(changes, ChangeKind::Other, &[Party::Sender, Party::Query], what);
        }
    }
}

pub(super) fn kpis(old: &ContractFile, new: &ContractFile, changes: &mut Vec<ContractChange>) {
    for kpi in old.kpis.iter().filter(|kpi| new.kpis.iter().all(|other| other.name != kpi.name)) {
        note(changes, ChangeKind::Other, &[Party::Query], format!("KPI `{}`: removed", kpi.name));
    }
    for kpi in &new.kpis {
        let Some(before) = old.kpis.iter().find(|before| before.name == kpi.name) else {
            note(changes, ChangeKind::Wider, &[], format!("KPI `{}`: new", kpi.name));
            continue;
        };
        if said(old, &before.from) != said(new, &kpi.from) || said(old, &before.to) != said(new, &kpi.to) {
            let what = format!("KPI `{}`: measures something else under the same name", kpi.name);
            note(changes, ChangeKind::Other, &[Party::Query], what);
        }
        if (&before.target, &before.brief) != (&kpi.target, &kpi.brief) {
            note(
                changes,
                ChangeKind::Wording,
                &[],
                format!("KPI `{}`: the target or the wording changed", kpi.name),
            );
        }
    }
}

/// A step of a KPI as the file says it: a position means another step in another file.
fn said(file: &ContractFile, one: &KpiStep) -> (Option<String>, Vec<(String, String)>, Option<u64>) {
    let name = file.steps.get(one.step).map(|step| step.name.clone());
    (name, one.only.clone(), one.within.as_ref().map(|within| within.seconds))
}
