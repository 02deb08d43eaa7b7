//! The short way: one condition that holds only for a record which the repairs would leave exactly as it is.
//!
//! Nearly every record is such a record, and the condition costs less than half of the repairs. A condition that is
//! false too often costs time; one that is true too often leaks. So it is stricter than the rules wherever that is
//! cheaper, and it rests on a count: all attributes must be those whose shape matched. An unknown key, a key twice, a
//! nested value and an empty one all make the two numbers differ.
//!
//! Types are compared before any pattern is tried. `>= ""` holds for text only, `>= false` for a boolean only, and an
//! empty value, which equals `nil`, is not counted.

use super::shape::{Broken, path, required, shape, step_path};
use crate::contract::{Attribute, Contract, Origin, Rule};
use crate::vocabulary::Vocabularies;

/// The condition, one line a step: only keys that belong to a record's step are looked at.
pub(super) fn dirty(contract: &Contract, vocabularies: &Vocabularies) -> Vec<String> {
    let (mut always, mut by_step) = (Vec::new(), Vec::new());
    for (at, attribute) in contract.attributes.iter().enumerate() {
        let term = Term::of(attribute, at, vocabularies);
        let everywhere = (0..contract.steps.len()).all(|step| attribute.steps.contains(step));
        if everywhere { always.push(term) } else { by_step.push((attribute.steps, term)) }
    }
    let fields = [
        format!("log.event_name == \"{}\"", contract.event_name),
        format!("log.body == \"{}\"", contract.event_name),
        "log.severity_number == SEVERITY_NUMBER_INFO".to_owned(),
        "log.severity_text == \"INFO\"".to_owned(),
        "log.dropped_attributes_count == 0".to_owned(),
        "log.flags <= 255".to_owned(),
        "log.time_unix_nano != 0".to_owned(),
    ];
    let guards = always.iter().flat_map(|term| term.guards.iter().cloned());
    let mut lines =
        vec![format!("not ({}", fields.into_iter().chain(guards).collect::<Vec<_>>().join(" and "))];
    for (step, info) in contract.steps.iter().enumerate() {
        let own = || by_step.iter().filter(|(steps, _)| steps.contains(step)).map(|(_, term)| term);
        let mut all = vec![format!("{} == \"{}\"", step_path(contract), info.name)];
        all.extend(own().flat_map(|term| term.guards.iter().cloned()));
        let counted: Vec<_> = always.iter().chain(own()).filter_map(|term| term.counted.as_deref()).collect();
        let certain = always.len() + own().count() - counted.len();
        all.push(format!("Len(log.attributes) == {certain} + {}", counted.join(" + ")));
        let word = if step == 0 { "and (" } else { "or " };
        lines.push(format!("{word}{}", all.join(" and ")));
    }
    lines.push("))".to_owned());
    lines
}

struct Term {
    /// What must hold of the attribute, present or not.
    guards: Vec<String>,
    /// 1 when it is present and valid; `None` when the guards let no record pass without it.
    counted: Option<String>,
}

impl Term {
    fn of(attribute: &Attribute, at: usize, vocabularies: &Vocabularies) -> Self {
        let path = path(attribute.key);
        let count = |shape: &str| Some(format!("Int(IsMatch({path}, \"^{shape}\"))"));
        let or_absent = |guard: &str| vec![format!("({path} {guard} or {path} == nil)")];
        match attribute.origin {
            // Each step's line begins with it.
            Origin::Step => return Self { guards: Vec::new(), counted: None },
            Origin::TraceId => {
                return Self { guards: or_absent("== log.trace_id.string"), counted: count("") };
            }
            Origin::SpanId => return Self { guards: or_absent("== log.span_id.string"), counted: count("") },
            _ => {}
        }
        match shape(attribute, at, vocabularies) {
            Broken::Const(constant) => {
                Self { guards: vec![format!("{path} == \"{constant}\"")], counted: None }
            }
            Broken::Bool => Self { guards: or_absent(">= false"), counted: count("") },
            Broken::Text { plain, .. } => {
                let present = vec![format!("{path} >= \"\"")];
                let mut guards = if required(attribute) { present } else { or_absent(">= \"\"") };
                if matches!(attribute.rule, Rule::Hex { letter: true, .. }) {
                    guards.push(format!("not IsMatch({path}, \"^[0-9]+$\")"));
                }
                Self { guards, counted: count(&format!("{plain}$")) }
            }
        }
    }
}
