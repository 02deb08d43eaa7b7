//! `rule = …`

use instant_funnel_core::contract::Rule;
use toml::de::DeValue;

use super::node::{Node, Reader, entries};
use crate::model::RuleSpec;
use crate::nearest::nearest;

/// Rules that are one word.
pub(super) const WORDS: [&str; 8] =
    ["slug", "name", "uuid", "boolean", "country", "currency", "version", "team"];
/// Rules that say more.
const TABLES: [&str; 7] = ["const", "one_of", "slug", "uuid", "integer", "number", "pseudonym"];
/// The versions of UUID that are random or a hash.
pub(super) const UUID_VERSIONS: [u8; 4] = [4, 5, 7, 8];

/// What pseudonyms are made of.
pub(super) const PSEUDONYMS: [&str; 3] = ["network", "email", "fact"];

impl Reader<'_> {
    pub(super) fn rule(&mut self, node: &Node<'_>) -> Option<RuleSpec> {
        if let DeValue::String(word) = node.get_ref() {
            return match &**word {
                "slug" => Some(RuleSpec::Slug),
                "name" => Some(RuleSpec::Name),
                "uuid" => Some(RuleSpec::Uuid(UUID_VERSIONS.to_vec())),
                "boolean" => Some(RuleSpec::Boolean),
                "country" => Some(RuleSpec::Country),
                "currency" => Some(RuleSpec::Currency),
                "version" => Some(RuleSpec::Version),
                "team" => Some(RuleSpec::Team),
                other => self.no_rule(node, other),
            };
        }
        let table = self.table(node, "a rule, as a word or a table")?;
        let all = entries(table);
        let [entry] = all.as_slice() else {
            self.wrong(
                node,
                "a rule has exactly one key, as in `{ one_of = […] }` or `{ integer = [0, 10] }`",
                None,
            );
            return None;
        };
        match entry.key {
            "const" => {
                let text = self.text(entry.value, "a string")?;
                if (Rule::Name { max: 64 }).check_text(&text).is_err() {
                    self.wrong(
                        entry.value,
                        "a constant must be 1 to 64 of `A-Za-z0-9_.-`, at least one of them a letter",
                        None,
                    );
                }
                Some(RuleSpec::Const(text))
            }
            "one_of" => self.words(entry.value).map(RuleSpec::OneOf),
            "slug" => {
                let table = self.table(entry.value, "`{ closed_to = […] }`")?;
                let inner = self.known(table, &["closed_to"], "unknown key of a slug");
                let list = inner.first().map(|inner| inner.value)?;
                self.words(list).map(RuleSpec::SlugOf)
            }
            "uuid" => self.uuid(entry.value),
            "integer" => {
                let [low, high] = self.bounds(entry.value)?;
                let (min, max) =
                    (self.integer(low, "a whole number")?, self.integer(high, "a whole number")?);
                self.ordered(entry.value, min <= max);
                Some(RuleSpec::Integer(min, max))
            }
            "number" => {
                let [low, high] = self.bounds(entry.value)?;
                let (min, max) = (self.number(low, "a number")?, self.number(high, "a number")?);
                self.ordered(entry.value, min <= max);
                Some(RuleSpec::Number(min, max))
            }
            "pseudonym" => {
                let word = self.word(entry.value, &PSEUDONYMS, "a source of a pseudonym")?;
                Some(match word {
                    "network" => RuleSpec::NetworkPseudonym,
                    "email" => RuleSpec::EmailPseudonym,
                    _ => RuleSpec::FactId,
                })
            }
            other => {
                let span = entry.key_span.clone();
                self.unknown_rule(span, other);
                None
            }
        }
    }

    fn no_rule<T>(&mut self, node: &Node<'_>, word: &str) -> Option<T> {
        if ["integer", "number", "one_of", "const", "pseudonym"].contains(&word) {
            let example = match word {
                "integer" | "number" => format!("{{ {word} = [0, 100] }}"),
                "one_of" => "{ one_of = [\"a\", \"b\"] }".to_owned(),
                "const" => "{ const = \"a\" }".to_owned(),
                _ => "{ pseudonym = \"network\" }".to_owned(),
            };
            self.wrong(node, format!("this rule needs a value: `rule = {example}`"), None);
        } else if ["text", "string", "str", "free_text", "any"].contains(&word) {
            let message = "free text is not allowed, because it can contain personal data; use a slug, preferably restricted to a list, or one_of";
            self.wrong(node, message, None);
        } else {
            self.unknown_rule(node.span(), word);
        }
        None
    }

    fn unknown_rule(&mut self, span: std::ops::Range<usize>, word: &str) {
        let mut all: Vec<&str> = WORDS.into_iter().chain(TABLES).collect();
        all.sort_unstable();
        all.dedup();
        let message = format!("not a rule; use one of {}", all.join(", "));
        self.mistake(span, message, nearest(word, all));
    }

    /// Words of an enumeration: slugs, each once.
    fn words(&mut self, node: &Node<'_>) -> Option<Vec<String>> {
        let items = self.list(node, "a list of words")?;
        if items.is_empty() {
            self.wrong(node, "an empty list lets no value pass; name at least one word", None);
        }
        let mut words: Vec<String> = Vec::new();
        for item in items {
            let Some(word) = self.text(item, "a word") else { continue };
            if Rule::Slug.check_text(&word).is_err() {
                let message = "a word is a slug: a lower-case letter, then up to 31 of `a-z0-9_-`";
                self.wrong(item, message, None);
            } else if words.iter().any(|other| other.replace('-', "_") == word.replace('-', "_")) {
                self.wrong(item, "this word is in the list already; `-` and `_` count as the same", None);
            } else {
                words.push(word);
            }
        }
        Some(words)
    }

    fn uuid(&mut self, node: &Node<'_>) -> Option<RuleSpec> {
        let table = self.table(node, "`{ versions = [4, 7] }`")?;
        let inner = self.known(table, &["versions"], "unknown key of a UUID");
        let list = inner.first().map(|inner| inner.value)?;
        let mut versions = Vec::new();
        for item in self.list(list, "a list of versions")? {
            let version = self.integer(item, "a version")?;
            if let Some(version) = u8::try_from(version).ok().filter(|one| UUID_VERSIONS.contains(one)) {
                versions.push(version);
            } else {
                let message =
                    "versions 4, 5, 7 and 8 are opaque; the others contain an address or an outdated hash";
                self.wrong(item, message, None);
            }
        }
        if versions.is_empty() {
            self.wrong(list, "name at least one version", None);
        }
        versions.sort_unstable();
        versions.dedup();
        Some(RuleSpec::Uuid(versions))
    }

    fn bounds<'n>(&mut self, node: &'n Node<'n>) -> Option<[&'n Node<'n>; 2]> {
        let items = self.list(node, "the smallest and the largest value, as `[0, 100]`")?;
        if let [low, high] = items.as_slice() {
            return Some([low, high]);
        }
        self.wrong(node, "expected two bounds: the smallest and the largest value", None);
        None
    }

    fn ordered(&mut self, node: &Node<'_>, ordered: bool) {
        if !ordered {
            self.wrong(node, "the smallest value comes first", None);
        }
    }
}
