//! Tokens.

use crate::span::Span;

/// What a token is. Texts are already unescaped.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A bare word: keyword, function, event type or attribute.
    Word(String),
    /// A name in backticks.
    Quoted(String),
    /// `'…'`
    Text(String),
    /// `r'…'`, nothing unescaped.
    Regex(String),
    Int(i64),
    Float(f64),
    /// `label:` before an argument's value.
    Label(String),
    Symbol(&'static str),
    End,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}
