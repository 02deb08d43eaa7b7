//! How fields are read, for events and spans alike: an unwanted field is not even formatted.

use std::fmt::{self, Write};

use instant_funnel_core::contract::RawValue;
use tracing::field::{Field, Visit};

/// Longer than any value that passes a rule, so that text cut here is refused all the same.
const FORMATTED_MAX: usize = 512;

/// What is done with fields.
pub(super) trait Take {
    /// Whether the value of a field with this name is to be formatted.
    fn wants(&self, name: &str) -> bool;

    /// Takes a field. One that is not wanted comes without its value.
    fn take(&mut self, name: &str, value: RawValue<'_>);

    /// Takes an integer.
    fn take_integer(&mut self, name: &str, value: i128) {
        self.take(name, integer(value));
    }

    /// Takes a value that has to be formatted by foreign code, which may panic.
    fn take_formatted(&mut self, name: &str, value: &dyn fmt::Debug) {
        self.take(name, RawValue::Text(&format_bounded(value)));
    }
}

/// Reads fields for a [`Take`].
pub(super) struct Fields<T>(pub(super) T);

impl<T: Take> Visit for Fields<T> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.take(field.name(), RawValue::Text(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.take(field.name(), RawValue::Bool(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.0.wants(field.name()) {
            self.0.take_formatted(field.name(), value);
        } else {
            self.0.take(field.name(), RawValue::Other);
        }
    }

    fn record_error(&mut self, field: &Field, _: &(dyn std::error::Error + 'static)) {
        self.0.take(field.name(), RawValue::Other);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.take_integer(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.take_integer(field.name(), value.into());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.0.take_integer(field.name(), value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match i128::try_from(value) {
            Ok(value) => self.0.take_integer(field.name(), value),
            // Half of all UUIDs are larger; each is a fact of its own.
            Err(_) => self.0.take_formatted(field.name(), &value),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.take(field.name(), RawValue::Number(value));
    }

    fn record_bytes(&mut self, field: &Field, _: &[u8]) {
        self.0.take(field.name(), RawValue::Other);
    }
}

/// An integer of an attribute; one that has no room in OTLP is not a value.
pub(super) fn integer(value: i128) -> RawValue<'static> {
    i64::try_from(value).map_or(RawValue::Other, RawValue::Integer)
}

/// `Debug` output up to a bound that no legal value reaches; formatting stops there.
pub(super) fn format_bounded(value: &dyn fmt::Debug) -> String {
    struct Bounded(String);

    impl Write for Bounded {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            // Some go on writing after an error.
            if self.0.len() > FORMATTED_MAX {
                return Err(fmt::Error);
            }
            if self.0.len() + text.len() <= FORMATTED_MAX {
                self.0.push_str(text);
                return Ok(());
            }
            self.0.extend(text.chars().take(FORMATTED_MAX + 1));
            Err(fmt::Error)
        }
    }

    let mut out = Bounded(String::new());
    // The error is our own stop.
    let _ = write!(out, "{value:?}");
    out.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_stops_at_the_bound_and_leaves_text_that_is_over_it() {
        struct Endless;
        impl fmt::Debug for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("abc")?;
                }
            }
        }
        struct Deaf;
        impl fmt::Debug for Deaf {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for _ in 0..1000 {
                    let _ = f.write_str("abc");
                }
                Ok(())
            }
        }
        assert_eq!(format_bounded(&format_args!("pro")), "pro");
        assert_eq!(format_bounded(&format_args!("{:>512}", 1)).len(), FORMATTED_MAX);
        for text in [format_bounded(&Endless), format_bounded(&format_args!("{:>513}", 1))] {
            assert!(text.len() > FORMATTED_MAX && text.len() < 4 * FORMATTED_MAX, "{}", text.len());
        }
        let deaf = format_bounded(&Deaf).len();
        assert!(deaf > FORMATTED_MAX && deaf < 2 * FORMATTED_MAX, "{deaf}");
    }
}
