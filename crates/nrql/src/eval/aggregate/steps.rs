//! The steps of a funnel that each row meets, as bits.

use crate::eval::ids::Batch;
use crate::eval::node::{Condition, SlotRef};
use crate::eval::scan::{Memos, truths};
use crate::table::{ColumnData, Dictionary};

/// Steps by text, where all of them hang on one attribute: the usual funnel, decided once for each distinct text.
#[derive(Default)]
pub(super) struct StepMasks {
    dictionary: usize,
    by_code: Vec<u16>,
}

/// No funnel has so many steps.
const UNDECIDED: u16 = u16::MAX;

impl StepMasks {
    pub(super) fn of(
        &mut self,
        steps: &[Condition],
        batch: &Batch<'_>,
        rows: &[u32],
        memos: &mut Memos,
    ) -> Vec<u16> {
        if let Some(slot) = common_slot(steps)
            && let SlotRef::Column(ColumnData::Codes(codes), dictionary) = batch.view.slots[slot]
        {
            return self.by_text(steps, codes, dictionary, batch, rows);
        }
        let mut met = vec![0; rows.len()];
        for (step, condition) in steps.iter().enumerate() {
            let truths = truths(condition, batch, rows, memos);
            for (mask, truth) in met.iter_mut().zip(truths) {
                *mask |= u16::from(truth.holds(batch.settings)) << step;
            }
        }
        met
    }

    fn by_text(
        &mut self,
        steps: &[Condition],
        codes: &[u32],
        dictionary: &Dictionary,
        batch: &Batch<'_>,
        rows: &[u32],
    ) -> Vec<u16> {
        let address = std::ptr::from_ref(dictionary).addr();
        if self.dictionary != address || self.by_code.len() != dictionary.codes() {
            self.dictionary = address;
            self.by_code.clear();
            self.by_code.resize(dictionary.codes(), UNDECIDED);
        }
        let decide = |row: &u32| {
            let code = codes.get(*row as usize).copied().unwrap_or(0) as usize;
            if self.by_code[code] == UNDECIDED {
                let holds = |(step, condition): (usize, &Condition)| {
                    u16::from(condition.eval(&batch.env(*row)).holds(batch.settings)) << step
                };
                self.by_code[code] = steps.iter().enumerate().map(holds).sum();
            }
            self.by_code[code]
        };
        rows.iter().map(decide).collect()
    }
}

/// The one attribute that every step hangs on.
fn common_slot(steps: &[Condition]) -> Option<usize> {
    let slot_of = |condition: &Condition| match condition {
        Condition::Lifted { slot, .. } => Some(*slot),
        _ => None,
    };
    let first = slot_of(steps.first()?)?;
    steps.iter().all(|step| slot_of(step) == Some(first)).then_some(first)
}
