//! The format of contract files as a JSON Schema, for editors.

use instant_funnel_core::contract::{MAX_ATTRIBUTES, fixed};

use super::KEYS;
use super::attribute::{ATTRIBUTE_KEYS, SUPPLIERS};
use super::kpi::{KPI_KEYS, KPI_STEP_KEYS};
use super::rule::{PSEUDONYMS, UUID_VERSIONS, WORDS};
use super::steps::{PLACEABLE, PLACEMENT_KEYS, PRIORITIES, STEP_KEYS, STEPS_MAX};
use crate::json::Json;
use crate::model::{ContractFile, Target};

/// A slug as editors check it; the reader also refuses what looks like a number or a credential.
const SLUG: &str = "^[a-z][a-z0-9_-]{0,31}$";

impl ContractFile {
    /// The JSON Schema of the file format, with which editors complete and check contract files.
    ///
    /// It knows what stands where. What depends on the rest of the file, such as the steps that `on` names, only
    /// [`parse`](Self::parse) knows.
    ///
    /// ```
    /// use funnel_contract::ContractFile;
    ///
    /// assert!(ContractFile::format_schema().contains("\"one_of\""));
    /// ```
    #[must_use]
    pub fn format_schema() -> String {
        Json::object([
            ("$schema", Json::text("https://json-schema.org/draft/2020-12/schema")),
            ("title", Json::text("Contract file")),
            (
                "description",
                Json::text("One contract: docs/contracts.md. Printed by `funnel contract schema`."),
            ),
            ("type", Json::text("object")),
            ("properties", Json::object(KEYS.map(|key| (key, top(key))))),
            ("required", Json::texts(["event", "version", "counter"])),
            ("additionalProperties", Json::plain(false)),
            ("$defs", Json::object([("steps", step_names()), ("rule", rule()), ("words", words())])),
        ])
        .file()
    }
}

fn text(description: &str) -> Json {
    Json::object([("description", Json::text(description)), ("type", Json::text("string"))])
}

fn patterned(description: &str, pattern: &str) -> Json {
    text(description).with("pattern", Json::text(pattern))
}

fn one_of(description: &str, words: &[&str]) -> Json {
    Json::object([("description", Json::text(description)), ("enum", Json::texts(words.iter().copied()))])
}

fn shared(name: &str) -> Json {
    Json::object([("$ref", Json::text(format!("#/$defs/{name}")))])
}

/// A table of the given keys and no others.
fn table<'k>(description: &str, keys: impl IntoIterator<Item = (&'k str, Json)>, required: &[&str]) -> Json {
    let table = Json::object([
        ("description", Json::text(description)),
        ("type", Json::text("object")),
        ("properties", Json::object(keys)),
        ("additionalProperties", Json::plain(false)),
    ]);
    if required.is_empty() { table } else { table.with("required", Json::texts(required.iter().copied())) }
}

/// A table whose keys the author chooses.
fn named(description: &str, names: Json, each: Json) -> Json {
    Json::object([
        ("description", Json::text(description)),
        ("type", Json::text("object")),
        ("propertyNames", names),
        ("additionalProperties", each),
    ])
}

fn list(description: &str, items: Json, min: usize) -> Json {
    Json::object([
        ("description", Json::text(description)),
        ("type", Json::text("array")),
        ("items", items),
        ("minItems", Json::plain(min)),
    ])
}

fn top(key: &str) -> Json {
    match key {
        "event" => {
            let what = "The event's name, the New Relic event type and the body.";
            patterned(what, "^[A-Z][A-Za-z0-9]{0,63}$")
        }
        "version" => Json::object([
            (
                "description",
                Json::text("Raise it when a record that the previous version allowed would no longer pass."),
            ),
            ("type", Json::text("integer")),
            ("minimum", Json::plain(1)),
        ]),
        "counter" => patterned("The Prometheus counter, labelled `step`.", "^[a-z][a-z0-9_]{0,121}_total$"),
        "brief" => text("The event in a sentence."),
        "steps" => list("The steps in funnel order; left out for a plain event.", step(), 1)
            .with("maxItems", Json::plain(STEPS_MAX)),
        "attribute" => attributes(),
        "fixed" => table(
            "The steps of fixed keys that do not occur on every one.",
            PLACEABLE.map(|key| (key, table("Where it occurs.", PLACEMENT_KEYS.map(place), &["on"]))),
            &[],
        ),
        "kpi" => named("What is measured.", Json::object([("pattern", Json::text(SLUG))]), kpi()),
        _ => table(
            "The targets to generate, and their paths relative to the folder of this file.",
            Target::ALL.map(|target| (target.as_str(), patterned(target.brief(), "^[^/\\\\][^\\\\]*$"))),
            &[],
        ),
    }
}

fn step() -> Json {
    let keys = STEP_KEYS.map(|key| {
        let schema = match key {
            "name" => patterned("The value of `funnelStep`.", SLUG),
            "priority" => {
                one_of("`critical`: still accepted when there is no room for normal events.", &PRIORITIES)
            }
            "brief" => text("What happened, in a sentence."),
            "doc" => text("More, for the documentation of the typed event."),
            _ => list("The keys without which the typed event cannot be made.", text("A key."), 0),
        };
        (key, schema)
    });
    let both = vec![patterned("The step's name.", SLUG), table("The step.", keys, &["name"])];
    Json::object([("anyOf", Json::List(both))])
}

fn step_names() -> Json {
    list("The steps on which it may occur; every one when left out.", text("A step."), 1)
        .with("uniqueItems", Json::plain(true))
}

fn place(key: &str) -> (&str, Json) {
    (key, if key == "on" { shared("steps") } else { text("When it is present, for the documentation.") })
}

fn attributes() -> Json {
    let keys = ATTRIBUTE_KEYS.map(|key| {
        let schema = match key {
            "rule" => shared("rule"),
            "supplier" => one_of("Who supplies the value; `caller` if omitted.", &SUPPLIERS),
            "brief" => text("What it means."),
            other => place(other).1,
        };
        (key, schema)
    });
    let fixed = Json::object([("enum", Json::texts(fixed::ALL.map(|one| one.key)))]);
    let names = Json::object([("pattern", Json::text("^[a-z][A-Za-z0-9_]{0,63}$")), ("not", fixed)]);
    named("The contract's own attributes.", names, table("An attribute.", keys, &["rule"]))
        .with("maxProperties", Json::plain(MAX_ATTRIBUTES - fixed::ALL.len()))
}

fn words() -> Json {
    list("The words that a value may be.", patterned("A word.", SLUG), 1)
        .with("uniqueItems", Json::plain(true))
}

fn rule() -> Json {
    let bounds = |kind: &str| {
        list("The least and the greatest value.", Json::object([("type", Json::text(kind))]), 2)
            .with("maxItems", Json::plain(2))
    };
    let version = Json::object([("enum", Json::List(UUID_VERSIONS.map(Json::plain).to_vec()))]);
    let only = |what: &str, key, schema| table(what, [(key, schema)], &[key]);
    let rules = vec![
        one_of("A rule that is one word.", &WORDS),
        only("Always this text.", "const", patterned("The text.", "^[A-Za-z0-9_.-]{1,64}$")),
        only("One of these words; an enum in code.", "one_of", shared("words")),
        only("A slug of a closed list.", "slug", only("The list.", "closed_to", shared("words"))),
        only(
            "A UUID of some versions.",
            "uuid",
            only("The versions.", "versions", list("The versions.", version, 1)),
        ),
        only("An integer between bounds.", "integer", bounds("integer")),
        only("A finite number between bounds.", "number", bounds("number")),
        only("A pseudonym of a type of the library.", "pseudonym", one_of("Of what.", &PSEUDONYMS)),
    ];
    Json::object([
        ("description", Json::text("What a value must be. There is no rule for free text.")),
        ("anyOf", Json::List(rules)),
    ])
}

fn kpi() -> Json {
    let place = |what| {
        let keys = KPI_STEP_KEYS.map(|key| {
            let schema = match key {
                "step" => patterned("A step of this contract.", SLUG),
                "where" => {
                    let value = Json::object([("type", Json::texts(["string", "boolean"]))]);
                    named(
                        "Only events with these values.",
                        Json::object([("type", Json::text("string"))]),
                        value,
                    )
                }
                _ => patterned(
                    "How long after the beginning of the journey it counts.",
                    "^[1-9][0-9]{0,4} (?:second|minute|hour|day|week)s?$",
                ),
            };
            (key, schema)
        });
        table(what, keys, &["step"])
    };
    let keys = KPI_KEYS.map(|key| {
        let schema = match key {
            "from" => place("Of the journeys that took this step."),
            "to" => place("The share that took this step."),
            "target" => Json::object([
                ("description", Json::text("The share that is aimed at.")),
                ("type", Json::text("number")),
                ("minimum", Json::plain(0)),
                ("maximum", Json::plain(1)),
            ]),
            _ => text("What it means."),
        };
        (key, schema)
    });
    table("A KPI.", keys, &["from", "to"])
}
