//! JSON with its keys in a chosen order, laid out to be read.

/// The widest line.
const WIDTH: usize = 110;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    /// A string.
    Text(String),
    /// A number or a boolean, as it is written.
    Plain(String),
    /// A list.
    List(Vec<Self>),
    /// Keys and values.
    Object(Vec<(String, Self)>),
}

impl Json {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    #[expect(clippy::needless_pass_by_value, reason = "most callers give a literal")]
    pub(crate) fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    pub(crate) fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    pub(crate) fn object<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Object(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// The same object with one more key.
    pub(crate) fn with(mut self, key: &str, value: Self) -> Self {
        if let Self::Object(entries) = &mut self {
            entries.push((key.to_owned(), value));
        }
        self
    }

    /// A file: indented, with a line feed at its end.
    pub(crate) fn file(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0, 0);
        out.push('\n');
        out
    }

    /// On one line.
    pub(crate) fn line(&self) -> String {
        let joined = |items: Vec<String>| items.join(", ");
        match self {
            Self::Text(text) => quoted(text),
            Self::Plain(text) => text.clone(),
            Self::List(items) => format!("[{}]", joined(items.iter().map(Self::line).collect())),
            Self::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{}: {}", quoted(key), value.line()));
                format!("{{{}}}", joined(entries.collect()))
            }
        }
    }

    /// `before` is what stands on the line already.
    fn write(&self, out: &mut String, depth: usize, before: usize) {
        let line = self.line();
        if depth > 0 && before + line.len() < WIDTH {
            out.push_str(&line);
            return;
        }
        let indent = "  ".repeat(depth + 1);
        match self {
            Self::Text(_) | Self::Plain(_) => out.push_str(&line),
            Self::List(items) if items.iter().all(|item| matches!(item, Self::Text(_))) => {
                out.push('[');
                let mut used = WIDTH;
                for (at, item) in items.iter().enumerate() {
                    let item = item.line() + if at + 1 < items.len() { "," } else { "" };
                    if used + item.len() >= WIDTH {
                        out.push_str(&format!("\n{indent}{item}"));
                        used = indent.len() + item.len();
                    } else {
                        out.push_str(&format!(" {item}"));
                        used += 1 + item.len();
                    }
                }
                out.push_str(&format!("\n{}]", "  ".repeat(depth)));
            }
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "\n" } else { ",\n" });
                    out.push_str(&indent);
                    item.write(out, depth + 1, indent.len());
                }
                out.push_str(&format!("\n{}]", "  ".repeat(depth)));
            }
            Self::Object(entries) => {
                out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if at == 0 { "\n" } else { ",\n" });
                    let head = format!("{indent}{}: ", quoted(key));
                    out.push_str(&head);
                    value.write(out, depth + 1, head.len());
                }
                out.push_str(&format!("\n{}}}", "  ".repeat(depth)));
            }
        }
    }
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_out_is_the_same_json() {
        let words: Vec<String> = (0..60).map(|at| format!("word-{at}")).collect();
        let json = Json::object([
            ("text", Json::text("a \"b\"\n")),
            ("words", Json::texts(words.clone())),
            (
                "rows",
                Json::List(vec![Json::object([("words", Json::texts(words)), ("one", Json::plain(1))])]),
            ),
        ]);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        assert!(read(&json.file()).is_some());
        assert_eq!(read(&json.file()), read(&json.line()));
        assert!(json.file().lines().all(|line| line.len() <= WIDTH + 1), "{}", json.file());
    }
}
