//! The contracts that a lab knows, and where each has what the lab itself reads. Made once, when the lab starts.

use funnel_contract::{KpiSpec, KpiStep};
use instant_funnel_core::contract::{CONTRACT, Contract, MAX_ATTRIBUTES, Rule, fixed};

/// The attribute that makes New Relic store a record as an event of a contract.
pub(crate) const EVENT_TYPE: &str = fixed::event_type("").key;
/// The step that was taken.
pub(crate) const STEP: &str = fixed::funnel_step(&[]).key;
/// What tells a repeat from a new event.
pub(crate) const EVENT_ID: &str = fixed::EVENT_ID.key;
/// What a journey's events share.
pub(crate) const JOURNEY: &str = fixed::JOURNEY_ID.key;

/// A contract with its key figures, as it is given to the lab.
pub(crate) type Given = (&'static Contract, Vec<KpiSpec>);

/// One contract, and the positions of the attributes that the lab itself reads.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) contract: &'static Contract,
    pub(crate) event_type: usize,
    /// None in a contract that is not a funnel.
    pub(crate) step: Option<usize>,
    pub(crate) event_id: usize,
    /// The key figures of its file. Those of InstantFunnel are the report's own.
    pub(crate) kpis: Vec<KpiSpec>,
}

/// A contract that the lab cannot work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the contract `{event}` cannot be used: {reason}")]
pub struct UnusableContract {
    /// Its event.
    pub event: String,
    /// Why.
    pub reason: String,
}

impl Layout {
    fn new((contract, kpis): Given) -> Result<Self, String> {
        let position = |key| contract.position(key).ok_or_else(|| format!("it has no attribute `{key}`"));
        position(JOURNEY)?;
        if contract.attributes.len() > MAX_ATTRIBUTES {
            return Err(format!("it has more than {MAX_ATTRIBUTES} attributes"));
        }
        for kpi in &kpis {
            for step in [&kpi.from, &kpi.to] {
                if let Some(key) = unusable(contract, step) {
                    return Err(format!(
                        "the KPI `{}` filters by `{key}`, which has too many values; filter by an attribute with the rule `one_of`, `slug`, `name`, `boolean` or `country`",
                        kpi.name
                    ));
                }
            }
        }
        Ok(Self {
            contract,
            event_type: position(EVENT_TYPE)?,
            step: if contract.is_funnel() { Some(position(STEP)?) } else { None },
            event_id: position(EVENT_ID)?,
            kpis,
        })
    }

    /// The attributes that are stored in columns: all but the event type, which every event has.
    pub(crate) fn stored(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let attributes = self.contract.attributes.iter().enumerate();
        attributes.filter(|(at, _)| *at != self.event_type).map(|(at, attribute)| (at, attribute.key))
    }
}

/// Whether an attribute has few values, so that a funnel can be broken down and filtered by it.
pub(crate) fn has_few_values(rule: &Rule) -> bool {
    matches!(
        rule,
        Rule::OneOf(_) | Rule::Name { .. } | Rule::Slug | Rule::SlugOf(_) | Rule::Bool | Rule::Country
    )
}

fn unusable<'s>(contract: &Contract, step: &'s KpiStep) -> Option<&'s str> {
    let keys = step.only.iter().map(|(key, _)| key.as_str());
    keys.into_iter()
        .find(|key| contract.position(key).is_none_or(|at| !has_few_values(&contract.attributes[at].rule)))
}

/// All contracts of a lab. The first is InstantFunnel.
#[derive(Debug)]
pub(crate) struct Contracts(Vec<Layout>);

impl Contracts {
    /// InstantFunnel alone, which every lab knows.
    pub(crate) fn standard() -> Self {
        Self(Layout::new((&CONTRACT, Vec::new())).into_iter().collect())
    }

    /// InstantFunnel and these.
    ///
    /// # Errors
    /// The lab cannot work with one of them, or two have one name.
    pub(crate) fn new(more: Vec<Given>) -> Result<Self, UnusableContract> {
        let mut all: Vec<Layout> = Vec::with_capacity(1 + more.len());
        for given in std::iter::once((&CONTRACT, Vec::new())).chain(more) {
            let event = given.0.event_name;
            let unusable = |reason: String| UnusableContract { event: event.to_owned(), reason };
            if event == CONTRACT.event_name && !all.is_empty() {
                return Err(unusable("the lab always includes it; leave it out".to_owned()));
            }
            if all.iter().any(|known| known.contract.event_name == event) {
                return Err(unusable("another contract has the same event".to_owned()));
            }
            if !is_event(event) {
                let shape = "an event's name must be a capital letter followed by letters and digits, and must not be `Log`";
                return Err(unusable(shape.to_owned()));
            }
            all.push(Layout::new(given).map_err(unusable)?);
        }
        Ok(Self(all))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The contract at a position.
    pub(crate) fn at(&self, position: usize) -> &Layout {
        &self.0[position]
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Layout> {
        self.0.iter()
    }

    /// The position of the contract of an event.
    pub(crate) fn find(&self, event: &str) -> Option<usize> {
        self.0.iter().position(|known| known.contract.event_name == event)
    }
}

fn is_event(name: &str) -> bool {
    name.len() <= 64
        && name != "Log"
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use funnel_contract::ContractFile;

    use super::*;

    fn given(text: &str) -> Given {
        let file = ContractFile::parse(text).unwrap();
        (file.table(), file.kpis.clone())
    }

    const SHOP: &str = "event = 'Shop'\nversion = 1\ncounter = 'shop_total'\nsteps = ['visit', 'pay']\n";

    #[test]
    fn contracts_have_one_name_each() {
        assert_eq!(Contracts::new(vec![given(SHOP)]).unwrap().find("Shop"), Some(1));
        let twice = Contracts::new(vec![given(SHOP), given(SHOP)]).unwrap_err();
        assert!(twice.to_string().contains("same event"), "{twice}");
        let known = Contracts::new(vec![(&CONTRACT, Vec::new())]).unwrap_err();
        assert!(known.to_string().contains("InstantFunnel"), "{known}");
    }

    #[test]
    fn a_kpi_chooses_by_what_has_few_values() {
        let text = format!(
            "{SHOP}[attribute.cart]\nrule = 'uuid'\n[kpi.paid]\nfrom = {{ step = 'visit' }}\n\
             to = {{ step = 'pay', where = {{ cart = 'a' }} }}"
        );
        let error = Contracts::new(vec![given(&text)]).unwrap_err();
        assert!(error.to_string().contains("`cart`"), "{error}");
    }
}
