//! Removes escape sequences from external text before it reaches a terminal.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

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

/// The text with its long lines broken at blanks. The rest of a line stands under its last column.
pub(crate) fn fitted(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if seen(line.trim_end()).width() <= columns {
            out.push_str(line);
        } else {
            out.push_str(&broken(line.trim_end(), columns));
            out.push('\n');
        }
    }
    out
}

fn broken(line: &str, columns: usize) -> String {
    let indent = hanging(&seen(line), columns);
    let (mut out, mut column) = (String::new(), 0);
    for (at, word) in line.split(' ').enumerate() {
        let width = seen(word).width();
        if at > 0 {
            if column > indent && column + 1 + width > columns {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(word);
        column += width;
    }
    out
}

/// Where the last column of a line begins: behind the last two blanks of its first half.
fn hanging(line: &str, columns: usize) -> usize {
    let follows_a_gap = |(at, character): &(usize, char)| *character != ' ' && line[..*at].ends_with("  ");
    let mut starts = line.char_indices().filter(follows_a_gap).map(|(at, _)| line.split_at(at));
    match starts.rfind(|(before, _)| before.width() <= columns / 2) {
        Some((before, behind)) => before.width() + if behind.starts_with("→ ") { 2 } else { 0 },
        None => 4,
    }
}

/// The text without sequences that set colours.
fn seen(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split('\u{1b}');
    let mut out = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| out.push_str(part.split_once('m').map_or("", |(_, rest)| rest)));
    Cow::Owned(out)
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
    fn a_long_line_goes_on_under_its_last_column() {
        let line = "\u{1b}[32mok  \u{1b}[0m  key   one two three four five\n          → do this and then that\nshort\n";
        let expected = "\u{1b}[32mok  \u{1b}[0m  key   one two\n            three four\n            five\n          \
                        → do this and\n            then that\nshort\n";
        assert_eq!(fitted(line, 24), expected);
        assert_eq!(
            fitted("file.rs:1:2: error: a long message\n", 20),
            "file.rs:1:2: error:\n    a long message\n"
        );
        assert_eq!(
            fitted("a_word_that_is_too_long_for_the_line\n", 20),
            "a_word_that_is_too_long_for_the_line\n"
        );
    }

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
