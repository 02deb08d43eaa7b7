//! One spelling of an e-mail address.

use unicode_normalization::UnicodeNormalization;

/// The longest e-mail address that SMTP can deliver to is 254 bytes; a little slack for surrounding white space.
const EMAIL_BYTES_MAX: usize = 320;

/// The address in NFC and lower case without surrounding white space; `None` for a string that is not an address.
pub(super) fn keyed(address: &str) -> Option<String> {
    if address.len() > EMAIL_BYTES_MAX {
        return None;
    }
    let trimmed = address.trim();
    let normal = if trimmed.is_ascii() {
        trimmed.to_ascii_lowercase()
    } else {
        // Lower case can leave what composes again.
        let composed: String = trimmed.nfc().collect();
        composed.to_lowercase().nfc().collect()
    };
    is_address(&normal).then_some(normal)
}

/// `strings.ToLower(strings.TrimSpace(address))` of Go, byte for byte; `None` for a string that is not an address.
pub(super) fn legacy(address: &str) -> Option<String> {
    if address.len() > EMAIL_BYTES_MAX {
        return None;
    }
    let normal = go_lower_trimmed(address);
    is_address(&normal).then_some(normal)
}

/// Go's white space is Unicode's, as Rust's is.
fn go_lower_trimmed(text: &str) -> String {
    text.trim().chars().map(go_lower).collect()
}

/// Go maps each character to one: `İ` to `i`, and `Σ` to `σ` wherever it stands. Its tables are those of Unicode 15,
/// which lack the letters with a lower case that 16 and 17 added.
fn go_lower(character: char) -> char {
    match character {
        'İ' => 'i',
        '\u{1c89}'
        | '\u{a7cb}'
        | '\u{a7cc}'
        | '\u{a7ce}'
        | '\u{a7d2}'
        | '\u{a7d4}'
        | '\u{a7da}'
        | '\u{a7dc}'
        | '\u{10d50}'..='\u{10d65}'
        | '\u{16ea0}'..='\u{16eb8}' => character,
        other => other.to_lowercase().next().unwrap_or(other),
    }
}

fn is_address(normal: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '"';
    normal
        .rsplit_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !normal.contains(odd))
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn one_person_has_one_spelling() {
        for (one, other) in [
            ("jos\u{e9}@example.com", "jose\u{301}@example.com"),
            ("JOS\u{c9}@example.com", "jose\u{301}@EXAMPLE.com"),
            ("\u{c5}sa@example.com", "\u{212b}sa@example.com"),
            ("\u{ac00}@example.com", "\u{1100}\u{1161}@example.com"),
            ("\u{1e69}@example.com", "s\u{307}\u{323}@example.com"),
            (" Jane@Example.com\n", "jane@example.com"),
        ] {
            assert_eq!(keyed(one), keyed(other), "{one} {other}");
            assert!(keyed(one).is_some(), "{one}");
        }
        assert_ne!(keyed("jane@example.com"), keyed("jan\u{e9}@example.com"));
    }

    #[test]
    fn the_compatibility_mode_lowers_as_go_does() {
        assert_eq!(legacy("\u{130}pek@example.com").as_deref(), Some("ipek@example.com"));
        assert_eq!(legacy("ΝΙΚΟΣ@example.com").as_deref(), Some("νικοσ@example.com"));
        assert_eq!(legacy("Stra\u{1e9e}e@example.com").as_deref(), Some("straße@example.com"));
        assert_eq!(legacy("jose\u{301}@example.com").as_deref(), Some("jose\u{301}@example.com"));
        assert_eq!(
            legacy("\u{85}\u{a0}\u{3000}Jane@example.com\u{2029}\u{b}").as_deref(),
            Some("jane@example.com")
        );
        assert_eq!(legacy("\u{200b}jane@example.com").as_deref(), Some("\u{200b}jane@example.com"));
    }

    /// The digests are Go 1.26's, of `strings.ToLower("<" + string(r) + ">")` and of
    /// `"<" + strings.TrimSpace(string(r)) + ">"` for every character in order.
    #[test]
    fn every_character_is_lowered_and_trimmed_as_go_does() {
        let (mut lowered, mut trimmed) = (Sha256::new(), Sha256::new());
        for character in '\0'..=char::MAX {
            lowered.update(go_lower_trimmed(&format!("<{character}>")));
            trimmed.update(format!("<{}>", character.to_string().trim()));
        }
        assert_eq!(
            const_hex::encode(lowered.finalize()),
            "de5d20e00d1ffbdcd9e481ddbf696f069e23703a2d5bab97c6b006df5172a097"
        );
        assert_eq!(
            const_hex::encode(trimmed.finalize()),
            "120382c559424d531eeab6e0368c75510b0b63170a3d58c3ce57bd8ea44b3818"
        );
    }
}
