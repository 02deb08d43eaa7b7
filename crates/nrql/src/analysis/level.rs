//! Whether a value is of one row or of many.

use crate::ast::{Definition, Expr, ExprKind};
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
