//! The event itself, and its steps.

use super::change::{ChangeKind, ContractChange, Party, note};
use crate::model::ContractFile;

const ALL: [Party; 3] = [Party::Sender, Party::Collector, Party::Query];

pub(super) fn heads(old: &ContractFile, new: &ContractFile, changes: &mut Vec<ContractChange>) {
    if old.event != new.event {
        let what = format!(
            "event: `{}` was renamed to `{}`, which makes it a different event for everybody",
            old.event, new.event
        );
        note(changes, ChangeKind::Other, &ALL, what);
    }
    if old.counter != new.counter {
        let what = format!("counter: `{}` was renamed to `{}`", old.counter, new.counter);
        note(changes, ChangeKind::Other, &[Party::Query], what);
    }
    if old.brief != new.brief {
        note(changes, ChangeKind::Wording, &[], "event: the brief changed".to_owned());
    }
}

pub(super) fn steps(old: &ContractFile, new: &ContractFile, changes: &mut Vec<ContractChange>) {
    for step in old.steps.iter().filter(|step| new.step_position(&step.name).is_none()) {
        let what = format!("step `{}`: removed", step.name);
        note(changes, ChangeKind::Narrower, &[Party::Sender, Party::Query], what);
    }
    for (position, step) in new.steps.iter().enumerate() {
        let Some(before) = old.steps.iter().find(|before| before.name == step.name) else {
            let last = new.steps.iter().skip(position).all(|later| old.step_position(&later.name).is_none());
            let place = if last {
                "new, at the end"
            } else {
                "new, before other steps; funnels that list the steps do not include it"
            };
            let breaks: &[Party] =
                if old.is_funnel() { if last { &[] } else { &[Party::Query] } } else { &ALL };
            note(changes, ChangeKind::Wider, breaks, format!("step `{}`: {place}", step.name));
            continue;
        };
        if before.critical != step.critical {
            let now = if step.critical { "critical" } else { "normal" };
            note(changes, ChangeKind::Wording, &[], format!("step `{}`: is now {now}", step.name));
        }
        if (&before.brief, &before.doc) != (&step.brief, &step.doc) {
            note(changes, ChangeKind::Wording, &[], format!("step `{}`: the wording changed", step.name));
        }
        for key in step.requires.iter().filter(|key| !before.requires.contains(key)) {
            let what = format!("step `{}`: its event now requires `{key}`", step.name);
            note(changes, ChangeKind::Narrower, &[Party::Sender], what);
        }
        for key in before.requires.iter().filter(|key| !step.requires.contains(key)) {
            let what = format!("step `{}`: its event no longer requires `{key}`", step.name);
            note(changes, ChangeKind::Other, &[Party::Sender], what);
        }
    }
    let kept = |file: &ContractFile, other: &ContractFile| -> Vec<String> {
        let all = file.steps.iter().map(|step| step.name.clone());
        all.filter(|name| other.step_position(name).is_some()).collect()
    };
    if kept(old, new) != kept(new, old) {
        note(changes, ChangeKind::Other, &[Party::Query], "steps: the order changed".to_owned());
    }
}
