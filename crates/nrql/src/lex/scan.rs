//! The scanner.

use super::token::{Kind, Token};
use super::word::{continues_word, starts_word};
use crate::error::ParseError;
use crate::span::Span;

/// Two-character symbols first, so that `<=` is not read as `<` and `=`.
const SYMBOLS: &[&str] =
    &["!=", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", "{", "}", ",", "*", "/", "+", "-", ";", ":"];

/// Argument names of the documented functions: only these may be followed by a value without a space.
const LABELS: &[&str] =
    &["buckets", "exclude", "include", "precision", "seasonality", "start", "t", "timezone", "width"];

pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, ParseError> {
    let mut scanner = Scanner { source, at: 0 };
    let mut tokens = Vec::new();
    loop {
        scanner.skip_blank()?;
        let start = scanner.at;
        let kind = scanner.next()?;
        let done = kind == Kind::End;
        tokens.push(Token { kind, span: Span::new(start, scanner.at) });
        if done {
            return Ok(tokens);
        }
    }
}

struct Scanner<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn fail<T>(&self, start: usize, end: usize, expected: &str, hint: Option<&str>) -> Result<T, ParseError> {
        Err(ParseError::new(self.source, Span::new(start, end), expected, hint.map(str::to_owned)))
    }

    fn skip_blank(&mut self) -> Result<(), ParseError> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            let rest = rest.trim_start();
            self.at += blank;
            if rest.starts_with("--") || rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if let Some(inside) = rest.strip_prefix("/*") {
                match inside.find("*/") {
                    Some(length) => self.at += length + 4,
                    None => return self.fail(self.at, self.at + 2, "`*/` at the end of the comment", None),
                }
            } else if blank == 0 {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> Result<Kind, ParseError> {
        let Some(first) = self.peek() else { return Ok(Kind::End) };
        match first {
            '\'' => self.text().map(Kind::Text),
            '`' => self.backticks(),
            '"' => {
                let length = self.rest()[1..].find('"').map_or(1, |end| end + 2);
                let hint = "strings take single quotes, names take backticks";
                self.fail(self.at, self.at + length, "a value or a name", Some(hint))
            }
            'r' | 'R' if self.rest()[1..].starts_with('\'') => self.regex(),
            c if c.is_ascii_digit() => self.number(),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            c if starts_word(c) => Ok(self.word()),
            '%' if self.begins_wildcard() => Ok(self.word()),
            _ => self.symbol(),
        }
    }

    fn symbol(&mut self) -> Result<Kind, ParseError> {
        let rest = self.rest();
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            self.at += symbol.len();
            return Ok(Kind::Symbol(symbol));
        }
        let length = rest.chars().next().map_or(1, char::len_utf8);
        let (expected, hint) = match rest.chars().next() {
            Some('%') => ("an operator", Some("the remainder is written `mod(a, b)`")),
            Some('!') => ("`!=`", Some("negation is written NOT")),
            Some('&') => ("an operator", Some("conditions are joined with AND")),
            Some('|') => ("an operator", Some("conditions are joined with OR, texts with concat()")),
            _ => (
                "a word, a number or a string in single quotes",
                Some("other characters in a name need backticks"),
            ),
        };
        self.fail(self.at, self.at + length, expected, hint)
    }

    /// `'…'` with `\'`, `\\` and `''`; any other backslash stays, so that regular expressions survive.
    fn text(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((offset, c)) = chars.next() {
            let next = chars.peek().map(|&(_, next)| next);
            match (c, next) {
                ('\\', Some(escaped @ ('\'' | '\\'))) => {
                    text.push(escaped);
                    chars.next();
                }
                ('\'', Some('\'')) => {
                    text.push('\'');
                    chars.next();
                }
                ('\'', _) => {
                    self.at += offset + 1;
                    return Ok(text);
                }
                _ => text.push(c),
            }
        }
        self.fail(
            start,
            start + 1,
            "a closing quote",
            Some("this string is never closed; a quote inside it is written \\'"),
        )
    }

    fn backticks(&mut self) -> Result<Kind, ParseError> {
        let start = self.at;
        let Some(length) = self.rest()[1..].find('`') else {
            return self.fail(start, start + 1, "a closing backtick", Some("this name is never closed"));
        };
        let name = self.rest()[1..=length].to_owned();
        self.at += length + 2;
        if name.is_empty() {
            return self.fail(start, self.at, "a name between the backticks", None);
        }
        Ok(Kind::Quoted(name))
    }

    fn regex(&mut self) -> Result<Kind, ParseError> {
        let start = self.at;
        let Some(length) = self.rest()[2..].find('\'') else {
            return self.fail(
                start,
                start + 2,
                "a closing quote",
                Some("this regular expression is never closed"),
            );
        };
        let pattern = self.rest()[2..2 + length].to_owned();
        self.at += length + 3;
        Ok(Kind::Regex(pattern))
    }

    fn number(&mut self) -> Result<Kind, ParseError> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut length = digits(0);
        let mut float = false;
        if bytes.get(length) == Some(&b'.') {
            float = true;
            length += 1;
            length += digits(length);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits((length + 1 + sign).min(bytes.len()));
            if exponent > 0 {
                float = true;
                length += 1 + sign + exponent;
            }
        }
        let text = &rest[..length];
        let start = self.at;
        let kind = if float { None } else { text.parse().ok().map(Kind::Int) };
        let kind = kind.or_else(|| text.parse().ok().filter(|n: &f64| n.is_finite()).map(Kind::Float));
        self.at += length;
        match kind {
            Some(kind) => Ok(kind),
            None => self.fail(start, self.at, "a number within 64 bits", None),
        }
    }

    /// Whether a `%` is the beginning of a name such as `%.server%duration`, and no operator.
    fn begins_wildcard(&self) -> bool {
        let before = self.source[..self.at].chars().next_back();
        let next = self.rest()[1..].chars().next();
        before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ','))
            && next.is_some_and(|c| starts_word(c) || c == '.')
    }

    fn word(&mut self) -> Kind {
        let rest = self.rest();
        let mut length = 0;
        // Where the part of a dotted name begins that is read.
        let mut part = 0;
        for (offset, c) in rest.char_indices() {
            if !continues_word(c) {
                break;
            }
            // A part of digits ends before a letter: `a.5XX` is `a.5`, and then `XX`.
            let digits = offset > part && rest[part..offset].bytes().all(|b| b.is_ascii_digit());
            if part > 0 && digits && c.is_alphabetic() {
                break;
            }
            if c == '.' {
                part = offset + 1;
            }
            let after = &rest[offset + c.len_utf8()..];
            let next = after.chars().next();
            // A colon inside a name is followed by a name; otherwise it makes a label of what stands before it.
            if c == ':' {
                let value_follows = next.is_some_and(|n| n.is_ascii_digit())
                    && LABELS.iter().any(|label| label.eq_ignore_ascii_case(&rest[..offset]));
                if value_follows || !next.is_some_and(|n| starts_word(n) || n == ':' || n.is_ascii_digit()) {
                    let label = rest[..offset].to_owned();
                    self.at += offset + 1;
                    return Kind::Label(label);
                }
            }
            length = offset + c.len_utf8();
        }
        let word = rest[..length].to_owned();
        self.at += length;
        Kind::Word(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<Kind> {
        tokens(source).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn labels_are_told_from_names_with_colons() {
        assert_eq!(kinds("t: 0.5"), [Kind::Label("t".into()), Kind::Float(0.5), Kind::End]);
        assert_eq!(kinds("width:5"), [Kind::Label("width".into()), Kind::Int(5), Kind::End]);
        assert_eq!(kinds("a:b"), [Kind::Word("a:b".into()), Kind::End]);
    }

    #[test]
    fn texts_unescape_quotes_and_keep_other_backslashes() {
        assert_eq!(
            kinds(r"'it\'s' 'a''b' '\d' ''")[..4],
            [
                Kind::Text("it's".into()),
                Kind::Text("a'b".into()),
                Kind::Text(r"\d".into()),
                Kind::Text(String::new()),
            ]
        );
    }

    #[test]
    fn comments_vanish_but_not_inside_texts() {
        assert_eq!(
            kinds("a -- b\n/* c */ 'http://x' // d"),
            [Kind::Word("a".into()), Kind::Text("http://x".into()), Kind::End]
        );
    }
}
