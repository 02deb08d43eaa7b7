//! Values: owned ones, and borrowed ones during evaluation.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter, Write};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A value of an answer.
///
/// NRQL knows texts, numbers (64-bit whole or double), booleans and arrays of these; a missing attribute is NULL.
/// Maps come only out of functions such as `percentile` and `jparse`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Missing.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number; never infinite or NaN.
    Float(f64),
    /// A string.
    Text(Arc<str>),
    /// An array.
    List(Arc<[Self]>),
    /// Named values, in order.
    Map(Arc<[(Arc<str>, Self)]>),
}

/// A value read from a row without copying its text; also what rows are appended with.
///
/// ```
/// use nrql::Datum;
/// assert_eq!(Datum::from("free"), Datum::Text("free".into()));
/// assert_eq!(Datum::from(3), Datum::Int(3));
/// assert_eq!(Datum::from(true), Datum::Bool(true));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Datum<'a> {
    /// Missing.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Arc<[Value]>),
    /// Named values, in order.
    Map(Arc<[(Arc<str>, Value)]>),
}

impl<'a> Datum<'a> {
    /// The number, of either kind.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// A number, or NULL for one that is infinite or not a number: JSON has no such numbers, and neither has NRQL.
    pub(crate) fn finite(number: f64) -> Self {
        if number.is_finite() { Self::Float(number) } else { Self::Null }
    }

    /// Copies the text.
    #[must_use]
    pub fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(number) => Value::Int(number),
            Self::Float(number) => Value::float(number),
            Self::Text(text) => Value::Text(text.into()),
            Self::List(items) => Value::List(items),
            Self::Map(entries) => Value::Map(entries),
        }
    }

    /// NRQL's `=`: values of different types are never equal, a whole and a broken number can be.
    pub(crate) fn equals(&self, other: &Datum<'_>) -> bool {
        match (self, other) {
            (Self::Bool(a), Datum::Bool(b)) => a == b,
            (Self::Int(a), Datum::Int(b)) => a == b,
            (Self::Text(a), Datum::Text(b)) => a == b,
            _ => matches!((self.number(), other.number()), (Some(a), Some(b)) if a == b),
        }
    }

    /// The order of two numbers or of two texts, by code point; other pairs have none.
    pub(crate) fn compare(&self, other: &Datum<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Datum::Int(b)) => Some(a.cmp(b)),
            (Self::Text(a), Datum::Text(b)) => Some(a.as_ref().cmp(b.as_ref())),
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }

    pub(crate) fn list(items: Vec<Value>) -> Self {
        Self::List(items.into())
    }
}

impl<'a> From<&'a str> for Datum<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Datum<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Datum<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Datum<'_> {
    fn from(number: f64) -> Self {
        Self::finite(number)
    }
}

impl From<bool> for Datum<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<'a> From<&'a Value> for Datum<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(number) => Self::Int(*number),
            Value::Float(number) => Self::Float(*number),
            Value::Text(text) => Self::Text(Cow::Borrowed(text)),
            Value::List(items) => Self::List(Arc::clone(items)),
            Value::Map(entries) => Self::Map(Arc::clone(entries)),
        }
    }
}

impl Value {
    /// A number; a whole one within 53 bits becomes [`Value::Int`], so that it prints without a fraction, and one
    /// that is infinite or not a number becomes NULL.
    #[must_use]
    pub fn float(number: f64) -> Self {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if !number.is_finite() {
            Self::Null
        } else if number.fract() == 0.0 && number.abs() < EXACT {
            Self::Int(number as i64)
        } else {
            Self::Float(number)
        }
    }

    /// A string.
    #[must_use]
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// Borrowed.
    #[must_use]
    pub fn datum(&self) -> Datum<'_> {
        Datum::from(self)
    }

    /// The number, of either kind.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.datum().number()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The entry of that name.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => {
                entries.iter().find(|(key, _)| key.as_ref() == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(number) => (*number).into(),
            Self::Float(number) => serde_json::Number::from_f64(*number).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(entries) => {
                let pairs = entries.iter().map(|(name, value)| (name.to_string(), value.to_json()));
                serde_json::Value::Object(pairs.collect())
            }
        }
    }

    /// About how many bytes this takes, beside the enum itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len() + 16,
            Self::List(items) => items.iter().map(|item| item.heap_bytes() + 24).sum::<usize>() + 16,
            Self::Map(entries) => {
                entries.iter().map(|(key, value)| key.len() + value.heap_bytes() + 56).sum()
            }
            _ => 0,
        }
    }
}

/// As `string()` gives it, and as tables show it: NULL is empty here.
impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.datum().fmt(f)
    }
}

impl Display for Datum<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::List(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index > 0 { ", " } else { "" })?;
                }
                f.write_char(']')
            }
            Self::Map(entries) => {
                f.write_char('{')?;
                for (index, (name, value)) in entries.iter().enumerate() {
                    write!(f, "{}{name}: {value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_char('}')
            }
        }
    }
}

/// A value as the key of a map: numbers are equal when NRQL calls them equal.
#[derive(Clone, Debug)]
pub(crate) struct Key(pub(crate) Value);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        key_equals(&self.0, &other.0)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_datum(&self.0.datum(), state);
    }
}

pub(crate) fn key_equals(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| key_equals(a, b))
        }
        (Value::Map(_), Value::Map(_)) => a == b,
        _ => a.datum().equals(&b.datum()),
    }
}

pub(crate) fn hash_datum<H: Hasher>(datum: &Datum<'_>, state: &mut H) {
    match datum {
        Datum::Null => state.write_u8(0),
        Datum::Bool(value) => state.write_u8(1 + u8::from(*value)),
        Datum::Int(number) => state.write_u64((*number as f64).to_bits()),
        Datum::Float(number) => state.write_u64((number + 0.0).to_bits()),
        Datum::Text(text) => text.hash(state),
        Datum::List(items) => items.iter().for_each(|item| hash_datum(&item.datum(), state)),
        Datum::Map(entries) => entries.iter().for_each(|(name, value)| {
            name.hash(state);
            hash_datum(&value.datum(), state);
        }),
    }
}

/// A total order for sorting: NULL last, then by type, numbers by size, strings by code point.
pub(crate) fn sort_order(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Int(_) | Value::Float(_) => 0,
        Value::Text(_) => 1,
        Value::Bool(_) => 2,
        Value::List(_) => 3,
        Value::Map(_) => 4,
        Value::Null => 5,
    };
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::List(a), Value::List(b)) => a
            .iter()
            .zip(b.iter())
            .map(|(a, b)| sort_order(a, b))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| a.len().cmp(&b.len())),
        _ => a.datum().compare(&b.datum()).unwrap_or_else(|| rank(a).cmp(&rank(b))),
    }
}
