//! Misspelt names and values, put right in their file.

use std::ops::Range;

/// What takes the place of a misspelt word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The bytes of the file that it replaces.
    pub range: Range<usize>,
    /// What stands there now.
    pub from: String,
    /// What is written instead.
    pub to: String,
}

/// Rules whose hint is the word that was meant. The others' hints change what a query counts, which a person decides.
const SPELLING: [&str; 4] =
    ["unknown-attribute", "unknown-event-type", "unknown-function", "impossible-value"];

/// The fix for a finding: `word` of the query stands at `range` of the file, as it is, without escapes.
pub(crate) fn of(rule: &str, hint: Option<&str>, word: &str, range: Range<usize>) -> Option<Fix> {
    let meant = hint?.strip_prefix("did you mean ")?.strip_suffix('?')?;
    let verbatim = range.len() == word.len() && !word.is_empty();
    if !SPELLING.contains(&rule) || !verbatim {
        return None;
    }
    let to = if word.starts_with('`') { format!("`{meant}`") } else { meant.to_owned() };
    // An unquoted name takes these characters and no others.
    let plain = to.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':'));
    let quoted =
        |quote: char| to.len() > 1 && to.starts_with(quote) && to.ends_with(quote) && !to.contains('\\');
    (plain || quoted('`') || quoted('\'')).then(|| Fix { range, from: word.to_owned(), to })
}

/// The text with the fixes made, and how many there were. `None` when there is none.
pub(crate) fn apply<'f>(text: &str, fixes: impl Iterator<Item = &'f Fix>) -> Option<(String, usize)> {
    let mut fixes: Vec<&Fix> = fixes.collect();
    fixes.sort_by_key(|fix| (fix.range.start, fix.range.end));
    fixes.dedup_by_key(|fix| fix.range.clone());
    let (mut out, mut at, mut count) = (String::with_capacity(text.len()), 0, 0);
    for fix in fixes {
        if fix.range.start >= at && text.get(fix.range.clone()) == Some(fix.from.as_str()) {
            out.push_str(&text[at..fix.range.start]);
            out.push_str(&fix.to);
            at = fix.range.end;
            count += 1;
        }
    }
    out.push_str(&text[at..]);
    (count > 0).then_some((out, count))
}
