//! The second gate: the contract as processors of the OpenTelemetry Collector.
//!
//! Text for `otel-collector.yaml`, two spaces deep, to stand between [`BEGIN`] and [`END`]. Four processors: two filters
//! that are exact negations of each other and part funnel events from everything else, the allowlist, and a filter that
//! drops what the crate could not have made.
//!
//! A record that is already as it should be is told by one condition and passes; the others are repaired.
//! What cannot be repaired loses its event name, by which the last filter drops it.
//!
//! Every pattern stands behind a type check. The collector's `IsMatch` turns numbers, bytes and maps into text and
//! matches that, and on a NaN it is an error, which would make the record one that its sender repeats for ever.

mod clean;
mod shape;

use self::shape::{broken, broken_resource, off_step, required, step_path};
use crate::contract::{Contract, Origin, RESOURCE};
use crate::vocabulary::Vocabularies;
use std::fmt::Write;

/// The line that opens the generated block.
pub const BEGIN: &str =
    "  # >>> allowlist: generated from the contract by `collector_allowlist`; do not edit by hand";
/// The line that closes it.
pub const END: &str = "  # <<< allowlist";

/// The processors that hold a collector to `contract`, with the slugs that `vocabularies` closes as enumerations.
///
/// A record is dropped whole when an attribute is missing or invalid that every record of this crate carries whatever
/// its configuration: the contract's constant, the step, and the id that the crate generates where the caller has none.
#[must_use]
pub fn collector_allowlist(contract: &Contract, vocabularies: &Vocabularies) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write_processors(&mut out, contract, vocabularies);
    out
}

fn write_processors(
    out: &mut String,
    contract: &Contract,
    vocabularies: &Vocabularies,
) -> Result<(), std::fmt::Error> {
    let marks = marks(contract);
    filter(out, "keep_funnel", &[format!("not ({marks})")])?;
    filter(out, "drop_funnel", &[format!("({marks})")])?;

    writeln!(out, "  transform/funnel_allowlist:")?;
    writeln!(out, "    error_mode: propagate")?;
    writeln!(out, "    log_statements:")?;
    statements(out, "resource", &[], resource_statements())?;
    statements(out, "scope", &[], scope_statements())?;
    let dirty = clean::dirty(contract, vocabularies);
    statements(out, "log", &dirty, log_statements(contract, vocabularies))?;
    filter(out, "funnel_required", &[format!("log.event_name != \"{}\"", contract.event_name)])
}

fn filter(out: &mut String, name: &str, conditions: &[String]) -> Result<(), std::fmt::Error> {
    writeln!(out, "  filter/{name}:")?;
    writeln!(out, "    error_mode: propagate")?;
    writeln!(out, "    logs:")?;
    writeln!(out, "      log_record:")?;
    conditions.iter().try_for_each(|condition| writeln!(out, "        - {condition}"))
}

fn statements(
    out: &mut String,
    context: &str,
    condition: &[String],
    lines: Vec<String>,
) -> Result<(), std::fmt::Error> {
    writeln!(out, "      - context: {context}")?;
    if !condition.is_empty() {
        writeln!(out, "        conditions:")?;
        writeln!(out, "          - >-")?;
        condition.iter().try_for_each(|line| writeln!(out, "            {line}"))?;
    }
    writeln!(out, "        statements:")?;
    lines.into_iter().try_for_each(|line| writeln!(out, "          - {line}"))
}

/// Any one of these makes a record a funnel event: some hops lose the event name, some senders set one attribute only.
fn marks(contract: &Contract) -> String {
    let event = contract.event_name;
    let mut any = vec![format!("log.event_name == \"{event}\"")];
    for attribute in contract.attributes {
        let key = attribute.key;
        match attribute.origin {
            Origin::Contract => {
                for place in ["log", "scope", "resource"] {
                    any.push(format!("{place}.attributes[\"{key}\"] == \"{event}\""));
                }
                any.push(format!("(IsMap(log.body) and log.body[\"{key}\"] == \"{event}\")"));
            }
            Origin::Step => any.push(format!("log.attributes[\"{key}\"] != nil")),
            _ => {}
        }
    }
    any.join(" or ")
}

fn resource_statements() -> Vec<String> {
    // `flatten` opens nested maps and lists and leaves the last of several equal keys.
    let mut lines =
        vec!["flatten(resource.attributes)".to_owned(), keep("resource", RESOURCE.iter().map(|one| one.key))];
    lines.extend(RESOURCE.iter().map(|one| delete("resource", one.key, &broken_resource(one))));
    lines.push("set(resource.dropped_attributes_count, 0)".to_owned());
    lines.push("set(resource.schema_url, \"\")".to_owned());
    lines
}

fn scope_statements() -> Vec<String> {
    [
        "delete_matching_keys(scope.attributes, \".*\")",
        "set(scope.name, \"instant-funnel\")",
        "set(scope.version, \"\")",
        "set(scope.dropped_attributes_count, 0)",
        "set(scope.schema_url, \"\")",
    ]
    .map(str::to_owned)
    .into()
}

fn log_statements(contract: &Contract, vocabularies: &Vocabularies) -> Vec<String> {
    let event = contract.event_name;
    let mut lines = vec![
        "flatten(log.attributes)".to_owned(),
        keep("log", contract.attributes.iter().map(|attribute| attribute.key)),
    ];
    let step = step_path(contract);
    for (at, attribute) in contract.attributes.iter().enumerate().filter(|(_, one)| !required(one)) {
        lines.push(delete("log", attribute.key, &broken(attribute, at, vocabularies)));
        if let Some(condition) = off_step(contract, attribute, &step) {
            lines.push(delete("log", attribute.key, &condition));
        }
    }
    lines.push(format!("set(log.event_name, \"{event}\")"));
    for (at, attribute) in contract.attributes.iter().enumerate().filter(|(_, one)| required(one)) {
        lines.push(format!("set(log.event_name, \"\") where {}", broken(attribute, at, vocabularies)));
    }
    lines.push(format!("set(log.body, \"{event}\")"));
    lines.push("set(log.severity_number, SEVERITY_NUMBER_INFO)".to_owned());
    lines.push("set(log.severity_text, \"INFO\")".to_owned());
    lines.push("set(log.dropped_attributes_count, 0)".to_owned());
    // The eight W3C flags; the rest of the field is room for four bytes of anything.
    lines.push("set(log.flags, 0) where log.flags > 255".to_owned());
    // Without a time New Relic takes the time of receipt, which a queue can put off by hours.
    lines.push(
        "set(log.time_unix_nano, log.observed_time_unix_nano) where log.time_unix_nano == 0".to_owned(),
    );
    lines
}

fn keep<'k>(place: &str, keys: impl Iterator<Item = &'k str>) -> String {
    let keys: Vec<_> = keys.map(|key| format!("\"{key}\"")).collect();
    format!("keep_keys({place}.attributes, [{}])", keys.join(", "))
}

fn delete(place: &str, key: &str, condition: &str) -> String {
    // Not guarded by `!= nil`: that is also true of a key that is there with an empty value.
    format!("delete_key({place}.attributes, \"{key}\") where {condition}")
}
