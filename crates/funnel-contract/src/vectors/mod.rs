//! Conformance vectors: what a caller gives an event, and what of it every implementation keeps.

mod random;
mod value;
mod values;

use instant_funnel_core::contract::{Contract, Violation};

use self::random::Random;
pub use self::value::VectorValue;
use crate::json::Json;
use crate::model::ContractFile;

/// One event as a caller records it, and what becomes of each field.
#[derive(Debug, Clone, PartialEq)]
pub struct ConformanceVector {
    /// The step; none of a plain event.
    pub step: Option<String>,
    /// What the caller gives, each key once.
    pub fields: Vec<(String, VectorValue)>,
    /// The keys that are kept, in the order of `fields`.
    pub kept: Vec<String>,
    /// The keys that are dropped and the rule that each breaks.
    pub dropped: Vec<(String, Violation)>,
}

impl ContractFile {
    /// `count` vectors of this contract. The same seed gives the same vectors.
    ///
    /// The fields are the contract's keys, fixed ones too, and keys that it does not have; the values are valid ones,
    /// near misses, and what must never leave: addresses, numbers of phones and cards, credentials, text of people.
    ///
    /// ```
    /// use funnel_contract::ContractFile;
    ///
    /// let text = "event = 'Shop'\nversion = 1\ncounter = 'shop_total'\n[attribute.paid]\nrule = 'boolean'";
    /// let shop = ContractFile::parse(text)?;
    /// let vectors = shop.vectors(1, 100);
    /// assert_eq!(vectors, shop.vectors(1, 100));
    /// assert!(vectors.iter().any(|vector| vector.kept == ["paid"]));
    /// # Ok::<(), funnel_contract::InvalidContract>(())
    /// ```
    #[must_use]
    pub fn vectors(&self, seed: u64, count: usize) -> Vec<ConformanceVector> {
        let contract = self.table();
        let mut random = Random::new(seed);
        (0..count).map(|_| vector(contract, &mut random)).collect()
    }
}

impl ConformanceVector {
    /// One line of JSON: `{"step", "fields", "kept", "dropped"}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut entries = Vec::new();
        if let Some(step) = &self.step {
            entries.push(("step", Json::text(step)));
        }
        let fields = self.fields.iter().map(|(key, value)| (key.as_str(), value.json()));
        let dropped = self.dropped.iter().map(|(key, rule)| (key.as_str(), Json::text(rule.as_str())));
        entries.push(("fields", Json::object(fields)));
        entries.push(("kept", Json::texts(self.kept.iter().map(String::as_str))));
        entries.push(("dropped", Json::object(dropped)));
        Json::object(entries).line()
    }
}

fn vector(contract: &Contract, random: &mut Random) -> ConformanceVector {
    let step = (!contract.steps.is_empty()).then(|| random.below(contract.steps.len()));
    let mut vector = ConformanceVector {
        step: step.and_then(|at| contract.steps.get(at)).map(|step| step.name.to_owned()),
        fields: Vec::new(),
        kept: Vec::new(),
        dropped: Vec::new(),
    };
    for _ in 0..=random.below(4) {
        let (key, value) = values::field(contract, random);
        if vector.fields.iter().any(|(known, _)| *known == key) {
            continue;
        }
        match judged(contract, step.unwrap_or_default(), &key, &value) {
            Ok(()) => vector.kept.push(key.clone()),
            Err(violation) => vector.dropped.push((key.clone(), violation)),
        }
        vector.fields.push((key, value));
    }
    vector
}

/// What the table says of a caller's field.
fn judged(contract: &Contract, step: usize, key: &str, value: &VectorValue) -> Result<(), Violation> {
    let position = contract.position(key).ok_or(Violation::UnknownKey)?;
    if !contract.attributes.get(position).is_some_and(|one| one.takes_raw()) {
        return Err(Violation::Reserved);
    }
    contract.judge(key, value.as_raw(), i64::MAX)?;
    if contract.may_occur(position, step) { Ok(()) } else { Err(Violation::Step) }
}
