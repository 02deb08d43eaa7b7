//! TOML values with their positions, and the messages about them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::mistake::Mistake;
use crate::nearest::nearest;

/// A value and where it stands.
pub(super) type Node<'t> = Spanned<DeValue<'t>>;

/// A key with its value.
pub(super) struct Entry<'n> {
    pub(super) key: &'n str,
    pub(super) key_span: Range<usize>,
    pub(super) value: &'n Node<'n>,
}

/// Reads, and notes what is wrong.
pub(super) struct Reader<'t> {
    text: &'t str,
    pub(super) mistakes: Vec<Mistake>,
}

/// The longest offending word that is shown.
const WORD_MAX: usize = 60;

impl<'t> Reader<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, mistakes: Vec::new() }
    }

    pub(super) fn parsed(&mut self) -> Option<DeTable<'t>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table.into_inner()),
            Err(error) => {
                let message = format!("not TOML: {}", error.message().replace('\n', ", "));
                self.mistake(error.span().unwrap_or_default(), message, None);
                None
            }
        }
    }

    /// Notes what is wrong at a place.
    pub(super) fn mistake(&mut self, span: Range<usize>, message: String, nearest: Option<String>) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let word = self.text.get(span).unwrap_or("").lines().next().unwrap_or("");
        self.mistakes.push(Mistake {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or("").chars().count() + 1,
            word: word.trim_matches(['"', '\'']).chars().take(WORD_MAX).collect(),
            message,
            nearest,
        });
    }

    /// Notes what is wrong with a value.
    pub(super) fn wrong(&mut self, node: &Node<'_>, message: impl Into<String>, nearest: Option<String>) {
        self.mistake(node.span(), message.into(), nearest);
    }

    /// The entries of a table in the order of the file, without those whose key is not known, which are noted.
    pub(super) fn known<'n>(
        &mut self,
        table: &'n DeTable<'n>,
        keys: &[&str],
        message: &str,
    ) -> Vec<Entry<'n>> {
        let all = entries(table);
        all.into_iter()
            .filter(|entry| {
                let known = keys.contains(&entry.key);
                if !known {
                    let message = format!("{message}; use one of {}", keys.join(", "));
                    self.mistake(entry.key_span.clone(), message, nearest(entry.key, keys.iter().copied()));
                }
                known
            })
            .collect()
    }

    fn other<T>(&mut self, node: &Node<'_>, what: &str) -> Option<T> {
        let found = match node.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.wrong(node, format!("expected {what}, found {found}"), None);
        None
    }

    pub(super) fn text(&mut self, node: &Node<'_>, what: &str) -> Option<String> {
        match node.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => self.other(node, what),
        }
    }

    pub(super) fn integer(&mut self, node: &Node<'_>, what: &str) -> Option<i64> {
        match node.get_ref() {
            DeValue::Integer(number) => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix()).ok();
                if parsed.is_none() {
                    self.wrong(node, "does not fit into 64 bits", None);
                }
                parsed
            }
            _ => self.other(node, what),
        }
    }

    pub(super) fn number(&mut self, node: &Node<'_>, what: &str) -> Option<f64> {
        let parsed = match node.get_ref() {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(_) => self.integer(node, what).map(|number| number as f64),
            _ => return self.other(node, what),
        };
        let finite = parsed.filter(|number: &f64| number.is_finite());
        if finite.is_none() {
            self.wrong(node, "a bound must be a finite number", None);
        }
        finite
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node<'n>, what: &str) -> Option<Vec<&'n Node<'n>>> {
        match node.get_ref() {
            DeValue::Array(items) => Some(items.iter().collect()),
            _ => self.other(node, what),
        }
    }

    pub(super) fn table<'n>(&mut self, node: &'n Node<'n>, what: &str) -> Option<&'n DeTable<'n>> {
        match node.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => self.other(node, what),
        }
    }

    /// One of a closed list of words.
    pub(super) fn word<'w>(&mut self, node: &Node<'_>, words: &[&'w str], what: &str) -> Option<&'w str> {
        let text = self.text(node, what)?;
        let found = words.iter().find(|word| **word == text).copied();
        if found.is_none() {
            let near = nearest(&text, words.iter().copied());
            self.wrong(node, format!("not {what}; use one of {}", words.join(", ")), near);
        }
        found
    }

    /// The positions of steps, named in a list.
    pub(super) fn on(&mut self, node: &Node<'_>, steps: &[&str]) -> Vec<usize> {
        let mut on: Vec<usize> = Vec::new();
        let items = self.list(node, "a list of steps").unwrap_or_default();
        if items.is_empty() && node.get_ref().is_array() {
            self.wrong(node, "the list of steps is empty; to allow all steps, leave `on` out", None);
        }
        for item in items {
            let Some(word) = self.word(item, steps, "a step of this contract") else { continue };
            let position = steps.iter().position(|step| *step == word).unwrap_or_default();
            if on.contains(&position) {
                self.wrong(item, "this step is in the list already", None);
            } else {
                on.push(position);
            }
        }
        on.sort_unstable();
        on
    }
}

/// The entries of a table in the order of the file.
pub(super) fn entries<'n>(table: &'n DeTable<'n>) -> Vec<Entry<'n>> {
    let mut all: Vec<_> =
        table.iter().map(|(key, value)| Entry { key: key.get_ref(), key_span: key.span(), value }).collect();
    all.sort_by_key(|entry| entry.key_span.start);
    all
}
