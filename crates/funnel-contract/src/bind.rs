//! A contract file as the table that the engine reads, for a process that learns of it while it runs.

use instant_funnel_core::contract::{Attribute, Contract, Maker, Rule, StepInfo, fixed};

use crate::model::{AttributeSpec, ContractFile, RuleSpec, SupplierSpec};

impl ContractFile {
    /// The table of this contract, for [`Checker`](instant_funnel_core::Checker), the lab and the exports.
    ///
    /// The table is never freed: a process reads the contracts that it works with once, at its start.
    ///
    /// ```
    /// # use funnel_contract::ContractFile;
    /// let text = "event = 'Shop'\nversion = 1\ncounter = 'shop_total'\nsteps = ['visit']\n[attribute.amount]\nrule = { integer = [0, 9] }";
    /// let table = ContractFile::parse(text)?.table();
    /// assert!(table.position("amount").is_some() && table.position("journeyId").is_some());
    /// # Ok::<(), funnel_contract::InvalidContract>(())
    /// ```
    #[must_use]
    pub fn table(&self) -> &'static Contract {
        let steps: Vec<StepInfo> = self
            .steps
            .iter()
            .map(|step| StepInfo { name: text(&step.name), critical: step.critical })
            .collect();
        let names: Vec<&'static str> = steps.iter().map(|step| step.name).collect();
        let mut attributes = vec![fixed::event_type(text(&self.event))];
        if self.is_funnel() {
            attributes.push(fixed::funnel_step(names.leak()));
        }
        let (span, others): (Vec<Attribute>, Vec<Attribute>) =
            fixed::ALL.into_iter().skip(2).partition(|one| ENDS.contains(&one.key));
        attributes.extend(others.into_iter().map(|one| self.placed(one)));
        attributes.extend(self.attributes.iter().map(own));
        attributes.extend(span);
        Box::leak(Box::new(Contract {
            event_name: text(&self.event),
            version: self.version,
            counter: text(&self.counter),
            steps: steps.leak(),
            attributes: attributes.leak(),
        }))
    }

    fn placed(&self, attribute: Attribute) -> Attribute {
        let Some(placement) = self.placement(attribute.key) else { return attribute };
        let attribute =
            if placement.on.is_empty() { attribute } else { attribute.on(&positions(&placement.on)) };
        match &placement.when {
            Some(when) if placement.key == attribute.key => attribute.when(text(when)),
            _ => attribute,
        }
    }

    /// Where the file says that a fixed key occurs. The id of a pseudonym's key goes where the pseudonym goes.
    pub(crate) fn placement(&self, key: &str) -> Option<&crate::model::FixedPlacement> {
        let key = if key == fixed::FINGERPRINT_KEY_ID.key { fixed::FINGERPRINT.key } else { key };
        self.fixed.iter().find(|placement| placement.key == key)
    }
}

/// The fixed keys that stand behind a contract's own.
pub(crate) const ENDS: [&str; 2] = [fixed::TRACE_ID.key, fixed::SPAN_ID.key];

fn text(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn texts(texts: &[String]) -> &'static [&'static str] {
    texts.iter().map(|one| text(one)).collect::<Vec<_>>().leak()
}

fn positions(on: &[usize]) -> Vec<u32> {
    on.iter().filter_map(|position| u32::try_from(*position).ok()).collect()
}

fn own(spec: &AttributeSpec) -> Attribute {
    let (key, brief) = (text(&spec.key), text(&spec.brief));
    let mut attribute = match (&spec.rule, spec.supplier) {
        (RuleSpec::Const(value), _) => Attribute::constant(key, text(value), brief),
        (rule, SupplierSpec::Process) => Attribute::process(key, rule_of(rule), brief),
        (rule, SupplierSpec::Request) => Attribute::caller(key, rule_of(rule), brief).known_by_request(),
        (rule, SupplierSpec::Caller | SupplierSpec::Contract) => Attribute::caller(key, rule_of(rule), brief),
    };
    if !spec.on.is_empty() {
        attribute = attribute.on(&positions(&spec.on));
    }
    if let Some(when) = &spec.when {
        attribute = attribute.when(text(when));
    }
    match maker(&spec.rule) {
        Some(maker @ Maker::EventId) => attribute.made_by(maker),
        Some(maker) => attribute.made_by(maker).links(),
        None => attribute,
    }
}

/// The type that alone can make a value.
pub(crate) const fn maker(rule: &RuleSpec) -> Option<Maker> {
    match rule {
        RuleSpec::NetworkPseudonym => Some(Maker::Fingerprint),
        RuleSpec::EmailPseudonym => Some(Maker::EmailHash),
        RuleSpec::FactId => Some(Maker::EventId),
        _ => None,
    }
}

/// The engine's rule.
pub(crate) fn rule_of(rule: &RuleSpec) -> Rule {
    let hex = |digits| Rule::Hex { min: digits, max: digits, letter: true };
    match rule {
        RuleSpec::Const(value) => Rule::Const(text(value)),
        RuleSpec::OneOf(words) => Rule::OneOf(texts(words)),
        RuleSpec::Slug => Rule::Slug,
        RuleSpec::SlugOf(words) => Rule::SlugOf(texts(words)),
        RuleSpec::Name => Rule::Name { max: 64 },
        RuleSpec::Version => Rule::Version { max: 64 },
        RuleSpec::Uuid(versions) => Rule::Uuid { versions: versions.clone().leak() },
        RuleSpec::Team => Rule::Uuid { versions: fixed::TEAM_VERSIONS },
        RuleSpec::Boolean => Rule::Bool,
        RuleSpec::Integer(min, max) => Rule::Integer { min: *min, max: *max },
        RuleSpec::Number(min, max) => Rule::Number { min: *min, max: *max },
        RuleSpec::Country => Rule::Country,
        RuleSpec::Currency => Rule::Currency,
        RuleSpec::NetworkPseudonym | RuleSpec::FactId => hex(32),
        RuleSpec::EmailPseudonym => hex(16),
    }
}
