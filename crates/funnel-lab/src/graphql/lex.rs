//! Tokens of GraphQL.

use serde_json::Value;

/// A text that is not GraphQL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("GraphQL syntax error at byte {at}: {expected} expected")]
pub(crate) struct SyntaxError {
    at: usize,
    expected: &'static str,
}

/// A cursor that stands on a token or at the end, never on white space.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut lexer = Self { text, at: 0 };
        lexer.skip();
        lexer
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(crate) fn at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn fail<T>(&self, expected: &'static str) -> Result<T, SyntaxError> {
        Err(SyntaxError { at: self.at, expected })
    }

    fn advance(&mut self, bytes: usize) {
        self.at += bytes;
        self.skip();
    }

    /// White space, commas, the byte order mark and comments mean nothing.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r', ',', '\u{feff}']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// Takes the character if it stands here.
    pub(crate) fn take(&mut self, character: char) -> bool {
        let here = self.rest().starts_with(character);
        if here {
            self.advance(character.len_utf8());
        }
        here
    }

    pub(crate) fn take_spread(&mut self) -> bool {
        let here = self.rest().starts_with("...");
        if here {
            self.advance(3);
        }
        here
    }

    pub(crate) fn expect(&mut self, character: char, expected: &'static str) -> Result<(), SyntaxError> {
        if self.take(character) { Ok(()) } else { self.fail(expected) }
    }

    pub(crate) fn name(&mut self) -> Result<&'a str, SyntaxError> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return self.fail("a name");
        }
        self.advance(end);
        Ok(name)
    }

    pub(crate) fn number(&mut self) -> Result<Value, SyntaxError> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(rest.len());
        let Ok(number) = serde_json::from_str::<serde_json::Number>(&rest[..end]) else {
            return self.fail("a number");
        };
        self.advance(end);
        Ok(Value::Number(number))
    }

    pub(crate) fn string(&mut self) -> Result<String, SyntaxError> {
        if self.rest().starts_with("\"\"\"") {
            return self.block();
        }
        let rest = self.rest();
        let mut escaped = false;
        for (at, character) in rest.char_indices().skip(1) {
            match character {
                '\n' => break,
                '"' if !escaped => {
                    // The escapes are JSON's.
                    let Ok(text) = serde_json::from_str(&rest[..=at]) else { break };
                    self.advance(at + 1);
                    return Ok(text);
                }
                _ => escaped = character == '\\' && !escaped,
            }
        }
        self.fail("a text that ends on its line")
    }

    fn block(&mut self) -> Result<String, SyntaxError> {
        let inner = self.rest().get(3..).unwrap_or("");
        let Some(end) = inner.find("\"\"\"") else { return self.fail("`\"\"\"`") };
        let lines: Vec<&str> = inner[..end].trim_matches('\n').lines().collect();
        let indent = |line: &&str| line.len() - line.trim_start().len();
        let common = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
        let text: Vec<&str> = lines.iter().map(|line| line.get(common..).unwrap_or("")).collect();
        self.advance(3 + end + 3);
        Ok(text.join("\n"))
    }
}
