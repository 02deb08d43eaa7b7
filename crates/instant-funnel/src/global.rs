//! The process-wide funnel. Inert until somebody installs one, so that a library can record without wiring.

use crate::funnel::Funnel;
use arc_swap::ArcSwapOption;
use instant_funnel_core::Draft;
use std::sync::{Arc, LazyLock};

static INSTALLED: ArcSwapOption<Funnel> = ArcSwapOption::const_empty();
static INERT: LazyLock<Funnel> = LazyLock::new(Funnel::noop);

pub(crate) fn install(funnel: Funnel) {
    INSTALLED.store(Some(Arc::new(funnel)));
}

/// Records one step with the installed funnel. Does nothing before [`Funnel::install`].
///
/// ```
/// use instant_funnel::Landing;
/// instant_funnel::record(Landing::new()); // safe in a library: the application decides where it goes
/// ```
#[inline]
pub fn record<'a>(event: impl Into<Draft<'a>>) {
    if let Some(funnel) = &*INSTALLED.load() {
        funnel.record(event);
    }
}

/// The installed funnel, or an inert one.
#[must_use]
pub fn global() -> Funnel {
    INSTALLED.load().as_deref().unwrap_or(&INERT).clone()
}
