//! What is kept: new attributes are made of what keeps the contract, and take the place of those that came.
//!
//! So an unknown key, a nested value and the second of two equal keys need no statement: nothing copies them.

use super::marks;
use super::shape::{Line, Shape, off_step, path, pieces, required, shape, shape_of, step_path};
use crate::contract::{Attribute, Contract, Origin, RESOURCE, Rule};
use crate::vocabulary::Vocabularies;

pub(super) fn resource(contracts: &[&Contract]) -> Vec<Line> {
    let mut lines: Vec<_> = RESOURCE
        .iter()
        .map(|one| {
            let path = format!("resource.attributes[\"{}\"]", one.key);
            let condition = holds(&path, &shape_of(&one.rule), false);
            copy("resource", one.key, &path, format!("{}: {}", one.key, one.rule), condition)
        })
        .collect();
    lines.extend(contracts.iter().map(|contract| mark(contract, "resource")));
    lines.push(Line::new("", "set(resource.attributes, resource.cache)"));
    lines.push(Line::new("", "set(resource.dropped_attributes_count, 0)"));
    lines.push(Line::new("", "set(resource.schema_url, \"\")"));
    lines
}

pub(super) fn scope(contracts: &[&Contract]) -> Vec<Line> {
    let mut lines: Vec<_> = contracts.iter().map(|contract| mark(contract, "scope")).collect();
    lines.extend(
        [
            "set(scope.attributes, scope.cache)",
            "set(scope.name, \"instant-funnel\")",
            "set(scope.version, \"\")",
            "set(scope.dropped_attributes_count, 0)",
            "set(scope.schema_url, \"\")",
        ]
        .map(|text| Line::new("", text)),
    );
    lines
}

/// Whatever the mark of a place is, the filter behind needs to see one constant only.
fn mark(contract: &Contract, place: &str) -> Line {
    let (key, event) = (marks::key(contract), contract.event_name);
    let mut text = vec![format!("set({place}.cache[\"{key}\"], \"{event}\") where")];
    text.extend(marks::any_of_place(contract, place));
    Line { comment: format!("any mark of a funnel event on the {place}, until the filter has seen it"), text }
}

pub(super) fn record(contract: &Contract, vocabularies: &Vocabularies) -> Vec<Line> {
    let event = contract.event_name;
    let mut lines = vec![
        Line::new(
            "without a time New Relic takes the time of receipt, which a queue can put off by hours",
            "set(log.time_unix_nano, log.observed_time_unix_nano) where log.time_unix_nano == 0",
        ),
        Line::new("", "set(log.time, Now()) where log.time_unix_nano == 0"),
    ];
    let attributes = contract.attributes.iter().enumerate();
    lines.extend(attributes.map(|(at, attribute)| attribute_kept(contract, attribute, at, vocabularies)));
    lines.push(Line::new("nothing else is left", "set(log.attributes, log.cache)"));
    let present: Vec<_> = contract
        .attributes
        .iter()
        .filter(|one| required(one))
        .map(|one| format!("{} != nil", path(one.key)))
        .collect();
    lines.push(Line::new(
        "what every record of the crate carries, or filter/funnel_required drops it",
        "set(log.event_name, \"\")",
    ));
    lines.push(Line::new("", format!("set(log.event_name, \"{event}\") where {}", present.join(" and "))));
    lines.push(Line::new("", format!("set(log.body, \"{event}\")")));
    for text in [
        "set(log.severity_number, SEVERITY_NUMBER_INFO)",
        "set(log.severity_text, \"INFO\")",
        "set(log.dropped_attributes_count, 0)",
        "set(log.flags, 0) where log.flags > 255",
    ] {
        lines.push(Line::new("", text));
    }
    lines
}

fn attribute_kept(
    contract: &Contract,
    attribute: &Attribute,
    at: usize,
    vocabularies: &Vocabularies,
) -> Line {
    let path = path(attribute.key);
    let letter = matches!(attribute.rule, Rule::Hex { letter: true, .. });
    let mut condition = match attribute.origin {
        Origin::TraceId => vec![format!("{path} == log.trace_id.string")],
        Origin::SpanId => vec![format!("{path} == log.span_id.string")],
        _ => holds(&path, &shape(attribute, at, vocabularies), letter),
    };
    if let Some(other) = off_step(contract, attribute, &step_path(contract)) {
        condition.push(format!("and not ({other})"));
    }
    copy("log", attribute.key, &path, format!("{}: {}", attribute.key, attribute.rule), condition)
}

fn copy(place: &str, key: &str, path: &str, comment: String, condition: Vec<String>) -> Line {
    let mut text = vec![format!("set({place}.cache[\"{key}\"], {path}) where")];
    text.extend(condition);
    if let [head, one] = text.as_slice() {
        text = vec![format!("{head} {one}")];
    }
    Line { comment, text }
}

/// The condition under which the value at `path` keeps its shape.
fn holds(path: &str, shape: &Shape, letter: bool) -> Vec<String> {
    match shape {
        Shape::Const(constant) => vec![format!("{path} == \"{constant}\"")],
        Shape::Bool => vec![format!("IsBool({path})")],
        Shape::Number { integer, min, max } => {
            let kind = if *integer {
                format!("IsInt({path})")
            } else {
                format!("(IsInt({path}) or IsDouble({path}))")
            };
            vec![format!("{kind} and {path} >= {min} and {path} <= {max}")]
        }
        Shape::OneOf(words) => {
            let pattern = words.join("|");
            vec![format!("IsString({path}) and IsMatch({path}, \"^(?:{pattern})$\")")]
        }
        Shape::Text { plain, open: None } => {
            let mut text = format!("IsString({path}) and IsMatch({path}, \"^{plain}$\")");
            if letter {
                text += &format!(" and not IsMatch({path}, \"^[0-9]+$\")");
            }
            vec![text]
        }
        Shape::Text { plain, open: Some((open, forbidden)) } => {
            let mut text = vec![
                format!("IsString({path}) and (IsMatch({path}, \"^{plain}$\")"),
                format!("or IsMatch({path}, \"^{open}$\")"),
            ];
            let patterns = forbidden.iter().flat_map(|pattern| pieces(pattern));
            text.extend(patterns.map(|pattern| format!("and not IsMatch({path}, \"{pattern}\")")));
            text.push(")".to_owned());
            text
        }
    }
}
