//! Parts of a string by a pattern.

use regex::{Regex, RegexBuilder};

use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::Function;
use crate::node::{Arguments, Callable, Node, aparse_regex};
use crate::re2::whole_regex;
use crate::value::{Datum, Value};

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::row("capture", (2, 2), "capture(text, r'…(?P<name>…)…')", "What the groups of the expression matched; the whole text must match. One group gives a string, several an array.", capture).most_calls(5),
    Function::row("aparse", (2, 2), "aparse(text, '…*…')", "The part at each `*`, shortest match first; `%` skips; case is ignored. One `*` gives a string, several an array.", aparse),
];

fn capture<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let pattern = args.needed(1)?;
    let text = build.constant_text(pattern, "the regular expression")?;
    let regex = whole_regex(&text, pattern.span)?;
    if !(2..=17).contains(&regex.captures_len()) {
        return Err(EvalError::invalid(pattern.span, "capture needs 1 to 16 groups, as in (?P<name>…)"));
    }
    Ok(Node::Call(Box::new(Groups(regex)), vec![build.first(args)?]))
}

fn aparse<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let pattern = args.needed(1)?;
    let text = build.constant_text(pattern, "the pattern")?;
    if !text.contains('*') {
        return Err(EvalError::invalid(pattern.span, "aparse needs a * in place of the part to extract"));
    }
    let regex = RegexBuilder::new(&aparse_regex(&text)).build();
    let regex = regex.map_err(|_| EvalError::invalid(pattern.span, "the pattern is too long"))?;
    Ok(Node::Call(Box::new(Groups(regex)), vec![build.first(args)?]))
}

/// What the groups matched: one group gives its text, several give an array.
#[derive(Debug)]
struct Groups(Regex);

impl Callable for Groups {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let first = args.get(0);
        let Some(found) = first.text().and_then(|text| self.0.captures(text)) else { return Datum::Null };
        let mut groups = found.iter().skip(1).map(|group| group.map(|group| group.as_str().to_owned()));
        if found.len() == 2 {
            return groups.next().flatten().map_or(Datum::Null, Datum::from);
        }
        Datum::list(groups.map(|group| Value::text(group.unwrap_or_default())).collect())
    }
}
