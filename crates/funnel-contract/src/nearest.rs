//! The right word that is nearest to a wrong one.

/// Of `words`, the one that differs from `word` least, if it differs in about a third of its letters at most.
pub(crate) fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let plain = |text: &str| -> Vec<char> {
        text.chars()
            .filter(|letter| letter.is_alphanumeric())
            .map(|letter| letter.to_ascii_lowercase())
            .collect()
    };
    let wrong = plain(word);
    if wrong.is_empty() || wrong.len() > 64 {
        return None;
    }
    words
        .into_iter()
        .map(|right| (distance(&wrong, &plain(right)), right))
        .filter(|(distance, right)| *distance <= right.len().max(word.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, right)| right.to_owned())
}

/// How many letters must be put in, left out or changed.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (at, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != other);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_near() {
        let words = ["slug", "one_of", "integer"];
        assert_eq!(nearest("slugg", words).as_deref(), Some("slug"));
        assert_eq!(nearest("oneOf", words).as_deref(), Some("one_of"));
        assert_eq!(nearest("trail", ["trial", "pro"]).as_deref(), Some("trial"));
        assert_eq!(nearest("int", words), None);
        assert_eq!(nearest("", words), None);
    }
}
