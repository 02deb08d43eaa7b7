//! The part of GraphQL that NerdGraph clients send: an operation with variables, nested fields with arguments and
//! aliases, fragments. No schema: what a field is, the answering side knows.

use super::lex::{Lexer, SyntaxError};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The deepest nesting of selections and values.
const DEPTH_MAX: u32 = 24;
/// The most fields once fragments are in place; fragments that name one another in a circle end here too.
const FIELDS_MAX: usize = 2_000;

/// One field of a selection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// The name in the answer.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) arguments: Vec<(String, Argument)>,
    pub(crate) fields: Vec<Self>,
}

/// A value as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument {
    /// `$name`
    Variable(String),
    /// Anything else; a variable inside a list or an object is read as null.
    Literal(Value),
}

/// An operation, fragments put in place.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) fields: Vec<Field>,
    pub(crate) is_query: bool,
    /// Defaults of variables.
    pub(crate) defaults: HashMap<String, Value>,
}

enum Selection {
    Field(Field, Vec<Self>),
    Inline(Vec<Self>),
    Spread(String),
}

struct Operation {
    selections: Vec<Selection>,
    is_query: bool,
    defaults: HashMap<String, Value>,
}

/// Parses `text`; `wanted` chooses among several named operations.
///
/// # Errors
/// The place that is not GraphQL, or not the part that is read here.
pub(crate) fn parse(text: &str, wanted: Option<&str>) -> Result<Document, SyntaxError> {
    let mut lexer = Lexer::new(text);
    let mut fragments = HashMap::new();
    let mut found: Option<Operation> = None;
    while !lexer.at_end() {
        if lexer.peek() == Some('{') {
            let selections = selections(&mut lexer, 0)?;
            found.get_or_insert(Operation { selections, is_query: true, defaults: HashMap::new() });
            continue;
        }
        match lexer.name()? {
            "fragment" => {
                let name = lexer.name()?.to_owned();
                type_condition(&mut lexer)?;
                fragments.insert(name, selections(&mut lexer, 0)?);
            }
            word @ ("query" | "mutation" | "subscription") => {
                let name = if matches!(lexer.peek(), Some('(' | '{' | '@')) { "" } else { lexer.name()? };
                let defaults = variables(&mut lexer)?;
                directives(&mut lexer)?;
                let selections = selections(&mut lexer, 0)?;
                if wanted.is_none_or(|wanted| wanted == name) {
                    found.get_or_insert(Operation { selections, is_query: word == "query", defaults });
                }
            }
            _ => return lexer.fail("`query` or `fragment`"),
        }
    }
    let Some(operation) = found else { return lexer.fail("an operation of the name that was asked for") };
    let mut budget = FIELDS_MAX;
    let fields = place(&operation.selections, &fragments, 0, &mut budget);
    let Some(fields) = fields else { return lexer.fail("fewer fields, and fragments without circles,") };
    Ok(Document { fields, is_query: operation.is_query, defaults: operation.defaults })
}

/// Puts fragments in place; `None` when there is too much of it.
fn place(
    selections: &[Selection],
    fragments: &HashMap<String, Vec<Selection>>,
    depth: u32,
    budget: &mut usize,
) -> Option<Vec<Field>> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut fields = Vec::new();
    for selection in selections {
        *budget = budget.checked_sub(1)?;
        match selection {
            Selection::Field(field, inner) => {
                let inner = place(inner, fragments, depth + 1, budget)?;
                fields.push(Field { fields: inner, ..field.clone() });
            }
            Selection::Inline(inner) => fields.extend(place(inner, fragments, depth + 1, budget)?),
            Selection::Spread(name) => {
                let inner = fragments.get(name).map_or(&[][..], Vec::as_slice);
                fields.extend(place(inner, fragments, depth + 1, budget)?);
            }
        }
    }
    Some(fields)
}

fn type_condition(lexer: &mut Lexer<'_>) -> Result<(), SyntaxError> {
    if lexer.name()? != "on" {
        return lexer.fail("`on`");
    }
    lexer.name().map(|_| ())
}

fn selections(lexer: &mut Lexer<'_>, depth: u32) -> Result<Vec<Selection>, SyntaxError> {
    if depth > DEPTH_MAX {
        return lexer.fail("less nesting");
    }
    lexer.expect('{', "`{`")?;
    let mut selections = Vec::new();
    while !lexer.take('}') {
        if lexer.take_spread() {
            if lexer.peek() == Some('{') {
                selections.push(Selection::Inline(self::selections(lexer, depth + 1)?));
                continue;
            }
            let name = lexer.name()?.to_owned();
            if name == "on" {
                lexer.name()?;
                directives(lexer)?;
                selections.push(Selection::Inline(self::selections(lexer, depth + 1)?));
            } else {
                directives(lexer)?;
                selections.push(Selection::Spread(name));
            }
            continue;
        }
        let mut name = lexer.name()?.to_owned();
        let key = name.clone();
        if lexer.take(':') {
            name = lexer.name()?.to_owned();
        }
        let arguments = arguments(lexer)?;
        directives(lexer)?;
        let inner = if lexer.peek() == Some('{') { self::selections(lexer, depth + 1)? } else { Vec::new() };
        selections.push(Selection::Field(Field { key, name, arguments, fields: Vec::new() }, inner));
    }
    Ok(selections)
}

fn arguments(lexer: &mut Lexer<'_>) -> Result<Vec<(String, Argument)>, SyntaxError> {
    let mut arguments = Vec::new();
    if lexer.take('(') {
        while !lexer.take(')') {
            let name = lexer.name()?.to_owned();
            lexer.expect(':', "`:`")?;
            let argument = if lexer.take('$') {
                Argument::Variable(lexer.name()?.to_owned())
            } else {
                Argument::Literal(value(lexer, 0)?)
            };
            arguments.push((name, argument));
        }
    }
    Ok(arguments)
}

fn directives(lexer: &mut Lexer<'_>) -> Result<(), SyntaxError> {
    while lexer.take('@') {
        lexer.name()?;
        arguments(lexer)?;
    }
    Ok(())
}

fn variables(lexer: &mut Lexer<'_>) -> Result<HashMap<String, Value>, SyntaxError> {
    let mut defaults = HashMap::new();
    if lexer.take('(') {
        while !lexer.take(')') {
            lexer.expect('$', "`$`")?;
            let name = lexer.name()?.to_owned();
            lexer.expect(':', "`:`")?;
            // The type says nothing that the value does not.
            while lexer.take('[') {}
            lexer.name()?;
            while lexer.take(']') || lexer.take('!') {}
            if lexer.take('=') {
                defaults.insert(name, value(lexer, 0)?);
            }
            directives(lexer)?;
        }
    }
    Ok(defaults)
}

fn value(lexer: &mut Lexer<'_>, depth: u32) -> Result<Value, SyntaxError> {
    if depth > DEPTH_MAX {
        return lexer.fail("less nesting");
    }
    match lexer.peek() {
        Some('"') => lexer.string().map(Value::String),
        Some('-' | '0'..='9') => lexer.number(),
        Some('[') => {
            lexer.take('[');
            let mut items = Vec::new();
            while !lexer.take(']') {
                items.push(value(lexer, depth + 1)?);
            }
            Ok(Value::Array(items))
        }
        Some('{') => {
            lexer.take('{');
            let mut members = Map::new();
            while !lexer.take('}') {
                let name = lexer.name()?.to_owned();
                lexer.expect(':', "`:`")?;
                members.insert(name, value(lexer, depth + 1)?);
            }
            Ok(Value::Object(members))
        }
        Some('$') => {
            lexer.take('$');
            lexer.name().map(|_| Value::Null)
        }
        _ => Ok(match lexer.name()? {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            word => Value::String(word.to_owned()),
        }),
    }
}
