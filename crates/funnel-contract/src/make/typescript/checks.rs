//! The table of the keys and their rules.

use instant_funnel_core::contract::{Attribute, Origin, StepSet};
use instant_funnel_core::export::PortablePattern;

use crate::json::quoted;
use crate::make::json_schema::step_key;
use crate::make::language::{Checking, checking, pieces, shared};
use crate::make::text::Lines;
use crate::model::ContractFile;

/// The widest line.
const WIDTH: usize = 80;
/// What JavaScript holds exactly.
const SAFE: i64 = 9_007_199_254_740_991;

pub(super) fn write(out: &mut Lines, file: &ContractFile) {
    let contract = file.table();
    for (name, rule) in shared(contract) {
        out.block(format!("\nconst {name} = pattern("), ");", |out| pattern(out, name, &rule));
    }
    out.block("\nconst CHECKS = new Map<string, Check>([", "]);", |out| {
        contract.attributes.iter().for_each(|one| check(out, one));
    });
    let from_caller = contract.attributes.iter().filter(|one| one.takes_raw()).map(|one| quoted(one.key));
    out.line("");
    one_each(out, "const FROM_CALLER = new Set([", &from_caller.collect::<Vec<_>>(), "]);");
    out.block("\nconst STEPS = new Map<string, string[]>([", "]);", |out| {
        for one in contract.attributes.iter().filter(|one| one.steps != StepSet::ALL) {
            let on = contract.steps.iter().enumerate().filter(|(at, _)| one.steps.contains(*at));
            let on: Vec<_> = on.map(|(_, step)| quoted(step.name)).collect();
            out.line(format!("[{}, [{}]],", quoted(one.key), on.join(", ")));
        }
    });
    let constants = contract.attributes.iter().filter(|one| matches!(one.origin, Origin::Contract));
    let constants = constants.map(|one| {
        let bare = one.key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let key = if bare { one.key.to_owned() } else { quoted(one.key) };
        format!("{key}: {}", quoted(&one.rule.to_string()))
    });
    out.block("\nconst CONSTANTS: AnyValueMap = {", "};", |out| {
        constants.for_each(|one| out.line(format!("{one},")));
    });
    out.line(format!("\nconst STEP_KEY = {};", quoted(step_key(contract).unwrap_or_default())));
}

fn pattern(out: &mut Lines, broken: &str, rule: &PortablePattern) {
    out.line(format!("{},", quoted(broken)));
    for one in std::iter::once(&rule.whole).chain(&rule.refused) {
        let parts: Vec<_> = pieces(one, 66).iter().map(|piece| quoted(piece)).collect();
        for (at, part) in parts.iter().enumerate() {
            let indent = if at == 0 { "" } else { "  " };
            out.line(format!("{indent}{part}{}", if at + 1 == parts.len() { "," } else { " +" }));
        }
    }
}

fn check(out: &mut Lines, attribute: &Attribute) {
    let key = quoted(attribute.key);
    let texts = |first: String, words: Vec<&str>| -> Vec<String> {
        std::iter::once(first).chain(words.into_iter().map(quoted)).collect()
    };
    match checking(&attribute.rule) {
        Checking::Shared(name) => out.line(format!("[{key}, {name}],")),
        Checking::Boolean => out.line(format!("[{key}, boolean],")),
        Checking::Integer(broken, min, max) => {
            let (min, max) = (min.clamp(-SAFE, SAFE), max.clamp(-SAFE, SAFE));
            call(out, &key, "integer", &[quoted(broken), min.to_string(), max.to_string()]);
        }
        Checking::Number(min, max) => call(out, &key, "number", &[min.to_string(), max.to_string()]),
        Checking::Closed(words) => call(out, &key, "closed", &texts("slug".to_owned(), words)),
        Checking::Listed(broken, words) if words.len() > 20 => {
            out.block("[", "],", |out| {
                out.line(format!("{key},"));
                out.block("listed(", "),", |out| {
                    out.line(format!("{},", quoted(broken)));
                    out.block("...(", ").split(\" \"),", |out| long(out, &words));
                });
            });
        }
        Checking::Listed(broken, words) => call(out, &key, "listed", &texts(quoted(broken), words)),
        Checking::Pattern(broken, rule) => {
            let texts = [broken, &rule.whole].into_iter().chain(rule.refused.iter().map(String::as_str));
            let line = format!("[{key}, pattern({})],", texts.map(quoted).collect::<Vec<_>>().join(", "));
            if line.len() + 2 <= WIDTH {
                return out.line(line);
            }
            out.block("[", "],", |out| {
                out.line(format!("{key},"));
                out.block("pattern(", "),", |out| pattern(out, broken, &rule));
            });
        }
    }
}

/// Words as one text.
fn long(out: &mut Lines, words: &[&str]) {
    let rows = words.chunks(20).map(|row| row.join(" ")).collect::<Vec<_>>();
    for (at, row) in rows.iter().enumerate() {
        let more = at + 1 < rows.len();
        let text = if more { format!("{row} ") } else { row.clone() };
        out.line(format!("{}{}", quoted(&text), if more { " +" } else { "" }));
    }
}

/// `[key, function(arguments)],` on one line where it fits.
fn call(out: &mut Lines, key: &str, function: &str, arguments: &[String]) {
    let line = format!("[{key}, {function}({})],", arguments.join(", "));
    if line.len() + 2 <= WIDTH {
        return out.line(line);
    }
    out.block("[", "],", |out| {
        out.line(format!("{key},"));
        one_each(out, &format!("{function}("), arguments, "),");
    });
}

/// On one line where it fits, else one to a line.
fn one_each(out: &mut Lines, head: &str, items: &[String], foot: &str) {
    let line = format!("{head}{}{foot}", items.join(", "));
    if line.len() + 4 <= WIDTH {
        return out.line(line);
    }
    out.block(head, foot, |out| items.iter().for_each(|item| out.line(format!("{item},"))));
}
