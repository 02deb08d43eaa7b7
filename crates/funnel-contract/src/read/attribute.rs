//! `[attribute.…]`

use instant_funnel_core::contract::fixed;

use super::node::{Entry, Reader};
use super::steps::PLACEABLE;
use crate::model::{AttributeSpec, ContractFile, RuleSpec, SupplierSpec};

/// What is said of an attribute.
pub(super) const ATTRIBUTE_KEYS: [&str; 5] = ["rule", "on", "supplier", "when", "brief"];
/// Who can supply an attribute that is not a fixed one.
pub(super) const SUPPLIERS: [&str; 4] = ["contract", "process", "request", "caller"];

/// Raw fields that become fixed keys, and the words of typed events.
const TAKEN: [&str; 8] = ["email", "eventFact", "journey", "at", "step", "new", "base", "draft"];
/// Names that New Relic drops, or reads as something else.
const NEW_RELIC: [&str; 7] =
    ["accountId", "appId", "eventType", "timestamp", "entityGuid", "entityName", "entityType"];

impl Reader<'_> {
    pub(super) fn attributes(&mut self, entry: &Entry<'_>, contract: &mut ContractFile) {
        let steps: Vec<String> = contract.steps.iter().map(|step| step.name.clone()).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let Some(table) = self.table(entry.value, "a table: `[attribute.plan]`") else { return };
        for entry in super::node::entries(table) {
            if self.may_be_named(&entry, contract)
                && let Some(attribute) = self.attribute(&entry, &steps)
            {
                contract.attributes.push(attribute);
            }
        }
    }

    fn may_be_named(&mut self, entry: &Entry<'_>, contract: &ContractFile) -> bool {
        let key = entry.key;
        let plain = |text: &str| text.replace(['_', '.'], "").to_ascii_lowercase();
        let twin = contract.attributes.iter().find(|other| plain(&other.key) == plain(key));
        let fixed = fixed::ALL.iter().find(|fixed| plain(fixed.key) == plain(key));
        let shaped = key.len() <= 64
            && key.starts_with(|first: char| first.is_ascii_lowercase())
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let message = if let Some(fixed) = fixed {
            let place = if PLACEABLE.contains(&fixed.key) {
                format!(", or choose its steps with `[fixed.{}]`", fixed.key)
            } else {
                String::new()
            };
            format!(
                "every contract has the key `{}` and cannot redefine it; choose another name{place}",
                fixed.key
            )
        } else if let Some(twin) = twin {
            format!("`{}` differs from this key by letter case or `_` alone; rename one of them", twin.key)
        } else if TAKEN.iter().any(|taken| plain(taken) == plain(key)) {
            "the library already uses this name for a field or a method; choose another".to_owned()
        } else if NEW_RELIC.iter().any(|taken| plain(taken) == plain(key)) {
            "New Relic reserves this name; choose another".to_owned()
        } else if !shaped {
            "a key is a lower-case letter and up to 63 more characters of `A-Za-z0-9_`".to_owned()
        } else {
            return true;
        };
        self.mistake(entry.key_span.clone(), message, None);
        false
    }

    fn attribute(&mut self, entry: &Entry<'_>, steps: &[&str]) -> Option<AttributeSpec> {
        let table = self.table(entry.value, "a table with `rule`")?;
        let (mut rule, mut supplier, mut on, mut when, mut brief) =
            (None, None, Vec::new(), None, String::new());
        let inner = self.known(table, &ATTRIBUTE_KEYS, "unknown key of an attribute");
        for inner in &inner {
            match inner.key {
                "rule" => rule = self.rule(inner.value),
                "on" if steps.is_empty() => {
                    self.mistake(
                        inner.key_span.clone(),
                        "a plain event has no steps; leave `on` out".to_owned(),
                        None,
                    );
                }
                "on" => on = self.on(inner.value, steps),
                "supplier" => supplier = self.supplier(inner).map(|word| (word, inner)),
                "when" => when = self.text(inner.value, "a few words"),
                _ => brief = self.text(inner.value, "a sentence").unwrap_or_default(),
            }
        }
        if !inner.iter().any(|inner| inner.key == "rule") {
            let message = "this attribute has no rule; write `rule = \"slug\"`, or another one".to_owned();
            self.mistake(entry.key_span.clone(), message, None);
        }
        let rule = rule?;
        let constant = matches!(rule, RuleSpec::Const(_));
        let supplied = supplier.as_ref().map_or(SupplierSpec::Caller, |(word, _)| *word);
        let supplied = if constant { SupplierSpec::Contract } else { supplied };
        if let Some((word, inner)) = supplier {
            if constant != (word == SupplierSpec::Contract) {
                self.wrong(
                    inner.value,
                    "the supplier `contract` is only for constants, and constants have no other supplier",
                    None,
                );
            }
            let text = !matches!(rule, RuleSpec::Boolean | RuleSpec::Integer(..) | RuleSpec::Number(..));
            if word == SupplierSpec::Process && (!text || is_made(&rule)) {
                self.wrong(
                    inner.value,
                    "a process can supply only a slug, a name, a version or one_of",
                    None,
                );
            }
        }
        Some(AttributeSpec { key: entry.key.to_owned(), rule, supplier: supplied, on, when, brief })
    }

    fn supplier(&mut self, entry: &Entry<'_>) -> Option<SupplierSpec> {
        let words = [&SUPPLIERS[..], &["journey", "span"]].concat();
        match self.word(entry.value, &words, "a supplier")? {
            "contract" => Some(SupplierSpec::Contract),
            "process" => Some(SupplierSpec::Process),
            "request" => Some(SupplierSpec::Request),
            "caller" => Some(SupplierSpec::Caller),
            _ => {
                let message = "journey and span supply fixed keys only; an attribute of your own is supplied by the caller, the request, the process or the contract";
                self.wrong(entry.value, message, None);
                None
            }
        }
    }
}

/// Whether only a type of ours can make the value.
fn is_made(rule: &RuleSpec) -> bool {
    matches!(rule, RuleSpec::NetworkPseudonym | RuleSpec::EmailPseudonym | RuleSpec::FactId | RuleSpec::Team)
}
