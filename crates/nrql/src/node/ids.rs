//! Small numbers for values, so that grouping and counting compare numbers and not texts.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::batch::Batch;
use super::tree::{Node, SlotRef};
use crate::table::{ColumnData, Dictionary};
use crate::value::{Datum, Key, Value, hash_datum, key_equals};

/// The id of a NULL.
pub(crate) const NONE: u32 = u32::MAX;

/// Values by id, in the order they were met.
#[derive(Default)]
pub(crate) struct Interner {
    values: Vec<Value>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    heap: usize,
    /// Ids of a dictionary's codes, and whose they are.
    by_code: Vec<u32>,
    dictionary: usize,
}

impl Interner {
    pub(crate) fn value(&self, id: u32) -> &Value {
        self.values.get(id as usize).unwrap_or(&Value::Null)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<Value>()
            + self.index.capacity() * 6
            + self.heap
            + self.by_code.capacity() * 4
    }

    fn hash(&self, datum: &Datum<'_>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hash_datum(datum, &mut hasher);
        hasher.finish()
    }

    /// The id of a value that was met before.
    pub(crate) fn find(&self, datum: &Datum<'_>) -> Option<u32> {
        let same = |id: &u32| match (&self.values[*id as usize], datum) {
            (value, Datum::List(_) | Datum::Map(_)) => key_equals(value, &datum.clone().into_value()),
            (value, datum) => value.datum().equals(datum),
        };
        self.index.find(self.hash(datum), same).copied()
    }

    pub(crate) fn intern(&mut self, datum: Datum<'_>) -> u32 {
        if datum.is_null() {
            return NONE;
        }
        if let Some(id) = self.find(&datum) {
            return id;
        }
        let hash = self.hash(&datum);
        let Self { values, index, .. } = self;
        let id = values.len() as u32;
        let value = datum.into_value();
        self.heap += value.heap_bytes();
        values.push(value);
        let hasher = &self.hasher;
        index.insert_unique(hash, id, |id| {
            let mut state = hasher.build_hasher();
            hash_datum(&values[*id as usize].datum(), &mut state);
            state.finish()
        });
        id
    }

    /// The ids of a value over rows; texts are looked up once for each distinct one.
    pub(crate) fn ids<'a>(
        &mut self,
        node: &'a Node,
        batch: &Batch<'a>,
        rows: &[u32],
        out: &mut Vec<u32>,
        shape: fn(Datum<'_>) -> Datum<'_>,
    ) {
        out.clear();
        if let Node::Slot(slot) = node {
            match batch.view.slots[*slot] {
                SlotRef::Missing => return out.resize(rows.len(), NONE),
                SlotRef::Column(ColumnData::Codes(codes), dictionary) => {
                    return self.coded(codes, dictionary, rows, out);
                }
                _ => {}
            }
        }
        out.extend(rows.iter().map(|row| self.intern(shape(node.eval(&batch.env(*row))))));
    }

    fn coded(&mut self, codes: &[u32], dictionary: &Dictionary, rows: &[u32], out: &mut Vec<u32>) {
        let address = std::ptr::from_ref(dictionary).addr();
        if self.dictionary != address || self.by_code.len() != dictionary.codes() {
            self.dictionary = address;
            self.by_code.clear();
            self.by_code.resize(dictionary.codes(), NONE);
        }
        for row in rows {
            let code = codes.get(*row as usize).copied().unwrap_or(0);
            let mut id = self.by_code[code as usize];
            if id == NONE && code != 0 {
                id = dictionary.get(code).map_or(NONE, |text| self.intern(Datum::Text(text)));
                self.by_code[code as usize] = id;
            }
            out.push(id);
        }
    }
}

/// Ids for pairs of ids.
#[derive(Default)]
pub(crate) struct Pairs {
    index: HashMap<u64, u32>,
    pairs: Vec<(u32, u32)>,
}

impl Pairs {
    pub(crate) fn intern(&mut self, left: u32, right: u32) -> u32 {
        if left == NONE || right == NONE {
            return NONE;
        }
        let Self { index, pairs } = self;
        *index.entry(u64::from(left) << 32 | u64::from(right)).or_insert_with(|| {
            pairs.push((left, right));
            pairs.len() as u32 - 1
        })
    }

    pub(crate) fn find(&self, left: u32, right: u32) -> Option<u32> {
        self.index.get(&(u64::from(left) << 32 | u64::from(right))).copied()
    }

    pub(crate) fn parts(&self, id: u32) -> (u32, u32) {
        self.pairs.get(id as usize).copied().unwrap_or((NONE, NONE))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.index.capacity() * 17 + self.pairs.capacity() * 8
    }
}

/// Ids of an aggregate's argument or arguments.
pub(crate) enum Ids<'a> {
    /// One attribute whose texts all lie in one dictionary: its codes are ids already.
    Codes(usize, &'a Dictionary),
    Interned(Vec<Interner>, Vec<Pairs>),
}

impl<'a> Ids<'a> {
    pub(crate) fn interned(parts: usize) -> Self {
        let interners = (0..parts).map(|_| Interner::default()).collect();
        Self::Interned(interners, (1..parts).map(|_| Pairs::default()).collect())
    }

    pub(crate) fn of(&mut self, nodes: &'a [Node], batch: &Batch<'a>, rows: &[u32], out: &mut Vec<u32>) {
        match self {
            Self::Codes(slot, _) => {
                out.clear();
                if let SlotRef::Column(ColumnData::Codes(codes), _) = batch.view.slots[*slot] {
                    let id = |row: &u32| {
                        codes.get(*row as usize).copied().filter(|code| *code != 0).unwrap_or(NONE)
                    };
                    out.extend(rows.iter().map(id));
                } else {
                    out.resize(rows.len(), NONE);
                }
            }
            Self::Interned(interners, pairs) => {
                let mut part = Vec::new();
                for (place, (interner, node)) in interners.iter_mut().zip(nodes).enumerate() {
                    let target = if place == 0 { &mut *out } else { &mut part };
                    interner.ids(node, batch, rows, target, |datum| datum);
                    if place > 0 {
                        for (id, right) in out.iter_mut().zip(&part) {
                            *id = pairs[place - 1].intern(*id, *right);
                        }
                    }
                }
            }
        }
    }

    /// The value of an id; an array when there are several parts.
    pub(crate) fn value(&self, id: u32) -> Value {
        match self {
            Self::Codes(_, dictionary) => {
                dictionary.get(id).map_or(Value::Null, |text| Value::text(text.as_ref()))
            }
            Self::Interned(interners, pairs) => {
                let mut values = Vec::new();
                let mut id = id;
                for place in (1..interners.len()).rev() {
                    let (left, right) = pairs[place - 1].parts(id);
                    values.push(interners[place].value(right).clone());
                    id = left;
                }
                values.push(interners[0].value(id).clone());
                values.reverse();
                if values.len() == 1 { values.swap_remove(0) } else { Value::List(values.into()) }
            }
        }
    }

    /// The id here of an id there.
    pub(crate) fn adopt(&mut self, other: &Self, id: u32) -> u32 {
        match (self, other) {
            (Self::Interned(interners, pairs), Self::Interned(..)) => match other.value(id) {
                Value::List(parts) if interners.len() > 1 => {
                    let mut ids = interners
                        .iter_mut()
                        .zip(parts.iter())
                        .map(|(interner, part)| interner.intern(part.datum()));
                    let first = ids.next().unwrap_or(NONE);
                    ids.zip(pairs).fold(first, |left, (right, pairs)| pairs.intern(left, right))
                }
                value => interners[0].intern(value.datum()),
            },
            _ => id,
        }
    }

    pub(crate) fn same_as(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Codes(..), Self::Codes(..)))
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Codes(..) => 0,
            Self::Interned(interners, pairs) => {
                interners.iter().map(Interner::bytes).sum::<usize>()
                    + pairs.iter().map(Pairs::bytes).sum::<usize>()
            }
        }
    }
}

/// A set of values for `IN`.
pub(crate) fn key_set(values: impl IntoIterator<Item = Value>) -> hashbrown::HashSet<Key> {
    values.into_iter().filter(|value| !value.is_null()).map(Key).collect()
}
