//! Masked samples: the shape of a value without the value.

/// The most characters of a sample.
const SAMPLE_MAX: usize = 40;
/// The most characters of a key that is shown as it is.
const KEY_MAX: usize = 64;

/// `jane@example.com` → `aaaa@aaaaaaa.aaa`: letters and digits are replaced, the rest is kept, and a long value is cut.
///
/// Privacy: what is left says how long a value is and where its punctuation stands; no letter and no digit of it.
pub(crate) fn sample(value: &str) -> String {
    let mut masked: String = value.chars().take(SAMPLE_MAX).map(mask).collect();
    if value.chars().nth(SAMPLE_MAX).is_some() {
        masked.push('…');
    }
    masked
}

fn mask(character: char) -> char {
    match character {
        '0'..='9' => '9',
        upper if upper.is_uppercase() => 'A',
        letter if letter.is_alphanumeric() => 'a',
        control if control.is_control() => '␣',
        other if other.is_ascii() => other,
        _ => '?',
    }
}

/// A key as it may be shown: as it is when it is shaped like one, else masked. A key with many digits is not a name.
pub(crate) fn key(key: &str) -> String {
    let shaped = key.len() <= KEY_MAX
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-' | b'/'))
        && key.bytes().filter(u8::is_ascii_digit).count() < 7;
    if shaped { key.to_owned() } else { sample(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letter_and_no_digit_of_a_value_is_left() {
        assert_eq!(sample("Jane.Doe+7@exämple.com"), "Aaaa.Aaa+9@aaaaaaa.aaa");
        assert_eq!(sample("4111 1111-1111"), "9999 9999-9999");
        assert_eq!(sample("<img src=x onerror=alert(1)>"), "<aaa aaa=a aaaaaaa=aaaaa(9)>");
        assert_eq!(sample(&"x".repeat(500)).chars().count(), SAMPLE_MAX + 1);
        assert_eq!(sample("a\u{0}\n\u{202e}b"), "a␣␣?a");
    }

    #[test]
    fn a_key_is_shown_when_it_is_shaped_like_one() {
        assert_eq!(key("http.request.header"), "http.request.header");
        assert_eq!(key("jane@example.com"), "aaaa@aaaaaaa.aaa");
        assert_eq!(key("tel4155550123"), "aaa9999999999");
    }
}
