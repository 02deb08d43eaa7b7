//! The names under which a refusal is counted.

macro_rules! violations {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// Why an attribute was dropped; the `rule` label of `instant_analytics_attributes_blocked_total`.
        ///
        /// A closed list. Holds nothing of the value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Violation {
            $($(#[$doc])* $variant,)+
        }

        impl Violation {
            /// Every violation, in the order of [`index`](Self::index).
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// The label's text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

violations! {
    /// The key is not in the contract.
    UnknownKey = "unknown_key",
    /// The key is in the contract, but its value is not the caller's to give, or not as text.
    Reserved = "reserved",
    /// The attribute does not occur on this step.
    Step = "step",
    /// The field was given more than once; one of its values counts.
    Duplicate = "duplicate",
    /// A value of the wrong type: a string instead of a boolean, a list, a map, an error.
    Type = "type",
    /// The code that formats the value panicked.
    Format = "format",
    /// Not the constant.
    Const = "const",
    /// Not one of the listed texts.
    OneOf = "one_of",
    /// Not a name.
    Name = "name",
    /// Not a version.
    Version = "version",
    /// Not a slug.
    Slug = "slug",
    /// A slug outside the vocabulary that the service closed it to.
    Vocabulary = "vocabulary",
    /// Not hexadecimal of the right length.
    Hex = "hex",
    /// Not a UUID of a version that is allowed.
    Uuid = "uuid",
    /// An integer outside its bounds.
    Integer = "integer",
    /// A number outside its bounds, or not finite.
    Number = "number",
    /// A time that is too old, or in the future of its event.
    Instant = "instant",
    /// Not a country's code.
    Country = "country",
    /// Not a currency's code.
    Currency = "currency",
    /// A raw field did not hold what its attribute is derived from.
    Derivation = "derivation",
    /// No pseudonym key is configured, so the pseudonym is omitted.
    NoPseudonymKey = "no_pseudonym_key",
    /// A hash of the compatibility mode without a letter, which could be a card number.
    LegacyDigits = "legacy_digits",
}

impl Violation {
    /// The position in [`ALL`](Self::ALL), for an array of counters.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violations_are_indexed_in_order_and_named_apart() {
        for (at, violation) in Violation::ALL.iter().enumerate() {
            assert_eq!(violation.index(), at);
            assert_eq!(Violation::ALL.iter().filter(|other| other.as_str() == violation.as_str()).count(), 1);
        }
    }
}
