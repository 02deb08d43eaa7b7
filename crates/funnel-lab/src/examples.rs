//! The query pack, `dashboards/nrql`: the console's examples. `nrql` in this crate is a link to it, which a package follows.

use serde_json::{Value, json};

/// One query with what it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The file's name without its ending.
    pub name: &'static str,
    /// The file: comments (a title, a question, whose it is, how it is read, where it misleads), then the query.
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
    "kpi-claimed-per-provisioned-by-start",
    "kpi-paid-per-claimed-by-start",
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
    "funnel-by-entry-actor",
    "funnel-exact",
    "conversion-by-start",
    "time-from-start",
    "journeys-by-environment",
    "bots-share",
    "journeys-not-carried",
    "anomalies",
    "integration-errors",
    "events-lost",
    "reconciliation",
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
        let lines = self.text.split_inclusive('\n');
        let comments: usize = lines.take_while(|line| line.starts_with("-- ")).map(str::len).sum();
        self.text.get(comments..).unwrap_or("").trim()
    }

    /// The share that the second of its two steps should be of the first, from a title that ends with
    /// `target over 2 %`.
    #[must_use]
    pub fn target(&self) -> Option<f64> {
        let (_, percent) = self.title().split_once("target over ")?;
        percent.trim_end_matches('%').trim().parse::<f64>().ok().map(|percent| percent / 100.0)
    }

    fn comment(&self, line: usize) -> &'static str {
        self.text.lines().nth(line).and_then(|line| line.strip_prefix("-- ")).unwrap_or("")
    }

    pub(crate) fn to_json(self) -> Value {
        json!({"name": self.name, "title": self.title(), "question": self.question(), "query": self.query(),
            "target": self.target()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queries_of_both_kpis_have_a_target() {
        let with_target: Vec<&str> =
            all().filter(|example| example.target().is_some()).map(|example| example.name).collect();
        assert_eq!(with_target, ["kpi-claimed-per-provisioned", "kpi-paid-per-claimed"]);
    }

    #[test]
    fn a_target_is_read_from_the_title() {
        let example =
            Example { name: "kpi-x", text: "-- KPI: x, target over 2.5 %\n-- Why?\nFROM X SELECT 1" };
        assert_eq!(example.target(), Some(0.025));
    }
}
