//! YAML, line by line: keys by their indentation, and texts in each of its styles.

use super::json;
use super::keys::used;
use crate::extract::Extract;
use crate::found::Found;

pub(super) fn find(text: &str, readily: bool) -> Vec<Found> {
    let lines = lines(text);
    let mut found = Vec::new();
    let mut keys: Vec<(usize, String)> = Vec::new();
    let mut at = 0;
    while let Some(&(start, line)) = lines.get(at) {
        at += 1;
        let mut indent = line.len() - line.trim_start().len();
        let mut rest = line.trim();
        if rest.is_empty() || rest.starts_with('#') {
            continue;
        }
        if rest == "---" || rest == "..." {
            keys.clear();
            continue;
        }
        while let Some(item) = rest.strip_prefix("- ") {
            keys.retain(|(depth, _)| *depth < indent || *depth == indent && !rest.is_empty());
            indent += rest.len() - item.trim_start().len();
            rest = item.trim_start();
        }
        let value_at;
        if let Some((key, behind)) = key(rest) {
            keys.retain(|(depth, _)| *depth < indent);
            keys.push((indent, key));
            value_at = behind;
        } else {
            value_at = 0;
        }
        let value = rest[value_at..].trim_start();
        if value.is_empty() {
            continue;
        }
        let from = start + line.len() - line.trim_start().len() + (line.trim().len() - value.len());
        let parent = keys.last().map_or(0, |(depth, _)| *depth);
        if value.starts_with(['{', '[']) {
            let inner = Extract::of(text, from..text.len());
            found.extend(
                json::find(value, readily)
                    .into_iter()
                    .map(|hit| Found { query: inner.outer(hit.query), ..hit }),
            );
            continue;
        }
        let (scalar, next) = scalar(text, from, value, &lines, at, parent);
        at = next;
        let names: Vec<String> = keys.iter().map(|(_, key)| key.clone()).collect();
        if let Some(used) = used(&names, &scalar.text, readily) {
            found.push(Found::new(&scalar, used));
        }
    }
    found
}

/// Lines with the places where they begin, without their ends.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let start = at;
            at += line.len();
            (start, line.trim_end_matches(['\n', '\r']))
        })
        .collect()
}

/// The key at the beginning of a line and where its value begins.
fn key(line: &str) -> Option<(String, usize)> {
    let (name, behind) = if let Some(quote @ (b'"' | b'\'')) = line.as_bytes().first() {
        let end = line[1..].find(char::from(*quote))? + 1;
        (&line[1..end], end + 1)
    } else {
        let end = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1))?;
        (&line[..end], end)
    };
    let plain = name.chars().all(|c| c.is_alphanumeric() || "_-.$/ ".contains(c)) && name.len() < 100;
    (plain && line[behind..].starts_with(':')).then(|| (name.trim().to_owned(), behind + 1))
}

/// The text that begins at `from`, and the next line to read.
fn scalar(
    text: &str,
    from: usize,
    value: &str,
    lines: &[(usize, &str)],
    at: usize,
    parent: usize,
) -> (Extract, usize) {
    match value.as_bytes()[0] {
        b'|' | b'>' => block(value.starts_with('>'), lines, at, parent),
        quote @ (b'"' | b'\'') => {
            let (out, end) = quoted(text, from + 1, quote);
            (out, lines.partition_point(|(start, _)| *start <= end).max(at))
        }
        _ => plain(value, from, lines, at, parent),
    }
}

fn block(folded: bool, lines: &[(usize, &str)], mut at: usize, parent: usize) -> (Extract, usize) {
    let mut out = Extract::default();
    let mut cut = None;
    while let Some(&(start, line)) = lines.get(at) {
        let indent = line.len() - line.trim_start().len();
        if line.trim().is_empty() {
            out.push("\n", start, 1);
            at += 1;
            continue;
        }
        if indent <= parent && (indent < parent || cut.is_none_or(|cut| indent < cut)) {
            break;
        }
        let cut = *cut.get_or_insert(indent);
        let skip = cut.min(indent);
        out.push(&line[skip..], start + skip, line.len() - skip);
        out.push(if folded { " " } else { "\n" }, start + line.len(), 1);
        at += 1;
    }
    (out, at)
}

/// A quoted text and where it ends. A line end within it is a blank.
fn quoted(text: &str, from: usize, quote: u8) -> (Extract, usize) {
    let mut out = Extract::default();
    let mut at = from;
    while let Some(character) = text[at..].chars().next() {
        let width = character.len_utf8();
        let next = text[at + width..].chars().next();
        match character {
            '\'' if quote == b'\'' && next == Some('\'') => {
                out.push("'", at, 2);
                at += 2;
            }
            '\\' if quote == b'"' => {
                let (decoded, width) = match next {
                    Some('n') => ('\n', 2),
                    Some('t') => ('\t', 2),
                    Some('\n') => (' ', 2),
                    Some(other) => (other, 1 + other.len_utf8()),
                    None => break,
                };
                out.push_char(decoded, at, width);
                at += width;
            }
            '\n' => {
                let rest = text[at..].trim_start();
                let end = text.len() - rest.len();
                out.push(" ", at, end - at);
                at = end;
            }
            _ if character == char::from(quote) => break,
            _ => {
                out.push_char(character, at, width);
                at += width;
            }
        }
    }
    (out, at)
}

/// A string without quotes: it goes on over the lines that are indented more than its key.
fn plain(
    value: &str,
    from: usize,
    lines: &[(usize, &str)],
    mut at: usize,
    parent: usize,
) -> (Extract, usize) {
    let mut out = Extract::default();
    let bare = |line: &str| line.find(" #").map_or(line.len(), |comment| line[..comment].trim_end().len());
    out.push(&value[..bare(value)], from, bare(value));
    while let Some(&(start, line)) = lines.get(at) {
        let indent = line.len() - line.trim_start().len();
        let words = line.trim();
        if words.is_empty() || indent <= parent || words.starts_with(['-', '#']) || key(words).is_some() {
            break;
        }
        out.push(" ", start, indent);
        out.push(&words[..bare(words)], start + indent, bare(words));
        at += 1;
    }
    (out, at)
}
