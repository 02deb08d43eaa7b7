//! Whether a value belongs to one row or to many.

use crate::ast::{Call, Definition, Expr, ExprKind, Query, Select};
use crate::function::{FunctionKind, find};

/// Whether a value is worked out from many rows.
pub(crate) fn has_aggregate(expr: &Expr, definitions: &[Definition]) -> bool {
    match &expr.kind {
        ExprKind::Call(call) => {
            find(&call.name.text).is_some_and(|found| found.kind == FunctionKind::Aggregate)
                || expr.children().into_iter().any(|child| has_aggregate(child, definitions))
        }
        ExprKind::Attribute(name) => definitions.iter().enumerate().any(|(place, definition)| {
            definition.names.iter().any(|known| known.text == *name)
                && has_aggregate(&definition.expr, &definitions[..place])
        }),
        _ => expr.children().into_iter().any(|child| has_aggregate(child, definitions)),
    }
}

/// Whether a query aggregates.
pub(crate) fn aggregates_in(query: &Query) -> bool {
    match &query.select {
        Select::Items(items) => items.iter().any(|item| has_aggregate(&item.expr, &query.definitions)),
        Select::EventTypes => false,
    }
}

/// The first argument of the first aggregate in a value, where it is not every row's: facets in which it is always NULL
/// do not appear.
pub(crate) fn first_argument<'q>(expr: &'q Expr, definitions: &'q [Definition]) -> Option<&'q Expr> {
    first_aggregate(expr, definitions)?
        .args
        .first()
        .map(|arg| arg.value.expr())
        .filter(|argument| !matches!(argument.kind, ExprKind::Star | ExprKind::Literal(_)))
}

fn first_aggregate<'q>(expr: &'q Expr, definitions: &'q [Definition]) -> Option<&'q Call> {
    match &expr.kind {
        ExprKind::Call(call) if find(&call.name.text).is_some_and(|found| found.takes_rows()) => Some(call),
        ExprKind::Attribute(name) => {
            let defines = |definition: &Definition| definition.names.iter().any(|known| known.text == *name);
            let place = definitions.iter().rposition(defines)?;
            first_aggregate(&definitions[place].expr, &definitions[..place])
        }
        _ => expr.children().into_iter().find_map(|child| first_aggregate(child, definitions)),
    }
}
