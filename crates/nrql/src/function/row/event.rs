//! Functions of the event itself.

use std::sync::Arc;

use crate::function::build::{Args, Build, Built};
use crate::function::entry::{Function, Standing};
use crate::node::{Arguments, Callable, Node};
use crate::value::{Datum, Value};

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::row("eventType", (0, 0), "eventType()", "Event type of the row.", |_, _| {
        Ok(Node::Call(Box::new(EventType), Vec::new()))
    }),
    Function::plain("accountId", (0, 0), "accountId()", "The configured account number.", |args| {
        Datum::Int(args.env.settings.account)
    }),
    Function::row(
        "dimensions",
        (0, 0),
        "dimensions([include: {…}][, exclude: {…}])",
        "The text and boolean attributes of the row with their values, as one value to facet by.",
        dimensions,
    )
    .labels(&["include", "exclude"])
    .standing(Standing::Metrics)
    .no_alerts(),
    Function::unknown("blob", "blob(attr)", "Long texts of logs; not evaluated."),
];

#[derive(Debug)]
struct EventType;

impl Callable for EventType {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        args.env.view.map_or(Datum::Null, |view| Datum::from(view.table.event_type()))
    }

    fn reads_row(&self) -> bool {
        true
    }
}

fn dimensions<'q>(_: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let dimensions = Dimensions { include: args.names("include"), exclude: args.names("exclude") };
    Ok(Node::Call(Box::new(dimensions), Vec::new()))
}

#[derive(Debug)]
struct Dimensions {
    /// Empty for all.
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Callable for Dimensions {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let Some(view) = args.env.view else { return Datum::Null };
        let mut found: Vec<(Arc<str>, Value)> = Vec::new();
        for column in 0..view.table.columns() {
            let name = view.table.name(column);
            let wanted = (self.include.is_empty() || self.include.iter().any(|kept| kept == name))
                && !self.exclude.iter().any(|left| left == name);
            let Some(data) = view.segment.column(column).filter(|_| wanted) else { continue };
            let datum = data.get(args.env.row, view.table.dictionary(column));
            if matches!(datum, Datum::Text(_) | Datum::Bool(_)) {
                found.push((Arc::from(name), datum.into_value()));
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        if found.is_empty() { Datum::Null } else { Datum::Map(found.into()) }
    }

    fn reads_row(&self) -> bool {
        true
    }
}
