//! Rows of a segment that are looked at together.

use super::tree::{Env, Node, Settings, SlotRef, View};
use crate::table::ColumnData;

/// A segment's rows that are looked at together.
pub(crate) struct Batch<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) settings: &'a Settings,
}

impl<'a> Batch<'a> {
    pub(crate) fn env(&self, row: u32) -> Env<'a> {
        Env {
            view: Some(self.view),
            row: row as usize,
            results: &[],
            facet: &[],
            window: (0, 1),
            settings: self.settings,
        }
    }

    /// Whether an attribute is NULL, without reading its text.
    pub(crate) fn is_null(&self, node: &'a Node, row: u32) -> bool {
        if let Node::Slot(slot) = node
            && let SlotRef::Column(ColumnData::Codes(codes), _) = self.view.slots[*slot]
        {
            return codes.get(row as usize).is_none_or(|code| *code == 0);
        }
        node.eval(&self.env(row)).is_null()
    }

    /// Calls `each` with the place in `rows` and the number of every row that has one.
    #[inline]
    pub(crate) fn numbers(&self, node: &'a Node, rows: &[u32], mut each: impl FnMut(usize, f64)) {
        if let Node::Slot(slot) = node {
            match self.view.slots[*slot] {
                SlotRef::Column(ColumnData::Floats(values), _) => {
                    for (at, row) in rows.iter().enumerate() {
                        if let Some(number) = values.get(*row as usize).filter(|number| number.is_finite()) {
                            each(at, *number);
                        }
                    }
                    return;
                }
                SlotRef::Column(ColumnData::Ints(values, present), _) => {
                    for (at, row) in rows.iter().enumerate() {
                        if present.get(*row as usize) == Some(&true) {
                            each(at, values[*row as usize] as f64);
                        }
                    }
                    return;
                }
                SlotRef::Missing | SlotRef::Column(ColumnData::Codes(_) | ColumnData::Bools(_), _) => return,
                _ => {}
            }
        }
        for (at, row) in rows.iter().enumerate() {
            if let Some(number) = node.number(&self.env(*row)) {
                each(at, number);
            }
        }
    }
}
