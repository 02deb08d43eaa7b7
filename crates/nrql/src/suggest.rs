//! Suggestions for misspelt words.

/// The candidate nearest to `word`, when it is near enough to be a likely slip.
///
/// Letter case is ignored, a swap of neighbours counts as one slip, and about one slip in three letters is forgiven.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(64).flat_map(char::to_lowercase).collect();
    let forgiven = word.len().div_ceil(3).min(4);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|&(slips, candidate)| slips <= forgiven && slips < candidate.chars().count())
        .min_by_key(|&(slips, _)| slips)
        .map(|(_, candidate)| candidate)
}

/// Edit distance with transposition of neighbours.
fn distance(word: &[char], candidate: &str) -> usize {
    let other: Vec<char> = candidate.chars().take(64).flat_map(char::to_lowercase).collect();
    let mut older: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (i, &left) in word.iter().enumerate() {
        let mut row = Vec::with_capacity(other.len() + 1);
        row.push(i + 1);
        for (j, &right) in other.iter().enumerate() {
            let mut cost = (above[j] + usize::from(left != right)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && left == other[j - 1] && word[i - 1] == right {
                cost = cost.min(older[j - 1] + 1);
            }
            row.push(cost);
        }
        older = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let names = ["uniqueCount", "uniques", "count", "percentile"];
        assert_eq!(nearest("uniqeCount", names), Some("uniqueCount"));
        assert_eq!(nearest("cuont", names), Some("count"));
        assert_eq!(nearest("banana", names), None);
    }
}
