//! `POST /graphql`: as much of NerdGraph as a client needs to run NRQL.
//!
//! `actor { account(id) { nrql(query, timeout) { … } } }`, any number of them under aliases, with variables and
//! fragments. The account's number is taken as it comes: the lab has one set of data.

mod lex;
mod parse;

use crate::query::{Queries, QueryError};
use parse::{Argument, Field};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The most NRQL queries in one request.
const QUERIES_MAX: usize = 32;

/// What a request needs while it is answered.
struct Request {
    variables: HashMap<String, Value>,
    errors: Vec<Value>,
    queries: usize,
}

/// The answer to the body `{"query": …, "variables": …, "operationName": …}`.
pub(crate) async fn answer(queries: &Queries, body: &Value) -> Value {
    let Some(text) = body.get("query").and_then(Value::as_str) else {
        return failed("the body has no `query`");
    };
    let operation = body.get("operationName").and_then(Value::as_str).filter(|name| !name.is_empty());
    let document = match parse::parse(text, operation) {
        Ok(document) => document,
        Err(error) => return failed(&error.to_string()),
    };
    if !document.is_query {
        return failed("the lab answers queries; it has nothing to mutate");
    }
    let mut variables = document.defaults;
    if let Some(given) = body.get("variables").and_then(Value::as_object) {
        variables.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    let mut request = Request { variables, errors: Vec::new(), queries: 0 };
    let mut data = Map::new();
    for field in &document.fields {
        let value = match field.name.as_str() {
            "actor" => actor(queries, field, &mut request).await,
            "__typename" => json!("RootQueryType"),
            _ => request.unknown(field, "RootQueryType"),
        };
        data.insert(field.key.clone(), value);
    }
    if request.errors.is_empty() {
        json!({"data": data})
    } else {
        json!({"data": data, "errors": request.errors})
    }
}

async fn actor(queries: &Queries, actor: &Field, request: &mut Request) -> Value {
    let mut answer = Map::new();
    for field in &actor.fields {
        let value = match field.name.as_str() {
            "account" => account(queries, field, request).await,
            "user" => pick(field, &json!({"name": "Funnel lab", "email": "lab@localhost", "id": 1})),
            "accounts" => {
                let one = pick(field, &json!({"id": 1, "name": "Funnel lab", "reportingEventTypes": []}));
                Value::Array(vec![one])
            }
            "__typename" => json!("Actor"),
            _ => request.unknown(field, "Actor"),
        };
        answer.insert(field.key.clone(), value);
    }
    Value::Object(answer)
}

async fn account(queries: &Queries, account: &Field, request: &mut Request) -> Value {
    let id = request.argument(account, "id").unwrap_or(json!(1));
    let mut answer = Map::new();
    for field in &account.fields {
        let value = match field.name.as_str() {
            "nrql" => nrql(queries, field, request).await,
            "id" => id.clone(),
            "name" => json!("Funnel lab"),
            "__typename" => json!("Account"),
            _ => request.unknown(field, "Account"),
        };
        answer.insert(field.key.clone(), value);
    }
    Value::Object(answer)
}

async fn nrql(queries: &Queries, field: &Field, request: &mut Request) -> Value {
    request.queries += 1;
    if request.queries > QUERIES_MAX {
        request.error(field, "too many queries in one request");
        return Value::Null;
    }
    let Some(Value::String(text)) = request.argument(field, "query") else {
        request.error(field, "`nrql` needs the argument `query`");
        return Value::Null;
    };
    match queries.run(&text).await {
        Ok(answer) => {
            let mut whole = answer.to_nerdgraph();
            if let Some(members) = whole.as_object_mut() {
                members.insert("nrql".to_owned(), Value::String(text));
                members.insert("__typename".to_owned(), json!("NrdbResultContainer"));
            }
            pick(field, &whole)
        }
        Err(error) => {
            let message = match &error {
                QueryError::Parse(error) => error.summary(),
                other => other.to_string(),
            };
            request.error(field, &message);
            Value::Null
        }
    }
}

impl Request {
    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let (_, argument) = field.arguments.iter().find(|(key, _)| key == name)?;
        match argument {
            Argument::Literal(value) => Some(value.clone()),
            Argument::Variable(name) => self.variables.get(name).cloned(),
        }
    }

    fn error(&mut self, field: &Field, message: &str) {
        self.errors.push(json!({"message": message, "path": [field.key]}));
    }

    fn unknown(&mut self, field: &Field, parent: &str) -> Value {
        let message = format!("Cannot query field \"{}\" on type \"{parent}\".", field.name);
        self.error(field, &message);
        Value::Null
    }
}

/// The fields that were asked for. A value that has no such member gives null, and one without members is given whole.
fn pick(field: &Field, value: &Value) -> Value {
    match value {
        Value::Object(members) if !field.fields.is_empty() => {
            let picked = field.fields.iter().map(|inner| {
                let value = members.get(&inner.name).map_or(Value::Null, |value| pick(inner, value));
                (inner.key.clone(), value)
            });
            Value::Object(picked.collect())
        }
        Value::Array(items) if !field.fields.is_empty() => {
            Value::Array(items.iter().map(|item| pick(field, item)).collect())
        }
        whole => whole.clone(),
    }
}

fn failed(message: &str) -> Value {
    json!({"data": null, "errors": [{"message": message}]})
}
