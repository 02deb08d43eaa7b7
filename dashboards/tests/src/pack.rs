//! The query pack: one file a question.

use std::path::Path;

use crate::dashboards;

/// A question with the query that answers it.
#[derive(Debug, Clone)]
pub struct Question {
    /// The file's name without its ending.
    pub name: String,
    /// What it is.
    pub title: String,
    /// What it answers.
    pub question: String,
    /// Whose question it is: `product` or `operator`.
    pub reader: String,
    /// How the answer is read.
    pub read: String,
    /// Where the answer misleads.
    pub misleads: String,
    /// The query.
    pub query: String,
}

/// Every question, by name.
#[must_use]
pub fn questions() -> Vec<Question> {
    questions_in(&dashboards().join("nrql"))
}

/// Every question of a folder, by name.
#[must_use]
pub fn questions_in(folder: &Path) -> Vec<Question> {
    let folder = std::fs::read_dir(folder).unwrap();
    let files = folder.map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "nrql")).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            question(&name, &std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The question of that name.
#[must_use]
pub fn named(name: &str) -> Question {
    let found = questions().into_iter().find(|question| question.name == name);
    found.unwrap_or_else(|| panic!("no file dashboards/nrql/{name}.nrql"))
}

fn question(name: &str, text: &str) -> Question {
    let mut lines = text.lines();
    let mut line = |head: &str| {
        let line = lines.next().and_then(|line| line.strip_prefix("-- ")?.strip_prefix(head));
        line.filter(|line| !line.is_empty())
            .unwrap_or_else(|| panic!("{name}: a line `-- {head}…` is missing"))
            .to_owned()
    };
    Question {
        name: name.to_owned(),
        title: line(""),
        question: line(""),
        reader: line("Reader: "),
        read: line("Read: "),
        misleads: line("Misleads: "),
        query: lines.collect::<Vec<_>>().join("\n"),
    }
}
