//! States that are sets of ids: small ones hashed, large ones as bits or masks indexed by id.

use hashbrown::{HashMap, HashSet};

use crate::function::measure::State;

/// Ids, each once.
#[derive(Clone, Debug, Default)]
pub(super) enum IdSet {
    #[default]
    Empty,
    One(u32),
    Few(HashSet<u32>),
    Many {
        bits: Vec<u64>,
        count: usize,
    },
}

/// From how many members on a set may become an array over all ids.
const MANY: usize = 512;

impl IdSet {
    #[inline]
    pub(super) fn add(&mut self, id: u32) {
        match self {
            Self::Many { bits, count } => {
                let (word, bit) = (id as usize / 64, 1_u64 << (id % 64));
                if word >= bits.len() {
                    bits.resize(word + 1, 0);
                }
                *count += usize::from(bits[word] & bit == 0);
                bits[word] |= bit;
            }
            Self::Empty => *self = Self::One(id),
            Self::One(one) if *one == id => {}
            Self::One(one) => *self = Self::Few([*one, id].into_iter().collect()),
            Self::Few(ids) => {
                // Hashed members take some 50 bits; one in 512 ids is few enough, and bits are much faster.
                if ids.insert(id) && ids.len() >= MANY && id as usize / 512 <= ids.len() {
                    self.widen();
                }
            }
        }
    }

    fn widen(&mut self) {
        let mut many = Self::Many { bits: Vec::new(), count: 0 };
        self.each(|id| many.add(id));
        *self = many;
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(_) => 1,
            Self::Few(ids) => ids.len(),
            Self::Many { count, .. } => *count,
        }
    }

    pub(super) fn each(&self, mut each: impl FnMut(u32)) {
        match self {
            Self::Empty => {}
            Self::One(id) => each(*id),
            Self::Few(ids) => ids.iter().copied().for_each(each),
            Self::Many { bits, .. } => {
                for (word, set) in bits.iter().enumerate() {
                    let mut left = *set;
                    while left != 0 {
                        each(word as u32 * 64 + left.trailing_zeros());
                        left &= left - 1;
                    }
                }
            }
        }
    }
}

impl State for IdSet {
    fn merge(&mut self, other: &Self) {
        if let (Self::Many { bits, count }, Self::Many { bits: others, .. }) = (&mut *self, other) {
            if bits.len() < others.len() {
                bits.resize(others.len(), 0);
            }
            bits.iter_mut().zip(others).for_each(|(mine, theirs)| *mine |= theirs);
            *count = bits.iter().map(|word| word.count_ones() as usize).sum();
            return;
        }
        other.each(|id| self.add(id));
    }

    fn heap(&self) -> usize {
        match self {
            Self::Empty | Self::One(_) => 0,
            Self::Few(ids) => ids.capacity() * 6,
            Self::Many { bits, .. } => bits.capacity() * 8,
        }
    }

    fn renumbered(self, number: &mut dyn FnMut(u32) -> u32) -> Self {
        let mut renumbered = Self::default();
        self.each(|id| renumbered.add(number(id)));
        renumbered
    }
}

/// For each id, the steps of a funnel that some row met.
#[derive(Clone, Debug)]
pub(super) enum Masks {
    Few(HashMap<u32, u16>),
    Many(Vec<u16>),
}

impl Default for Masks {
    fn default() -> Self {
        Self::Few(HashMap::new())
    }
}

impl Masks {
    #[inline]
    pub(super) fn add(&mut self, id: u32, mask: u16) {
        match self {
            Self::Many(masks) => {
                let id = id as usize;
                if id >= masks.len() {
                    masks.resize(id + id / 4 + 64, 0);
                }
                masks[id] |= mask;
            }
            Self::Few(masks) => {
                *masks.entry(id).or_default() |= mask;
                if masks.len() >= MANY && id as usize / 64 <= masks.len() {
                    let mut many = Self::Many(Vec::new());
                    masks.iter().for_each(|(id, mask)| many.add(*id, *mask));
                    *self = many;
                }
            }
        }
    }

    pub(super) fn each(&self, mut each: impl FnMut(u32, u16)) {
        match self {
            Self::Few(masks) => masks.iter().for_each(|(id, mask)| each(*id, *mask)),
            Self::Many(masks) => {
                masks
                    .iter()
                    .enumerate()
                    .filter(|(_, mask)| **mask != 0)
                    .for_each(|(id, mask)| each(id as u32, *mask));
            }
        }
    }

    /// How many ids met each step and all before it.
    pub(super) fn steps(&self, steps: usize) -> Vec<u64> {
        let mut counts = vec![0; steps];
        self.each(|_, mask| {
            counts[..(mask.trailing_ones() as usize).min(steps)].iter_mut().for_each(|count| *count += 1);
        });
        counts
    }
}

impl State for Masks {
    fn merge(&mut self, other: &Self) {
        if let (Self::Many(mine), Self::Many(theirs)) = (&mut *self, other) {
            if mine.len() < theirs.len() {
                mine.resize(theirs.len(), 0);
            }
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine |= theirs);
            return;
        }
        other.each(|id, mask| self.add(id, mask));
    }

    fn heap(&self) -> usize {
        match self {
            Self::Few(masks) => masks.capacity() * 10,
            Self::Many(masks) => masks.capacity() * 2,
        }
    }

    fn renumbered(self, number: &mut dyn FnMut(u32) -> u32) -> Self {
        let mut renumbered = Self::default();
        self.each(|id, mask| renumbered.add(number(id), mask));
        renumbered
    }
}
