//! A file that contains only queries, separated by `;` or by an empty line before the next query.

use super::keys::looks_like;
use crate::extract::Extract;
use crate::found::{Found, Use};

pub(super) fn find(text: &str) -> Vec<Found> {
    find_in(&Extract::of(text, 0..text.len()))
}

pub(super) fn find_in(whole: &Extract) -> Vec<Found> {
    let text = &whole.text;
    let mut found: Vec<Found> = Vec::new();
    let mut start = 0;
    let mut empty = true;
    for (at, line) in lines(text) {
        let ends = line.trim_end().ends_with(';');
        if empty && at > start && looks_like(&text[at..]) && has_words(&text[start..at]) {
            found.push(Found::new(&whole.slice(start..at), Use::Plain));
            start = at;
        }
        if ends {
            let end = at + line.trim_end().len() - 1;
            found.push(Found::new(&whole.slice(start..end), Use::Plain));
            start = at + line.len();
        }
        empty = line.trim().is_empty() || ends;
    }
    if has_words(&text[start..]) {
        found.push(Found::new(&whole.slice(start..text.len()), Use::Plain));
    }
    found
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

/// Whether something stands there beside comments.
fn has_words(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .any(|line| !line.is_empty() && !line.starts_with("--") && !line.starts_with("//"))
}
