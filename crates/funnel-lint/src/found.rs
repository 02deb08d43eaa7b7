//! A query found in a file, before it is checked.

use crate::extract::Extract;

/// How a query is going to be used, as far as its place tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// An alert condition.
    Alert,
    /// A widget, whose range of time the dashboard's picker replaces.
    Widget,
    /// Anywhere else.
    Plain,
}

/// What stands for a value that is filled in later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Template {
    /// `{{name}}` and `${name}`.
    Marks,
    /// These, and the verbs of Go's and C's formatting.
    Verbs,
    /// These, and `{name}`.
    Braces,
}

#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) query: Extract,
    pub(crate) used: Use,
    pub(crate) template: Template,
}

impl Found {
    pub(crate) fn new(query: &Extract, used: Use) -> Self {
        Self { query: query.trimmed(), used, template: Template::Marks }
    }
}
