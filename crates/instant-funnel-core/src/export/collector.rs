//! The second gate: the contract as processors of the OpenTelemetry Collector.
//!
//! Text for `otel-collector.yaml`, two spaces deep, to stand between [`BEGIN`] and [`END`]: two filters that are exact
//! negations of each other and part funnel events from everything else, what is kept of resource and scope, what is
//! kept of a record, and a filter that drops what the crate could not have made.
//!
//! A list of conditions recognises a record that is already correct and passes it; for any other one a new set of
//! attributes is made of what keeps the contract. What has no valid type, step or id loses its event name, by which the
//! last filter drops it.
//!
//! Every pattern stands behind a type check. The collector's `IsMatch` turns numbers, bytes and maps into text and
//! matches that, and on a NaN it is an error, which would make the record one that its sender repeats for ever. Nothing
//! walks into nested values before they are gone: a sender decides how deep and how wide they are.

mod broken;
mod kept;
mod marks;
mod shape;

use std::fmt::Write;

use self::shape::{Line, path};
use crate::contract::Contract;
use crate::vocabulary::Vocabularies;

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
    let _ = write_processors(&mut out, &[(contract, vocabularies)]);
    out
}

/// [`collector_allowlist`] for several contracts, whose events share the road through the collector. Of one contract it
/// is the same text.
///
/// Each record is held to the contract that its type names. What has a mark of a funnel event and names none of them, or
/// one that is not also the event's name, is dropped.
///
/// ```
/// use instant_funnel_core::contract::CONTRACT;
/// use instant_funnel_core::export::{collector_allowlist, collector_allowlists};
/// use instant_funnel_core::Vocabularies;
///
/// let open = Vocabularies::default();
/// assert_eq!(collector_allowlists(&[(&CONTRACT, &open)]), collector_allowlist(&CONTRACT, &open));
/// ```
#[must_use]
pub fn collector_allowlists(contracts: &[(&Contract, &Vocabularies)]) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write_processors(&mut out, contracts);
    out
}

fn write_processors(out: &mut String, all: &[(&Contract, &Vocabularies)]) -> Result<(), std::fmt::Error> {
    let contracts: Vec<&Contract> = all.iter().map(|(contract, _)| *contract).collect();
    head(out, "transform/funnel_place", "log_statements")?;
    group(out, "resource", &[], &kept::resource(&contracts))?;
    group(out, "scope", &[], &kept::scope(&contracts))?;

    head(out, "filter/keep_funnel", "log_conditions")?;
    writeln!(out, "      - context: log\n        conditions:")?;
    list(out, &[marks::none(&contracts)])?;
    head(out, "filter/drop_funnel", "log_conditions")?;
    for (context, any) in [
        ("resource", marks::of_place(&contracts, "resource")),
        ("scope", marks::of_place(&contracts, "scope")),
        ("log", marks::of_record(&contracts)),
    ] {
        writeln!(out, "      - context: {context}\n        conditions:")?;
        list(out, &any)?;
    }

    head(out, "transform/funnel_allowlist", "log_statements")?;
    let mark = contracts.first().map_or("", |contract| marks::key(contract));
    for place in ["resource", "scope"] {
        let forget = Line::new("", format!("delete_key({place}.attributes, \"{mark}\")"));
        group(out, place, &[], &[forget])?;
    }
    for (contract, vocabularies) in all {
        let mut conditions = broken::record(contract, vocabularies);
        if all.len() > 1 {
            conditions = conditions.into_iter().map(|line| of_type(contract, line)).collect();
        }
        group(out, "log", &conditions, &kept::record(contract, vocabularies))?;
    }
    let rebuild = Line::new(
        "builds the few flat attributes anew: `key_strindex` of a key has no path, and stays behind",
        "flatten(log.attributes)",
    );
    group(out, "log", &[], &[rebuild])?;

    head(out, "filter/funnel_required", "log_conditions")?;
    writeln!(out, "      - context: log\n        conditions:")?;
    let last = match contracts.as_slice() {
        [contract] => format!("log.event_name != \"{}\"", contract.event_name),
        many => {
            let each = many.iter().map(|contract| {
                format!("log.event_name == \"{}\" and {}", contract.event_name, has_type(contract))
            });
            format!("not ({})", each.collect::<Vec<_>>().join(" or "))
        }
    };
    list(out, &[Line::new("", last)])
}

fn has_type(contract: &Contract) -> String {
    format!("{} == \"{}\"", path(marks::key(contract)), contract.event_name)
}

/// The condition, of records of this contract alone.
fn of_type(contract: &Contract, mut line: Line) -> Line {
    if let Some(first) = line.text.first_mut() {
        *first = format!("{} and ({first}", has_type(contract));
    }
    if let Some(last) = line.text.last_mut() {
        last.push(')');
    }
    line
}

fn head(out: &mut String, name: &str, what: &str) -> Result<(), std::fmt::Error> {
    writeln!(out, "  {name}:\n    error_mode: propagate\n    {what}:")
}

fn group(
    out: &mut String,
    context: &str,
    conditions: &[Line],
    statements: &[Line],
) -> Result<(), std::fmt::Error> {
    writeln!(out, "      - context: {context}")?;
    if !conditions.is_empty() {
        writeln!(out, "        conditions:")?;
        list(out, conditions)?;
    }
    writeln!(out, "        statements:")?;
    list(out, statements)
}

fn list(out: &mut String, lines: &[Line]) -> Result<(), std::fmt::Error> {
    for line in lines {
        if !line.comment.is_empty() {
            writeln!(out, "          # {}", line.comment)?;
        }
        match line.text.as_slice() {
            // No pattern of ours holds a single quote.
            [one] => writeln!(out, "          - '{one}'")?,
            many => {
                writeln!(out, "          - >-")?;
                many.iter().try_for_each(|text| writeln!(out, "            {text}"))?;
            }
        }
    }
    Ok(())
}
