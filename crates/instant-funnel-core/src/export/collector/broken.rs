//! What makes a record one that has to be made anew: a list, one rule an item.
//!
//! Nearly every record breaks none of them and passes as it is. A condition that holds too often costs time; one that
//! holds too seldom leaks. So it is stricter than the rules wherever that is cheaper. The count makes sure that there is
//! nothing but the contract's keys, each once and with a value of its type: an unknown key, a key twice, a nested value
//! and an empty one all make the two numbers differ.

use super::shape::{Line, Shape, path, required, shape, step_path};
use crate::contract::{Attribute, Contract, Origin, Rule, StepSet};
use crate::vocabulary::Vocabularies;

pub(super) fn record(contract: &Contract, vocabularies: &Vocabularies) -> Vec<Line> {
    let event = contract.event_name;
    let mut lines = vec![
        Line::new("name, body and severity are constants", format!("log.event_name != \"{event}\"")),
        Line::new("", format!("log.body != \"{event}\"")),
        Line::new("", "log.severity_number != SEVERITY_NUMBER_INFO"),
        Line::new("", "log.severity_text != \"INFO\""),
        Line::new("", "log.dropped_attributes_count != 0"),
        Line::new("the eight W3C flags; the rest of the field is room for anything", "log.flags > 255"),
        Line::new("a time", "log.time_unix_nano == 0"),
    ];
    let of = |(at, attribute)| attribute_broken(attribute, at, vocabularies);
    let step = |(_, attribute): &(usize, &Attribute)| matches!(attribute.origin, Origin::Step);
    let (steps, others): (Vec<_>, Vec<_>) = contract.attributes.iter().enumerate().partition(step);
    // Each record is counted by the keys of its step, so it must be known to have one.
    lines.extend(steps.into_iter().flat_map(of));
    if contract.is_funnel() {
        lines.extend((0..contract.steps.len()).map(|step| count(contract, step)));
    } else {
        lines.push(count(contract, 0));
    }
    lines.extend(others.into_iter().flat_map(of));
    lines
}

fn count(contract: &Contract, step: usize) -> Line {
    let each: Vec<_> = contract
        .attributes
        .iter()
        .filter(|attribute| attribute.steps.contains(step))
        .map(|attribute| {
            let kinds: &[&str] = match attribute.rule {
                Rule::Bool => &["IsBool"],
                Rule::Number { .. } => &["IsInt", "IsDouble"],
                rule if rule.is_integer() => &["IsInt"],
                _ => &["IsString"],
            };
            let kinds = kinds.iter().map(|kind| format!("Int({kind}({}))", path(attribute.key)));
            kinds.collect::<Vec<_>>().join(" + ")
        })
        .collect();
    let step = contract.steps.get(step).map(|step| step.name);
    let of_step = step.map(|name| format!("{} == \"{name}\" and ", step_path(contract))).unwrap_or_default();
    let mut text = vec![format!("{of_step}Len(log.attributes) !=")];
    let rows = each.chunks(2).map(|row| row.join(" + "));
    text.extend(rows.enumerate().map(|(at, row)| if at == 0 { row } else { format!("+ {row}") }));
    let name = step.map(|name| format!("{name}: ")).unwrap_or_default();
    Line { comment: format!("{name}other keys than these, a key twice, or a value of another type"), text }
}

/// The conditions under which `attribute` is missing or breaks its rule. Whether its step may have it, the count has told.
fn attribute_broken(attribute: &Attribute, at: usize, vocabularies: &Vocabularies) -> Vec<Line> {
    let path = path(attribute.key);
    // What is tested first is looked up once where it decides: the rule of a key that most records have, else the key.
    let broken = |condition: String| match (required(attribute), attribute.steps == StepSet::ALL) {
        (true, _) => condition,
        (false, true) => format!("{condition} and {path} != nil"),
        (false, false) => format!("{path} != nil and {condition}"),
    };
    let comment = format!("{}: {}", attribute.key, attribute.rule);
    let mut lines = Vec::new();
    match attribute.origin {
        // Stronger than their shape, which a card number has too: they repeat the record's own context.
        Origin::TraceId => {
            lines.push(Line::new(
                format!("{}: the record's own", attribute.key),
                broken(format!("{path} != log.trace_id.string")),
            ));
        }
        Origin::SpanId => {
            lines.push(Line::new(
                format!("{}: the record's own", attribute.key),
                broken(format!("{path} != log.span_id.string")),
            ));
        }
        _ => match shape(attribute, at, vocabularies) {
            Shape::Const(constant) => lines.push(Line::new(comment, format!("{path} != \"{constant}\""))),
            Shape::OneOf(words) if words.len() <= 4 => {
                let none: Vec<_> = words.iter().map(|word| format!("{path} != \"{word}\"")).collect();
                lines.push(Line::new(comment, broken(none.join(" and "))));
            }
            Shape::OneOf(words) => {
                let pattern = words.join("|");
                lines.push(Line::new(comment, broken(format!("not IsMatch({path}, \"^(?:{pattern})$\")"))));
            }
            // Whether it is one, the count has told.
            Shape::Bool => {}
            // Said so that a NaN, of which nothing is true, is not within.
            Shape::Number { min, max, .. } => {
                let within = format!("{path} >= {min} and {path} <= {max}");
                lines.push(Line::new(comment, broken(format!("not ({within})"))));
            }
            Shape::Text { plain, .. } => {
                lines.push(Line::new(comment, broken(format!("not IsMatch({path}, \"^{plain}$\")"))));
            }
        },
    }
    if matches!(attribute.rule, Rule::Hex { letter: true, .. }) {
        lines.push(Line::new("", format!("IsMatch({path}, \"^[0-9]+$\")")));
    }
    lines
}
