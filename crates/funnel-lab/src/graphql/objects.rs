//! The resolvers of NerdGraph's fields.

use std::sync::atomic::{AtomicUsize, Ordering};

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::schema::ExtendedType;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::json::leaf;
use crate::query::{Queries, QueryError};

/// The most NRQL queries in one request.
const QUERIES_MAX: usize = 32;
/// The most fields of one request, each counted as often as fragments and aliases repeat it.
const FIELDS_MAX: usize = 1_000;

type Resolved<'a> = Result<ResolvedValue<'a>, FieldError>;

/// The root of one request, and what all its fields share.
pub(super) struct Root<'a> {
    queries: &'a Queries,
    runtime: &'a Handle,
    asked: AtomicUsize,
    fields: AtomicUsize,
}

impl<'a> Root<'a> {
    pub(super) fn new(queries: &'a Queries, runtime: &'a Handle) -> Self {
        Self { queries, runtime, asked: AtomicUsize::new(0), fields: AtomicUsize::new(0) }
    }

    fn count_field(&self) -> Result<(), FieldError> {
        if self.fields.fetch_add(1, Ordering::Relaxed) >= FIELDS_MAX {
            return Err(failed(format!("a request may ask for at most {FIELDS_MAX} fields")));
        }
        Ok(())
    }

    /// Answers the NRQL in a field's arguments as an object of the type `container`.
    fn nrql(&self, info: &ResolveInfo<'_>, container: &'static str) -> Resolved<'_> {
        if self.asked.fetch_add(1, Ordering::Relaxed) >= QUERIES_MAX {
            return Err(failed(format!("a request may contain at most {QUERIES_MAX} NRQL queries")));
        }
        let Some(text) = info.arguments().get("query").and_then(|query| query.as_str()) else {
            return Err(failed("`query` must be a string".to_owned()));
        };
        let answer = self.runtime.block_on(self.queries.run(text)).map_err(|error| match &error {
            QueryError::Parse(error) => failed(error.summary()),
            other => failed(other.to_string()),
        })?;
        let mut members = answer.to_nerdgraph();
        members["nrql"] = text.into();
        Ok(ResolvedValue::object(Members { root: self, type_name: container, members }))
    }
}

fn failed(message: String) -> FieldError {
    FieldError { message }
}

impl ObjectValue for Root<'_> {
    fn type_name(&self) -> &str {
        "RootQueryType"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        self.count_field()?;
        match info.field_name() {
            "actor" => Ok(ResolvedValue::object(Actor(self))),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct Actor<'a>(&'a Root<'a>);

impl ObjectValue for Actor<'_> {
    fn type_name(&self) -> &str {
        "Actor"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        self.0.count_field()?;
        match info.field_name() {
            "account" => {
                let id = info.arguments().get("id").and_then(|id| id.as_i64()).unwrap_or_default();
                Ok(ResolvedValue::object(Account { root: self.0, id }))
            }
            "accounts" => {
                let one = json!({"id": 1, "name": NAME, "reportingEventTypes": []});
                let one = Members { root: self.0, type_name: "AccountOutline", members: one };
                Ok(ResolvedValue::list([ResolvedValue::object(one)]))
            }
            "nrql" => self.0.nrql(info, "CrossAccountNrdbResultContainer"),
            "user" => {
                let members = json!({"id": 1, "name": NAME, "email": "lab@localhost"});
                Ok(ResolvedValue::object(Members { root: self.0, type_name: "User", members }))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// What the lab calls itself.
const NAME: &str = "Funnel lab";

struct Account<'a> {
    root: &'a Root<'a>,
    id: i64,
}

impl ObjectValue for Account<'_> {
    fn type_name(&self) -> &str {
        "Account"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        self.root.count_field()?;
        match info.field_name() {
            "id" => Ok(ResolvedValue::leaf(self.id)),
            "name" => Ok(ResolvedValue::leaf(NAME)),
            "nrql" => self.root.nrql(info, "NrdbResultContainer"),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// An object whose fields are the members of a JSON object; what it lacks is null.
struct Members<'a> {
    root: &'a Root<'a>,
    type_name: &'a str,
    members: Value,
}

impl ObjectValue for Members<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        self.root.count_field()?;
        let member = self.members.get(info.field_name()).cloned().unwrap_or_default();
        let type_name = info.field_definition().ty.inner_named_type();
        let is_object = matches!(info.schema().types.get(type_name), Some(ExtendedType::Object(_)));
        if is_object && member.is_object() {
            let members = Members { root: self.root, type_name, members: member };
            return Ok(ResolvedValue::object(members));
        }
        Ok(match member {
            Value::Array(items) => {
                ResolvedValue::list(items.into_iter().map(|item| ResolvedValue::Leaf(leaf(&item))))
            }
            member => ResolvedValue::Leaf(leaf(&member)),
        })
    }
}
