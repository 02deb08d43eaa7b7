//! Numbers that look random and are the same for the same seed.

/// SplitMix64.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `end`, which is not reached.
    pub(super) const fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    /// From `min` to `max`.
    pub(super) fn between(&mut self, min: i64, max: i64) -> i64 {
        let width = i128::from(max) - i128::from(min) + 1;
        let offset = i128::from(self.next()).rem_euclid(width.max(1));
        i64::try_from(i128::from(min) + offset).unwrap_or(max)
    }

    /// One of a list.
    pub(super) fn pick<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        list.get(self.below(list.len()))
    }

    /// From `min` to `max` letters of an alphabet.
    pub(super) fn text(&mut self, alphabet: &str, min: usize, max: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        let length = min + self.below(max - min + 1);
        (0..length).filter_map(|_| self.pick(&letters).copied()).collect()
    }
}
