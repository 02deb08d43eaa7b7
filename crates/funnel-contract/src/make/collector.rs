//! The target `collector`: the processors that hold a collector to the contract, as a file of its own.
//!
//! Several contracts share the processors' names, so that their block is made of all of them at once:
//! [`collector_allowlists`](instant_funnel_core::export::collector_allowlists).

use instant_funnel_core::Vocabularies;
use instant_funnel_core::export::collector::{BEGIN, END, collector_allowlist};

use crate::model::ContractFile;

pub(super) fn text(file: &ContractFile) -> String {
    let block = collector_allowlist(file.table(), &Vocabularies::default());
    format!("processors:\n{BEGIN}\n{block}{END}\n")
}
