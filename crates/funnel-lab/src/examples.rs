//! The query pack, `dashboards/nrql`: the console's examples. `nrql` in this crate is a link to it, which a package follows.

use serde_json::{Value, json};

/// One query with what it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The file's name without its ending.
    pub name: &'static str,
    /// The file: a title line, a question line, both as comments, then the query.
    pub text: &'static str,
}

macro_rules! examples {
    ($($name:literal,)+) => {
        const EXAMPLES: &[Example] = &[
            $(Example {
                name: $name,
                text: include_str!(concat!("../nrql/", $name, ".nrql")),
            },)+
        ];
    };
}

examples! {
    "funnel",
    "kpi-claimed-per-provisioned",
    "kpi-paid-per-claimed",
    "funnel-by-actor",
    "claims-by-actor",
    "payments-by-tier",
    "provisions-by-service",
    "steps-over-time",
    "time-to-convert",
    "drop-off",
    "duplicates",
    "freshness",
    "first-payments-against-renewals",
}

/// Every query of the pack, in reading order.
pub fn all() -> impl Iterator<Item = Example> {
    EXAMPLES.iter().copied()
}

impl Example {
    /// The first line: what it is.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.comment(0)
    }

    /// The second line: the question that it answers.
    #[must_use]
    pub fn question(&self) -> &'static str {
        self.comment(1)
    }

    /// The query itself.
    #[must_use]
    pub fn query(&self) -> &'static str {
        let comments: usize = self.text.split_inclusive('\n').take(2).map(str::len).sum();
        self.text.get(comments..).unwrap_or("").trim()
    }

    fn comment(&self, line: usize) -> &'static str {
        self.text.lines().nth(line).and_then(|line| line.strip_prefix("-- ")).unwrap_or("")
    }

    pub(crate) fn to_json(self) -> Value {
        json!({"name": self.name, "title": self.title(), "question": self.question(), "query": self.query()})
    }
}
