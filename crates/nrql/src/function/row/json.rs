//! JSON, arrays and compound values.

use crate::ast::{Expr, ExprKind};
use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::Function;
use crate::node::{Arguments, Callable, Node};
use crate::value::{Datum, Value};
use std::sync::Arc;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::row("jparse", (1, 2), "jparse(text[, 'path'])", "A value out of JSON: `key`, `[0]`, `[0,2]`, `[0:2]`, `[*].key`.", jparse),
    Function::plain("mapKeys", (1, 1), "mapKeys(map)", "Names in a value that `jparse` gave.", map_keys),
    Function::plain("mapValues", (1, 1), "mapValues(map)", "Values in a value that `jparse` gave.", map_values),
    Function::row("getField", (2, 2), "getField(value, field)", "An element of an array by its place from 0, or a named part of a compound value; also `value[field]`.", field).words(),
    Function::plain("contains", (2, 2), "contains(array, value)", "Whether the array has the value.", contains),
];

fn map_keys<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    match args.get(0) {
        Datum::Map(entries) => {
            Datum::list(entries.iter().map(|(name, _)| Value::Text(Arc::clone(name))).collect())
        }
        _ => Datum::Null,
    }
}

fn map_values<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    match args.get(0) {
        Datum::Map(entries) => Datum::list(entries.iter().map(|(_, value)| value.clone()).collect()),
        _ => Datum::Null,
    }
}

fn contains<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let value = args.get(1);
    match args.get(0) {
        Datum::Null => Datum::Null,
        Datum::List(items) => Datum::Bool(items.iter().any(|item| item.datum().equals(&value))),
        _ => Datum::Bool(false),
    }
}

fn field<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    field_of(build, args.needed(0)?, args.needed(1)?)
}

/// A field of a value, by its name or place: a bare name here is not an attribute.
pub(crate) fn field_of<'q>(build: &mut (dyn Build<'q> + '_), base: &'q Expr, field: &'q Expr) -> Built<Node> {
    let base = build.value(base)?;
    let field = match &field.kind {
        ExprKind::Attribute(name) => Node::Const(Value::text(name.as_str())),
        _ => build.value(field)?,
    };
    Ok(at_field(base, field))
}

/// A field of a value that is compiled already.
pub(crate) fn at_field(base: Node, field: Node) -> Node {
    Node::Call(Box::new(GetField), vec![base, field])
}

#[derive(Debug)]
struct GetField;

impl Callable for GetField {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        get_field(&args.get(0), &args.get(1))
    }
}

fn jparse<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let mut steps = Vec::new();
    if let Some(path) = args.expr(1) {
        let text = build.constant_text(path, "the path")?;
        let wrong = || EvalError::invalid(path.span, "a path is written like a.b[0].c, [*].k or [0:2]");
        steps = self::path(&text).ok_or_else(wrong)?;
    }
    Ok(Node::Call(Box::new(Jparse(steps)), vec![build.first(args)?]))
}

#[derive(Debug)]
struct Jparse(Vec<Step>);

impl Callable for Jparse {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let first = args.get(0);
        let Some(json) = first.text().and_then(|text| serde_json::from_str(text).ok()) else {
            return Datum::Null;
        };
        follow(&from_json(&json), &self.0).map_or(Datum::Null, owned)
    }
}

/// One step of a path into JSON.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Places(Vec<i64>),
    Slice(Option<i64>, Option<i64>),
    Each,
}

fn get_field<'a>(value: &Datum<'a>, field: &Datum<'_>) -> Datum<'a> {
    let found = match (value, field) {
        (Datum::List(items), Datum::Int(place)) => {
            usize::try_from(*place).ok().and_then(|place| items.get(place)).cloned()
        }
        (Datum::Map(entries), Datum::Text(name)) => {
            // '95.0' and '95' name the same percentile.
            let same = |key: &str| key == name.as_ref() || Some(key) == name.strip_suffix(".0");
            entries.iter().find(|(key, _)| same(key)).map(|(_, value)| value.clone())
        }
        // A plain number stands for the summary that a metric would have.
        (Datum::Int(_) | Datum::Float(_), Datum::Text(name)) => {
            let known = ["total", "count", "sum", "average", "latest", "min", "max", "value"];
            if !known.iter().any(|part| part.eq_ignore_ascii_case(name)) {
                return Datum::Null;
            }
            return if name.eq_ignore_ascii_case("count") { Datum::Int(1) } else { value.clone() };
        }
        _ => None,
    };
    found.map_or(Datum::Null, owned)
}

fn owned<'a>(value: Value) -> Datum<'a> {
    match value {
        Value::Null => Datum::Null,
        Value::Bool(value) => Datum::Bool(value),
        Value::Int(number) => Datum::Int(number),
        Value::Float(number) => Datum::Float(number),
        Value::Text(text) => Datum::from(text.to_string()),
        Value::List(items) => Datum::List(items),
        Value::Map(entries) => Datum::Map(entries),
    }
}

fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => number.as_f64().map_or(Value::Null, Value::float),
        },
        serde_json::Value::String(text) => Value::text(text.as_str()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(from_json).collect()),
        serde_json::Value::Object(entries) => Value::Map(
            entries.iter().map(|(name, value)| (Arc::from(name.as_str()), from_json(value))).collect(),
        ),
    }
}

/// Reads a path such as `a.b[0].c`, `[*].k`, `[:-2]`.
fn path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']')?;
            steps.push(bracket(index.trim())?);
            rest = after;
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Key(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    Some(steps)
}

fn bracket(index: &str) -> Option<Step> {
    if index == "*" {
        return Some(Step::Each);
    }
    if let Some((from, to)) = index.split_once(':') {
        let bound =
            |text: &str| if text.trim().is_empty() { Some(None) } else { text.trim().parse().ok().map(Some) };
        return Some(Step::Slice(bound(from)?, bound(to)?));
    }
    if let Some(key) = index.strip_prefix(['\'', '"']).and_then(|key| key.strip_suffix(['\'', '"'])) {
        return Some(Step::Key(key.to_owned()));
    }
    index.split(',').map(|place| place.trim().parse().ok()).collect::<Option<Vec<i64>>>().map(Step::Places)
}

fn follow(value: &Value, path: &[Step]) -> Option<Value> {
    let Some((step, rest)) = path.split_first() else { return Some(value.clone()) };
    match (step, value) {
        (Step::Key(key), Value::Map(_)) => follow(value.entry(key)?, rest),
        (Step::Places(places), Value::List(items)) => {
            let at =
                |place: i64| usize::try_from(if place < 0 { place + items.len() as i64 } else { place }).ok();
            if let [place] = places.as_slice() {
                return follow(items.get(at(*place)?)?, rest);
            }
            Some(Value::List(
                places.iter().filter_map(|place| follow(items.get(at(*place)?)?, rest)).collect(),
            ))
        }
        (Step::Slice(from, to), Value::List(items)) => {
            let length = items.len() as i64;
            let at = |bound: i64| (if bound < 0 { bound + length } else { bound }).clamp(0, length) as usize;
            let (from, to) = (at(from.unwrap_or(0)), at(to.unwrap_or(length)));
            let part = items.get(from..to).unwrap_or(&[]);
            Some(Value::List(part.iter().filter_map(|item| follow(item, rest)).collect()))
        }
        (Step::Each, Value::List(items)) => {
            Some(Value::List(items.iter().filter_map(|item| follow(item, rest)).collect()))
        }
        (Step::Each, Value::Map(entries)) => {
            Some(Value::List(entries.iter().filter_map(|(_, item)| follow(item, rest)).collect()))
        }
        _ => None,
    }
}
