//! Replaces the process-wide funnel for one thread or task.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use crate::funnel::Funnel;

/// 1 when the installed funnel has a backend, and 2 more for each scope that is open in any thread: a library in an inert
/// process pays for one test of a number.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);
const INSTALLED: usize = 1;
const SCOPE: usize = 2;

thread_local! {
    static SCOPES: RefCell<Vec<Funnel>> = const { RefCell::new(Vec::new()) };
}

/// Whether anybody could record what goes to the process-wide funnel.
#[inline]
pub(crate) fn is_active() -> bool {
    ACTIVE.load(Ordering::Relaxed) != 0
}

pub(crate) fn set_installed(has_backend: bool) {
    if has_backend {
        ACTIVE.fetch_or(INSTALLED, Ordering::Relaxed);
    } else {
        ACTIVE.fetch_and(!INSTALLED, Ordering::Relaxed);
    }
}

/// The innermost scope's funnel. A clone, since what it records may open a scope itself.
pub(crate) fn current() -> Option<Funnel> {
    if ACTIVE.load(Ordering::Relaxed) < SCOPE {
        return None;
    }
    SCOPES.try_with(|scopes| scopes.borrow().last().cloned()).ok().flatten()
}

/// While it lives, the thread is in the scope.
struct Entered;

impl Entered {
    fn new(funnel: &Funnel) -> Self {
        let _ = SCOPES.try_with(|scopes| scopes.borrow_mut().push(funnel.clone()));
        ACTIVE.fetch_add(SCOPE, Ordering::Relaxed);
        Self
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        ACTIVE.fetch_sub(SCOPE, Ordering::Relaxed);
        // Let go outside of the borrow: the last handle ends a delivery.
        let _left = SCOPES.try_with(|scopes| scopes.borrow_mut().pop());
    }
}

impl Funnel {
    /// Runs `work` with this funnel in the place of the process-wide one, on this thread alone: what it records through
    /// [`record`](crate::record) and [`global`](crate::global) goes here. A thread that it starts is not in the scope.
    ///
    /// For tests of libraries that use the process-wide funnel: they run in parallel, each with a funnel of its own.
    ///
    /// ```
    /// use instant_funnel::{Funnel, Landing};
    ///
    /// let (funnel, recorder) = Funnel::recording();
    /// funnel.scope(|| instant_funnel::record(Landing::new())); // what a library does
    /// assert_eq!(recorder.take().len(), 1);
    /// instant_funnel::record(Landing::new()); // outside: the process-wide one
    /// assert_eq!(recorder.take().len(), 0);
    /// ```
    pub fn scope<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = Entered::new(self);
        work()
    }

    /// [`scope`](Self::scope) for a task: whichever thread polls it, and however it takes turns with others. A task that
    /// it spawns is not in the scope.
    pub fn scope_task<F: Future>(&self, task: F) -> ScopedTask<F> {
        ScopedTask { task: Box::pin(task), funnel: self.clone() }
    }
}

/// The future of [`Funnel::scope_task`].
#[must_use = "a future does nothing until it is polled"]
pub struct ScopedTask<F> {
    task: Pin<Box<F>>,
    funnel: Funnel,
}

impl<F> std::fmt::Debug for ScopedTask<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScopedTask").field("funnel", &self.funnel).finish_non_exhaustive()
    }
}

impl<F: Future> Future for ScopedTask<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _entered = Entered::new(&self.funnel);
        self.task.as_mut().poll(context)
    }
}
