//! The functions that the service gave the layer. They run in the middle of somebody's request, and none of them may
//! end it.

use crate::head::RequestHead;
use instant_funnel::Funnel;
use std::mem::ManuallyDrop;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A function that looks at a request.
pub(crate) type Ask<T> = Arc<dyn Fn(&RequestHead<'_>) -> T + Send + Sync>;
/// A function that looks up the number of a network.
pub(crate) type AskAsn = Arc<dyn Fn(IpAddr) -> Option<u32> + Send + Sync>;

/// What the function given to `FunnelLayer::{method}` answers. None when it panics, which the funnel counts.
///
/// In a process that aborts on panic there is nothing to catch.
pub(crate) fn answer<T>(funnel: &Funnel, method: &'static str, ask: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(ask)) {
        Ok(answer) => Some(answer),
        Err(payload) => {
            // What was thrown may panic in its turn when it is dropped; then it is left alone.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                let _ = ManuallyDrop::new(again);
            }
            count(funnel, method);
            None
        }
    }
}

fn count(_funnel: &Funnel, method: &'static str) {
    tracing::warn!(
        target: "instant_funnel::middleware",
        "the function given to `FunnelLayer::{method}` panicked; the request goes on as if it had answered nothing"
    );
}
