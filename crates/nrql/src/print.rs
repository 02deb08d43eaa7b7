//! Syntax tree to canonical text.

use std::fmt::{self, Display, Formatter, Write};

use crate::ast::{
    Arg, ArgValue, BinaryOp, Call, Case, Definition, Expr, ExprKind, Facet, FacetKey, FacetValue, FromItem,
    InList, Interval, Join, Limit, Literal, Name, OrderKey, Period, Predict, Query, Select, SelectItem, Test,
    Text, TimePoint, UnaryOp,
};
use crate::lex::is_bare_name;

/// How tightly a form binds; a weaker one inside a stronger one needs parentheses.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Binds {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Sign,
    Primary,
}

impl Binds {
    fn of(expr: &Expr) -> Self {
        match &expr.kind {
            ExprKind::Binary { op, .. } => match op {
                BinaryOp::Or => Self::Or,
                BinaryOp::And => Self::And,
                BinaryOp::Add | BinaryOp::Subtract => Self::Sum,
                BinaryOp::Multiply | BinaryOp::Divide => Self::Product,
                _ => Self::Comparison,
            },
            ExprKind::Unary { op: UnaryOp::Not, .. } => Self::Not,
            ExprKind::Unary { op: UnaryOp::Negate, .. } => Self::Sign,
            ExprKind::Is { .. } | ExprKind::Like { .. } | ExprKind::In { .. } => Self::Comparison,
            _ => Self::Primary,
        }
    }

    fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Comparison,
            Self::Comparison => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Sign,
            Self::Sign | Self::Primary => Self::Primary,
        }
    }
}

/// Prints `expr`, in parentheses when it binds less tightly than `least`.
fn within(expr: &Expr, least: Binds, f: &mut Formatter<'_>) -> fmt::Result {
    if Binds::of(expr) < least { write!(f, "({expr})") } else { write!(f, "{expr}") }
}

fn list<T: Display>(items: &[T], f: &mut Formatter<'_>) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('\'')?;
    for c in text.chars() {
        if matches!(c, '\'' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('\'')
}

fn bare_or_backticks(name: &str, f: &mut Formatter<'_>) -> fmt::Result {
    if is_bare_name(name) { f.write_str(name) } else { write!(f, "`{name}`") }
}

fn alias(alias: Option<&Text>, f: &mut Formatter<'_>) -> fmt::Result {
    alias.map_or(Ok(()), |text| write!(f, " AS {text}"))
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        quoted(&self.text, f)
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        bare_or_backticks(&self.text, f)
    }
}

impl Display for Period {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plural = if self.amount == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.amount, self.unit.word())
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => quoted(text, f),
            Self::Int(number) => write!(f, "{number}"),
            // The debug form always has a point or an exponent, so it is read back as this kind of number.
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("NULL"),
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let not = |negated: bool| if negated { "NOT " } else { "" };
        match &self.kind {
            ExprKind::Literal(literal) => write!(f, "{literal}"),
            ExprKind::Regex(pattern) => write!(f, "r'{pattern}'"),
            ExprKind::Attribute(name) => bare_or_backticks(name, f),
            ExprKind::Star => f.write_char('*'),
            ExprKind::Call(call) => write!(f, "{call}"),
            ExprKind::Index { base, index } => {
                within(base, Binds::Primary, f)?;
                write!(f, "[{index}]")
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                f.write_str("NOT ")?;
                within(operand, Binds::Not, f)
            }
            ExprKind::Unary { op: UnaryOp::Negate, operand } => {
                f.write_char('-')?;
                within(operand, Binds::Primary, f)
            }
            ExprKind::Binary { op, left, right } => {
                let binds = Binds::of(self);
                within(left, binds, f)?;
                write!(f, " {} ", op.symbol())?;
                // How AND and OR are grouped has no effect, so no parentheses show it.
                let joins = matches!(op, BinaryOp::And | BinaryOp::Or);
                within(right, if joins { binds } else { binds.tighter() }, f)
            }
            ExprKind::Is { operand, negated, test } => {
                within(operand, Binds::Comparison, f)?;
                let test = match test {
                    Test::Null => "NULL",
                    Test::True => "TRUE",
                    Test::False => "FALSE",
                };
                write!(f, " IS {}{test}", not(*negated))
            }
            ExprKind::Like { operand, negated, regex, pattern } => {
                within(operand, Binds::Comparison, f)?;
                write!(f, " {}{} ", not(*negated), if *regex { "RLIKE" } else { "LIKE" })?;
                within(pattern, Binds::Sum, f)
            }
            ExprKind::In { operand, negated, list: values } => {
                within(operand, Binds::Comparison, f)?;
                write!(f, " {}IN (", not(*negated))?;
                match values {
                    InList::Values(values) => list(values, f)?,
                    InList::Subquery(query) => write!(f, "{query}")?,
                }
                f.write_char(')')
            }
            ExprKind::Subquery(query) => write!(f, "({query})"),
            ExprKind::Period(period) => write!(f, "{period}"),
            ExprKind::Set(values) => {
                f.write_char('{')?;
                list(values, f)?;
                f.write_char('}')
            }
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name.text)?;
        list(&self.args, f)?;
        f.write_char(')')
    }
}

impl Display for Arg {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.label {
            write!(f, "{}: ", label.text)?;
        }
        match &self.value {
            ArgValue::Expr(expr) => write!(f, "{expr}")?,
            ArgValue::Where(condition) => write!(f, "WHERE {condition}")?,
        }
        alias(self.alias.as_ref(), f)
    }
}

impl Display for SelectItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)?;
        alias(self.alias.as_ref(), f)
    }
}

impl Display for Definition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} AS ", self.expr)?;
        if let ([name], false) = (self.names.as_slice(), self.destructured) {
            return write!(f, "{name}");
        }
        f.write_char('(')?;
        list(&self.names, f)?;
        f.write_char(')')
    }
}

impl Display for FromItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::EventType(name) => write!(f, "{name}"),
            Self::Query(query) => write!(f, "({query})"),
            Self::Lookup(name) => write!(f, "lookup({name})"),
        }
    }
}

impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}JOIN ({}) ON ", if self.left { "LEFT " } else { "" }, self.query)?;
        match &self.inner {
            Some(inner) => {
                within(&self.outer, Binds::Comparison, f)?;
                f.write_str(" = ")?;
                within(inner, Binds::Sum, f)
            }
            None => write!(f, "{}", self.outer),
        }
    }
}

impl Display for OrderKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.expr, if self.descending { " DESC" } else { "" })
    }
}

impl Display for Facet {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("FACET ")?;
        list(&self.keys, f)?;
        if !self.order_by.is_empty() {
            f.write_str(" ORDER BY ")?;
            list(&self.order_by, f)?;
        }
        Ok(())
    }
}

impl Display for FacetKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)?;
        alias(self.alias.as_ref(), f)
    }
}

impl Display for FacetValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expr(expr) => {
                let text = expr.to_string();
                // At the head of a key this word would begin the other form.
                if text.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("cases(")) {
                    return write!(f, "({text})");
                }
                f.write_str(&text)
            }
            Self::Cases { cases, fallback, .. } => {
                f.write_str("CASES(")?;
                list(cases, f)?;
                f.write_char(')')?;
                fallback.as_ref().map_or(Ok(()), |expr| write!(f, " OR {expr}"))
            }
        }
    }
}

impl Display for Case {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "WHERE {}", self.condition)?;
        alias(self.alias.as_ref(), f)
    }
}

impl Display for TimePoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ago(period) => write!(f, "{period} AGO"),
            Self::Epoch(millis) => write!(f, "{millis}"),
            Self::Now => f.write_str("NOW"),
            Self::Day { day, at } => {
                f.write_str(&day.word().to_ascii_uppercase())?;
                at.map_or(Ok(()), |at| write!(f, " AT '{:02}:{:02}:{:02}'", at.hour, at.minute, at.second))
            }
            Self::This(unit) => write!(f, "THIS {}", unit.word().to_ascii_uppercase()),
            Self::Last(unit) => write!(f, "LAST {}", unit.word().to_ascii_uppercase()),
            Self::DateTime { text, .. } => quoted(text, f),
        }
    }
}

impl Display for Interval {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("AUTO"),
            Self::Max => f.write_str("MAX"),
            Self::Every(period) => write!(f, "{period}"),
            Self::Millis(millis) => write!(f, "{millis}"),
        }
    }
}

impl Display for Predict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("PREDICT")?;
        if let Some(by) = self.by {
            write!(f, " BY {by}")?;
        }
        if let Some(using) = self.using {
            write!(f, " USING {using}")?;
        }
        self.model.as_ref().map_or(Ok(()), |model| write!(f, " USING {model}"))
    }
}

/// The canonical text, on one line unless a string in it holds a line break: definitions, SELECT, FROM, JOIN, WHERE,
/// ORDER BY, FACET, LIMIT, then time, then the rest.
impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.definitions.is_empty() {
            f.write_str("WITH ")?;
            list(&self.definitions, f)?;
            f.write_char(' ')?;
        }
        match &self.select {
            Select::Items(items) => {
                f.write_str("SELECT ")?;
                list(items, f)?;
            }
            Select::EventTypes => f.write_str("SHOW EVENT TYPES")?,
        }
        if !self.from.is_empty() {
            f.write_str(" FROM ")?;
            list(&self.from, f)?;
        }
        self.joins.iter().try_for_each(|join| write!(f, " {join}"))?;
        if let Some(filter) = &self.filter {
            write!(f, " WHERE {filter}")?;
        }
        if !self.order_by.is_empty() {
            f.write_str(" ORDER BY ")?;
            list(&self.order_by, f)?;
        }
        if let Some(facet) = &self.facet {
            write!(f, " {facet}")?;
        }
        match self.limit {
            Some(Limit::Count(count)) => write!(f, " LIMIT {count}")?,
            Some(Limit::Max) => f.write_str(" LIMIT MAX")?,
            None => {}
        }
        if let Some(offset) = self.offset {
            write!(f, " OFFSET {offset}")?;
        }
        if let Some(since) = &self.since {
            write!(f, " SINCE {since}")?;
        }
        if let Some(until) = &self.until {
            write!(f, " UNTIL {until}")?;
        }
        if let Some(timezone) = &self.timezone {
            write!(f, " WITH TIMEZONE {timezone}")?;
        }
        if let Some(compare_with) = &self.compare_with {
            write!(f, " COMPARE WITH {compare_with}")?;
        }
        if let Some(timeseries) = &self.timeseries {
            write!(f, " TIMESERIES {timeseries}")?;
        }
        if let Some(slide_by) = &self.slide_by {
            write!(f, " SLIDE BY {slide_by}")?;
        }
        if let Some(predict) = &self.predict {
            write!(f, " {predict}")?;
        }
        let flags = [
            (self.extrapolate, " EXTRAPOLATE"),
            (self.raw, " RAW"),
            (self.metric_format, " WITH METRIC_FORMAT"),
        ];
        flags.iter().filter(|(set, _)| *set).try_for_each(|(_, text)| f.write_str(text))?;
        self.metric_pattern.as_ref().map_or(Ok(()), |pattern| write!(f, " {pattern}"))
    }
}
