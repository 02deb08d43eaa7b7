//! The endpoint's URL, taken apart once (RFC 3986), so that a password in it goes where it belongs and nowhere else.

use super::secret::Secret;

/// What the OTLP specification appends to a base URL.
const LOGS: &str = "v1/logs";

/// An endpoint that can be asked.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Without user, password and fragment.
    pub(crate) url: String,
    /// `Authorization` from the user and password in the URL.
    pub(crate) authorization: Option<Secret>,
    /// Scheme, host and port: what may be shown.
    pub(crate) destination: String,
    pub(crate) https: bool,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.destination)
    }
}

impl Endpoint {
    /// # Errors
    /// What is wrong with it, without a part of it.
    pub(crate) fn parse(url: &str) -> Result<Self, &'static str> {
        let (https, rest) = [("http://", false), ("https://", true)]
            .iter()
            .find_map(|(scheme, https)| {
                let (front, rest) = url.split_at_checked(scheme.len())?;
                front.eq_ignore_ascii_case(scheme).then_some((*https, rest))
            })
            .ok_or("it must start with http:// or https://")?;
        if url.bytes().any(|b| b <= b' ' || b >= 0x7f) {
            return Err("it contains a space, a line break or a character that needs percent-encoding");
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, host_port) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (host, port) = host_and_port(host_port, if https { 443 } else { 80 })?;
        let authorization = match user {
            Some(user) if !user.is_empty() => Some(basic(user)?),
            _ => None,
        };
        let scheme = if https { "https" } else { "http" };
        let slash = if path.starts_with('/') { "" } else { "/" };
        let shown = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        Ok(Self {
            url: format!("{scheme}://{host_port}{slash}{path}"),
            authorization,
            destination: format!("{scheme}://{shown}:{port}"),
            https,
            host,
            port,
        })
    }

    /// The path of the URL.
    pub(crate) fn path(&self) -> &str {
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
        path.split('?').next().unwrap_or(path)
    }

    /// `/v1/logs/v1/logs`: somebody gave the whole URL where the base was asked for.
    pub(crate) fn is_doubled(&self) -> bool {
        self.path().trim_end_matches('/').ends_with("/v1/logs/v1/logs")
    }
}

/// The URL for logs below a base URL: the path goes before the query.
pub(crate) fn below(base: &str) -> String {
    let base = base.split('#').next().unwrap_or(base);
    let (front, query) = base.find('?').map_or((base, ""), |at| base.split_at(at));
    format!("{}/{LOGS}{query}", front.trim_end_matches('/'))
}

/// Host and port of an authority without user.
pub(crate) fn host_and_port(text: &str, default: u16) -> Result<(String, u16), &'static str> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(v6) => {
            let (host, rest) = v6.split_once(']').ok_or("the bracket of its IPv6 address is not closed")?;
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err("its IPv6 address cannot be read");
            }
            (host, rest)
        }
        None => text.find(':').map_or((text, ""), |at| text.split_at(at)),
    };
    if host.is_empty() {
        return Err("it has no host");
    }
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => default,
        Some("") => default,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().map_err(|_| "its port is not a number up to 65535")?
        }
        _ => return Err("its port is not a number up to 65535"),
    };
    Ok((host.to_owned(), port))
}

/// `Basic` credentials from `user:password`, each percent-encoded.
pub(crate) fn basic(user_info: &str) -> Result<Secret, &'static str> {
    const BROKEN: &str = "its user name or password has invalid percent-encoding";
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let user = percent_decode(user).ok_or(BROKEN)?;
    let password = percent_decode(password).ok_or(BROKEN)?;
    Ok(Secret::new(format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))))
}

pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        rest = after;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, b| word << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = (word >> (18 - 6 * place)) as usize & 63;
            out.push(if place <= chunk.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_as_rfc_3986_says() {
        for (url, sent, shown) in [
            ("http://localhost:4318/v1/logs", "http://localhost:4318/v1/logs", "http://localhost:4318"),
            ("HTTPS://h/v1/logs", "https://h/v1/logs", "https://h:443"),
            ("http://[::1]:4318/x", "http://[::1]:4318/x", "http://[::1]:4318"),
            ("http://u:p@h/", "http://h/", "http://h:80"),
            ("http://h?token=abc", "http://h/?token=abc", "http://h:80"),
            ("http://h/v1/logs?a=b#part", "http://h/v1/logs?a=b", "http://h:80"),
            ("https://u:p@ss@h:8443/x", "https://h:8443/x", "https://h:8443"),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert_eq!((endpoint.url.as_str(), endpoint.destination.as_str()), (sent, shown), "{url}");
        }
        for bad in [
            "localhost:4318",
            "grpc://h",
            "http://",
            "http:///v1/logs",
            "http://h:99999/",
            "http://a b/",
            "https://u:pw@h/\n",
            "http://[::1/",
            "http://[nonsense]/",
            "http://u:%zz@h/",
            "http://:4318/",
            "é",
        ] {
            assert!(Endpoint::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn user_and_password_are_decoded_and_become_a_header() {
        let of = |url: &str| Endpoint::parse(url).unwrap().authorization.unwrap().expose().to_owned();
        // us@er:pa:ss
        assert_eq!(of("http://us%40er:pa%3Ass@h/"), "Basic dXNAZXI6cGE6c3M=");
        assert_eq!(of("http://a:b@h/"), "Basic YTpi");
        assert_eq!(of("http://ab:c@h/"), "Basic YWI6Yw==");
        assert_eq!(of("http://user@h/"), "Basic dXNlcjo=");
        assert!(Endpoint::parse("http://h/").unwrap().authorization.is_none());
    }

    #[test]
    fn the_path_for_logs_goes_before_the_query() {
        for (base, whole) in [
            ("http://h/otlp?token=abc", "http://h/otlp/v1/logs?token=abc"),
            ("http://h", "http://h/v1/logs"),
            ("http://h/", "http://h/v1/logs"),
            ("http://h?x=/y", "http://h/v1/logs?x=/y"),
            ("http://h/a/#top", "http://h/a/v1/logs"),
        ] {
            assert_eq!(below(base), whole);
        }
    }

    #[test]
    fn a_doubled_path_is_noticed() {
        for (url, doubled) in [
            ("http://h/v1/logs/v1/logs", true),
            ("http://h/a/v1/logs/v1/logs/?x=1", true),
            ("http://h/v1/logs", false),
            ("http://h/?x=/v1/logs/v1/logs", false),
        ] {
            assert_eq!(Endpoint::parse(url).unwrap().is_doubled(), doubled, "{url}");
        }
    }
}
