//! Conditions over rows, decided once for each distinct text where they hang on one attribute.

use super::batch::Batch;
use super::tree::{Condition, SlotRef};
use super::truth::Truth;
use crate::table::{ColumnData, Dictionary};

/// Decisions already made, for each lifted condition and distinct text.
#[derive(Debug, Default)]
pub(crate) struct Memos {
    truths: Vec<ByCode<u8>>,
    steps: Vec<ByCode<u16>>,
}

/// What was decided for each code of a dictionary; 0 where nothing is yet.
#[derive(Debug, Default)]
struct ByCode<T> {
    dictionary: usize,
    known: Vec<T>,
}

const KNOWN: u8 = 0x80;

impl Memos {
    /// The steps of a funnel that each code's text meets, as bits; 0 where that is not decided yet.
    pub(crate) fn steps(&mut self, memo: usize, dictionary: &Dictionary) -> &mut [u16] {
        by_code(&mut self.steps, memo, dictionary)
    }
}

fn by_code<'m, T: Clone + Default>(
    memos: &'m mut Vec<ByCode<T>>,
    memo: usize,
    dictionary: &Dictionary,
) -> &'m mut [T] {
    if memos.len() <= memo {
        memos.resize_with(memo + 1, ByCode::default);
    }
    let ByCode { dictionary: owner, known } = &mut memos[memo];
    let address = std::ptr::from_ref(dictionary).addr();
    if *owner != address || known.len() != dictionary.codes() {
        *owner = address;
        known.clear();
        known.resize(dictionary.codes(), T::default());
    }
    known
}

/// Whether a condition holds, for each of some rows.
pub(crate) fn truths(
    condition: &Condition,
    batch: &Batch<'_>,
    rows: &[u32],
    memos: &mut Memos,
) -> Vec<Truth> {
    let each = |condition: &Condition| rows.iter().map(|row| condition.eval(&batch.env(*row))).collect();
    match condition {
        Condition::Always(truth) => vec![*truth; rows.len()],
        Condition::All(left, right) => join(left, right, batch, rows, memos, Truth::and),
        Condition::Any(left, right) => join(left, right, batch, rows, memos, Truth::or),
        Condition::Not(inner) => truths(inner, batch, rows, memos).into_iter().map(Truth::not).collect(),
        Condition::Lifted { slot, inner, memo } => match batch.view.slots[*slot] {
            SlotRef::Missing => {
                let truth = rows.first().map_or(Truth::UNKNOWN, |row| inner.eval(&batch.env(*row)));
                vec![truth; rows.len()]
            }
            SlotRef::Column(ColumnData::Codes(codes), dictionary) => {
                let known = by_code(&mut memos.truths, *memo, dictionary);
                let decide = |row: &u32| {
                    let code = codes.get(*row as usize).copied().unwrap_or(0) as usize;
                    if known[code] == 0 {
                        known[code] = inner.eval(&batch.env(*row)).bits() | KNOWN;
                    }
                    Truth::from_bits(known[code])
                };
                rows.iter().map(decide).collect()
            }
            _ => each(inner),
        },
        other => each(other),
    }
}

fn join(
    left: &Condition,
    right: &Condition,
    batch: &Batch<'_>,
    rows: &[u32],
    memos: &mut Memos,
    op: fn(Truth, Truth) -> Truth,
) -> Vec<Truth> {
    let mut joined = truths(left, batch, rows, memos);
    let right = truths(right, batch, rows, memos);
    joined.iter_mut().zip(right).for_each(|(left, right)| *left = op(*left, right));
    joined
}
