//! JSON, arrays and compound values.

use std::fmt;
use std::sync::Arc;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::ast::{Expr, ExprKind};
use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::Function;
use crate::node::{Arguments, Callable, Node};
use crate::value::{Datum, Value};

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::row("jparse", (1, 2), "jparse(text[, 'path'])", "A value out of JSON: `key`, `[0]`, `[0,2]`, `[0:2]`, `[a, b]`, `[*].key`. With several names in `WITH … AS (a, b)`, the values of these keys.", jparse),
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

fn at_field(base: Node, field: Node) -> Node {
    Node::Call(Box::new(GetField), vec![base, field])
}

/// One of the names in `WITH value AS (a, b)`: a part of a map by its name, of an array by its place.
pub(crate) fn destructured(base: Node, name: &str, place: usize, only: bool) -> Node {
    Node::Call(Box::new(Destructured { name: name.to_owned(), place, only }), vec![base])
}

#[derive(Debug)]
struct Destructured {
    name: String,
    place: usize,
    /// Whether it is the only name: then a plain value is meant by it as well.
    only: bool,
}

impl Callable for Destructured {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        match args.get(0) {
            Datum::Map(entries) => {
                let found = entries.iter().find(|(key, _)| **key == *self.name);
                found.map_or(Datum::Null, |(_, value)| owned(value.clone()))
            }
            Datum::List(items) => items.get(self.place).cloned().map_or(Datum::Null, owned),
            plain if self.only => plain,
            _ => Datum::Null,
        }
    }
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
        let wrong =
            || EvalError::invalid(path.span, "a path is written like a.b[0].c, [*].k, [0:2] or [a, b]");
        steps = self::path(&text).ok_or_else(wrong)?;
    }
    Ok(Node::Call(Box::new(Jparse(steps)), vec![build.first(args)?]))
}

#[derive(Debug)]
struct Jparse(Vec<Step>);

impl Callable for Jparse {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let first = args.get(0);
        let Some(Json(value)) = first.text().and_then(|text| serde_json::from_str(text).ok()) else {
            return Datum::Null;
        };
        follow(&value, &self.0).map_or(Datum::Null, owned)
    }
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

/// A value that is read from JSON: names keep their order, and the last of one name counts.
struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json(Value::Bool(value)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json(Value::Int(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json(i64::try_from(number).map_or_else(|_| Value::float(number as f64), Value::Int)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json(Value::float(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json(Value::text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(Json(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Json(Value::List(list.into())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut map: Vec<(Arc<str>, Value)> = Vec::new();
        while let Some((name, Json(value))) = entries.next_entry::<String, Json>()? {
            match map.iter_mut().find(|(known, _)| known.as_ref() == name) {
                Some((_, known)) => *known = value,
                None => map.push((Arc::from(name), value)),
            }
        }
        Ok(Json(Value::Map(map.into())))
    }
}

/// One step of a path into JSON.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Keys(Vec<String>),
    Places(Vec<i64>),
    Slice(Option<i64>, Option<i64>),
    Each,
}

/// Reads a path such as `a.b[0].c`, `[*].k`, `[:-2]`, `[a, "b"]`.
fn path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (step, after) = bracket(inside)?;
            steps.push(step);
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

/// What stands in brackets, the opening one read; and the rest of the text.
fn bracket(text: &str) -> Option<(Step, &str)> {
    let (mut keys, mut places) = (Vec::new(), Vec::new());
    let mut rest = text.trim_start();
    loop {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote {
            let (key, after) = rest[1..].split_once(quote)?;
            keys.push(key.to_owned());
            rest = after.trim_start();
        } else {
            let end = rest.find([',', ']'])?;
            let (word, after) = rest.split_at(end);
            let word = word.trim_end();
            if let Some(slice) = slice(word).filter(|_| keys.is_empty() && places.is_empty()) {
                return Some((slice, after.strip_prefix(']')?));
            }
            match word.parse() {
                Ok(place) => places.push(place),
                Err(_) if word.is_empty() => return None,
                Err(_) => keys.push(word.to_owned()),
            }
            rest = after;
        }
        if let Some(after) = rest.strip_prefix(']') {
            let step = match (keys.len(), places.is_empty()) {
                (0, _) => Step::Places(places),
                (1, true) => Step::Key(keys.pop()?),
                (_, true) => Step::Keys(keys),
                (_, false) => return None,
            };
            return Some((step, after));
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

/// `*`, `1:`, `:2`, `1:2`
fn slice(word: &str) -> Option<Step> {
    if word == "*" {
        return Some(Step::Each);
    }
    let (from, to) = word.split_once(':')?;
    let bound =
        |text: &str| if text.trim().is_empty() { Some(None) } else { text.trim().parse().ok().map(Some) };
    Some(Step::Slice(bound(from)?, bound(to)?))
}

fn follow(value: &Value, path: &[Step]) -> Option<Value> {
    let Some((step, rest)) = path.split_first() else { return Some(value.clone()) };
    match (step, value) {
        (Step::Key(key), Value::Map(_)) => follow(value.entry(key)?, rest),
        (Step::Keys(keys), Value::Map(_)) => {
            let of =
                |key: &String| value.entry(key).and_then(|found| follow(found, rest)).unwrap_or_default();
            Some(Value::List(keys.iter().map(of).collect()))
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_or_refused() {
        assert_eq!(
            path("a[b, \"c,d\"].e"),
            Some(vec![
                Step::Key("a".into()),
                Step::Keys(vec!["b".into(), "c,d".into()]),
                Step::Key("e".into())
            ])
        );
        assert_eq!(path("['a']"), Some(vec![Step::Key("a".into())]));
        assert_eq!(path("[0, -1]"), Some(vec![Step::Places(vec![0, -1])]));
        assert_eq!(path("[ 1 : ][*]"), Some(vec![Step::Slice(Some(1), None), Step::Each]));
        for wrong in ["[", "[]", "a[", "a..b", "[0, a]", "['a]", "[a b", "[1:2, 3]", "."] {
            assert_eq!(path(wrong), None, "{wrong}");
        }
    }
}
