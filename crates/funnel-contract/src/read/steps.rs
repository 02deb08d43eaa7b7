//! The steps, and where the fixed keys stand.

use std::ops::Range;

use instant_funnel_core::contract::{Rule, fixed};
use toml::de::DeValue;

use super::node::{Entry, Node, Reader};
use crate::model::{ContractFile, FixedPlacement, StepSpec};

/// As many as a set of steps has bits.
pub(super) const STEPS_MAX: usize = 32;

/// The fixed keys whose steps a contract can choose.
pub(super) const PLACEABLE: [&str; 3] = [fixed::FINGERPRINT.key, fixed::EMAIL_HASH.key, fixed::ACTOR.key];

/// What is said of a step, and where a fixed key occurs.
pub(super) const STEP_KEYS: [&str; 5] = ["name", "priority", "brief", "doc", "requires"];
pub(super) const PRIORITIES: [&str; 2] = ["normal", "critical"];
pub(super) const PLACEMENT_KEYS: [&str; 2] = ["on", "when"];

/// A word in `requires`: of which step, and where it stands.
pub(super) type Required = (usize, String, Range<usize>);

impl Reader<'_> {
    pub(super) fn steps(&mut self, entry: &Entry<'_>, contract: &mut ContractFile) -> Vec<Required> {
        let mut required = Vec::new();
        let items = self.list(entry.value, "a list of steps").unwrap_or_default();
        if items.is_empty() && entry.value.get_ref().is_array() {
            self.wrong(entry.value, "the list is empty; for a plain event, remove `steps`", None);
        }
        if items.len() > STEPS_MAX {
            self.wrong(entry.value, format!("{} steps; a funnel has at most {STEPS_MAX}", items.len()), None);
        }
        for item in items {
            let Some(step) = self.step(item, contract.steps.len(), &mut required) else { continue };
            let name = &step.0.name;
            if contract.step_position(name).is_some() {
                self.mistake(
                    step.1,
                    "a step with that name is already in the list; remove one".to_owned(),
                    None,
                );
                continue;
            }
            contract.steps.push(step.0);
        }
        required
    }

    fn step(
        &mut self,
        node: &Node<'_>,
        at: usize,
        required: &mut Vec<Required>,
    ) -> Option<(StepSpec, Range<usize>)> {
        let mut step = StepSpec {
            name: String::new(),
            critical: false,
            brief: String::new(),
            doc: String::new(),
            requires: Vec::new(),
        };
        let mut place = node.span();
        if let DeValue::String(name) = node.get_ref() {
            step.name = name.to_string();
        } else {
            let table = self.table(node, "a step's name, or a table with `name`")?;
            for entry in self.known(table, &STEP_KEYS, "unknown key of a step") {
                match entry.key {
                    "name" => {
                        place = entry.value.span();
                        step.name = self.text(entry.value, "a name")?;
                    }
                    "priority" => {
                        let word = self.word(entry.value, &PRIORITIES, "a priority");
                        step.critical = word == Some("critical");
                    }
                    "brief" => step.brief = self.text(entry.value, "a sentence").unwrap_or_default(),
                    "doc" => step.doc = self.text(entry.value, "a string").unwrap_or_default(),
                    _ => {
                        for item in self.list(entry.value, "a list of keys").unwrap_or_default() {
                            if let Some(key) = self.text(item, "a key") {
                                required.push((at, key, item.span()));
                            }
                        }
                    }
                }
            }
        }
        if Rule::Slug.check_text(&step.name).is_err() {
            let message =
                "a step's name is a lower-case letter followed by up to 31 of `a-z0-9_-`".to_owned();
            self.mistake(place, message, None);
            return None;
        }
        Some((step, place))
    }

    /// Once the attributes are known.
    pub(super) fn requires(&mut self, required: Vec<Required>, contract: &mut ContractFile) {
        let own: Vec<String> = contract.attributes.iter().map(|one| one.key.clone()).collect();
        let mut keys: Vec<&str> = own.iter().map(String::as_str).collect();
        keys.push(fixed::JOURNEY_ID.key);
        for (step, key, span) in required {
            let on = contract.attribute(&key).map(|attribute| attribute.on.clone());
            let message = if !keys.contains(&key.as_str()) {
                let near = crate::nearest::nearest(&key, keys.iter().copied());
                self.mistake(
                    span,
                    format!("not a key that a step can require; use one of {}", keys.join(", ")),
                    near,
                );
                continue;
            } else if on.is_some_and(|on| !on.is_empty() && !on.contains(&step)) {
                "this attribute does not occur on the step; add the step to its `on`"
            } else if contract.steps.get(step).is_some_and(|step| step.requires.contains(&key)) {
                "this key is already in the list"
            } else {
                if let Some(step) = contract.steps.get_mut(step) {
                    step.requires.push(key);
                }
                continue;
            };
            self.mistake(span, message.to_owned(), None);
        }
    }

    /// `[fixed.fingerprint] on = […]`.
    pub(super) fn fixed(&mut self, entry: &Entry<'_>, contract: &mut ContractFile) {
        let steps: Vec<String> = contract.steps.iter().map(|step| step.name.clone()).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let Some(table) = self.table(entry.value, "a table: `[fixed.fingerprint]`") else { return };
        for entry in self.known(table, &PLACEABLE, "not a fixed key whose steps can be chosen") {
            let Some(table) = self.table(entry.value, "a table with `on`") else { continue };
            let mut placement = FixedPlacement { key: entry.key.to_owned(), on: Vec::new(), when: None };
            for inner in
                self.known(table, &PLACEMENT_KEYS, "a fixed key's rule and meaning cannot be changed")
            {
                match inner.key {
                    "on" => placement.on = self.on(inner.value, &steps),
                    _ => placement.when = self.text(inner.value, "a few words"),
                }
            }
            contract.fixed.push(placement);
        }
    }
}
