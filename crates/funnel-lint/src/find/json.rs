//! JSON, read leniently: what stands before a fault is found.

use super::keys::{looks_like, used};
use crate::extract::Extract;
use crate::found::{Found, Use};

pub(super) fn find(text: &str, readily: bool) -> Vec<Found> {
    let mut reader = Reader { text, at: 0, keys: Vec::new(), readily, found: Vec::new(), depth: 0 };
    while reader.value().is_some() {
        reader.blanks();
        if reader.at >= text.len() {
            break;
        }
    }
    reader.found
}

/// Deeper nesting is not a dashboard.
const DEEPEST: usize = 200;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    keys: Vec<String>,
    readily: bool,
    found: Vec<Found>,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace() || byte == b',') {
            self.at += 1;
        }
    }

    /// Reads a value; `None` where there is none.
    fn value(&mut self) -> Option<()> {
        self.blanks();
        match self.peek()? {
            b'{' => self.nested(|reader| reader.object()),
            b'[' => self.nested(|reader| reader.array()),
            b'"' => {
                let text = self.string()?;
                if let Some(used) = used(&self.keys, &text.text, self.readily) {
                    self.found.push(Found::new(&text, used));
                }
                Some(())
            }
            _ => {
                let start = self.at;
                while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
                    self.at += 1;
                }
                (self.at > start).then_some(())
            }
        }
    }

    fn nested(&mut self, read: impl Fn(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.depth += 1;
        let done = if self.depth > DEEPEST { None } else { read(self) };
        self.depth -= 1;
        done
    }

    fn object(&mut self) -> Option<()> {
        loop {
            self.blanks();
            if self.peek()? == b'}' {
                self.at += 1;
                return Some(());
            }
            let key = self.string()?.text;
            self.blanks();
            if self.peek()? != b':' {
                return None;
            }
            self.at += 1;
            self.keys.push(key);
            let read = self.value();
            self.keys.pop();
            read?;
        }
    }

    /// A list of texts of which most are NRQL is a list of queries, wherever it stands.
    fn array(&mut self) -> Option<()> {
        let (mut texts, mut before) = (Vec::new(), self.found.len());
        loop {
            self.blanks();
            match self.peek()? {
                b']' => {
                    self.at += 1;
                    break;
                }
                b'"' => texts.push(self.string()?),
                _ => self.value()?,
            }
        }
        let alike = texts.iter().filter(|text| looks_like(&text.text)).count();
        if self.readily && alike * 2 > texts.len() {
            for text in &texts {
                self.found.insert(before, Found::new(text, Use::Plain));
                before += 1;
            }
        }
        Some(())
    }

    fn string(&mut self) -> Option<Extract> {
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        let mut text = Extract::default();
        loop {
            let start = self.at;
            let character = self.text[start..].chars().next()?;
            self.at += character.len_utf8();
            match character {
                '"' => return Some(text),
                '\\' => {
                    let decoded = self.escape()?;
                    text.push_char(decoded, start, self.at - start);
                }
                _ => text.push_char(character, start, character.len_utf8()),
            }
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Option<char> {
        let character = self.text[self.at..].chars().next()?;
        self.at += character.len_utf8();
        Some(match character {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let unit = self.unit()?;
                if !(0xd800..0xdc00).contains(&unit) {
                    return Some(char::from_u32(unit).unwrap_or('\u{fffd}'));
                }
                if !self.text[self.at..].starts_with("\\u") {
                    return Some('\u{fffd}');
                }
                self.at += 2;
                let low = self.unit()?;
                char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff))
                    .unwrap_or('\u{fffd}')
            }
            other => other,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let unit = u32::from_str_radix(self.text.get(self.at..self.at + 4)?, 16).ok()?;
        self.at += 4;
        Some(unit)
    }
}
