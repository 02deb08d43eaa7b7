//! The process-wide funnel. Inert until somebody installs one, so that a library can record without wiring.

use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwapOption;
use instant_funnel_core::Draft;

use crate::funnel::Funnel;
use crate::scope;

static INSTALLED: ArcSwapOption<Funnel> = ArcSwapOption::const_empty();
static INERT: LazyLock<Funnel> = LazyLock::new(Funnel::noop);

impl Funnel {
    /// Makes this the process-wide funnel behind [`record`](crate::record) and [`global`](crate::global).
    ///
    /// The funnel that was installed before is ended on a thread of its own once nobody uses it any more, so no
    /// request waits for its delivery. [`shutdown`](Self::shutdown) it first to know that it delivered everything.
    pub fn install(&self) {
        self.inner().say();
        let before = INSTALLED.swap(Some(Arc::new(self.clone())));
        scope::set_installed(!self.is_inert());
        if let Some(before) = before
            && !Arc::ptr_eq(before.inner(), self.inner())
        {
            before.inner().retire();
        }
    }
}

/// Records one step with the installed funnel. Does nothing before [`Funnel::install`]. In a [`Funnel::scope`], that
/// funnel records it.
///
/// ```
/// use instant_funnel::Landing;
/// instant_funnel::record(Landing::new()); // safe in a library: the application decides where it goes
/// ```
// Always, so that the event is laid out behind the test and not before it.
#[inline(always)]
pub fn record<'a>(event: impl Into<Draft<'a>>) {
    if scope::is_active() {
        record_current(&event.into());
    }
}

fn record_current(draft: &Draft<'_>) {
    if let Some(funnel) = scope::current() {
        // Draft by reference: `Funnel::record` would lay it out anew.
        if !funnel.is_inert() {
            funnel.inner().record(draft);
        }
    } else if let Some(funnel) = &*INSTALLED.load()
        && !funnel.is_inert()
    {
        funnel.inner().record(draft);
    }
}

/// The installed funnel, or an inert one; in a [`Funnel::scope`], that one.
#[must_use]
pub fn global() -> Funnel {
    scope::current().unwrap_or_else(|| INSTALLED.load().as_deref().unwrap_or(&INERT).clone())
}
