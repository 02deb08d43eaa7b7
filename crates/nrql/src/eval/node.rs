//! Compiled values and conditions, and their evaluation for one row.

use super::function::{Prepared, call};
use super::matcher::Pattern;
use super::truth::Truth;
use crate::ast::BinaryOp;
use crate::function::Id;
use crate::table::{ColumnData, Dictionary, Segment, Table};
use crate::value::{Datum, Key, Value};
use hashbrown::HashSet;
use jiff::tz::TimeZone;
use regex::Regex;

/// A compiled value.
#[derive(Debug)]
pub(super) enum Node {
    Const(Value),
    /// An attribute, by its place in the plan's list.
    Slot(usize),
    EventType,
    Negate(Box<Self>),
    Arithmetic(BinaryOp, Box<Self>, Box<Self>),
    /// The first that is not NULL.
    First(Box<Self>, Box<Self>),
    Condition(Box<Condition>),
    If(Box<Condition>, Box<Self>, Box<Self>),
    Call(Id, Vec<Self>, Prepared),
    Tuple(Vec<Self>),
    /// An aggregate's result, by its place in the plan's list.
    Aggregate(usize),
    /// A value per `per` milliseconds of the window.
    Rate {
        of: Box<Self>,
        per: f64,
    },
    Percentage {
        part: Box<Self>,
        whole: Box<Self>,
    },
    WindowEnd,
    /// A key of the facet, by its place.
    FacetKey(usize),
}

/// A compiled condition.
#[derive(Debug)]
pub(super) enum Condition {
    Always(Truth),
    All(Box<Self>, Box<Self>),
    Any(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(BinaryOp, Node, Node),
    IsNull(Node),
    IsBool(Node, bool),
    Like(Node, Pattern),
    Matches(Node, Regex),
    In(Node, HashSet<Key>),
    Contains(Node, Node),
    Holds(Node),
    /// A condition on one attribute alone: for texts it is decided once for each distinct one.
    Lifted {
        slot: usize,
        inner: Box<Self>,
        memo: usize,
    },
}

/// What a value may depend on.
pub(super) struct Env<'a> {
    pub(super) view: Option<&'a View<'a>>,
    pub(super) row: usize,
    pub(super) results: &'a [Value],
    pub(super) facet: &'a [Value],
    pub(super) window: (i64, i64),
    pub(super) settings: &'a Settings,
}

/// What holds for the whole query.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) zone: TimeZone,
    pub(super) account: i64,
    pub(super) negatives_match_null: bool,
}

/// A segment with the plan's attributes found in it.
pub(super) struct View<'a> {
    pub(super) table: &'a Table,
    pub(super) segment: &'a Segment,
    pub(super) slots: Vec<SlotRef<'a>>,
    /// Place of the segment's first row in the order of the scan.
    pub(super) order: u64,
    /// Its place among the views of the scan.
    pub(super) index: usize,
}

#[derive(Clone, Copy)]
pub(super) enum SlotRef<'a> {
    Missing,
    Time,
    Column(&'a ColumnData, &'a Dictionary),
}

impl<'a> View<'a> {
    #[inline]
    pub(super) fn get(&self, slot: usize, row: usize) -> Datum<'a> {
        match self.slots[slot] {
            SlotRef::Missing => Datum::Null,
            SlotRef::Time => Datum::Int(self.segment.times[row]),
            SlotRef::Column(column, dictionary) => column.get(row, dictionary),
        }
    }
}

impl Node {
    pub(super) fn eval<'a>(&'a self, env: &Env<'a>) -> Datum<'a> {
        match self {
            Self::Const(value) => value.datum(),
            Self::Slot(slot) => env.view.map_or(Datum::Null, |view| view.get(*slot, env.row)),
            Self::EventType => env.view.map_or(Datum::Null, |view| Datum::from(view.table.event_type())),
            Self::Negate(node) => match node.eval(env) {
                Datum::Int(number) => number.checked_neg().map_or(Datum::Float(-(number as f64)), Datum::Int),
                Datum::Float(number) => Datum::Float(-number),
                _ => Datum::Null,
            },
            Self::Arithmetic(op, left, right) => arithmetic(*op, &left.eval(env), &right.eval(env)),
            Self::First(first, second) => {
                let value = first.eval(env);
                if value.is_null() { second.eval(env) } else { value }
            }
            Self::Condition(condition) => match condition.eval(env).decided() {
                Some(value) => Datum::Bool(value),
                None => Datum::Null,
            },
            Self::If(condition, yes, no) => {
                let truth = condition.eval(env);
                if truth.holds(env.settings) { yes.eval(env) } else { no.eval(env) }
            }
            Self::Call(id, args, prepared) => call(*id, args, prepared, env),
            Self::Tuple(parts) => {
                let values: Vec<Value> = parts.iter().map(|part| part.eval(env).into_value()).collect();
                if values.iter().any(Value::is_null) { Datum::Null } else { Datum::list(values) }
            }
            Self::Aggregate(index) => env.results.get(*index).map_or(Datum::Null, Datum::from),
            Self::Rate { of, per } => {
                let millis = (env.window.1 - env.window.0) as f64;
                single(of.eval(env))
                    .number()
                    .map_or(Datum::Null, |number| Datum::finite(number * per / millis))
            }
            Self::Percentage { part, whole } => {
                match (single(part.eval(env)).number(), single(whole.eval(env)).number()) {
                    (Some(part), Some(whole)) => Datum::finite(100.0 * part / whole),
                    _ => Datum::Null,
                }
            }
            Self::WindowEnd => Datum::Int(env.window.1),
            Self::FacetKey(index) => env.facet.get(*index).map_or(Datum::Null, Datum::from),
        }
    }

    /// The number, where there is one.
    pub(super) fn number(&self, env: &Env<'_>) -> Option<f64> {
        single(self.eval(env)).number()
    }
}

/// A compound value with one part, such as a single percentile, counts as that part in a calculation.
pub(super) fn single(datum: Datum<'_>) -> Datum<'_> {
    match datum {
        Datum::Map(entries) if entries.len() == 1 => match &entries[0].1 {
            Value::Int(number) => Datum::Int(*number),
            Value::Float(number) => Datum::Float(*number),
            _ => Datum::Null,
        },
        other => other,
    }
}

fn arithmetic<'a>(op: BinaryOp, left: &Datum<'_>, right: &Datum<'_>) -> Datum<'a> {
    let number = |datum: &Datum<'_>| match datum {
        Datum::Map(_) => single(datum.clone()).number(),
        _ => datum.number(),
    };
    let (Some(a), Some(b)) = (number(left), number(right)) else { return Datum::Null };
    Datum::finite(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        _ => a / b,
    })
}

impl Condition {
    pub(super) fn eval(&self, env: &Env<'_>) -> Truth {
        match self {
            Self::Always(truth) => *truth,
            Self::All(left, right) => left.eval(env).and(right.eval(env)),
            Self::Any(left, right) => left.eval(env).or(right.eval(env)),
            Self::Not(inner) => inner.eval(env).not(),
            Self::Compare(op, left, right) => compare(*op, &single(left.eval(env)), &single(right.eval(env))),
            Self::IsNull(node) => Truth::of(node.eval(env).is_null()),
            Self::IsBool(node, wanted) => Truth::of(node.eval(env) == Datum::Bool(*wanted)),
            Self::Like(node, pattern) => text_test(&node.eval(env), |text| pattern.matches(text)),
            Self::Matches(node, regex) => text_test(&node.eval(env), |text| regex.is_match(text)),
            Self::In(node, values) => match node.eval(env) {
                Datum::Null => Truth::UNKNOWN,
                datum => Truth::of(values.contains(&Key(datum.into_value()))),
            },
            Self::Contains(list, value) => match list.eval(env) {
                Datum::Null => Truth::UNKNOWN,
                Datum::List(items) => {
                    let value = value.eval(env);
                    Truth::of(items.iter().any(|item| item.datum().equals(&value)))
                }
                _ => Truth::of(false),
            },
            Self::Holds(node) => match node.eval(env) {
                Datum::Bool(value) => Truth::of(value),
                Datum::Null => Truth::UNKNOWN,
                _ => Truth::of(false),
            },
            Self::Lifted { inner, .. } => inner.eval(env),
        }
    }
}

fn text_test(datum: &Datum<'_>, test: impl Fn(&str) -> bool) -> Truth {
    match datum {
        Datum::Null => Truth::UNKNOWN,
        Datum::Text(text) => Truth::of(test(text)),
        _ => Truth::of(false),
    }
}

fn compare(op: BinaryOp, left: &Datum<'_>, right: &Datum<'_>) -> Truth {
    if left.is_null() || right.is_null() {
        return if op == BinaryOp::NotEqual { Truth::UNKNOWN.not() } else { Truth::UNKNOWN };
    }
    let ordered = |test: fn(std::cmp::Ordering) -> bool| Truth::of(left.compare(right).is_some_and(test));
    match op {
        BinaryOp::NotEqual => Truth::of(!left.equals(right)),
        BinaryOp::Less => ordered(std::cmp::Ordering::is_lt),
        BinaryOp::LessOrEqual => ordered(std::cmp::Ordering::is_le),
        BinaryOp::Greater => ordered(std::cmp::Ordering::is_gt),
        BinaryOp::GreaterOrEqual => ordered(std::cmp::Ordering::is_ge),
        _ => Truth::of(left.equals(right)),
    }
}
