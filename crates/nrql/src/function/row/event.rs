//! What a row is and where it is from.

use crate::function::entry::Function;
use crate::node::{Arguments, Callable, Node};
use crate::value::Datum;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::row("eventType", (0, 0), "eventType()", "Event type of the row.", |_, _| {
        Ok(Node::Call(Box::new(EventType), Vec::new()))
    }),
    Function::plain("accountId", (0, 0), "accountId()", "The configured account number.", |args| {
        Datum::Int(args.env.settings.account)
    }),
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
