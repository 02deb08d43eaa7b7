//! The syntax tree of a query.
//!
//! The tree keeps the meaning and drops the layout: clause order, letter case of keywords, comments,
//! parentheses and several `WHERE`s (joined by AND) do not survive. `Display` prints the canonical text, and parsing
//! that text gives an equal tree.

mod expr;
mod time;

pub use self::expr::{Arg, ArgValue, BinaryOp, Call, Expr, ExprKind, InList, Literal, Test, UnaryOp};
pub use self::time::{Day, Period, TimePoint, Unit};
pub use crate::calendar::ClockTime;
use crate::span::Span;

/// A name as written: attribute, event type, function or label, without its backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A whole query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `WITH expr AS name, …`
    pub definitions: Vec<Definition>,
    /// `SELECT …` or `SHOW EVENT TYPES`.
    pub select: Select,
    /// `FROM …`; empty only for `SHOW EVENT TYPES` and for a query over its definitions alone.
    pub from: Vec<FromItem>,
    /// `JOIN …`, in order.
    pub joins: Vec<Join>,
    /// `WHERE …`; several are joined by AND.
    pub filter: Option<Expr>,
    /// `FACET …`
    pub facet: Option<Facet>,
    /// `LIMIT …`
    pub limit: Option<Limit>,
    /// `OFFSET n`
    pub offset: Option<u64>,
    /// `ORDER BY …` of rows; the one that directly follows FACET is [`Facet::order_by`].
    pub order_by: Vec<OrderKey>,
    /// `SINCE …`
    pub since: Option<TimePoint>,
    /// `UNTIL …`
    pub until: Option<TimePoint>,
    /// `WITH TIMEZONE '…'`
    pub timezone: Option<Text>,
    /// `COMPARE WITH …`
    pub compare_with: Option<TimePoint>,
    /// `TIMESERIES …`
    pub timeseries: Option<Interval>,
    /// `SLIDE BY …`
    pub slide_by: Option<Interval>,
    /// `PREDICT …`
    pub predict: Option<Predict>,
    /// `EXTRAPOLATE`, which has no effect on unsampled data.
    pub extrapolate: bool,
    /// `RAW`, which concerns metrics only.
    pub raw: bool,
    /// `WITH METRIC_FORMAT`, which concerns metrics only.
    pub metric_format: bool,
    /// The pattern of `WITH METRIC_FORMAT '…'`.
    pub metric_pattern: Option<Text>,
    /// Where the clauses stand.
    pub clauses: ClauseSpans,
    /// The whole text.
    pub span: Span,
}

/// Where the clauses of a query stand; an empty span for one that is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClauseSpans {
    /// `LIMIT`
    pub limit: Span,
    /// `OFFSET`
    pub offset: Span,
    /// `ORDER BY`
    pub order_by: Span,
    /// `SINCE`
    pub since: Span,
    /// `UNTIL`
    pub until: Span,
    /// `COMPARE WITH`
    pub compare_with: Span,
    /// `TIMESERIES`
    pub timeseries: Span,
    /// `SLIDE BY`
    pub slide_by: Span,
    /// `PREDICT`
    pub predict: Span,
    /// The second `WITH … AS`: a query has one.
    pub second_with: Span,
}

/// A string with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text, unescaped.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// What a query asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Select {
    /// `SELECT item, …`
    Items(Vec<SelectItem>),
    /// `SHOW EVENT TYPES`
    EventTypes,
}

/// One item of SELECT.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectItem {
    /// What is asked for.
    pub expr: Expr,
    /// `AS …`; more than one name only where a function yields several values.
    pub alias: Option<Text>,
}

/// One definition of `WITH`.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The value.
    pub expr: Expr,
    /// The names it is given; several for a value of several parts.
    pub names: Vec<Name>,
    /// Whether the names stand in parentheses, and so for the parts of the value.
    pub destructured: bool,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum FromItem {
    /// An event type.
    EventType(Name),
    /// Nested aggregation: the rows are another query's result.
    Query(Box<Query>),
    /// `lookup(table)`
    Lookup(Name),
}

/// `INNER|LEFT JOIN (query) ON …`
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// Whether outer rows without a match are kept.
    pub left: bool,
    /// The joined rows.
    pub query: Box<Query>,
    /// The attribute of the outer rows.
    pub outer: Expr,
    /// The projected name of the joined rows; absent when `ON key` names both.
    pub inner: Option<Expr>,
    /// The whole clause.
    pub span: Span,
}

/// `FACET …`
#[derive(Clone, Debug, PartialEq)]
pub struct Facet {
    /// The keys.
    pub keys: Vec<FacetKey>,
    /// `ORDER BY aggregate`, directly after the keys: chooses which facets survive LIMIT.
    pub order_by: Vec<OrderKey>,
    /// The whole clause.
    pub span: Span,
}

/// One key of FACET.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetKey {
    /// What rows are grouped by.
    pub value: FacetValue,
    /// `AS …`
    pub alias: Option<Text>,
}

/// What rows are grouped by.
#[derive(Clone, Debug, PartialEq)]
pub enum FacetValue {
    /// An attribute or expression.
    Expr(Expr),
    /// `CASES (…) [OR fallback]`
    Cases {
        /// The cases; the first that matches wins.
        cases: Vec<Case>,
        /// What groups the rows that no case matched.
        fallback: Option<Expr>,
        /// The whole key.
        span: Span,
    },
}

/// One case of `CASES`.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// `WHERE …`
    pub condition: Expr,
    /// `AS …`
    pub alias: Option<Text>,
}

/// `LIMIT n` or `LIMIT MAX`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// That many.
    Count(u64),
    /// As many as are allowed.
    Max,
}

/// One key of ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderKey {
    /// The value to sort by.
    pub expr: Expr,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Where `ASC` or `DESC` stands; empty where neither does.
    pub direction: Span,
}

/// The width of a TIMESERIES bucket or of a SLIDE BY step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// Nothing written, or `AUTO`.
    Auto,
    /// The finest step that is allowed.
    Max,
    /// `n unit`
    Every(Period),
    /// A bare number: milliseconds.
    Millis(u64),
}

/// `PREDICT [BY n unit] [USING n unit] [model(…)]`
#[derive(Clone, Debug, PartialEq)]
pub struct Predict {
    /// How far past the range.
    pub by: Option<Period>,
    /// How much data the model learns from.
    pub using: Option<Period>,
    /// The model, such as `holtwinters(seasonality: 1 day)`.
    pub model: Option<Expr>,
}
