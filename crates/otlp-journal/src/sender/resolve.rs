//! Name resolution with a time limit, on a thread that also starts in a forked child.

use std::io;
use std::net::IpAddr;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::unversioned::transport::time::Duration;

use crate::store::raw::thread::spawn;

#[derive(Debug)]
pub(crate) struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let unlimited = NextTimeout { after: Duration::NotHappening, ..NextTimeout::default() };
        if timeout.after.is_not_happening() || is_address(uri) {
            return DefaultResolver::default().resolve(uri, config, unlimited);
        }
        let (uri, config) = (uri.clone(), config.clone());
        let resolve = move || DefaultResolver::default().resolve(&uri, &config, unlimited);
        match within(*timeout.after, resolve)? {
            Ok(found) => found,
            Err(RecvTimeoutError::Timeout) => Err(Error::Timeout(timeout.reason)),
            Err(RecvTimeoutError::Disconnected) => Err(Error::HostNotFound),
        }
    }
}

/// What `work` returns, or that it took longer than `limit`. The system's resolver cannot be interrupted; after the time
/// limit its thread ends on its own.
///
/// # Errors
/// The system has no thread to give.
pub(crate) fn within<T: Send + 'static>(
    limit: std::time::Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Result<T, RecvTimeoutError>> {
    let (answer, answered) = sync_channel(1);
    spawn(move || {
        let _ = answer.send(work());
    })?;
    Ok(answered.recv_timeout(limit))
}

/// An address needs no resolver.
fn is_address(uri: &Uri) -> bool {
    uri.host()
        .is_some_and(|host| host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok())
}
