//! Values that are known from the text of a query.

use crate::ast::{BinaryOp, Definition, Expr, ExprKind, Literal, UnaryOp};
use crate::value::Value;

/// The value of an expression that reads no row; a definition sees only those before it.
pub(crate) fn constant(expr: &Expr, definitions: &[Definition]) -> Option<Value> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some(literal_value(literal)),
        ExprKind::Regex(pattern) => Some(Value::text(pattern.as_str())),
        ExprKind::Period(period) => Some(Value::Int(period.millis())),
        ExprKind::Unary { op: UnaryOp::Negate, operand } => {
            constant(operand, definitions)?.number().map(|number| Value::float(-number))
        }
        ExprKind::Binary { op, left, right } => {
            let (a, b) = (constant(left, definitions)?.number()?, constant(right, definitions)?.number()?);
            Some(Value::float(match op {
                BinaryOp::Add => a + b,
                BinaryOp::Subtract => a - b,
                BinaryOp::Multiply => a * b,
                BinaryOp::Divide => a / b,
                _ => return None,
            }))
        }
        ExprKind::Attribute(name) => {
            let defines = |definition: &Definition| {
                !definition.destructured
                    && matches!(definition.names.as_slice(), [only] if only.text == *name)
            };
            let place = definitions.iter().rposition(defines)?;
            constant(&definitions[place].expr, &definitions[..place])
        }
        _ => None,
    }
}

/// The value of a constant.
pub(crate) fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Text(text) => Value::text(text.as_str()),
        Literal::Int(number) => Value::Int(*number),
        Literal::Float(number) => Value::Float(*number),
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Null => Value::Null,
    }
}
