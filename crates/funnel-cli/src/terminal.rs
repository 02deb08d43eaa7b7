//! Removes escape sequences from external text before it reaches a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a terminal, or a reader's eye, would take the character for more than a sign: controls, and what changes the
/// direction of writing.
fn commands(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The text in one line: line ends and tabs as blanks, other commands as `\u{fffd}`.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    replaced(text, |character| if matches!(character, '\n' | '\r' | '\t') { ' ' } else { '\u{fffd}' })
}

/// The text with its line ends and tabs; other commands as `\u{fffd}`.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    replaced(text, |character| if matches!(character, '\n' | '\r' | '\t') { character } else { '\u{fffd}' })
}

/// JSON whose strings have every command as an escape, which says the same to a program.
pub(crate) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && commands(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

fn replaced(text: &str, sign: impl Fn(char) -> char) -> Cow<'_, str> {
    if text.chars().any(commands) {
        Cow::Owned(text.chars().map(|c| if commands(c) { sign(c) } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for hostile in [
            "\u{1b}[31mred",
            "\u{9b}2J",
            "\u{7}",
            "\u{7f}",
            "\u{202e}txt.exe",
            "\u{2066}x",
            "\u{feff}",
            "a\u{200b}b",
        ] {
            for shown in [line(hostile), lines(hostile)] {
                assert!(!shown.chars().any(commands), "{hostile:?}: {shown:?}");
            }
            let json = json(&serde_json::json!({ hostile: [hostile] }).to_string());
            assert!(!json.chars().any(commands), "{json:?}");
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(read[hostile][0], hostile, "a program reads the same");
        }
        assert_eq!(line("a\nb\tc"), "a b c");
        assert_eq!(lines("a\nb\tc"), "a\nb\tc");
        assert!(matches!(lines("plain, 日本, é"), Cow::Borrowed(_)));
    }
}
