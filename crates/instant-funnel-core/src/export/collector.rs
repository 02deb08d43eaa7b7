//! The second gate: the contract as processors of the OpenTelemetry Collector.
//!
//! Text for `otel-collector.yaml`, two spaces deep, to stand between [`BEGIN`] and [`END`]: two filters that are exact
//! negations of each other and part funnel events from everything else, what is kept of resource and scope, what is
//! kept of a record, and a filter that drops what the crate could not have made.
//!
//! A record that is already as it should be is told by a list of conditions and passes; of any other one a new set of
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

use self::shape::Line;
use crate::contract::Contract;
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
    head(out, "transform/funnel_place", "log_statements")?;
    group(out, "resource", &[], &kept::resource(contract))?;
    group(out, "scope", &[], &kept::scope(contract))?;

    head(out, "filter/keep_funnel", "log_conditions")?;
    writeln!(out, "      - context: log\n        conditions:")?;
    list(out, &[marks::none(contract)])?;
    head(out, "filter/drop_funnel", "log_conditions")?;
    for (context, any) in [
        ("resource", marks::of_place(contract, "resource")),
        ("scope", marks::of_place(contract, "scope")),
        ("log", marks::of_record(contract)),
    ] {
        writeln!(out, "      - context: {context}\n        conditions:")?;
        list(out, &any)?;
    }

    head(out, "transform/funnel_allowlist", "log_statements")?;
    let mark = marks::key(contract);
    for place in ["resource", "scope"] {
        let forget = Line::new("", format!("delete_key({place}.attributes, \"{mark}\")"));
        group(out, place, &[], &[forget])?;
    }
    group(out, "log", &broken::record(contract, vocabularies), &kept::record(contract, vocabularies))?;
    let rebuild = Line::new(
        "builds the few flat attributes anew: `key_strindex` of a key has no path, and stays behind",
        "flatten(log.attributes)",
    );
    group(out, "log", &[], &[rebuild])?;

    head(out, "filter/funnel_required", "log_conditions")?;
    writeln!(out, "      - context: log\n        conditions:")?;
    list(out, &[Line::new("", format!("log.event_name != \"{}\"", contract.event_name))])
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
