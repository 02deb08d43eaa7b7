//! The table of the keys and their rules.

use instant_funnel_core::contract::{Attribute, Origin, Rule, StepSet};
use instant_funnel_core::export::{listed_texts, portable_pattern};

use super::events::field;
use crate::json::quoted as literal;
use crate::make::json_schema::step_key;
use crate::make::language::{is_given, pieces};
use crate::make::text::Lines;
use crate::model::ContractFile;

/// The longest piece of a string on a line.
const WIDTH: usize = 72;

pub(super) fn write(out: &mut Lines, file: &ContractFile) {
    let contract = file.table();
    out.line("");
    out.line("");
    out.block("_CREDENTIALS = (", ")", |out| {
        pieces(&credentials(), WIDTH).iter().for_each(|piece| out.line(literal(piece)));
    });
    let rules = contract.attributes.iter().map(|one| one.rule);
    if rules.clone().any(|rule| matches!(rule, Rule::Slug | Rule::SlugOf(_))) {
        shared(out, "_slug", "slug", &Rule::Slug);
    }
    shared(out, "_name", "name", &Rule::Name { max: 64 });
    if rules.clone().any(|rule| matches!(rule, Rule::Version { .. })) {
        shared(out, "_version", "version", &Rule::Version { max: 64 });
    }
    out.block("_CHECKS: dict[str, _Check] = {", "}", |out| {
        contract.attributes.iter().for_each(|one| check(out, one));
    });
    let keys = |wanted: &dyn Fn(&Attribute) -> bool| -> Vec<String> {
        contract.attributes.iter().filter(|one| wanted(one)).map(|one| literal(one.key)).collect()
    };
    out.block("_FROM_CALLER = frozenset(", ")", |out| {
        words(out, "(", &keys(&Attribute::takes_raw), ")");
    });
    out.block("_STEPS: dict[str, tuple[str, ...]] = {", "}", |out| {
        for one in contract.attributes.iter().filter(|one| one.steps != StepSet::ALL) {
            let on = contract.steps.iter().enumerate().filter(|(at, _)| one.steps.contains(*at));
            let on: Vec<_> = on.map(|(_, step)| literal(step.name)).collect();
            words(out, &format!("{}: (", literal(one.key)), &on, "),");
        }
    });
    out.block("_CONSTANTS = {", "}", |out| {
        for one in contract.attributes.iter().filter(|one| matches!(one.origin, Origin::Contract)) {
            out.line(format!("{}: {},", literal(one.key), literal(&one.rule.to_string())));
        }
    });
    if let Some(key) = step_key(contract) {
        out.line(format!("_STEP_KEY = {}", literal(key)));
    } else {
        out.line("_STEP_KEY = \"\"");
    }
    out.block("_FIELDS = {", "}", |out| {
        for one in file.attributes.iter().filter(|one| is_given(one)) {
            out.line(format!("{}: {},", literal(&field(one)), literal(&one.key)));
        }
        ["actor", "cohort", "env"].iter().for_each(|key| out.line(format!("\"{key}\": \"{key}\",")));
    });
}

/// What no text may hold, by far the longest pattern; names, slugs and versions share it.
fn credentials() -> String {
    let name = portable_pattern(&Rule::Name { max: 64 });
    name.and_then(|name| name.refused.into_iter().max_by_key(String::len)).unwrap_or_default()
}

fn shared(out: &mut Lines, name: &str, broken: &str, rule: &Rule) {
    out.block(format!("{name} = _pattern("), ")", |out| pattern(out, broken, rule));
}

fn pattern(out: &mut Lines, broken: &str, rule: &Rule) {
    let Some(pattern) = portable_pattern(rule) else { return };
    out.line(format!("{},", literal(broken)));
    let credentials = credentials();
    for one in std::iter::once(&pattern.whole).chain(&pattern.refused) {
        if *one == credentials {
            out.line("_CREDENTIALS,");
            continue;
        }
        let mut parts: Vec<_> = pieces(one, WIDTH).iter().map(|piece| literal(piece)).collect();
        if let [single] = parts.as_slice() {
            out.line(format!("{single},"));
        } else {
            parts.insert(0, "(".to_owned());
            parts[1..].iter_mut().for_each(|part| part.insert_str(0, "    "));
            parts.push("),".to_owned());
            parts.iter().for_each(|part| out.line(part));
        }
    }
}

fn check(out: &mut Lines, attribute: &Attribute) {
    let key = literal(attribute.key);
    let literals = |rule: &Rule| -> Vec<String> {
        listed_texts(rule).unwrap_or_default().iter().map(|text| literal(text)).collect()
    };
    match attribute.rule {
        Rule::Slug => out.line(format!("{key}: _slug,")),
        Rule::Name { max: 64 } => out.line(format!("{key}: _name,")),
        Rule::Version { max: 64 } => out.line(format!("{key}: _version,")),
        Rule::SlugOf(_) => {
            let mut all = vec!["_slug".to_owned()];
            all.extend(literals(&attribute.rule));
            words(out, &format!("{key}: _closed("), &all, "),");
        }
        Rule::Bool => out.line(format!("{key}: _boolean,")),
        Rule::Integer { min, max } => out.line(format!("{key}: _integer(\"integer\", {min}, {max}),")),
        Rule::Instant { earliest } => {
            out.line(format!("{key}: _integer(\"instant\", {earliest}, {}),", i64::MAX));
        }
        Rule::Number { min, max } => out.line(format!("{key}: _number({min:?}, {max:?}),")),
        Rule::Const(_) | Rule::OneOf(_) | Rule::Country | Rule::Currency => {
            let broken = match attribute.rule {
                Rule::Const(_) => "const",
                Rule::OneOf(_) => "one_of",
                Rule::Country => "country",
                _ => "currency",
            };
            let mut all = vec![literal(broken)];
            all.extend(literals(&attribute.rule));
            words(out, &format!("{key}: _listed("), &all, "),");
        }
        rule => {
            let broken = match rule {
                Rule::Hex { .. } => "hex",
                Rule::Uuid { .. } => "uuid",
                Rule::Version { .. } => "version",
                _ => "name",
            };
            let texts =
                portable_pattern(&rule).into_iter().flat_map(|one| [vec![one.whole], one.refused].concat());
            let texts: Vec<_> =
                std::iter::once(broken.to_owned()).chain(texts).map(|one| literal(&one)).collect();
            let line = format!("{key}: _pattern({}),", texts.join(", "));
            if line.len() <= 84 {
                return out.line(line);
            }
            out.block(format!("{key}: _pattern("), "),", |out| pattern(out, broken, &rule));
        }
    }
}

/// A list on one line where it fits, else one to a line; a long one as words of a string.
fn words(out: &mut Lines, head: &str, words: &[String], foot: &str) {
    let comma = if words.len() == 1 && !head.contains('_') { "," } else { "" };
    let line = format!("{head}{}{comma}{foot}", words.join(", "));
    if line.len() <= 84 {
        return out.line(line);
    }
    out.block(head, foot, |out| {
        let (few, many) = words.split_at(if words.len() > 20 { 1 } else { words.len() });
        few.iter().for_each(|word| out.line(format!("{word},")));
        if many.is_empty() {
            return;
        }
        let mut rows = vec![String::new()];
        for word in many.iter().map(|word| word.trim_matches('"')) {
            if rows.last().is_some_and(|row| row.len() + word.len() > 66) {
                rows.push(String::new());
            }
            if let Some(row) = rows.last_mut() {
                *row += &format!("{word} ");
            }
        }
        out.block("*(", ").split(),", |out| rows.iter().for_each(|row| out.line(literal(row))));
    });
}
