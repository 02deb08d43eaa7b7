//! A file that was made, and whether one that is there is the same.

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Where it goes, from the folder of the contract file.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl GeneratedFile {
    /// Whether a file that is there says this. Of Rust, layout does not count, so that it may be formatted.
    #[must_use]
    pub fn is_same(&self, found: &str) -> bool {
        if self.path.ends_with(".rs") { squeezed(&self.text) == squeezed(found) } else { self.text == found }
    }
}

/// Rust without its layout: blanks, and commas before a closing bracket.
fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !letter.is_whitespace()) {
        if matches!(letter, ')' | ']' | '}') && out.ends_with(',') {
            out.pop();
        }
        out.push(letter);
    }
    out
}
