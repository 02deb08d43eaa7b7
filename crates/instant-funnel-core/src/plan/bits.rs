//! Sets of attributes, one bit for each position in the contract.

use std::num::NonZeroU32;

/// The positions of the bits in `set`, from the lowest.
#[inline]
pub(crate) fn positions(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let position = NonZeroU32::new(set)?.trailing_zeros();
        set &= set - 1;
        Some(position as usize)
    })
}

/// The attributes for which `holds` is true.
pub(super) fn set_of(count: usize, holds: impl Fn(usize) -> bool) -> u32 {
    (0..count).filter(|position| holds(*position)).fold(0, |set, position| set | 1 << position)
}
