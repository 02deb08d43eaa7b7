//! Tokens to syntax tree: recursive descent with one token of look-ahead.

mod chain;
mod clause;
mod expr;
mod query;
mod time;

use crate::ast::{Name, Query, Text};
use crate::error::ParseError;
use crate::lex::{Kind, Token, tokens};
use crate::span::Span;

/// How deep expressions and subqueries may nest before the parser refuses: far past any real query, and shallow
/// enough for a thread's stack.
const MAX_DEPTH: usize = 64;

/// How many conditions AND and OR may join: a query of 4 KB, New Relic's bound, holds fewer.
const MAX_CONDITIONS: usize = 4_096;

/// How high an expression's tree may grow, chains of operators included, so that nothing that walks it needs more
/// than a small stack.
const MAX_HEIGHT: usize = 300;

/// Reads a query.
///
/// The whole language is understood, whether or not the evaluator can answer it; what New Relic accepts but advises
/// against is left to [`check`](fn@crate::check).
///
/// # Errors
///
/// [`ParseError`] when the text is not NRQL, with the place, what was expected there, and a guess.
///
/// # Examples
///
/// ```
/// let query = nrql::parse("from InstantFunnel select uniqueCount(journeyId) facet tier")?;
/// assert_eq!(query.to_string(), "SELECT uniqueCount(journeyId) FROM InstantFunnel FACET tier");
///
/// let error = nrql::parse("SELECT count(*) FORM InstantFunnel").unwrap_err();
/// assert_eq!(error.position.column, 17);
/// assert_eq!(error.hint.as_deref(), Some("did you mean FROM?"));
/// # Ok::<(), nrql::ParseError>(())
/// ```
pub fn parse(text: &str) -> Result<Query, ParseError> {
    let mut parser =
        Parser { source: text, tokens: tokens(text)?, at: 0, depth: 0, height: 0, tallest: 0, calls: 0 };
    let query = parser.query()?;
    parser.eat_symbol(";");
    if *parser.kind() != Kind::End {
        return Err(parser.unexpected_clause());
    }
    Ok(query)
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Height of the expression read last.
    height: usize,
    /// Greatest height so far.
    tallest: usize,
    /// How many calls the arguments of which are being read stand around.
    calls: usize,
}

type Parsed<T> = Result<T, ParseError>;

impl Parser<'_> {
    fn token(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn kind(&self) -> &Kind {
        &self.token().kind
    }

    fn ahead(&self, by: usize) -> &Kind {
        &self.tokens[(self.at + by).min(self.tokens.len() - 1)].kind
    }

    fn span(&self) -> Span {
        self.token().span
    }

    /// From `start` to the end of the token read last.
    fn since(&self, start: Span) -> Span {
        start.to(self.tokens[self.at.saturating_sub(1)].span)
    }

    fn advance(&mut self) -> Span {
        let span = self.span();
        if self.at < self.tokens.len() - 1 {
            self.at += 1;
        }
        span
    }

    fn error(&self, expected: impl Into<String>) -> ParseError {
        ParseError::new(self.source, self.span(), expected, None)
    }

    fn error_with(&self, span: Span, expected: impl Into<String>, hint: impl Into<String>) -> ParseError {
        ParseError::new(self.source, span, expected, Some(hint.into()))
    }

    fn is_word(&self, word: &str) -> bool {
        self.word_ahead(0, word)
    }

    fn word_ahead(&self, by: usize, word: &str) -> bool {
        matches!(self.ahead(by), Kind::Word(text) if text.eq_ignore_ascii_case(word))
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.kind(), Kind::Symbol(found) if *found == symbol)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Parsed<Span> {
        if self.is_word(word) {
            return Ok(self.advance());
        }
        let mut error = self.error(word.to_ascii_uppercase());
        if let Kind::Word(found) = self.kind()
            && crate::suggest::nearest(found, [word]).is_some()
        {
            error.hint = Some(format!("did you mean {}?", word.to_ascii_uppercase()));
        }
        Err(error)
    }

    fn expect_symbol(&mut self, symbol: &str, why: &str) -> Parsed<Span> {
        if self.is_symbol(symbol) {
            return Ok(self.advance());
        }
        let mut error = self.error(format!("`{symbol}` {why}"));
        if symbol == ")" {
            error.hint = Some("perhaps a ( is not closed".to_owned());
        }
        Err(error)
    }

    /// Guards against nesting that would exhaust the stack.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error(format!("at most {MAX_DEPTH} levels of nesting")));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// `AS 'text'`, `AS name`, AS with backticks.
    fn alias(&mut self) -> Parsed<Option<Text>> {
        if !self.eat_word("as") {
            return Ok(None);
        }
        let span = self.span();
        let text = match self.kind() {
            Kind::Text(text) | Kind::Word(text) | Kind::Quoted(text) => text.clone(),
            _ => return Err(self.error("a label after AS, as in AS 'Sign-ups'")),
        };
        self.advance();
        Ok(Some(Text { text, span }))
    }

    /// Refuses a dotted name that stands here and has a word of NRQL as a part.
    fn whole_name(&self, name: &str) -> Parsed<()> {
        let Some((place, part)) = crate::lex::reserved_part(name) else { return Ok(()) };
        let start = self.span().start as usize + place;
        let hint = format!("as a part of a name, {part} needs backticks: `{name}`");
        Err(self.error_with(Span::new(start, start + part.len()), "a name", hint))
    }

    fn name(&mut self, what: &str) -> Parsed<Name> {
        let span = self.span();
        let text = match self.kind() {
            Kind::Quoted(text) => text.clone(),
            Kind::Word(text) if !crate::lex::is_reserved(text) => {
                self.whole_name(text)?;
                text.clone()
            }
            Kind::Text(text) => {
                let hint = format!("write a name without quotes, or in backticks: `{text}`");
                return Err(self.error_with(span, what, hint));
            }
            Kind::Word(text) => {
                let hint = format!("{text} is a reserved word; as a name it needs backticks: `{text}`");
                return Err(self.error_with(span, what, hint));
            }
            _ => return Err(self.error(what)),
        };
        self.advance();
        Ok(Name { text, span })
    }
}
