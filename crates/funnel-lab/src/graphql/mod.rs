//! `POST /graphql`: as much of NerdGraph as a client needs to run NRQL, over the schema in `nerdgraph.graphql`.
//!
//! Parsing, validation, introspection and execution are `apollo-compiler`'s; what the fields hold is in [`objects`].

mod json;
mod objects;

use std::sync::{Arc, LazyLock};

use apollo_compiler::parser::Parser;
use apollo_compiler::request::{RequestError, coerce_variable_values};
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Schema, introspection};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use self::json::{leaf, to_json};
use self::objects::Root;
use crate::query::Queries;

/// The most tokens of a document, blanks among them. A client's introspection takes some seven hundred.
const TOKENS_MAX: usize = 4_000;
/// How deep a document may nest.
const DEPTH_MAX: usize = 64;
/// The most errors that are reported for one document.
const ERRORS_MAX: usize = 10;

/// What the library puts before the message of a field that failed; NerdGraph does not.
const RESOLVER: &str = "resolver error: ";

/// The schema; the text of the error if it is none, which a test rules out.
static SCHEMA: LazyLock<Result<Valid<Schema>, String>> = LazyLock::new(|| {
    Schema::parse_and_validate(include_str!("nerdgraph.graphql"), "nerdgraph.graphql")
        .map_err(|invalid| invalid.errors.to_string())
});

/// The answer to the body `{"query": …, "variables": …, "operationName": …}`.
pub(crate) async fn answer(queries: Arc<Queries>, body: Value) -> Value {
    // The library walks a document without awaiting, so it has a thread of its own and waits there for the queries.
    let runtime = Handle::current();
    let answering = tokio::task::spawn_blocking(move || resolve(&queries, &runtime, &body));
    answering.await.unwrap_or_else(|_| failed(&[json!({"message": "the request could not be answered"})]))
}

fn resolve(queries: &Queries, runtime: &Handle, body: &Value) -> Value {
    let Some(text) = body.get("query").and_then(Value::as_str) else {
        return failed(&[json!({"message": "the body has no `query`"})]);
    };
    let schema = match &*SCHEMA {
        Ok(schema) => schema,
        Err(error) => return failed(&[json!({"message": error})]),
    };
    let document = match parse(schema, text) {
        Ok(document) => document,
        Err(errors) => return failed(&told(&errors)),
    };
    match execute(schema, &document, &Root::new(queries, runtime), body) {
        Ok(answer) => answer,
        Err(error) => failed(&[to_json(&error.to_graphql_error(&document.sources))]),
    }
}

fn parse(schema: &Valid<Schema>, text: &str) -> Result<Valid<ExecutableDocument>, DiagnosticList> {
    let mut parser = Parser::new().recursion_limit(DEPTH_MAX).token_limit(TOKENS_MAX);
    let parsed = parser.parse_executable(schema, text, "query").map_err(|invalid| invalid.errors)?;
    parsed.validate(schema).map_err(|invalid| invalid.errors)
}

fn execute(
    schema: &Valid<Schema>,
    document: &Valid<ExecutableDocument>,
    root: &Root<'_>,
    body: &Value,
) -> Result<Value, RequestError> {
    let name = body.get("operationName").and_then(Value::as_str).filter(|name| !name.is_empty());
    let operation = document.operations.get(name)?;
    introspection::check_max_depth(document, operation)?;
    let given = match body.get("variables") {
        Some(Value::Object(given)) => {
            given.iter().map(|(name, value)| (name.as_str().into(), leaf(value))).collect()
        }
        _ => JsonMap::new(),
    };
    let variables = coerce_variable_values(schema, operation, &given)?;
    let mut response = Execution::new(schema, document)
        .operation(operation)
        .coerced_variable_values(&variables)
        .enable_schema_introspection(true)
        .execute_sync(root)?;
    for error in &mut response.errors {
        if let Some(message) = error.message.strip_prefix(RESOLVER) {
            error.message = message.to_owned();
        }
    }
    Ok(to_json(&response))
}

fn told(errors: &DiagnosticList) -> Vec<Value> {
    errors.iter().take(ERRORS_MAX).map(|error| to_json(&error.to_json())).collect()
}

fn failed(errors: &[Value]) -> Value {
    json!({"data": null, "errors": errors})
}
