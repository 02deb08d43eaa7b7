//! String literals of programs that are marked as NRQL: by a comment `nrql` or `language=NRQL` on the same line or the one
//! above, by a tag or a function, or by a name with `nrql` in it that they are given to.

use super::keys::looks_like;
use crate::extract::Extract;
use crate::found::{Found, Template, Use};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Go,
    /// TypeScript and JavaScript.
    Script,
    Python,
    Rust,
}

pub(super) fn find(text: &str, language: Language) -> Vec<Found> {
    let tokens = tokens(text, language);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let Token::Text { start, content, formatted } = token else { continue };
        let by_comment = at >= 2 && comment_marks(text, &tokens[..at - 1], *start);
        let itself = ["-- nrql", "/* nrql", "// nrql"]
            .iter()
            .any(|mark| content.text.trim_start().to_ascii_lowercase().starts_with(mark));
        let mut whole = content.clone();
        let mut formatted = *formatted;
        if !(by_comment || itself || name_marks(text, *start)) {
            continue;
        }
        while let Some((more, formats, next)) = continued(text, &tokens, at, language) {
            whole.append(&more);
            formatted |= formats;
            at = next;
        }
        if by_comment || itself || looks_like(&whole.text) {
            let template = match language {
                Language::Rust if is_format(text, *start) => Template::Braces,
                Language::Python if formatted => Template::Braces,
                Language::Go | Language::Python => Template::Verbs,
                Language::Rust | Language::Script => Template::Marks,
            };
            found.push(Found { template, ..Found::new(&whole, Use::Plain) });
        }
    }
    found
}

enum Token {
    Comment {
        start: usize,
        end: usize,
    },
    Text {
        start: usize,
        content: Extract,
        formatted: bool,
    },
    /// Where the text before ends; anything else begins here.
    Other {
        start: usize,
        end: usize,
    },
}

/// The literal that is joined to the one before.
fn continued(text: &str, tokens: &[Token], at: usize, language: Language) -> Option<(Extract, bool, usize)> {
    let mut between = String::new();
    let mut next = at;
    let mut from = 0;
    loop {
        match tokens.get(next)? {
            Token::Comment { .. } => {}
            Token::Other { start, end } => {
                from = *start;
                between.push_str(&text[*start..*end]);
            }
            Token::Text { content, formatted, .. } => {
                let between = between.trim();
                let joined = between == "+" || between.is_empty() && language == Language::Python;
                if joined {
                    return Some((content.clone(), *formatted, next + 1));
                }
                let name = between.strip_prefix('+')?.strip_suffix('+')?.trim();
                let plain = name.chars().all(|c| c.is_alphanumeric() || "_.()[]".contains(c));
                let mut filled = Extract::default();
                filled.push("${x}", from, name.len());
                filled.append(content);
                return plain.then_some((filled, *formatted, next + 1));
            }
        }
        next += 1;
    }
}

/// Whether the last comment before a literal marks it.
fn comment_marks(text: &str, before: &[Token], start: usize) -> bool {
    let mut rest = before.iter().rev();
    let comment = rest.by_ref().take(3).find_map(|token| match token {
        Token::Comment { start, end } => Some(*start..*end),
        _ => None,
    });
    let Some(comment) = comment else { return false };
    let words = text[comment.clone()].trim_matches(|c: char| "/*#!- \t\n".contains(c)).to_ascii_lowercase();
    let marks = words == "nrql"
        || words.starts_with("nrql ")
        || words.starts_with("nrql:")
        || words.starts_with("language=nrql")
        || words.starts_with("lang=nrql");
    // On the same line, or the next that says something.
    let between = &text[comment.end..start];
    marks && between.matches('\n').count() <= 1 && !between.contains(';')
}

/// Whether what stands before a literal names it NRQL: `nrql = `, `claimsNRQL := `, `nrql(`, `nrql: `, a tag.
fn name_marks(text: &str, start: usize) -> bool {
    let mut before = text[..start].trim_end();
    // A raw literal's prefix.
    before = before.trim_end_matches(['r', 'f', 'b', 'R', 'F', 'B', '#']);
    let line = before.rfind(['\n', ';', '{', '}', ',']).map_or(0, |at| at + 1);
    let mut line_text = &before[line..];
    if line_text.trim_start().len() < 2 {
        let above = before[..line.saturating_sub(1)].rfind('\n').map_or(0, |at| at + 1);
        line_text = &before[above..];
    }
    let tail = line_text.trim_end();
    let given = tail.ends_with(['=', ':', '(']);
    let names = |part: &str| part.to_ascii_lowercase().contains("nrql");
    if !given {
        // A tag stands directly before the backquote.
        let tag: String = tail.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        return text[start..].starts_with('`')
            && text[..start].ends_with(|c: char| c.is_alphanumeric())
            && names(&tag.chars().rev().collect::<String>());
    }
    let left = tail.trim_end_matches(['=', ':', '(', ' ']);
    if tail.ends_with('(') {
        // The function's own name, or that of the value which the call is given to.
        let name = left.rsplit(|c: char| !(c.is_alphanumeric() || "_.!:".contains(c))).next().unwrap_or("");
        return names(name) || left.split_once('=').is_some_and(|(target, _)| names(target));
    }
    names(left)
}

fn is_format(text: &str, start: usize) -> bool {
    text[..start].trim_end().ends_with("format!(")
}

fn tokens(text: &str, language: Language) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut at, mut other) = (0, 0);
    while at < text.len() {
        let token = comment(text, at, language).or_else(|| literal(text, at, language));
        match token {
            Some((token, end)) => {
                if other < at {
                    tokens.push(Token::Other { start: other, end: at });
                }
                tokens.push(token);
                at = end.max(at + 1);
                other = at;
            }
            None => at += skip(text, at, language),
        }
    }
    tokens
}

/// The next character, or a name as a whole, so that the `r` of `var"` is not taken as a prefix; a lifetime or a character of Rust.
fn skip(text: &str, at: usize, language: Language) -> usize {
    let rest = &text[at..];
    let Some(first) = rest.chars().next() else { return 1 };
    if first == '\'' && matches!(language, Language::Rust | Language::Go) {
        let inside = rest[1..].chars().next().map_or(0, char::len_utf8);
        if rest[1..].starts_with('\\') {
            return rest[3.min(rest.len())..].find('\'').map_or(1, |end| end + 4).min(rest.len());
        }
        return if rest[1 + inside..].starts_with('\'') { inside + 2 } else { 1 };
    }
    if first.is_alphanumeric() || first == '_' {
        return rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    }
    first.len_utf8()
}

fn comment(text: &str, at: usize, language: Language) -> Option<(Token, usize)> {
    let rest = &text[at..];
    let line = if language == Language::Python { "#" } else { "//" };
    let end = if rest.starts_with(line) {
        at + rest.find('\n').unwrap_or(rest.len())
    } else if language != Language::Python && rest.starts_with("/*") {
        at + rest.find("*/").map_or(rest.len(), |end| end + 2)
    } else {
        return None;
    };
    Some((Token::Comment { start: at, end }, end))
}

fn literal(text: &str, at: usize, language: Language) -> Option<(Token, usize)> {
    let rest = &text[at..];
    let prefix = rest.len() - rest.trim_start_matches(|c: char| prefix(c, language)).len();
    let (quotes, behind) = (&rest[..prefix], &rest[prefix..]);
    let raw = quotes.contains(['r', 'R']);
    let formatted = quotes.contains(['f', 'F']);
    let open: String = match language {
        Language::Rust => {
            let hashes = if raw { behind.len() - behind.trim_start_matches('#').len() } else { 0 };
            behind[hashes..].starts_with('"').then(|| format!("{}\"", "#".repeat(hashes)))?
        }
        Language::Python => ["\"\"\"", "'''", "\"", "'"]
            .iter()
            .find(|quote| behind.starts_with(**quote))
            .map(|quote| (*quote).to_owned())?,
        Language::Go => {
            ["\"", "`"].iter().find(|quote| behind.starts_with(**quote)).map(|quote| (*quote).to_owned())?
        }
        Language::Script => ["\"", "'", "`"]
            .iter()
            .find(|quote| behind.starts_with(**quote))
            .map(|quote| (*quote).to_owned())?,
    };
    let close: String = open.chars().rev().collect();
    let escapes = !(raw || language == Language::Go && open == "`");
    let many_lines = open.len() >= 3 || open.contains(['`', '#']) || language == Language::Rust;
    let mut content = Extract::default();
    let mut place = at + prefix + open.len();
    while let Some(character) = text[place..].chars().next() {
        if text[place..].starts_with(&close) {
            return Some((Token::Text { start: at, content, formatted }, place + close.len()));
        }
        if character == '\n' && !many_lines {
            return None;
        }
        if character == '\\' && escapes {
            let next = text[place + 1..].chars().next()?;
            let width = 1 + next.len_utf8();
            match next {
                'n' => content.push("\n", place, width),
                't' => content.push("\t", place, width),
                // A line that goes on.
                '\n' => content.push(" ", place, width),
                other => content.push_char(other, place, width),
            }
            place += width;
        } else {
            content.push_char(character, place, character.len_utf8());
            place += character.len_utf8();
        }
    }
    None
}

fn prefix(character: char, language: Language) -> bool {
    match language {
        Language::Python => "rRbBfFuU".contains(character),
        Language::Rust => "rbc".contains(character),
        Language::Go | Language::Script => false,
    }
}
