//! FACET: assigns rows to groups.

use std::cmp::Ordering;

use super::plan::FacetPlan;
use crate::node::{Batch, Condition, Interner, Memos, NONE, Node, Pairs, truths};
use crate::value::{Datum, Value, sort_order};

/// Facets by number: 0 is the group of the rows whose key is NULL, which are in the total but form no facet.
pub(super) struct Grouping<'a> {
    keys: &'a [FacetPlan],
    interners: Vec<Interner>,
    pairs: Vec<Pairs>,
    /// Number of facets besides group 0.
    count: u32,
}

/// The facet of rows without a key.
pub(super) const NULL_FACET: u32 = 0;

impl<'a> Grouping<'a> {
    pub(super) fn new(keys: &'a [FacetPlan]) -> Self {
        let interners = keys.iter().map(|_| Interner::default()).collect();
        Self { keys, interners, pairs: keys.iter().skip(1).map(|_| Pairs::default()).collect(), count: 0 }
    }

    /// Number of facets, group 0 included.
    pub(super) fn len(&self) -> u32 {
        self.count + 1
    }

    pub(super) fn bytes(&self) -> usize {
        self.interners.iter().map(Interner::bytes).sum::<usize>()
            + self.pairs.iter().map(Pairs::bytes).sum::<usize>()
    }

    /// The facet of each row.
    pub(super) fn facets(&mut self, batch: &Batch<'a>, rows: &[u32], memos: &mut Memos) -> Vec<u32> {
        if self.keys.is_empty() {
            return vec![NULL_FACET; rows.len()];
        }
        let mut facets = Vec::new();
        let mut part = Vec::new();
        for (place, key) in self.keys.iter().enumerate() {
            let target = if place == 0 { &mut facets } else { &mut part };
            match key {
                FacetPlan::Value(node) => self.interners[place].ids(node, batch, rows, target, whole_number),
                FacetPlan::Cases(cases, fallback) => {
                    case_ids(
                        &mut self.interners[place],
                        cases,
                        fallback.as_ref(),
                        batch,
                        rows,
                        target,
                        memos,
                    );
                }
            }
            if place > 0 {
                for (facet, right) in facets.iter_mut().zip(&part) {
                    *facet = self.pairs[place - 1].intern(*facet, *right);
                }
            }
        }
        let mut greatest = 0;
        for facet in &mut facets {
            *facet = facet.wrapping_add(1);
            greatest = greatest.max(*facet);
        }
        self.count = self.count.max(greatest);
        facets
    }

    /// The values of a facet's keys.
    pub(super) fn key(&self, facet: u32) -> Vec<Value> {
        let Some(mut id) = facet.checked_sub(1) else { return vec![Value::Null; self.keys.len()] };
        let mut values = Vec::new();
        for place in (1..self.interners.len()).rev() {
            let (left, right) = self.pairs[place - 1].parts(id);
            values.push(self.interners[place].value(right).clone());
            id = left;
        }
        values.extend(self.interners.first().map(|interner| interner.value(id).clone()));
        values.reverse();
        values
    }

    /// The order of two facets by their keys.
    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        if let ([interner], Some(a), Some(b)) =
            (self.interners.as_slice(), a.checked_sub(1), b.checked_sub(1))
        {
            return sort_order(interner.value(a), interner.value(b));
        }
        let (a, b) = (self.key(a), self.key(b));
        a.iter().zip(&b).map(|(a, b)| sort_order(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// The facet that has these values, if there is one.
    pub(super) fn find(&self, key: &[Value]) -> Option<u32> {
        let mut id = NONE;
        for (place, value) in key.iter().enumerate() {
            let part = self.interners.get(place)?.find(&value.datum())?;
            id = if place == 0 { part } else { self.pairs[place - 1].find(id, part)? };
        }
        (id != NONE).then_some(id + 1)
    }

    /// Takes in another thread's facets; gives for each of them its number here.
    pub(super) fn absorb(&mut self, other: &Self) -> Vec<u32> {
        let mut moved = vec![NULL_FACET];
        for facet in 1..other.len() {
            let mut id = NONE;
            for (place, value) in other.key(facet).iter().enumerate() {
                let part = self.interners[place].intern(value.datum());
                id = if place == 0 { part } else { self.pairs[place - 1].intern(id, part) };
            }
            let here = id.wrapping_add(1);
            self.count = self.count.max(here);
            moved.push(here);
        }
        moved
    }
}

/// Facets on a broken number are cut to the whole one.
fn whole_number(datum: Datum<'_>) -> Datum<'_> {
    match datum {
        Datum::Float(number) if number.abs() < 9.0e15 => Datum::Int(number as i64),
        other => other,
    }
}

fn case_ids<'a>(
    interner: &mut Interner,
    cases: &'a [(Condition, String)],
    fallback: Option<&'a Node>,
    batch: &Batch<'a>,
    rows: &[u32],
    out: &mut Vec<u32>,
    memos: &mut Memos,
) {
    if let Some(node) = fallback {
        interner.ids(node, batch, rows, out, whole_number);
    } else {
        out.clear();
        out.resize(rows.len(), NONE);
    }
    // Backwards, so that the first that matches is written last.
    for (condition, label) in cases.iter().rev() {
        let truths = truths(condition, batch, rows, memos);
        let mut id = NONE;
        for (slot, _) in
            out.iter_mut().zip(truths).filter(|(_, truth)| truth.holds(batch.settings.negatives_match_null))
        {
            if id == NONE {
                id = interner.intern(Datum::from(label.as_str()));
            }
            *slot = id;
        }
    }
}
