//! The functions that the service gave the layer. They run during a request, and none of them may
//! end it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use instant_funnel::Funnel;

use crate::head::RequestHead;

/// A function that looks at a request.
pub(crate) type Ask<T> = Arc<dyn Fn(&RequestHead<'_>) -> T + Send + Sync>;
/// A function that looks up the number of a network.
pub(crate) type AskAsn = Arc<dyn Fn(IpAddr) -> Option<u32> + Send + Sync>;

/// What a function answers. None when it panics, which the funnel counts.
pub(crate) fn answer<T>(funnel: &Funnel, function: &Function, ask: impl FnOnce() -> T) -> Option<T> {
    let answer = funnel.guarded(ask);
    if answer.is_none() {
        // The subscriber is not ours either.
        let _ = funnel.guarded(|| function.warn_once());
    }
    answer
}

/// Lets go of a function. What it has captured is the service's, and so is what runs when that is dropped.
pub(crate) fn let_go<F: ?Sized>(funnel: &Funnel, function: &mut Option<Arc<F>>) {
    if let Some(function) = function.take() {
        let _ = funnel.guarded(|| drop(function));
    }
}

/// One of the functions, by the method of `FunnelLayer` that takes it.
pub(crate) struct Function {
    method: &'static str,
    warned: AtomicBool,
}

impl Function {
    pub(crate) const fn new(method: &'static str) -> Self {
        Self { method, warned: AtomicBool::new(false) }
    }

    /// The funnel's own notice says how often; this one says which.
    #[cold]
    fn warn_once(&self) {
        const TARGET: &str = "instant_funnel::middleware";
        if tracing::enabled!(target: TARGET, tracing::Level::WARN)
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                target: TARGET,
                "the function given to `FunnelLayer::{}` panicked: the request continues as if it had returned nothing",
                self.method
            );
        }
    }
}
