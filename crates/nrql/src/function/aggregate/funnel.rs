//! `funnel`.

use std::sync::Arc;

use super::number_sets::Masks;
use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::{Function, Naming};
use crate::function::measure::{Aggregate, Ending, Measure, PerGroup, Rows};
use crate::node::{Condition, NONE, Node, SlotRef, truths};
use crate::table::ColumnData;
use crate::value::Value;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::aggregate("funnel", (3, 11), "funnel(attr [AS 'l'], WHERE c1 [AS 'l1'], WHERE c2 [AS 'l2'], …)", "For each of 2 to 10 steps, the distinct values of the attribute that met this condition and all before it in some row; time order has no effect. Exact, where New Relic estimates from 256 up.", funnel).naming(Naming::Steps).no_alerts(),
];

fn funnel<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let of = build.first(args)?;
    let mut steps = Vec::new();
    let mut labels = Vec::new();
    for (place, arg) in args.plain.iter().enumerate().skip(1) {
        let Some(condition) = args.where_clause(place) else {
            return Err(EvalError::invalid(
                args.span,
                "a step of funnel is written WHERE condition AS 'label'",
            ));
        };
        steps.push(build.row_condition(condition)?);
        labels.push(arg.alias.as_ref().map_or_else(|| condition.to_string(), |alias| alias.text.clone()));
    }
    if let Node::Const(Value::Null | Value::Text(_) | Value::Int(_)) = of {
        return Err(EvalError::invalid(args.span, "funnel follows an attribute, such as journeyId"));
    }
    let memo = build.memo();
    Ok(Box::new(Funnel { id: [of], steps, labels, memo }))
}

/// A mark beside the steps: they were decided. No funnel has so many steps.
const DECIDED: u16 = 1 << 15;

#[derive(Debug)]
struct Funnel {
    id: [Node; 1],
    steps: Vec<Condition>,
    labels: Vec<String>,
    memo: usize,
}

impl Funnel {
    /// The steps that each row meets, as bits.
    fn met(&self, rows: &mut Rows<'_, '_>) -> Vec<u16> {
        let Rows { batch, rows, memos, .. } = rows;
        let negatives = batch.settings.negatives_match_null;
        if let Some(slot) = self.common_slot()
            && let SlotRef::Column(ColumnData::Codes(codes), dictionary) = batch.view.slots[slot]
        {
            // All of them hang on one attribute, the usual funnel: each distinct text is decided once.
            let known = memos.steps(self.memo, dictionary);
            let decide = |row: &u32| {
                let code = codes.get(*row as usize).copied().unwrap_or(0) as usize;
                if known[code] == 0 {
                    let holds = |(step, condition): (usize, &Condition)| {
                        u16::from(condition.eval(&batch.env(*row)).holds(negatives)) << step
                    };
                    known[code] = self.steps.iter().enumerate().map(holds).sum::<u16>() | DECIDED;
                }
                known[code] & !DECIDED
            };
            return rows.iter().map(decide).collect();
        }
        let mut met = vec![0; rows.len()];
        for (step, condition) in self.steps.iter().enumerate() {
            let truths = truths(condition, batch, rows, memos);
            for (mask, truth) in met.iter_mut().zip(truths) {
                *mask |= u16::from(truth.holds(negatives)) << step;
            }
        }
        met
    }

    /// The one attribute that every step hangs on.
    fn common_slot(&self) -> Option<usize> {
        let slot_of = |condition: &Condition| match condition {
            Condition::Lifted { slot, .. } => Some(*slot),
            _ => None,
        };
        let first = slot_of(self.steps.first()?)?;
        self.steps.iter().all(|step| slot_of(step) == Some(first)).then_some(first)
    }
}

impl Measure for Funnel {
    type State = Masks;

    fn numbered(&self) -> Option<&[Node]> {
        Some(&self.id)
    }

    fn update<'a>(&'a self, states: &mut PerGroup<Masks>, rows: &mut Rows<'a, '_>) {
        let met = self.met(rows);
        for ((id, group), mask) in rows.ids.iter().zip(rows.groups).zip(&met) {
            if *id != NONE && *mask != 0 {
                states.at(*group).add(*id, *mask);
            }
        }
    }

    fn finish(&self, masks: Masks, _: &Ending<'_, '_>) -> Value {
        let counts = masks.steps(self.steps.len()).into_iter().map(|count| Value::Int(count.cast_signed()));
        let labels = self.labels.iter().map(|label| Value::text(label.as_str()));
        let entries = [
            (Arc::from("steps"), Value::List(counts.collect())),
            (Arc::from("labels"), Value::List(labels.collect())),
        ];
        Value::Map(entries.into())
    }
}
