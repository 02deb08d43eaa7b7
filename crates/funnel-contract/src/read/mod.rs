//! From text to a contract, or to everything that is wrong with the text.

mod attribute;
mod kpi;
mod node;
mod rule;
mod schema;
mod steps;

use instant_funnel_core::contract::{MAX_ATTRIBUTES, fixed};

use self::node::{Entry, Reader};
use crate::mistake::InvalidContract;
use crate::model::{ContractFile, OutputSpec, Target};

/// What stands at the top of a file.
const KEYS: [&str; 9] =
    ["event", "version", "counter", "brief", "steps", "attribute", "fixed", "kpi", "generate"];

impl ContractFile {
    /// Reads a contract file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with line, column, the offending word and the nearest right one.
    pub fn parse(text: &str) -> Result<Self, InvalidContract> {
        let mut reader = Reader::new(text);
        let contract = reader.contract();
        let mut mistakes = reader.mistakes;
        match contract {
            Some(contract) if mistakes.is_empty() => Ok(contract),
            _ => {
                mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
                Err(InvalidContract { mistakes })
            }
        }
    }
}

impl<'t> Reader<'t> {
    fn contract(&mut self) -> Option<ContractFile> {
        let table = self.parsed()?;
        let entries = self.known(&table, &KEYS, "unknown key of a contract");
        let find = |key: &str| entries.iter().find(|entry| entry.key == key);
        let event = self.required(find("event"), "event", "event = \"ShopFunnel\"");
        let event = event.and_then(|entry| self.event(entry)).unwrap_or_default();
        let version = self.required(find("version"), "version", "version = 1");
        let version = version.and_then(|entry| self.version(entry)).unwrap_or_default();
        let counter = self.required(find("counter"), "counter", "counter = \"shop_funnel_total\"");
        let counter = counter.and_then(|entry| self.counter(entry)).unwrap_or_default();
        let brief = find("brief").and_then(|entry| self.text(entry.value, "a sentence")).unwrap_or_default();
        let mut contract = ContractFile {
            event,
            version,
            counter,
            brief,
            steps: Vec::new(),
            fixed: Vec::new(),
            attributes: Vec::new(),
            kpis: Vec::new(),
            outputs: Vec::new(),
        };
        // In this order, whatever the file's: each names what the ones before have made known.
        let requires = find("steps").map(|entry| self.steps(entry, &mut contract));
        find("fixed").inspect(|entry| self.fixed(entry, &mut contract));
        find("attribute").inspect(|entry| self.attributes(entry, &mut contract));
        self.requires(requires.unwrap_or_default(), &mut contract);
        find("kpi").inspect(|entry| self.kpis(entry, &mut contract));
        find("generate").inspect(|entry| self.outputs(entry, &mut contract));
        let count = contract.attributes.len() + fixed::ALL.len();
        if let Some(entry) = find("attribute").filter(|_| count > MAX_ATTRIBUTES) {
            let own = MAX_ATTRIBUTES - fixed::ALL.len();
            let message = format!(
                "{} attributes; a contract has room for {own} in addition to the {} fixed keys: remove some, or move them to a separate event",
                contract.attributes.len(),
                fixed::ALL.len()
            );
            self.mistake(entry.key_span.clone(), message, None);
        }
        Some(contract)
    }

    fn required<'e>(
        &mut self,
        entry: Option<&'e Entry<'e>>,
        key: &str,
        example: &str,
    ) -> Option<&'e Entry<'e>> {
        if entry.is_none() {
            self.mistake(0..0, format!("the file has no `{key}`; add `{example}`"), None);
        }
        entry
    }

    fn event(&mut self, entry: &Entry<'_>) -> Option<String> {
        let name = self.text(entry.value, "a name, such as \"ShopFunnel\"")?;
        let shaped = name.len() <= 64
            && name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !shaped {
            let message = "an event's name is a capital letter followed by up to 63 letters and digits";
            self.wrong(entry.value, message, None);
        }
        // New Relic's own types, which it would not store as a custom event.
        let own = ["Log", "Metric", "Span", "Transaction", "PageView", "SystemSample"];
        if own.contains(&name.as_str()) || name.starts_with("Metric") {
            self.wrong(
                entry.value,
                "New Relic already has an event type with this name; choose another",
                None,
            );
        }
        Some(name)
    }

    fn version(&mut self, entry: &Entry<'_>) -> Option<u32> {
        let version = self.integer(entry.value, "a whole number, 1 or higher")?;
        let version = u32::try_from(version).ok().filter(|version| *version > 0);
        if version.is_none() {
            self.wrong(entry.value, "the version must be 1 or higher", None);
        }
        version
    }

    fn counter(&mut self, entry: &Entry<'_>) -> Option<String> {
        let name =
            self.text(entry.value, "the name of a Prometheus counter, such as \"shop_funnel_total\"")?;
        let shaped = name.len() <= 128
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            && name.ends_with("_total");
        if !shaped {
            let message =
                "a counter's name consists of lower-case letters, digits and `_`, and ends in `_total`";
            self.wrong(entry.value, message, None);
        } else if name.starts_with("instant_analytics_") {
            self.wrong(entry.value, "names that begin with `instant_analytics_` are the library's own", None);
        }
        Some(name)
    }

    fn outputs(&mut self, entry: &Entry<'_>, contract: &mut ContractFile) {
        let words = Target::ALL.map(Target::as_str);
        let Some(table) = self.table(entry.value, "a table: `[generate]`") else { return };
        for entry in self.known(table, &words, "unknown target") {
            let Some(target) = Target::named(entry.key) else { continue };
            let Some(path) = self.text(entry.value, "a path relative to the folder of this file") else {
                continue;
            };
            if path.is_empty() || path.starts_with('/') || path.contains('\\') {
                self.wrong(
                    entry.value,
                    "the path must be relative to the folder of this file, with `/` as separator",
                    None,
                );
            }
            contract.outputs.push(OutputSpec { target, path });
        }
    }
}
