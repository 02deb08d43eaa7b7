//! The checker: problems beyond the grammar.

mod alert;
mod condition;
mod expr;
mod probe;
mod query;
mod schema;

use std::fmt;

pub use self::schema::{AttributeSchema, EventSchema, Schema, ValueType};
use crate::ast::Query;
use crate::error::EvalError;
use crate::span::Span;

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is answered, perhaps not as meant.
    Warning,
    /// New Relic refuses it, or it can never find anything.
    Error,
}

/// Something wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// A short name of the rule, stable for tools.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// What would fix it.
    pub hint: Option<String>,
    /// Where in the query text.
    pub span: Span,
}

impl Problem {
    /// The problem with its place in the query's text: `error at line 1 position 8: … (did you mean …?)`.
    #[must_use]
    pub fn in_text(&self, source: &str) -> String {
        let severity = if self.severity == Severity::Error { "error" } else { "warning" };
        format!("{severity} at {}: {self}", self.span.position(source))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

/// Where a query is to be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// In a dashboard, the query builder or the API.
    #[default]
    Query,
    /// In an alert condition, which takes a part of the language only.
    Alert,
}

/// Checks a query against the language and, where it is not empty, a schema; problems in the order of the text.
///
/// ```
/// let query = nrql::parse("SELECT cuont(*) FROM InstantFunnel")?;
/// let problems = nrql::check(&query, &nrql::Schema::default());
/// assert_eq!(problems[0].to_string(), "Unknown function cuont(); did you mean count?");
/// # Ok::<(), nrql::ParseError>(())
/// ```
#[must_use]
pub fn check(query: &Query, schema: &Schema) -> Vec<Problem> {
    check_for(query, schema, Mode::Query)
}

/// Checks a query for the place where it is to be used; see [`check`].
#[must_use]
pub fn check_for(query: &Query, schema: &Schema, mode: Mode) -> Vec<Problem> {
    let mut checker = Checker { schema, problems: Vec::new(), subqueries: 0, calls: Vec::new() };
    checker.text_size(query);
    checker.query(query);
    if mode == Mode::Alert {
        checker.alert(query);
    }
    let mut problems = checker.problems;
    problems.sort_by_key(|problem| problem.span.start);
    problems.dedup_by(|a, b| a.message == b.message && a.span.start == b.span.start);
    problems
}

struct Checker<'s> {
    schema: &'s Schema,
    problems: Vec<Problem>,
    subqueries: usize,
    /// How often each function is called that a query may call a few times only.
    calls: Vec<(&'static str, usize)>,
}

impl Checker<'_> {
    fn report(
        &mut self,
        severity: Severity,
        rule: &'static str,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.problems.push(Problem { severity, rule, message: message.into(), hint, span });
    }

    /// Reports what the evaluator would refuse.
    fn fault(&mut self, rule: &'static str, fault: &EvalError, otherwise: Span) {
        self.error(rule, fault.span().unwrap_or(otherwise), fault.to_string());
    }

    fn error(&mut self, rule: &'static str, span: Span, message: impl Into<String>) {
        self.report(Severity::Error, rule, span, message, None);
    }

    fn warn(&mut self, rule: &'static str, span: Span, message: impl Into<String>) {
        self.report(Severity::Warning, rule, span, message, None);
    }
}
