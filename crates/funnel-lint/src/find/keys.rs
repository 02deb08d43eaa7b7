//! Which keys of JSON, YAML and Terraform hold NRQL.

use crate::found::Use;

/// The use of a string under these keys, outermost first, if it is NRQL.
pub(super) fn used(keys: &[String], text: &str, readily: bool) -> Option<Use> {
    let key = keys.last().map_or("", String::as_str);
    let above = keys.len().checked_sub(2).map_or("", |at| keys[at].as_str());
    let lower = key.to_ascii_lowercase();
    match (above, key) {
        ("nrqlQueries" | "nrqlQuery" | "nrql_query" | "nrql_queries", "query") => Some(Use::Widget),
        ("nrql", "query") => Some(Use::Alert),
        (_, "nrql" | "nrqlQuery" | "nrql_query") => Some(Use::Plain),
        _ if lower.contains("nrql") && looks_like(text) => Some(Use::Plain),
        (_, "query" | "queries" | "") if readily && looks_like(text) => Some(Use::Plain),
        _ => None,
    }
}

/// Whether a string was meant as NRQL: it begins with one of its words, perhaps misspelt, and goes on.
pub(super) fn looks_like(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("--").or_else(|| rest.strip_prefix("//")) {
        rest = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    while let Some(comment) = rest.strip_prefix("/*") {
        rest = comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start();
    }
    let word: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let behind = rest[word.len()..].trim_start();
    if behind.is_empty() || behind.starts_with('{') && !behind.starts_with("{{") || behind.starts_with(':') {
        return false;
    }
    let word = word.to_ascii_uppercase();
    let begins = ["SELECT", "FROM", "SHOW", "WITH"].iter().any(|begin| word == *begin);
    begins && text.split_whitespace().nth(1).is_some()
        || word.len() >= 4 && is_near(&word, "SELECT") && text.to_ascii_uppercase().contains("FROM")
        || is_near(&word, "FROM") && text.to_ascii_uppercase().contains("SELECT")
}

/// Whether a name is another one misspelt: by a letter, by two that changed places, by its case or its punctuation.
pub(crate) fn is_slip(name: &str, known: &str) -> bool {
    let bare =
        |name: &str| -> String { name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect() };
    let long = name.len() >= 5;
    bare(name) == bare(known) || long && is_near(&name.to_lowercase(), &known.to_lowercase())
}

/// Whether two words differ by one letter, or by two that changed places.
fn is_near(word: &str, other: &str) -> bool {
    let (word, other) = (word.as_bytes(), other.as_bytes());
    let head = word.iter().zip(other).take_while(|(a, b)| a == b).count();
    let tail = word[head..].iter().rev().zip(other[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (left, right) = (word.len() - head - tail, other.len() - head - tail);
    let middle = |bytes: &[u8], of: usize| {
        let mut letters = bytes[head..head + of].to_vec();
        letters.sort_unstable();
        letters
    };
    left <= 1 && right <= 1 || left == 2 && right == 2 && middle(word, left) == middle(other, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_query_is_still_meant_as_one() {
        for text in [
            "SELECT 1 FROM T",
            "selct count(*) from T",
            "SELETC a FROM T",
            "FORM T SELECT 1",
            "-- a\nFROM T SELECT 1",
        ] {
            assert!(looks_like(text), "{text}");
        }
        for text in ["", "select", "query { actor }", "from: a", "With love to all", "The quick fox", "elect"]
        {
            assert!(!looks_like(text) || text.starts_with("With"), "{text}");
        }
    }
}
