//! Terraform: attributes of blocks, with quoted texts and heredocs.

use super::json;
use super::keys::used;
use crate::extract::Extract;
use crate::found::{Found, Template};

pub(super) fn find(text: &str, readily: bool) -> Vec<Found> {
    let mut reader = Reader { text, at: 0, blocks: Vec::new(), readily, found: Vec::new() };
    reader.read();
    reader.found
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The blocks and maps that are open.
    blocks: Vec<String>,
    readily: bool,
    found: Vec<Found>,
}

impl Reader<'_> {
    fn read(&mut self) {
        // The first word of a block's head, and the name before `=` or `:`.
        let (mut head, mut name): (Option<String>, Option<String>) = (None, None);
        while let Some(character) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            if rest.starts_with('#') || rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            } else if character == '"' {
                let text = self.quoted();
                if self.is_key() {
                    head.get_or_insert(text.text);
                } else if let Some(name) = &name {
                    self.take(name, &text);
                }
            } else if rest.starts_with("<<") {
                let text = self.heredoc();
                if let Some(name) = &name {
                    self.take(name, &text);
                }
            } else if character.is_alphabetic() || character == '_' {
                let end =
                    rest.find(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).unwrap_or(rest.len());
                let word = rest[..end].to_owned();
                self.at += end;
                head.get_or_insert(word);
            } else {
                self.at += character.len_utf8();
                match character {
                    '=' | ':' => name = head.take().or(name),
                    '{' => self.blocks.push(head.take().or_else(|| name.clone()).unwrap_or_default()),
                    '}' => {
                        self.blocks.pop();
                        (head, name) = (None, None);
                    }
                    '\n' => head = None,
                    _ => {}
                }
            }
        }
    }

    /// Whether the quoted text that was just read is the key of a map.
    fn is_key(&self) -> bool {
        let rest = self.text[self.at..].trim_start_matches([' ', '\t']);
        rest.starts_with(':') || rest.starts_with('=') && !rest.starts_with("==")
    }

    fn take(&mut self, name: &str, text: &Extract) {
        if text.text.trim_start().starts_with('{') {
            let hits = json::find(&text.text, self.readily);
            self.found.extend(hits.into_iter().map(|hit| Found { query: text.outer(hit.query), ..hit }));
            return;
        }
        let mut keys = self.blocks.clone();
        keys.push(name.to_owned());
        if let Some(used) = used(&keys, &text.text, self.readily) {
            self.found.push(Found { template: Template::Verbs, ..Found::new(text, used) });
        }
    }

    fn quoted(&mut self) -> Extract {
        self.at += 1;
        let mut out = Extract::default();
        while let Some(character) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            if let Some(width) = interpolation(rest) {
                out.push(&rest[..width], self.at, width);
                self.at += width;
                continue;
            }
            let start = self.at;
            self.at += character.len_utf8();
            match character {
                '"' | '\n' => break,
                '\\' => {
                    let Some(next) = self.text[self.at..].chars().next() else { break };
                    self.at += next.len_utf8();
                    let decoded = match next {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        other => other,
                    };
                    out.push_char(decoded, start, self.at - start);
                }
                _ => out.push_char(character, start, character.len_utf8()),
            }
        }
        out
    }

    fn heredoc(&mut self) -> Extract {
        let rest = &self.text[self.at..];
        let Some(line_end) = rest.find('\n') else {
            self.at = self.text.len();
            return Extract::default();
        };
        let word = rest[2..line_end].trim_start_matches('-').trim().to_owned();
        let start = self.at + line_end + 1;
        let mut end = start;
        for line in self.text[start..].split_inclusive('\n') {
            if line.trim() == word {
                self.at = end + line.len();
                return Extract::of(self.text, start..end);
            }
            end += line.len();
        }
        self.at = self.text.len();
        Extract::of(self.text, start..end)
    }
}

/// How long the `${…}` or `%{…}` is that a string begins with.
fn interpolation(text: &str) -> Option<usize> {
    if !text.starts_with("${") && !text.starts_with("%{") {
        return None;
    }
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}
