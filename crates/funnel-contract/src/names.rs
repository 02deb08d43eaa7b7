//! Keys and words in the spelling of a language.

/// The words of a key: `teamId` and `team_id` are `team` and `id`.
fn parts(key: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut fresh = true;
    for letter in key.chars() {
        if !letter.is_ascii_alphanumeric() {
            fresh = true;
            continue;
        }
        if fresh || letter.is_ascii_uppercase() {
            parts.push(String::new());
        }
        fresh = false;
        if let Some(part) = parts.last_mut() {
            part.push(letter.to_ascii_lowercase());
        }
    }
    parts
}

/// `team_id`
pub(crate) fn snake(key: &str) -> String {
    parts(key).join("_")
}

/// `TEAM_ID`
pub(crate) fn upper(key: &str) -> String {
    snake(key).to_ascii_uppercase()
}

/// `TeamId`
pub(crate) fn pascal(key: &str) -> String {
    parts(key).iter().map(|part| capital(part)).collect()
}

/// The text with its first letter as a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// A sentence: a capital at its start, a full stop at its end.
pub(crate) fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text } else { text + "." }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_spelt_as_the_language_spells() {
        assert_eq!(snake("reasonCode"), "reason_code");
        assert_eq!(upper("teamId"), "TEAM_ID");
        assert_eq!(pascal("free-trial_2"), "FreeTrial2");
        assert_eq!(sentence("the plan"), "The plan.");
    }
}
