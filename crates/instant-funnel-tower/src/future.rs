//! The answer: a journey that was minted on the way goes back with it.

use crate::context::FunnelContext;
use http::Response;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The future of [`FunnelService`](crate::FunnelService).
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        context: FunnelContext,
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
            this.context.carry(response.headers_mut());
            response
        })
    }
}
