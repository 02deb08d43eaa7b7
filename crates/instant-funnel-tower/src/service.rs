//! The tower service: reads the request's head and adds the context.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use crate::context::FunnelContext;
use crate::future::ResponseFuture;
use crate::head::RequestHead;
use crate::settings::Settings;

/// What [`FunnelLayer`](crate::FunnelLayer) makes of a service.
#[derive(Clone)]
pub struct FunnelService<S> {
    inner: S,
    settings: Arc<Settings>,
}

// The inner service and its future are somebody else's, and may hold a request: they are not shown.
impl<S> std::fmt::Debug for FunnelService<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FunnelService").finish_non_exhaustive()
    }
}

impl<S> FunnelService<S> {
    pub(crate) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, B, R> Service<Request<B>> for FunnelService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let context = FunnelContext::read(&self.settings, &RequestHead::of(&request));
        request.extensions_mut().insert(context.clone());
        ResponseFuture::new(self.inner.call(request), context)
    }
}
