//! What a user agent says that its program runs on: the first part between parentheses.

use std::ops::Range;

/// Telephones and tablets, and the view of a page inside an app (`wv`).
const HANDHELD: [&[u8]; 6] = [b"android", b"iphone", b"ipad", b"ipod", b"harmony", b"wv)"];

/// Where the first parentheses stand, and whether a hand holds what they describe.
pub(super) struct Platform {
    range: Range<usize>,
    pub(super) is_handheld: bool,
}

impl Platform {
    pub(super) fn of(text: &[u8]) -> Self {
        let range = first_parentheses(text);
        let described = &text[range.clone()];
        let says = |word: &[u8]| described.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
        Self { is_handheld: HANDHELD.into_iter().any(says), range }
    }

    /// Whether `text[start..end]` is part of a device's name. A program says its version there: `Storebot/1.0`.
    pub(super) fn is_model(&self, text: &[u8], start: usize, end: usize) -> bool {
        self.is_handheld && self.range.contains(&start) && !has_version(&text[end..])
    }
}

/// Whether a slash follows in the same part, save that of the system's build (`Build/MRA58K`).
fn has_version(rest: &[u8]) -> bool {
    let part = rest.split(|byte| matches!(byte, b';' | b')')).next().unwrap_or_default();
    let slash = part.iter().position(|byte| *byte == b'/');
    slash.is_some_and(|at| !part[..at].to_ascii_lowercase().ends_with(b"build"))
}

/// With those inside them: telephones are called `Moto G (4)`.
fn first_parentheses(text: &[u8]) -> Range<usize> {
    let Some(start) = text.iter().position(|byte| *byte == b'(') else { return 0..0 };
    let mut depth = 0_usize;
    let close = text[start..].iter().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    start..close.map_or(text.len(), |at| start + at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_model(text: &str, word: &str) -> bool {
        let start = text.find(word).unwrap();
        Platform::of(text.as_bytes()).is_model(text.as_bytes(), start, start + word.len())
    }

    #[test]
    fn a_word_of_a_telephones_name_is_no_program() {
        assert!(is_model("Mozilla/5.0 (Linux; Android 6.0; B BOT 550 Build/MRA58K; wv) Chrome/53.0", "BOT"));
        assert!(is_model("Mozilla/5.0 (Linux; Android 11; Moto G (4) Spider) Chrome/53.0", "Spider"));
        assert!(is_model("Mozilla/5.0 (Linux; Android 12; ASUS_AI2201_A", "AI2"));
        assert!(!is_model("Mozilla/5.0 (Linux; Android 8.0; Pixel 2; Storebot/1.0) Chrome/81.0", "bot"));
        assert!(!is_model("Mozilla/5.0 (Linux; Android 8.0; Pixel 2) Chrome/81.0; Bytespider", "spider"));
        assert!(!is_model("Mozilla/5.0 (Windows NT 10.0; Spider) Chrome/81.0", "Spider"));
    }
}
