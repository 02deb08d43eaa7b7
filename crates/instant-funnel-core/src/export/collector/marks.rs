//! What makes a record a funnel event: the marks that senders set, and what only nearly is one.
//!
//! Some hops lose the event name, some senders set one attribute only. A near miss takes the funnel's road too and is
//! dropped there for want of a valid type, step or id; on the other road it would pass uncleaned.
//!
//! Marks of resource and scope are looked for once each, and not again for every record: both can be large.

use super::shape::Line;
use crate::contract::{Contract, Origin};

/// The key under which the contract's constant travels.
pub(super) fn key(contract: &Contract) -> &'static str {
    let constant = contract.attributes.iter().find(|attribute| matches!(attribute.origin, Origin::Contract));
    constant.map_or("", |attribute| attribute.key)
}

/// The event's name in any letter case, with blanks or punctuation around its words.
fn near(contract: &Contract) -> String {
    let mut words = String::new();
    for letter in contract.event_name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push_str("[^a-z]{0,3}");
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// The key of the step; a plain event has none.
fn step_key(contract: &Contract) -> Option<&'static str> {
    let step = contract.attributes.iter().find(|attribute| matches!(attribute.origin, Origin::Step));
    step.map(|attribute| attribute.key)
}

/// The same key as somebody else would write it.
fn spellings(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter.to_ascii_lowercase());
        }
    }
    let mut pascal = String::new();
    for word in &words {
        let (head, tail) = word.split_at(word.len().min(1));
        pascal += &(head.to_ascii_uppercase() + tail);
    }
    let mut all = vec![key.to_owned(), words.concat(), pascal];
    all.extend(["_", ".", "-"].map(|joint| words.join(joint)));
    all
}

/// The attributes of a place, whether it is a record, a scope or a resource.
fn attributes(contract: &Contract, place: &str) -> Vec<Line> {
    let (own, near) = (key(contract), near(contract));
    let all = format!("{place}.attributes");
    let path = format!("{all}[\"{own}\"]");
    let twice = own.replace('.', "[.]");
    let word = "[^A-Za-z0-9._-]";
    let mut lines = Vec::new();
    if let Some(step) = step_key(contract) {
        let steps = spellings(step).into_iter().map(|key| format!("{all}[\"{key}\"] != nil"));
        lines.push(Line::new("a step, however its key is spelled", steps.collect::<Vec<_>>().join(" or ")));
    }
    lines.extend([
        Line {
            comment: "the type or nearly, as another type than text, or a second time".to_owned(),
            text: vec![
                format!(
                    "{path} != nil and (not IsString({path}) or IsMatch({path}, \"(?i)^[^a-z]*{near}[^a-z]*$\")"
                ),
                format!("or IsMatch(Keys({all}), \"{word}{twice}{word}.*{word}{twice}{word}\"))"),
            ],
        },
        Line::new(
            "the event name of older SDKs",
            format!(
                "{all}[\"event.name\"] != nil and IsString({all}[\"event.name\"]) and IsMatch({all}[\"event.name\"], \"(?i)^[^a-z]*{near}[^a-z]*$\")"
            ),
        ),
    ]);
    // `newrelic: {event: {type: …}}` is the same key to whoever flattens it.
    let parents: Vec<_> = own.match_indices('.').map(|(at, _)| own.split_at(at).0).collect();
    let nested = parents.iter().map(|key| format!("IsMap({all}[\"{key}\"])"));
    lines.push(Line::new("the type as a nested map", nested.collect::<Vec<_>>().join(" or ")));
    lines
}

/// Of a resource or a scope.
pub(super) fn of_place(contracts: &[&Contract], place: &str) -> Vec<Line> {
    each_once(contracts, |contract| attributes(contract, place))
}

/// Of a record, its scope and resource left aside.
pub(super) fn of_record(contracts: &[&Contract]) -> Vec<Line> {
    each_once(contracts, of_one_record)
}

/// The lines of all contracts. Funnels share the key of the step.
fn each_once(contracts: &[&Contract], lines: impl Fn(&Contract) -> Vec<Line>) -> Vec<Line> {
    let mut all: Vec<Line> = Vec::new();
    for line in contracts.iter().flat_map(|contract| lines(contract)) {
        if !all.iter().any(|known| known.text == line.text) {
            all.push(line);
        }
    }
    all
}

fn of_one_record(contract: &Contract) -> Vec<Line> {
    let event = near(contract);
    // In a body the step is a mark too.
    let step = step_key(contract).and_then(|key| spellings(key).into_iter().nth(1));
    let words = [Some(event.clone()), step].into_iter().flatten().collect::<Vec<_>>().join("|");
    let mut lines = vec![
        Line::new("the event name", format!("log.event_name == \"{}\"", contract.event_name)),
        Line::new(
            "nearly the event name",
            format!("log.event_name != \"\" and IsMatch(log.event_name, \"(?i)^[^a-z]*{event}[^a-z]*$\")"),
        ),
    ];
    lines.extend(attributes(contract, "log"));
    lines.push(Line::new(
        "a body that is a map and names the event or a step",
        format!("IsMap(log.body) and IsMatch(ToKeyValueString(log.body), \"(?i){words}\")"),
    ));
    lines.push(Line::new(
        "a body that is JSON as text and names the event or a step",
        format!("IsString(log.body) and IsMatch(log.body, \"(?is)^[^a-z]*[[{{].*(?:{words})\")"),
    ));
    lines
}

/// The condition of a record without any mark, when resource and scope already have none but the one constant.
pub(super) fn none(contracts: &[&Contract]) -> Line {
    let mut text = vec!["not (".to_owned()];
    let own = contracts.first().map_or("", |contract| key(contract));
    let mut any: Vec<Vec<String>> = of_record(contracts).into_iter().map(|line| line.text).collect();
    let places = ["resource", "scope"].map(|place| vec![format!("{place}.attributes[\"{own}\"] != nil")]);
    any.splice(1..1, places);
    for (at, mut lines) in any.into_iter().enumerate() {
        let joint = if at == 0 { "" } else { "or " };
        if let Some(first) = lines.first_mut() {
            *first = format!("{joint}({first}");
        }
        if let Some(last) = lines.last_mut() {
            last.push(')');
        }
        text.extend(lines);
    }
    text.push(")".to_owned());
    Line { comment: "has none of the marks of filter/drop_funnel".to_owned(), text }
}

/// Any mark of a resource or a scope, as one condition.
pub(super) fn any_of_place(contract: &Contract, place: &str) -> Vec<String> {
    let mut text = Vec::new();
    for (at, line) in attributes(contract, place).into_iter().enumerate() {
        let joint = if at == 0 { "" } else { "or " };
        let last = line.text.len() - 1;
        for (number, part) in line.text.into_iter().enumerate() {
            let open = if number == 0 { format!("{joint}(") } else { String::new() };
            let close = if number == last { ")" } else { "" };
            text.push(format!("{open}{part}{close}"));
        }
    }
    text
}
