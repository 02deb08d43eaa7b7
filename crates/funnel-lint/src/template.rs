//! Queries with placeholders: dashboard variables, interpolations, format verbs.

use std::ops::Range;

use nrql::{ParseError, Query};

use crate::extract::Extract;
use crate::found::Template;

/// What a query became when its places were filled.
pub(crate) enum Filled {
    /// It is NRQL with these texts, which stand at `filled`.
    Query { query: Box<Query>, text: Extract, filled: Vec<Range<usize>> },
    /// It is not NRQL, whatever comes into the places.
    Wrong { error: ParseError, text: Extract },
    /// What may come into the places decides.
    Open(Range<usize>),
}

/// What is tried in place of a value, in this order. In quotes a word is enough.
const TRIED: &[&str] = &["x", "1", "'x'", "1 day ago", "", "x = 1", "WHERE x = 1", "count(*)"];

pub(crate) fn fill(query: &Extract, template: Template) -> Filled {
    let holes = holes(&query.text, template);
    let mut choice = vec![0; holes.len()];
    let mut furthest = Furthest::default();
    loop {
        let (text, filled) = filled(query, &holes, &choice);
        let error = match nrql::parse(&text.text) {
            Ok(query) => return Filled::Query { query: Box::new(query), text, filled },
            Err(error) => error,
        };
        furthest.see(query, &holes, &text, &error);
        // The hole that stands before the fault may be the cause of it.
        let cause = filled.iter().rposition(|range| range.start <= error.span.start as usize);
        let Some(mut hole) = cause else { return Filled::Wrong { error, text } };
        loop {
            choice[hole] += 1;
            if !holes[hole].quoted && choice[hole] < TRIED.len() {
                break;
            }
            choice[hole] = 0;
            match hole.checked_sub(1) {
                Some(earlier) if holes.len() <= 4 => hole = earlier,
                _ if holes[hole].quoted => return Filled::Wrong { error, text },
                _ => {
                    let open = Filled::Open(holes[hole].range.clone());
                    return furthest.wrong().map_or(open, |(error, text)| Filled::Wrong { error, text });
                }
            }
        }
    }
}

/// The fault that was met last in the text, whatever was filled in.
#[derive(Default)]
struct Furthest {
    place: usize,
    seen: usize,
    fault: Option<(ParseError, Extract)>,
}

impl Furthest {
    fn see(&mut self, query: &Extract, holes: &[Hole], text: &Extract, error: &ParseError) {
        let place = text.place(error.span.start as usize);
        // Words behind the last hole were understood, so it is not what comes into the hole that is wrong.
        let understood =
            holes.iter().rev().find(|hole| query.place(hole.range.end) <= place).is_some_and(|hole| {
                let behind = &query.text[hole.range.end..];
                let words =
                    behind.char_indices().take_while(|(at, _)| query.place(hole.range.end + at) < place);
                words.map(|(_, c)| c).collect::<String>().split_whitespace().count() >= 3
            });
        if !understood || place < self.place {
            return;
        }
        self.seen = if place == self.place { self.seen + 1 } else { 1 };
        self.place = place;
        self.fault = Some((error.clone(), text.clone()));
    }

    fn wrong(self) -> Option<(ParseError, Extract)> {
        self.fault.filter(|_| self.seen >= 2)
    }
}

struct Hole {
    range: Range<usize>,
    quoted: bool,
}

fn filled(query: &Extract, holes: &[Hole], choice: &[usize]) -> (Extract, Vec<Range<usize>>) {
    let mut out = Extract::default();
    let mut ranges = Vec::new();
    let mut at = 0;
    for (hole, choice) in holes.iter().zip(choice) {
        out.append(&query.slice(at..hole.range.start));
        let start = out.text.len();
        let place = query.place(hole.range.start);
        out.push(TRIED[*choice], place, query.place(hole.range.end).saturating_sub(place));
        ranges.push(start..out.text.len());
        at = hole.range.end;
    }
    out.append(&query.slice(at..query.text.len()));
    (out, ranges)
}

fn holes(text: &str, template: Template) -> Vec<Hole> {
    let mut holes = Vec::new();
    let mut quote: Option<char> = None;
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        if let Some(width) = hole(&text[at..], template, quote.is_some()) {
            holes.push(Hole { range: at..at + width, quoted: quote.is_some() });
            at += width;
            continue;
        }
        match quote {
            Some(_) if character == '\\' => at += 1,
            Some(open) if character == open => quote = None,
            None if matches!(character, '\'' | '`') => quote = Some(character),
            _ => {}
        }
        at += text[at..].chars().next().map_or(1, char::len_utf8);
    }
    holes
}

/// The width of the hole that a string begins with.
fn hole(text: &str, template: Template, quoted: bool) -> Option<usize> {
    if text.starts_with("{{") {
        return text.find("}}").map(|end| end + 2);
    }
    // Terraform writes a `${` or `%{` that is not its own with the sign doubled.
    let signs = usize::from(text.starts_with("$${") || text.starts_with("%%{"));
    if text[signs..].starts_with("${") || text[signs..].starts_with("%{") {
        return closing(&text[signs + 1..]).map(|end| end + signs + 1);
    }
    match template {
        Template::Braces if text.starts_with('{') => closing(text),
        // In quotes, `%` is what LIKE takes for anything.
        Template::Verbs if text.starts_with('%') && !quoted => {
            let rest = text[1..].trim_start_matches(|c: char| c.is_ascii_digit() || "[].+-#".contains(c));
            let verb = rest.chars().next().filter(|verb| "sdvqfgtx".contains(*verb))?;
            let behind = rest[verb.len_utf8()..].chars().next();
            (!behind.is_some_and(|c| c.is_alphanumeric() || c == '.')).then(|| text.len() - rest.len() + 1)
        }
        _ => None,
    }
}

fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(text: &str, template: Template) -> String {
        match fill(&Extract::of(text, 0..text.len()), template) {
            Filled::Query { text, .. } => text.text,
            Filled::Wrong { error, text } => {
                format!("wrong at {}", text.place(error.span.start as usize) + 1)
            }
            Filled::Open(range) => format!("open {}", &text[range]),
        }
    }

    #[test]
    fn a_hole_is_filled_with_what_the_grammar_takes_there() {
        for (text, expected) in [
            (
                "SELECT count(*) FROM T WHERE a = '{{a}}' FACET {{b}}",
                "SELECT count(*) FROM T WHERE a = 'x' FACET x",
            ),
            ("SELECT count(*) FROM T LIMIT ${n}", "SELECT count(*) FROM T LIMIT 1"),
            ("SELECT count(*) FROM T LIMIT $${n}", "SELECT count(*) FROM T LIMIT 1"),
            (
                "SELECT count(*) FROM T WHERE a = '$${a}' FACET %%{b}",
                "SELECT count(*) FROM T WHERE a = 'x' FACET x",
            ),
            ("$${query}", "open $${query}"),
            ("SELECT count(*) FROM T SINCE {{when}}", "SELECT count(*) FROM T SINCE 1"),
            ("SELECT count(*) FROM T {{filter}}", "SELECT count(*) FROM T "),
            ("SELECT average(${a}) FROM T WHERE b == 1", "wrong at 37"),
            ("SELECT count(*) FROM T WHERE a ${op} 5", "open ${op}"),
            ("SELCT count(*) FROM T WHERE a = '{{a}}'", "wrong at 1"),
            ("SELECT count(*) FROM T WHERE a = '${a}' FACTE b", "wrong at 41"),
        ] {
            assert_eq!(outcome(text, Template::Marks), expected, "{text}");
        }
        let verbs = "SELECT count(*) FROM T WHERE a LIKE '%s%' AND b = %d";
        assert_eq!(outcome(verbs, Template::Verbs), "SELECT count(*) FROM T WHERE a LIKE '%s%' AND b = x");
        assert_eq!(outcome("SELECT {a} FROM T", Template::Braces), "SELECT x FROM T");
    }
}
