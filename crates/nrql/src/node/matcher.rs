//! LIKE and aparse: literal runs and wild cards.

/// A LIKE pattern: `%` is any run, case does not matter, the whole text must match.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// Literal runs in lower case; a wild card stands between each two.
    runs: Vec<String>,
}

impl Pattern {
    pub(crate) fn new(pattern: &str) -> Self {
        Self { runs: pattern.to_lowercase().split('%').map(str::to_owned).collect() }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let [first, middle @ .., last] = self.runs.as_slice() else {
            return self.runs.first().is_some_and(|only| *only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for run in middle {
            match rest.find(run.as_str()) {
                Some(at) => rest = &rest[at + run.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

/// An aparse pattern as a regular expression: `*` captures, `%` skips, both the shortest run.
pub(crate) fn aparse_regex(pattern: &str) -> String {
    let mut regex = String::from("(?is)^");
    for c in pattern.chars() {
        match c {
            '*' => regex.push_str("(.*?)"),
            '%' => regex.push_str(".*?"),
            _ => regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push('$');
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_is_whole_and_ignores_case() {
        let like = |pattern: &str, text: &str| Pattern::new(pattern).matches(text);
        assert!(like("Free", "fREE") && !like("free", "freely"));
        assert!(like("%claim%", "a CLAIM b") && like("a%c%", "abc") && like("%", ""));
        assert!(!like("a%a", "a") && like("a%a", "aa"));
        assert!(!like("a_c", "abc") && like("a_c", "a_c"));
        assert!(like("%ab%ab", "abxab") && !like("%ab%ab", "xab"));
    }
}
