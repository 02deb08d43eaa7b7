//! Chooses the proxy for an endpoint from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.

use std::net::{IpAddr, Ipv6Addr};

use super::endpoint::{Endpoint, basic, host_and_port};
use super::secret::Secret;

/// A proxy that the bundled client can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) https: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// `Proxy-Authorization`.
    pub(crate) authorization: Option<Secret>,
}

impl Proxy {
    /// A URL with or without its scheme, as `curl` takes it.
    ///
    /// # Errors
    /// What is wrong with it, without a part of it.
    pub(crate) fn parse(url: &str) -> Result<Self, &'static str> {
        const OTHER: &str = "names a proxy that is neither http:// nor https:// (SOCKS is not supported)";
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(OTHER),
        };
        if rest.bytes().any(|b| b <= b' ' || b >= 0x7f) {
            return Err(
                "names a proxy with a space, a line break or a character that needs percent-encoding",
            );
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (host, port) = host_and_port(host, if https { 443 } else { 80 })
            .map_err(|_| "must be the URL of an HTTP proxy: host and port cannot be read")?;
        let authorization = user.map(basic).transpose()?;
        Ok(Self { https, host, port, authorization })
    }
}

/// The variable that names the proxy for this endpoint, and its value. `HTTP_PROXY` in capitals is what a CGI server
/// makes of a request's `Proxy` header, so for plain HTTP the lower-case form goes first.
pub(crate) fn for_endpoint(
    endpoint: &str,
    get: &impl Fn(&str) -> Option<String>,
) -> Option<(String, Secret)> {
    let endpoint = Endpoint::parse(endpoint).ok()?;
    let exempt = get("no_proxy").or_else(|| get("NO_PROXY")).unwrap_or_default();
    if is_exempt(&endpoint.host, endpoint.port, &exempt) {
        return None;
    }
    let names: &[&str] = if endpoint.https {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
    };
    names.iter().find_map(|name| get(name).map(|url| ((*name).to_owned(), Secret::new(url))))
}

/// Patterns are separated by commas or blanks.
fn is_exempt(host: &str, port: u16, patterns: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    patterns
        .split(|c: char| c == ',' || c.is_ascii_whitespace())
        .filter(|p| !p.is_empty())
        .any(|pattern| matches(&host, port, &pattern.to_ascii_lowercase()))
}

/// `*`; a host or a domain, which also stands for what is below it, with or without `.` or `*.` in front; an address;
/// a network in CIDR form. A port in the pattern has to be the endpoint's.
fn matches(host: &str, port: u16, pattern: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    if let Some((network, bits)) = pattern.split_once('/') {
        let network = network.trim_start_matches('[').trim_end_matches(']');
        let parsed = (network.parse::<IpAddr>(), bits.parse::<u32>(), host.parse::<IpAddr>());
        return matches!(parsed, (Ok(network), Ok(bits), Ok(host)) if contains(network, bits, host));
    }
    let (name, wanted) = if pattern.parse::<Ipv6Addr>().is_ok() {
        (pattern, None)
    } else if let Some(v6) = pattern.strip_prefix('[') {
        let Some((name, rest)) = v6.split_once(']') else { return false };
        (name, rest.strip_prefix(':'))
    } else {
        pattern.split_once(':').map_or((pattern, None), |(name, port)| (name, Some(port)))
    };
    if wanted.is_some_and(|wanted| wanted.parse() != Ok(port)) {
        return false;
    }
    if let (Ok(a), Ok(b)) = (name.parse::<IpAddr>(), host.parse::<IpAddr>()) {
        return a == b;
    }
    let name = name.trim_start_matches("*.").trim_start_matches('.').trim_end_matches('.');
    !name.is_empty() && (host == name || host.strip_suffix(name).is_some_and(|front| front.ends_with('.')))
}

fn contains(network: IpAddr, bits: u32, host: IpAddr) -> bool {
    let (network, host, width): (u128, u128, u32) = match (network, host) {
        (IpAddr::V4(n), IpAddr::V4(h)) => (u128::from(n.to_bits()), u128::from(h.to_bits()), 32),
        (IpAddr::V6(n), IpAddr::V6(h)) => (n.to_bits(), h.to_bits(), 128),
        _ => return false,
    };
    let Some(low) = width.checked_sub(bits) else { return false };
    (network ^ host).checked_shr(low).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exemptions_are_read_as_the_field_does() {
        for (host, port, patterns, exempt) in [
            ("otlp.nr-data.net", 443, "x, .nr-data.net", true),
            ("otlp.nr-data.net", 443, "*.nr-data.net", true),
            ("otlp.nr-data.net", 443, "nr-data.net", true),
            ("nr-data.net", 443, ".nr-data.net", true),
            ("otlp.nr-data.net", 443, "data.net", false),
            ("otlp.nr-data.net", 443, "OTLP.NR-DATA.NET.", true),
            ("otlp.nr-data.net.", 443, "nr-data.net", true),
            ("h", 4318, "h:4318", true),
            ("h", 4318, "h:4317", false),
            ("10.1.2.3", 80, "10.0.0.0/8", true),
            ("11.1.2.3", 80, "10.0.0.0/8", false),
            ("10.1.2.3", 80, "0.0.0.0/0", true),
            ("10.1.2.3", 80, "10.1.2.3/32", true),
            ("10.1.2.3", 80, "10.0.0.0/99", false),
            ("10.1.2.3", 80, "10.1.2.3", true),
            ("::1", 4318, "[::1]", true),
            ("::1", 4318, "::1", true),
            ("::1", 4318, "[::1]:4318", true),
            ("::1", 4318, "[::1]:1", false),
            ("fd00::5", 80, "fd00::/8", true),
            ("fe80::5", 80, "fd00::/8", false),
            ("a", 80, "b a c", true),
            ("a", 80, "b\ta", true),
            ("a", 80, "", false),
            ("a", 80, ".", false),
            ("a", 80, "*", true),
        ] {
            assert_eq!(is_exempt(host, port, patterns), exempt, "{host}:{port} in {patterns:?}");
        }
    }

    #[test]
    fn a_proxy_is_http_or_refused_without_showing_it() {
        let proxy = Proxy::parse("http://us%40er:pa%3Ass@p:3128/").unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port, proxy.https), ("p", 3128, false));
        assert_eq!(proxy.authorization.unwrap().expose(), "Basic dXNAZXI6cGE6c3M=");
        assert_eq!(Proxy::parse("p:3128").unwrap().port, 3128);
        assert!(Proxy::parse("https://p").unwrap().https);
        for bad in [
            "socks5://p:1",
            "socks5h://p:1",
            "socks4://hunter2@p",
            "ftp://p",
            "http://",
            "http://p:x",
            "http://a b",
        ] {
            let why = Proxy::parse(bad).unwrap_err();
            assert!(!why.contains("hunter2"), "{bad}");
        }
    }
}
