//! The input and the result of starting a backend.

use std::sync::Arc;

use instant_funnel_core::contract::Contract;

use crate::sink::{NilApp, Sink};

/// What a backend says of the process that it sends for.
#[derive(Debug)]
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "only our own delivery sends a resource"))]
pub(crate) struct Process {
    pub(crate) service_name: String,
    pub(crate) environment: Option<String>,
    /// At least one; the first names the journal.
    pub(crate) contracts: Vec<&'static Contract>,
}

/// A backend that runs.
pub(crate) struct Started {
    /// None: nothing is recorded.
    pub(crate) sink: Option<Arc<dyn Sink>>,
    /// Whether it starts anew in a forked child, with numbers from zero.
    pub(crate) restarts_in_child: bool,
}

impl Started {
    pub(crate) fn inert() -> Self {
        Self { sink: None, restarts_in_child: false }
    }

    pub(crate) fn unconfigured() -> Self {
        Self { sink: Some(Arc::new(NilApp)), restarts_in_child: false }
    }
}
