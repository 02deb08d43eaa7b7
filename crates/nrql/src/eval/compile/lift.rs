//! Finding conditions that hang on one attribute alone.

use crate::node::{Condition, Node};

/// Wraps the largest conditions that read just one attribute, so that each distinct text is decided once.
pub(super) fn lift(condition: Condition, memos: &mut usize, slots: &[String]) -> Condition {
    let mut reads = Reads { slot: None, more: false };
    reads.condition(&condition);
    if let (Some(slot), false) = (reads.slot, reads.more)
        && slots[slot] != "timestamp"
    {
        *memos += 1;
        return Condition::Lifted { slot, inner: Box::new(condition), memo: *memos - 1 };
    }
    match condition {
        Condition::All(left, right) => {
            Condition::All(Box::new(lift(*left, memos, slots)), Box::new(lift(*right, memos, slots)))
        }
        Condition::Any(left, right) => {
            Condition::Any(Box::new(lift(*left, memos, slots)), Box::new(lift(*right, memos, slots)))
        }
        Condition::Not(inner) => Condition::Not(Box::new(lift(*inner, memos, slots))),
        other => other,
    }
}

struct Reads {
    slot: Option<usize>,
    /// Whether anything beside that slot is read.
    more: bool,
}

impl Reads {
    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Always(_) => {}
            Condition::All(left, right) | Condition::Any(left, right) => {
                self.condition(left);
                self.condition(right);
            }
            Condition::Not(inner) | Condition::Lifted { inner, .. } => self.condition(inner),
            Condition::Compare(_, left, right) => {
                self.node(left);
                self.node(right);
            }
            Condition::IsNull(node)
            | Condition::IsBool(node, _)
            | Condition::Like(node, _)
            | Condition::Matches(node, _)
            | Condition::In(node, _)
            | Condition::Holds(node) => self.node(node),
        }
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Const(_) => {}
            Node::Slot(slot) => match self.slot {
                Some(known) if known != *slot => self.more = true,
                _ => self.slot = Some(*slot),
            },
            Node::Aggregate(_) | Node::FacetKey(_) => self.more = true,
            Node::Negate(inner) => self.node(inner),
            Node::Arithmetic(_, left, right) | Node::First(left, right) => {
                self.node(left);
                self.node(right);
            }
            Node::Condition(condition) => self.condition(condition),
            Node::If(condition, yes, no) => {
                self.condition(condition);
                self.node(yes);
                self.node(no);
            }
            Node::Call(function, args) => {
                self.more |= function.reads_row();
                args.iter().for_each(|arg| self.node(arg));
            }
            Node::Tuple(args) => args.iter().for_each(|arg| self.node(arg)),
        }
    }
}
