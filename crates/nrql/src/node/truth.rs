//! Truth under both readings of a missing value at once.
//!
//! Whether `x != 'a'` holds where `x` is missing is documented nowhere. Every condition is therefore worked out
//! twice in one pass, as two-valued logic (a test of a missing value is false, its negation true) and as SQL's
//! three-valued logic; the switch picks one, and a row where they differ is one whose fate hung on it.

/// Three bits: true in two-valued logic; surely true and surely false in three-valued logic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Truth(u8);

const TWO_VALUED: u8 = 1;
const SURELY: u8 = 2;
const SURELY_NOT: u8 = 4;

impl Truth {
    /// A positive test of a missing value.
    pub(crate) const UNKNOWN: Self = Self(0);

    pub(crate) fn of(value: bool) -> Self {
        Self(if value { TWO_VALUED | SURELY } else { SURELY_NOT })
    }

    pub(crate) fn from_bits(bits: u8) -> Self {
        Self(bits & 7)
    }

    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self((self.0 & other.0 & (TWO_VALUED | SURELY)) | ((self.0 | other.0) & SURELY_NOT))
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(((self.0 | other.0) & (TWO_VALUED | SURELY)) | (self.0 & other.0 & SURELY_NOT))
    }

    pub(crate) fn not(self) -> Self {
        let swapped = (self.0 & SURELY) << 1 | (self.0 & SURELY_NOT) >> 1;
        Self((self.0 & TWO_VALUED ^ TWO_VALUED) | swapped)
    }

    /// Whether a row is kept, under the reading of negatives that is given.
    #[inline]
    pub(crate) fn holds(self, negatives_match_null: bool) -> bool {
        let bit = if negatives_match_null { TWO_VALUED } else { SURELY };
        self.0 & bit != 0
    }

    /// Whether the two readings disagree on keeping a row.
    #[inline]
    pub(crate) fn hangs(self) -> bool {
        (self.0 & TWO_VALUED != 0) != (self.0 & SURELY != 0)
    }

    /// The value in three-valued logic.
    pub(crate) fn decided(self) -> Option<bool> {
        match self.0 & (SURELY | SURELY_NOT) {
            SURELY => Some(true),
            SURELY_NOT => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_logics_are_right() {
        let values = [(Truth::of(true), Some(true)), (Truth::of(false), Some(false)), (Truth::UNKNOWN, None)];
        for (a, known_a) in values {
            assert_eq!(a.not().decided(), known_a.map(|value| !value));
            assert_eq!(a.not().not(), a);
            for (b, known_b) in values {
                let and = match (known_a, known_b) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                assert_eq!(a.and(b).decided(), and);
                assert_eq!(a.or(b), a.not().and(b.not()).not());
            }
        }
        assert!(Truth::UNKNOWN.not().hangs() && !Truth::UNKNOWN.hangs());
    }
}
