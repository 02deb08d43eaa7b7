//! What a rule of the contract looks like in the collector's conditions.

use crate::contract::{
    Attribute, Contract, Forbidden, NOT_IN_A_NAME, NOT_IN_A_SLUG, NOT_IN_A_VERSION, OPAQUE_VERSIONS, Origin,
    ResourceAttribute, Rule, SLUG_MAX, plain_pattern,
};
use crate::vocabulary::Vocabularies;

pub(super) fn path(key: &str) -> String {
    format!("log.attributes[\"{key}\"]")
}

pub(super) fn step_path(contract: &Contract) -> String {
    let step = contract.attributes.iter().find(|attribute| matches!(attribute.origin, Origin::Step));
    path(step.map_or("", |attribute| attribute.key))
}

/// Whether each record of this crate carries it, whatever its configuration.
pub(super) fn required(attribute: &Attribute) -> bool {
    matches!(attribute.origin, Origin::Contract | Origin::Step | Origin::CallerOrGenerated)
}

/// How a value can break its rule.
pub(super) enum Broken {
    /// By being anything but this.
    Const(&'static str),
    /// By not being a boolean.
    Bool,
    /// By not being text of a shape. Most values are `plain`, a narrower shape in which nothing forbidden fits, and
    /// one cheap pattern is enough for them. Where `plain` is the whole rule, `open` is none.
    Text { plain: String, open: Option<(String, String)> },
}

pub(super) fn shape(attribute: &Attribute, at: usize, vocabularies: &Vocabularies) -> Broken {
    match (attribute.rule, vocabularies.words(at)) {
        (Rule::Slug, Some(words)) => {
            Broken::Text { plain: one_of(words.iter().map(AsRef::as_ref)), open: None }
        }
        (rule, _) => shape_of(&rule),
    }
}

pub(super) fn shape_of(rule: &Rule) -> Broken {
    let (plain, open) = match rule {
        Rule::Const(constant) => return Broken::Const(constant),
        Rule::Bool => return Broken::Bool,
        Rule::OneOf(texts) => (one_of(texts.iter().copied()), None),
        Rule::Slug => {
            let open = format!("[a-z][a-z0-9_-]{{0,{}}}", SLUG_MAX - 1);
            (plain_pattern(), Some((open, any_of(NOT_IN_A_SLUG))))
        }
        Rule::Name { max } => {
            let open = format!("[A-Za-z0-9_.-]{{1,{max}}}");
            (plain_pattern(), Some((open, any_of(NOT_IN_A_NAME))))
        }
        Rule::Version { max } => {
            let open = format!("[A-Za-z0-9.+_-]{{1,{max}}}");
            ("[0-9]{1,6}(?:[.][0-9]{1,6}){0,3}".to_owned(), Some((open, any_of(NOT_IN_A_VERSION))))
        }
        Rule::UuidOrName { max } => {
            let open = format!("[A-Za-z0-9_.-]{{1,{max}}}");
            (uuid(OPAQUE_VERSIONS), Some((open, any_of(NOT_IN_A_NAME))))
        }
        Rule::Hex { min, max, .. } => {
            let digits = if min == max { min.to_string() } else { format!("{min},{max}") };
            (format!("[0-9a-f]{{{digits}}}"), None)
        }
        Rule::Uuid { versions } => (uuid(versions), None),
    };
    Broken::Text { plain, open }
}

fn uuid(versions: &[u8]) -> String {
    let versions: String = versions.iter().map(u8::to_string).collect();
    let hex = "[0-9a-fA-F]";
    format!("{hex}{{8}}-{hex}{{4}}-[{versions}]{hex}{{3}}-[89abAB]{hex}{{3}}-{hex}{{12}}")
}

fn any_of(forbidden: &[Forbidden]) -> String {
    forbidden.iter().map(|one| (one.pattern)()).collect::<Vec<_>>().join("|")
}

/// The condition under which an attribute stands on a step where it may not occur; none if it may on each.
pub(super) fn off_step(contract: &Contract, attribute: &Attribute, step: &str) -> Option<String> {
    let other = |(at, _): &(usize, _)| !attribute.steps.contains(*at);
    let own = contract.steps.iter().enumerate().filter(|one| !other(one));
    let own: Vec<_> = own.map(|(_, info)| format!("{step} != \"{}\"", info.name)).collect();
    (own.len() < contract.steps.len()).then(|| own.join(" and "))
}

/// The condition under which an attribute of a record is missing or breaks its rule.
pub(super) fn broken(attribute: &Attribute, at: usize, vocabularies: &Vocabularies) -> String {
    let path = path(attribute.key);
    // Stronger than their shape, which a card number has too: they repeat the record's own context.
    match attribute.origin {
        Origin::TraceId => return format!("{path} != log.trace_id.string"),
        Origin::SpanId => return format!("{path} != log.span_id.string"),
        _ => {}
    }
    match shape(attribute, at, vocabularies) {
        Broken::Const(constant) => format!("{path} != \"{constant}\""),
        Broken::Bool => format!("not IsBool({path})"),
        Broken::Text { plain, open: Some((shape, forbidden)) } => {
            open_text(&path, &plain, &shape, &forbidden)
        }
        Broken::Text { plain, open: None } => {
            let letter = matches!(attribute.rule, Rule::Hex { letter: true, .. });
            let letter =
                if letter { format!(" or not IsMatch({path}, \"^[0-9]*[a-f]\")") } else { String::new() };
            text(&path, &plain) + &letter
        }
    }
}

/// The condition under which an attribute of the resource breaks its rule.
pub(super) fn broken_resource(attribute: &ResourceAttribute) -> String {
    let path = format!("resource.attributes[\"{}\"]", attribute.key);
    match shape_of(&attribute.rule) {
        Broken::Const(constant) => format!("{path} != \"{constant}\""),
        Broken::Bool => format!("not IsBool({path})"),
        Broken::Text { plain, open: Some((shape, forbidden)) } => {
            open_text(&path, &plain, &shape, &forbidden)
        }
        Broken::Text { plain, open: None } => text(&path, &plain),
    }
}

/// Broken when it is no text of this shape.
fn text(path: &str, shape: &str) -> String {
    format!("not IsString({path}) or not IsMatch({path}, \"^{shape}$\")")
}

/// Broken when it is no text of this shape or holds what is forbidden.
fn open_text(path: &str, plain: &str, shape: &str, forbidden: &str) -> String {
    let plain = text(path, plain);
    format!("{plain} and (not IsMatch({path}, \"^{shape}$\") or IsMatch({path}, \"{forbidden}\"))")
}

fn one_of<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    format!("(?:{})", texts.collect::<Vec<_>>().join("|"))
}
