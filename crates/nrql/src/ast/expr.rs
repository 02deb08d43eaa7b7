//! Values and conditions.

use super::{Name, Period, Query, Text};
use crate::span::Span;

/// A value or a condition; NRQL lets one stand in for the other in places, so they share a type.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of [`Expr`].
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// `r'…'`
    Regex(String),
    /// An attribute, or a name that WITH defines.
    Attribute(String),
    /// `*`
    Star,
    /// `name(arg, …)`
    Call(Call),
    /// `base[index]`, short for `getField`.
    Index {
        /// What is looked into.
        base: Box<Expr>,
        /// A position from 0, or the name of a field.
        index: Box<Expr>,
    },
    /// `-x`, `NOT x`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `a + b`, `a = b`, `a AND b`, …
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `x IS [NOT] NULL|TRUE|FALSE`
    Is {
        /// The tested value.
        operand: Box<Expr>,
        /// Whether NOT is there.
        negated: bool,
        /// What it is tested for.
        test: Test,
    },
    /// `x [NOT] LIKE|RLIKE pattern`
    Like {
        /// The tested value.
        operand: Box<Expr>,
        /// Whether NOT is there.
        negated: bool,
        /// Whether it is RLIKE.
        regex: bool,
        /// The pattern.
        pattern: Box<Expr>,
    },
    /// `x [NOT] IN (…)`
    In {
        /// The tested value.
        operand: Box<Expr>,
        /// Whether NOT is there.
        negated: bool,
        /// What is searched.
        list: InList,
    },
    /// `(SELECT …)` in place of a value.
    Subquery(Box<Query>),
    /// `n unit` as an argument.
    Period(Period),
    /// `{a, b}` as an argument's value.
    Set(Vec<Expr>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `'…'`
    Text(String),
    /// A whole number within 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// `true`, `false`
    Bool(bool),
    /// `NULL`
    Null,
}

/// What IN searches.
#[derive(Clone, Debug, PartialEq)]
pub enum InList {
    /// Written out.
    Values(Vec<Expr>),
    /// The result of a query.
    Subquery(Box<Query>),
}

/// What IS tests for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// `NULL`
    Null,
    /// `TRUE`
    True,
    /// `FALSE`
    False,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `NOT`
    Not,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `OR`: between conditions either, between values the first that is not NULL.
    Or,
    /// `AND`
    And,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl BinaryOp {
    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Or => "OR",
            Self::And => "AND",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }

    /// Whether the result is a truth value whatever the operands are.
    #[must_use]
    pub fn compares(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
        )
    }
}

/// A function with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name as written.
    pub name: Name,
    /// Its arguments.
    pub args: Vec<Arg>,
}

/// One argument of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// `label:`
    pub label: Option<Name>,
    /// The value or condition.
    pub value: ArgValue,
    /// `AS …`, as in the steps of `funnel`.
    pub alias: Option<Text>,
}

/// What an argument holds.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgValue {
    /// A value.
    Expr(Expr),
    /// `WHERE condition`
    Where(Expr),
}

impl ArgValue {
    /// The expression in either form.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        match self {
            Self::Expr(expr) | Self::Where(expr) => expr,
        }
    }
}

impl Expr {
    /// Whether this can only be a truth value, by its form.
    #[must_use]
    pub fn is_condition(&self) -> bool {
        match &self.kind {
            ExprKind::Is { .. } | ExprKind::Like { .. } | ExprKind::In { .. } => true,
            ExprKind::Unary { op, .. } => *op == UnaryOp::Not,
            ExprKind::Binary { op, left, right } => {
                op.compares()
                    || *op == BinaryOp::And
                    || (*op == BinaryOp::Or && (left.is_condition() || right.is_condition()))
            }
            _ => false,
        }
    }

    /// The expressions directly inside this one, without those of subqueries.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Call(call) => call.args.iter().map(|arg| arg.value.expr()).collect(),
            ExprKind::Index { base, index } => vec![base, index],
            ExprKind::Unary { operand, .. }
            | ExprKind::Is { operand, .. }
            | ExprKind::In { operand, list: InList::Subquery(_), .. } => vec![operand],
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::Like { operand, pattern, .. } => vec![operand, pattern],
            ExprKind::In { operand, list: InList::Values(values), .. } => {
                std::iter::once(operand.as_ref()).chain(values).collect()
            }
            ExprKind::Set(values) => values.iter().collect(),
            ExprKind::Literal(_)
            | ExprKind::Regex(_)
            | ExprKind::Attribute(_)
            | ExprKind::Star
            | ExprKind::Subquery(_)
            | ExprKind::Period(_) => Vec::new(),
        }
    }
}
