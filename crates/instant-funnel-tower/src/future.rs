//! The response future: adds the header or cookie of a journey that began in this request.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

use crate::context::FunnelContext;

pin_project! {
    /// The future of [`FunnelService`](crate::FunnelService).
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        context: FunnelContext,
    }
}

impl<F> std::fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, context: FunnelContext) -> Self {
        Self { inner, context }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.inner.poll(task).map_ok(|mut response| {
            this.context.finish(response.headers_mut());
            response
        })
    }
}
