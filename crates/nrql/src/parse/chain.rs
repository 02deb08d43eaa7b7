//! Trees of one operator over some operands.

use crate::ast::{BinaryOp, Expr, ExprKind};

pub(super) fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, span }
}

/// The operands of one operator, however they are grouped.
pub(super) fn flatten(op: BinaryOp, expr: Expr, operands: &mut Vec<Expr>) {
    match expr.kind {
        ExprKind::Binary { op: inner, left, right } if inner == op => {
            flatten(op, *left, operands);
            flatten(op, *right, operands);
        }
        kind => operands.push(Expr { kind, span: expr.span }),
    }
}

/// The lowest tree over some operands, of which there is at least one.
pub(super) fn balanced(op: BinaryOp, mut operands: Vec<Expr>) -> Expr {
    let right = operands.split_off(operands.len().div_ceil(2));
    match (operands.len(), right.is_empty()) {
        (1, true) => operands.swap_remove(0),
        _ => binary(op, balanced(op, operands), balanced(op, right)),
    }
}

/// How many levels such a tree has above its operands.
pub(super) fn levels(operands: usize) -> usize {
    (usize::BITS - operands.saturating_sub(1).leading_zeros()) as usize
}
