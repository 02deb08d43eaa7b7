//! What is known of events: contracts, New Relic's own types, and what a file says.

mod contract;
mod facts;
mod file;
mod standard;

use std::collections::BTreeMap;

use instant_funnel_core::contract::Contract;
use nrql::Schema;

pub(crate) use self::facts::EventFacts;
use self::facts::KnownEvent;
pub use self::file::SchemaFileError;

/// The KPIs of the funnel's contract, generated from its file.
const KPIS: &str = include_str!("../../data/instant-funnel.nrql-schema.json");

/// The events that queries are checked against.
///
/// ```
/// use funnel_lint::Catalogue;
///
/// let mut catalogue = Catalogue::standard();
/// // What `SELECT keyset() FROM Checkout` answered, saved.
/// let saved = r#"{"results": [{"type": "Checkout", "stringKeys": ["plan"], "numericKeys": ["amount"], "booleanKeys": []}]}"#;
/// catalogue.read("Checkout.json", saved)?;
/// # Ok::<(), funnel_lint::SchemaFileError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub(crate) schema: Schema,
    pub(crate) facts: BTreeMap<String, EventFacts>,
}

impl Catalogue {
    /// The funnel's contract with its KPIs, and New Relic's own event types.
    #[must_use]
    pub fn standard() -> Self {
        let mut catalogue = Self::default();
        standard::events().into_iter().for_each(|event| catalogue.add(event));
        catalogue.add_contract(&instant_funnel_core::contract::CONTRACT);
        // The file is the project's own; a test reads it.
        let _ = catalogue.read_kpis("instant-funnel.nrql-schema.json", KPIS);
        catalogue
    }

    /// Takes the KPIs of events that are known already from a file as [`read`](Self::read) takes it, and nothing else.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn read_kpis(&mut self, name: &str, text: &str) -> Result<(), SchemaFileError> {
        for event in file::events(name, text)? {
            if let Some(facts) = self.facts.get_mut(&event.name) {
                facts.kpis = event.facts.kpis;
            }
        }
        Ok(())
    }

    /// Adds the event types of a file: a saved `keyset()`, or the shape that `docs/lint.md` shows.
    ///
    /// # Errors
    /// The file is neither; the message says what is missing.
    pub fn read(&mut self, name: &str, text: &str) -> Result<(), SchemaFileError> {
        file::events(name, text)?.into_iter().for_each(|event| self.add(event));
        Ok(())
    }

    /// Adds the event of a contract, which has the attributes of the contract and no others.
    ///
    /// ```
    /// # use funnel_lint::{Catalogue, Linter, LintOptions};
    /// # use instant_funnel_core::contract::CONTRACT;
    /// let mut catalogue = Catalogue::standard();
    /// catalogue.add_contract(&CONTRACT);
    /// # Linter::new(catalogue, LintOptions::default());
    /// ```
    pub fn add_contract(&mut self, contract: &Contract) {
        self.add(contract::event(contract));
    }

    fn add(&mut self, event: KnownEvent) {
        self.schema = std::mem::take(&mut self.schema).event(event.schema);
        self.facts.insert(event.name, event.facts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_catalogue_knows_the_kpis_of_the_contract() {
        let catalogue = Catalogue::standard();
        let facts = &catalogue.facts[instant_funnel_core::contract::CONTRACT.event_name];
        let kpis: Vec<_> = facts.kpis.iter().map(|kpi| (kpi.from.as_str(), kpi.to.as_str())).collect();
        assert_eq!(kpis, [("provision", "claim"), ("claim", "paid")]);
    }
}
