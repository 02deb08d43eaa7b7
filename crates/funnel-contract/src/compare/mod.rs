//! What changed from one version of a contract to another, for whom it breaks, and in which order to deploy it.

mod attributes;
mod change;
mod rules;
mod steps;

pub use self::change::{ChangeKind, ContractChange, Party};
use crate::model::ContractFile;

/// All differences of two contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractDiff {
    /// The older version.
    pub from: u32,
    /// The newer version.
    pub to: u32,
    /// In the order of the file.
    pub changes: Vec<ContractChange>,
}

impl ContractDiff {
    /// The differences from `old` to `new`.
    ///
    /// ```
    /// use funnel_contract::{ContractDiff, ContractFile};
    ///
    /// let text = |rule: &str| format!("event = 'Shop'\nversion = 1\ncounter = 'shop_total'\n[attribute.plan]\nrule = {rule}");
    /// let old = ContractFile::parse(&text("'slug'"))?;
    /// let new = ContractFile::parse(&text("{ one_of = ['pro'] }"))?;
    /// let diff = ContractDiff::between(&old, &new);
    /// assert!(diff.needs_version());
    /// # Ok::<(), funnel_contract::InvalidContract>(())
    /// ```
    #[must_use]
    pub fn between(old: &ContractFile, new: &ContractFile) -> Self {
        let mut changes = Vec::new();
        steps::heads(old, new, &mut changes);
        steps::steps(old, new, &mut changes);
        attributes::placements(old, new, &mut changes);
        attributes::attributes(old, new, &mut changes);
        attributes::kpis(old, new, &mut changes);
        Self { from: old.version, to: new.version, changes }
    }

    /// Whether something breaks that worked before.
    #[must_use]
    pub fn breaks(&self) -> bool {
        self.changes.iter().any(|change| !change.breaks.is_empty())
    }

    /// Whether it breaks something under the same version, or lowers the version.
    #[must_use]
    pub fn needs_version(&self) -> bool {
        self.to < self.from || (self.breaks() && self.to == self.from)
    }

    /// Who is deployed first, and who after.
    #[must_use]
    pub fn order(&self) -> Vec<Party> {
        let changes = || self.changes.iter().filter(|change| change.kind != ChangeKind::Wording);
        if changes().next().is_none() {
            return Vec::new();
        }
        let widens = changes().any(|change| matches!(change.kind, ChangeKind::Wider | ChangeKind::Other));
        // An older collector block deletes new keys; a newer one deletes keys that are no longer sent.
        if widens {
            vec![Party::Collector, Party::Sender, Party::Query]
        } else {
            vec![Party::Query, Party::Sender, Party::Collector]
        }
    }
}

impl std::fmt::Display for ContractDiff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.changes.is_empty() && self.from == self.to {
            return writeln!(f, "no difference");
        }
        writeln!(f, "version {} to {}", self.from, self.to)?;
        for change in &self.changes {
            let breaks: Vec<_> = change.breaks.iter().map(|party| party.as_str()).collect();
            let breaks = if breaks.is_empty() { "nobody".to_owned() } else { breaks.join(", ") };
            writeln!(f, "  {}; breaks: {breaks}", change.what)?;
        }
        let order: Vec<_> = self.order().iter().map(|party| party.as_str()).collect();
        if !order.is_empty() {
            writeln!(f, "deploy in this order: {}", order.join(", "))?;
        }
        if self.to < self.from {
            writeln!(
                f,
                "the version went down from {} to {}: set `version = {}`",
                self.from,
                self.to,
                self.from + u32::from(self.breaks())
            )?;
        } else if self.needs_version() {
            writeln!(
                f,
                "this is a breaking change without a new version: set `version = {}`",
                self.from + 1
            )?;
        }
        Ok(())
    }
}
