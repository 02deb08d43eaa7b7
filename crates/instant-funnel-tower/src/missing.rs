//! Reports a context that is used on a route without the layer.

use std::sync::atomic::{AtomicBool, Ordering};

use instant_funnel::Funnel;

/// Says so the first time that somebody listens. A subscriber that panics does not reach the handler.
#[cold]
pub(crate) fn warn_once() {
    let _ = Funnel::noop().guarded(say);
}

fn say() {
    static WARNED: AtomicBool = AtomicBool::new(false);
    const TARGET: &str = "instant_funnel::middleware";
    if !tracing::enabled!(target: TARGET, tracing::Level::WARN) || WARNED.swap(true, Ordering::Relaxed) {
        return;
    }
    tracing::warn!(
        target: TARGET,
        "a handler used a `FunnelContext` on a route without `FunnelLayer`, so its steps are not recorded. \
         Wrap the route in the layer; with axum, `Router::layer` does not apply to routes that are added after it"
    );
}
