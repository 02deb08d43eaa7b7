//! Compiled values and conditions, and their evaluation for one row.

use std::fmt::Debug;

use hashbrown::HashSet;
use jiff::tz::TimeZone;
use regex::Regex;

use super::matcher::Pattern;
use super::truth::Truth;
use crate::ast::BinaryOp;
use crate::table::{ColumnData, Dictionary, Segment, Table};
use crate::value::{Datum, Key, Value};

/// A compiled value.
#[derive(Debug)]
pub(crate) enum Node {
    Const(Value),
    /// An attribute, by its place in the plan's list.
    Slot(usize),
    Negate(Box<Self>),
    Arithmetic(BinaryOp, Box<Self>, Box<Self>),
    /// The first that is not NULL.
    First(Box<Self>, Box<Self>),
    Condition(Box<Condition>),
    If(Box<Condition>, Box<Self>, Box<Self>),
    Call(Box<dyn Callable>, Vec<Self>),
    Tuple(Vec<Self>),
    /// An aggregate's result, by its place in the plan's list.
    Aggregate(usize),
    /// A key of the facet, by its place.
    FacetKey(usize),
}

/// A compiled condition.
#[derive(Debug)]
pub(crate) enum Condition {
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
    Holds(Node),
    /// A condition on one attribute alone: for texts it is decided once for each distinct one.
    Lifted {
        slot: usize,
        inner: Box<Self>,
        memo: usize,
    },
}

/// What a value may depend on.
pub(crate) struct Env<'a> {
    pub(crate) view: Option<&'a View<'a>>,
    pub(crate) row: usize,
    pub(crate) results: &'a [Value],
    pub(crate) facet: &'a [Value],
    pub(crate) window: (i64, i64),
    pub(crate) settings: &'a Settings,
}

/// What holds for the whole query.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) zone: TimeZone,
    pub(crate) account: i64,
    pub(crate) negatives_match_null: bool,
}

/// A segment with the plan's attributes found in it.
pub(crate) struct View<'a> {
    pub(crate) table: &'a Table,
    pub(crate) segment: &'a Segment,
    pub(crate) slots: Vec<SlotRef<'a>>,
    /// Place of the segment's first row in the order of the scan.
    pub(crate) order: u64,
    /// Its place among the views of the scan.
    pub(crate) index: usize,
}

#[derive(Clone, Copy)]
pub(crate) enum SlotRef<'a> {
    Missing,
    Time,
    Column(&'a ColumnData, &'a Dictionary),
}

impl<'a> View<'a> {
    #[inline]
    pub(crate) fn get(&self, slot: usize, row: usize) -> Datum<'a> {
        match self.slots[slot] {
            SlotRef::Missing => Datum::Null,
            SlotRef::Time => Datum::Int(self.segment.times[row]),
            SlotRef::Column(column, dictionary) => column.get(row, dictionary),
        }
    }
}

impl Node {
    pub(crate) fn eval<'a>(&'a self, env: &Env<'a>) -> Datum<'a> {
        match self {
            Self::Const(value) => value.datum(),
            Self::Slot(slot) => env.view.map_or(Datum::Null, |view| view.get(*slot, env.row)),
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
                if truth.holds(env.settings.negatives_match_null) { yes.eval(env) } else { no.eval(env) }
            }
            Self::Call(function, args) => function.call(&Arguments::new(args, env)),
            Self::Tuple(parts) => {
                let values: Vec<Value> = parts.iter().map(|part| part.eval(env).into_value()).collect();
                if values.iter().any(Value::is_null) { Datum::Null } else { Datum::list(values) }
            }
            Self::Aggregate(index) => env.results.get(*index).map_or(Datum::Null, Datum::from),
            Self::FacetKey(index) => env.facet.get(*index).map_or(Datum::Null, Datum::from),
        }
    }

    /// The number, where there is one.
    pub(crate) fn number(&self, env: &Env<'_>) -> Option<f64> {
        single(self.eval(env)).number()
    }
}

/// A compound value with one part, such as a single percentile, counts as that part in a calculation.
pub(crate) fn single(datum: Datum<'_>) -> Datum<'_> {
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
    pub(crate) fn eval(&self, env: &Env<'_>) -> Truth {
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

/// A function with its constant arguments made ready.
pub(crate) trait Callable: Debug + Send + Sync {
    /// Its value over the arguments that are left.
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a>;

    /// Whether it reads the row beside its arguments.
    fn reads_row(&self) -> bool {
        false
    }
}

/// The arguments of a call, worked out when they are asked for.
pub(crate) struct Arguments<'a, 'e> {
    nodes: &'a [Node],
    pub(crate) env: &'e Env<'a>,
}

impl<'a, 'e> Arguments<'a, 'e> {
    pub(crate) fn new(nodes: &'a [Node], env: &'e Env<'a>) -> Self {
        Self { nodes, env }
    }

    /// The argument at a place from 0; NULL where there is none. It is worked out anew each time.
    pub(crate) fn get(&self, place: usize) -> Datum<'a> {
        self.nodes.get(place).map_or(Datum::Null, |node| node.eval(self.env))
    }

    pub(crate) fn has(&self, place: usize) -> bool {
        place < self.nodes.len()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Datum<'a>> {
        self.nodes.iter().map(|node| node.eval(self.env))
    }

    pub(crate) fn number(&self, place: usize) -> Option<f64> {
        self.get(place).number()
    }

    pub(crate) fn whole(&self, place: usize) -> Option<i64> {
        self.number(place).map(|number| number as i64)
    }

    pub(crate) fn text(&self, place: usize) -> Option<String> {
        self.get(place).text().map(str::to_owned)
    }
}
