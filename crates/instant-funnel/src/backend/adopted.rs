//! Checks records that an earlier process left in the journal against the contract.

use instant_funnel_core::contract::Contract;
use instant_funnel_core::{Admission, admit_resource, admits_scope};
use otlp_journal::{AdoptedJudge, AdoptedRecord, Judgement};

/// Sends of an adopted record what this version of its contract lets out; refuses a record of another event.
pub(super) struct ContractJudge {
    pub(super) contracts: Vec<&'static Contract>,
}

impl ContractJudge {
    /// What the contract of the record lets out; nothing when it is of none.
    fn admit(&self, record: &[u8]) -> Admission {
        let all = self.contracts.iter().map(|contract| contract.admit(record));
        all.into_iter().find(|admission| *admission != Admission::Refused).unwrap_or(Admission::Refused)
    }
}

impl AdoptedJudge for ContractJudge {
    fn judge(&self, found: &AdoptedRecord<'_>) -> Judgement {
        match self.admit(found.record) {
            _ if !admits_scope(found.scope) => Judgement::Refuse,
            Admission::Whole => Judgement::Send,
            Admission::Without { .. } => Judgement::Edit,
            Admission::Refused => Judgement::Refuse,
        }
    }

    fn edit(&self, record: &[u8]) -> Vec<u8> {
        match self.admit(record) {
            Admission::Whole => record.to_vec(),
            Admission::Without { record, .. } => record,
            Admission::Refused => Vec::new(),
        }
    }

    fn resource(&self, resource: &[u8]) -> Vec<u8> {
        admit_resource(resource)
    }
}
