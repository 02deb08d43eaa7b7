//! Keeps other sites in the same browser out: the `Host` check stops DNS rebinding, the `Origin` check cross-site POSTs.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderMap, ORIGIN};
use hyper::{Method, Request};

use super::cors;

/// A request that another site's page could have caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Intruder {
    #[error("the request has no host name")]
    NoHost,
    #[error(
        "the request names a host that the lab does not accept; start it with `--allow-host NAME`, or use an IP address"
    )]
    Host,
    #[error(
        "the request comes from another site's page; the lab accepts requests from its own page and from programs, and \
         telemetry from pages of an origin given with `--allow-origin`"
    )]
    CrossSite,
}

/// Checks a request's `Host` (or `:authority`) and, where it changes something, its origin. `origins` are those of other
/// sites that may.
///
/// # Errors
/// Why it is refused.
pub(crate) fn check<B>(request: &Request<B>, hosts: &[String], origins: &[String]) -> Result<(), Intruder> {
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str())
        .or_else(|| text(request.headers(), HOST.as_str()))
        .ok_or(Intruder::NoHost)?;
    if !is_ours(host_of(authority), hosts) {
        return Err(Intruder::Host);
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(());
    }
    if cors::allowed(request.headers(), origins).is_some() {
        return Ok(());
    }
    if text(request.headers(), "sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(Intruder::CrossSite);
    }
    match request.headers().get(ORIGIN) {
        None => Ok(()),
        Some(origin) => {
            let own = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
            if own.is_some_and(|own| own.eq_ignore_ascii_case(authority)) {
                Ok(())
            } else {
                Err(Intruder::CrossSite)
            }
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn host_of(authority: &str) -> &str {
    if let Some(bracketed) = authority.strip_prefix('[') {
        return bracketed.split(']').next().unwrap_or("");
    }
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

/// Whether a host cannot be a stranger's domain that was pointed at this machine: an address, a name without a dot,
/// `localhost`, the name by which containers reach their host, or one that the operator listed.
fn is_ours(host: &str, allowed: &[String]) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host.parse::<IpAddr>().is_ok()
        || (!host.is_empty() && !host.contains('.'))
        || host.ends_with(".localhost")
        || host == "host.docker.internal"
        || allowed.iter().any(|name| name.eq_ignore_ascii_case(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(method: Method, headers: &[(&str, &str)]) -> Result<(), Intruder> {
        let mut request = Request::builder().method(method).uri("/api/reset");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(
            &request.body(()).unwrap(),
            &["lab.example.org".to_owned()],
            &["https://shop.example".to_owned()],
        )
    }

    #[test]
    fn a_strangers_domain_is_refused_wherever_it_points() {
        for host in
            ["evil.example", "evil.example:4320", "127.0.0.1.nip.io", "localhost.evil.example", "", "a.b."]
        {
            assert!(verdict(Method::GET, &[("host", host)]).is_err(), "{host}");
        }
        assert_eq!(verdict(Method::GET, &[]), Err(Intruder::NoHost));
        for host in [
            "localhost:4320",
            "127.0.0.1",
            "[::1]:4320",
            "10.0.0.7:4318",
            "lab",
            "LAB.example.org:80",
            "a.localhost",
        ] {
            assert_eq!(verdict(Method::GET, &[("host", host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn only_the_own_page_and_programs_may_change_something() {
        let host = ("host", "127.0.0.1:4320");
        assert_eq!(verdict(Method::POST, &[host]), Ok(()));
        assert_eq!(verdict(Method::POST, &[host, ("origin", "http://127.0.0.1:4320")]), Ok(()));
        for origin in ["http://evil.example", "http://127.0.0.1:9999", "null", "https://127.0.0.1:4320"] {
            assert_eq!(
                verdict(Method::POST, &[host, ("origin", origin)]),
                Err(Intruder::CrossSite),
                "{origin}"
            );
        }
        let shop = [host, ("origin", "https://shop.example"), ("sec-fetch-site", "cross-site")];
        assert_eq!(verdict(Method::POST, &shop), Ok(()), "an origin that was allowed by name");
        for origin in
            ["http://shop.example", "https://shop.example:8443", "https://shop.example.evil.example"]
        {
            assert_eq!(
                verdict(Method::POST, &[host, ("origin", origin)]),
                Err(Intruder::CrossSite),
                "{origin}"
            );
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(
                verdict(Method::POST, &[host, ("sec-fetch-site", site)]),
                Err(Intruder::CrossSite),
                "{site}"
            );
        }
        assert_eq!(verdict(Method::POST, &[host, ("sec-fetch-site", "same-origin")]), Ok(()));
    }
}
