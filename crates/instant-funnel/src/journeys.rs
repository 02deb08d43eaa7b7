//! The process-wide settings of journeys.

use instant_funnel_core::{Cohort, SigningKey};

#[derive(Debug, Default)]
pub(crate) struct Journeys {
    pub(crate) key: Option<SigningKey>,
    pub(crate) cohort: Option<Cohort>,
}
