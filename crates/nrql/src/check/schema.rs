//! The schema: event types, attributes and their values.

use std::collections::BTreeMap;

/// Event types with their attributes.
///
/// ```
/// use nrql::{AttributeSchema, EventSchema, Schema, ValueType};
///
/// let schema = Schema::default().event(
///     EventSchema::new("InstantFunnel")
///         .attribute(AttributeSchema::new("funnelStep", ValueType::Text).values(["landing", "claim"]))
///         .attribute(AttributeSchema::new("teamId", ValueType::Text).only_when("funnelStep", ["claim"])),
/// );
/// let query = nrql::parse("SELECT count(*) FROM InstantFunnel WHERE funnelStep = 'clam'")?;
/// let problems = nrql::check(&query, &schema);
/// assert_eq!(problems[0].hint.as_deref(), Some("did you mean 'claim'?"));
/// # Ok::<(), nrql::ParseError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Schema {
    events: BTreeMap<String, EventSchema>,
}

/// An event type.
#[derive(Clone, Debug)]
pub struct EventSchema {
    name: String,
    attributes: BTreeMap<String, AttributeSchema>,
    /// Whether its events may have other attributes.
    pub(super) open: bool,
}

/// An attribute of an event type.
#[derive(Clone, Debug)]
pub struct AttributeSchema {
    pub(super) name: String,
    pub(super) value_type: ValueType,
    /// The values it can take; empty when any.
    pub(super) values: Vec<String>,
    /// What its texts look like: a regular expression over the whole text, with words for people.
    pub(super) pattern: Option<(regex::Regex, String)>,
    /// The attribute and its values that this one comes with.
    pub(super) only_when: Option<(String, Vec<String>)>,
    /// Whether some events lack it.
    pub(super) optional: bool,
}

/// The type of an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A string.
    Text,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// Nobody says which.
    Unknown,
}

impl ValueType {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Unknown => "of any type",
        }
    }
}

impl Schema {
    /// The same with another event type.
    #[must_use]
    pub fn event(mut self, event: EventSchema) -> Self {
        self.events.insert(event.name.clone(), event);
        self
    }

    /// Whether nothing is known: then names are not checked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn event_type(&self, name: &str) -> Option<&EventSchema> {
        self.events.get(name)
    }

    pub(super) fn event_types(&self) -> impl Iterator<Item = &str> {
        self.events.keys().map(String::as_str)
    }
}

impl EventSchema {
    /// An event type that has a `timestamp` only.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let timestamp = AttributeSchema::new("timestamp", ValueType::Number);
        Self { name: name.into(), attributes: BTreeMap::new(), open: false }.attribute(timestamp)
    }

    /// The same, whose events may have attributes that are not listed: a name is then questioned only when it is near a
    /// listed one, and what contradicts the list is a warning.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// The same with another attribute.
    #[must_use]
    pub fn attribute(mut self, attribute: AttributeSchema) -> Self {
        self.attributes.insert(attribute.name.clone(), attribute);
        self
    }

    pub(super) fn find(&self, name: &str) -> Option<&AttributeSchema> {
        self.attributes.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.attributes.keys().map(String::as_str)
    }
}

impl AttributeSchema {
    /// An attribute that every event has, with any value of the type.
    #[must_use]
    pub fn new(name: impl Into<String>, value_type: ValueType) -> Self {
        Self {
            name: name.into(),
            value_type,
            values: Vec::new(),
            pattern: None,
            only_when: None,
            optional: false,
        }
    }

    /// The same, taking only these values.
    #[must_use]
    pub fn values<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.values = values.into_iter().map(Into::into).collect();
        self
    }

    /// The same, its strings matching the expression as a whole; `words` say so to people. An expression that is
    /// none is ignored.
    #[must_use]
    pub fn pattern(mut self, expression: &str, words: impl Into<String>) -> Self {
        self.pattern =
            regex::Regex::new(&format!("^(?:{expression})$")).ok().map(|regex| (regex, words.into()));
        self
    }

    /// The same, present only where another attribute has one of these values.
    #[must_use]
    pub fn only_when<V: Into<String>>(
        mut self,
        attribute: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.only_when = Some((attribute.into(), values.into_iter().map(Into::into).collect()));
        self
    }

    /// The same, missing from some events.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}
