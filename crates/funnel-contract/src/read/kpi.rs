//! `[kpi.…]`

use instant_funnel_core::contract::Rule;
use toml::de::DeValue;

use super::node::{Entry, Node, Reader, entries};
use crate::model::{ContractFile, Duration, KpiSpec, KpiStep, RuleSpec};

/// What is said of a KPI, and of each of its steps.
pub(super) const KPI_KEYS: [&str; 4] = ["from", "to", "target", "brief"];
pub(super) const KPI_STEP_KEYS: [&str; 3] = ["step", "where", "within"];

impl Reader<'_> {
    pub(super) fn kpis(&mut self, entry: &Entry<'_>, contract: &mut ContractFile) {
        let Some(table) = self.table(entry.value, "a table: `[kpi.activated]`") else { return };
        for entry in entries(table) {
            if Rule::Slug.check_text(entry.key).is_err() {
                let message =
                    "a KPI's name is a lower-case letter followed by up to 31 of `a-z0-9_-`".to_owned();
                self.mistake(entry.key_span.clone(), message, None);
            }
            if !contract.is_funnel() {
                let message =
                    "a plain event has no steps to measure; remove the KPI, or give the event `steps`";
                self.mistake(entry.key_span.clone(), message.to_owned(), None);
                continue;
            }
            if let Some(kpi) = self.kpi(&entry, contract) {
                contract.kpis.push(kpi);
            }
        }
    }

    fn kpi(&mut self, entry: &Entry<'_>, contract: &ContractFile) -> Option<KpiSpec> {
        let table = self.table(entry.value, "a table with `from` and `to`")?;
        let (mut from, mut to, mut target, mut brief) = (None, None, None, String::new());
        let inner = self.known(table, &KPI_KEYS, "unknown key of a KPI");
        for inner in &inner {
            match inner.key {
                "from" => from = self.kpi_step(inner.value, contract),
                "to" => to = self.kpi_step(inner.value, contract),
                "target" => target = self.target(inner.value),
                _ => brief = self.text(inner.value, "a sentence").unwrap_or_default(),
            }
        }
        for key in ["from", "to"] {
            if !inner.iter().any(|inner| inner.key == key) {
                let message = format!("this KPI has no `{key}`; write `{key} = {{ step = \"…\" }}`");
                self.mistake(entry.key_span.clone(), message, None);
            }
        }
        let (from, to) = (from?, to?);
        if to.step < from.step {
            let message = "`to` comes before `from` in the funnel; swap them".to_owned();
            self.mistake(entry.key_span.clone(), message, None);
        }
        Some(KpiSpec { name: entry.key.to_owned(), brief, from, to, target })
    }

    fn target(&mut self, node: &Node<'_>) -> Option<f64> {
        let target = self.number(node, "a share")?;
        if !(0.0..=1.0).contains(&target) {
            self.wrong(node, "a target is a share from 0 to 1: 0.30 for 30 %", None);
        }
        Some(target)
    }

    fn kpi_step(&mut self, node: &Node<'_>, contract: &ContractFile) -> Option<KpiStep> {
        let steps: Vec<&str> = contract.steps.iter().map(|step| step.name.as_str()).collect();
        let table = self.table(node, "a table with `step`")?;
        let (mut step, mut only, mut within) = (None, Vec::new(), None);
        let inner = self.known(table, &KPI_STEP_KEYS, "unknown key of a KPI's step");
        for inner in &inner {
            match inner.key {
                "step" => {
                    let word = self.word(inner.value, &steps, "a step of this contract");
                    step = word.and_then(|word| contract.step_position(word));
                }
                "within" => within = self.duration(inner.value),
                _ => only = self.only(inner.value, contract),
            }
        }
        if !inner.iter().any(|inner| inner.key == "step") {
            self.wrong(node, "expected a step: `{ step = \"…\" }`", None);
        }
        Some(KpiStep { step: step?, only, within })
    }

    /// `where = { plan = "trial" }`
    fn only(&mut self, node: &Node<'_>, contract: &ContractFile) -> Vec<(String, String)> {
        let keys: Vec<&str> = contract.attributes.iter().map(|one| one.key.as_str()).collect();
        let Some(table) = self.table(node, "a table of keys and values") else { return Vec::new() };
        let mut only = Vec::new();
        for entry in self.known(table, &keys, "not an attribute of this contract") {
            let Some(attribute) = contract.attribute(entry.key) else { continue };
            let value = match entry.value.get_ref() {
                DeValue::Boolean(value) => value.to_string(),
                _ => match self.text(entry.value, "a value") {
                    Some(text) => text,
                    None => continue,
                },
            };
            match &attribute.rule {
                RuleSpec::OneOf(words) | RuleSpec::SlugOf(words) if !words.contains(&value) => {
                    let near = crate::nearest::nearest(&value, words.iter().map(String::as_str));
                    let message = format!("not a value of `{}`; use one of {}", entry.key, words.join(", "));
                    self.wrong(entry.value, message, near);
                }
                _ => only.push((entry.key.to_owned(), value)),
            }
        }
        only
    }

    fn duration(&mut self, node: &Node<'_>) -> Option<Duration> {
        const UNITS: [(&str, u64); 5] =
            [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400), ("week", 604_800)];
        let text = self.text(node, "a length of time, such as \"7 days\"")?;
        let parsed = text.split_once(' ').and_then(|(count, unit)| {
            let count: u64 = count.parse().ok().filter(|count| (1..=10_000).contains(count))?;
            let unit = unit.strip_suffix('s').unwrap_or(unit);
            let (_, seconds) = UNITS.into_iter().find(|(word, _)| *word == unit)?;
            Some(count * seconds)
        });
        if parsed.is_none() {
            let message = "a length of time is a number and a unit: \"30 minutes\", \"7 days\", \"2 weeks\"";
            self.wrong(node, message, None);
        }
        parsed.map(|seconds| Duration { text, seconds })
    }
}
