//! Classes of characters.

use std::fmt::Write;

use super::names;

/// Characters that a pattern names, as the inside of a bracket of the `regex` crate.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    items: String,
}

/// Codes between these are halves of UTF-16 pairs: no text has them.
const SURROGATES: (u32, u32) = (0xd800, 0xdfff);

impl Class {
    pub(super) fn range(&mut self, first: u32, last: u32) {
        let (below, above) = SURROGATES;
        let mut put = |first: u32, last: u32| {
            if first <= last {
                // Writing to a String cannot fail.
                let _ = write!(self.items, "\\x{{{first:X}}}-\\x{{{last:X}}}");
            }
        };
        put(first, last.min(below - 1));
        put(first.max(above + 1), last);
    }

    fn ranges(&mut self, ranges: &[(char, char)]) {
        ranges.iter().for_each(|(first, last)| self.range(u32::from(*first), u32::from(*last)));
    }

    /// Another class beside this one, or what is not in it.
    pub(super) fn join(&mut self, other: &Self, negated: bool) {
        self.items.push_str(&other.bracket(negated));
    }

    /// As a whole.
    pub(super) fn bracket(&self, negated: bool) -> String {
        match (self.items.is_empty(), negated) {
            (true, false) => "[^\\x{0}-\\x{10FFFF}]".to_owned(),
            (true, true) => "[\\x{0}-\\x{10FFFF}]".to_owned(),
            (false, false) => format!("[{}]", self.items),
            (false, true) => format!("[^{}]", self.items),
        }
    }

    /// `\d`, `\s`, `\w`, in ASCII.
    pub(super) fn perl(letter: char) -> Option<Self> {
        let ranges: &[(char, char)] = match letter.to_ascii_lowercase() {
            'd' => &[('0', '9')],
            's' => &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')],
            'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            _ => return None,
        };
        let mut class = Self::default();
        class.ranges(ranges);
        Some(class)
    }

    /// `[:name:]`, in ASCII.
    pub(super) fn posix(name: &str) -> Option<Self> {
        let ranges: &[(char, char)] = match name {
            "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
            "alpha" => &[('A', 'Z'), ('a', 'z')],
            "ascii" => &[('\0', '\x7f')],
            "blank" => &[('\t', '\t'), (' ', ' ')],
            "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
            "digit" => &[('0', '9')],
            "graph" => &[('!', '~')],
            "lower" => &[('a', 'z')],
            "print" => &[(' ', '~')],
            "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
            "space" => &[('\t', '\r'), (' ', ' ')],
            "upper" => &[('A', 'Z')],
            "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
            _ => return None,
        };
        let mut class = Self::default();
        class.ranges(ranges);
        Some(class)
    }

    /// `\p{name}`: a general category or a script.
    pub(super) fn unicode(name: &str) -> Option<Self> {
        let items = match name {
            "Any" => "\\x{0}-\\x{10FFFF}".to_owned(),
            // Without what is not assigned, as RE2 has it.
            "C" => "\\p{Cc}\\p{Cf}\\p{Co}".to_owned(),
            "Cs" => String::new(),
            _ if names::CATEGORIES.contains(&name) => format!("\\p{{gc={name}}}"),
            _ if names::SCRIPTS.contains(&name) => format!("\\p{{sc={name}}}"),
            _ => return None,
        };
        Some(Self { items })
    }
}
