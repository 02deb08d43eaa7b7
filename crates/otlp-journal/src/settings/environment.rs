//! Settings from the variables that the OpenTelemetry specification names, through a map that the caller gives.

use std::time::Duration;

use super::builder::Builder;
use super::choice::Compression;
use super::error::DeliveryConfigError;
use super::secret::Secret;

const DEFAULT: &str = "http://localhost:4318";

impl Builder {
    /// Overlays `OTEL_EXPORTER_OTLP_[LOGS_]{ENDPOINT,HEADERS,TIMEOUT,COMPRESSION,PROTOCOL,CERTIFICATE,
    /// CLIENT_CERTIFICATE,CLIENT_KEY}` and the proxy variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`
    /// (either case). What is unset or empty leaves the setting as it is; the variant with `LOGS_` wins.
    ///
    /// `lookup` is usually `|name| std::env::var(name).ok()`; tests pass a map.
    ///
    /// ```
    /// use otlp_journal::Delivery;
    /// # fn main() -> Result<(), otlp_journal::DeliveryConfigError> {
    /// let builder = Delivery::builder("http://localhost:4318/v1/logs")
    ///     .environment(|name| (name == "OTEL_EXPORTER_OTLP_TIMEOUT").then(|| "2500".to_owned()))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A value that cannot be read; the message names the variable, never the value.
    pub fn environment(
        mut self,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, DeliveryConfigError> {
        let get = |name: &str| lookup(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let either = |key: &str| {
            [format!("OTEL_EXPORTER_OTLP_LOGS_{key}"), format!("OTEL_EXPORTER_OTLP_{key}")]
                .into_iter()
                .find_map(|name| get(&name).map(|value| (name, value)))
        };

        if let Some(url) = get("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT") {
            self.endpoint = url;
            self.endpoint_setting = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT".to_owned();
        } else if let Some(base) = get("OTEL_EXPORTER_OTLP_ENDPOINT") {
            self.endpoint = format!("{}/v1/logs", base.trim_end_matches('/'));
            self.endpoint_setting = "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned();
        }
        if let Some((name, list)) = either("HEADERS") {
            self = self.header_list(&name, &list)?;
        }
        if let Some((name, millis)) = either("TIMEOUT") {
            let millis = millis.parse().ok().filter(|n| *n > 0);
            self.settings.timeout =
                Duration::from_millis(millis.ok_or_else(|| value(name, "must be milliseconds above 0"))?);
        }
        if let Some((name, word)) = either("COMPRESSION") {
            self.compression = Some(match word.to_ascii_lowercase().as_str() {
                "none" => Compression::None,
                "gzip" => Compression::Gzip,
                "zstd" => Compression::Zstd,
                _ => return Err(value(name, "must be none, gzip or zstd")),
            });
        }
        if let Some((name, word)) = either("PROTOCOL")
            && !word.eq_ignore_ascii_case("http/protobuf")
        {
            return Err(value(name, "must be http/protobuf, the protocol that this delivery speaks"));
        }
        if let Some((name, path)) = either("CERTIFICATE") {
            self.settings.ca_certificate = Some((name, path.into()));
        }
        if let Some((name, path)) = either("CLIENT_CERTIFICATE") {
            self.settings.client_chain = Some((name, path.into()));
        }
        if let Some((name, path)) = either("CLIENT_KEY") {
            self.settings.client_key = Some((name, path.into()));
        }
        if self.settings.proxy.is_none() {
            self.settings.proxy = proxy(&self.endpoint, &get);
        }
        Ok(self)
    }

    /// `name=value,name=value`, values percent-encoded.
    fn header_list(mut self, setting: &str, list: &str) -> Result<Self, DeliveryConfigError> {
        for (position, pair) in list.split(',').map(str::trim).filter(|p| !p.is_empty()).enumerate() {
            let wrong = |why| DeliveryConfigError::Header {
                setting: setting.to_owned(),
                position: position + 1,
                why,
            };
            let (name, value) = pair.split_once('=').ok_or_else(|| wrong("is not `name=value`"))?;
            let value = percent_decode(value.trim())
                .ok_or_else(|| wrong("has a broken percent-encoding in its value"))?;
            self = self.header_from(setting, name.trim().to_owned(), Secret::new(value));
            if let Some((_, _, why)) = self.header_error {
                return Err(wrong(why));
            }
        }
        Ok(self)
    }

    /// Starts from the variables alone: see [`Builder::environment`]. Default endpoint: `http://localhost:4318`.
    ///
    /// # Errors
    /// As [`Builder::environment`].
    pub fn from_environment(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, DeliveryConfigError> {
        Self::new(format!("{DEFAULT}/v1/logs")).environment(lookup)
    }
}

fn value(setting: String, why: &str) -> DeliveryConfigError {
    DeliveryConfigError::Value { setting, why: why.to_owned() }
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        rest = after;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The proxy that the usual variables name for this endpoint. `HTTP_PROXY` in capitals is what a CGI server makes of
/// a request's `Proxy` header, so for plain HTTP the small form goes first.
fn proxy(endpoint: &str, get: &impl Fn(&str) -> Option<String>) -> Option<(String, Secret)> {
    let (scheme, rest) = endpoint.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => host.split(':').next()?,
    };
    let exempt = get("no_proxy").or_else(|| get("NO_PROXY")).unwrap_or_default();
    if exempt.split(',').any(|pattern| is_exempt(host, pattern.trim())) {
        return None;
    }
    let names: &[&str] = if scheme.eq_ignore_ascii_case("https") {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
    };
    names.iter().find_map(|name| get(name).map(|url| ((*name).to_owned(), Secret::new(url))))
}

/// `*`, a host, or a domain with or without its leading dot; a port in the pattern is not looked at.
fn is_exempt(host: &str, pattern: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let pattern = pattern.trim_start_matches('.');
    let pattern =
        if pattern.matches(':').count() == 1 { pattern.split(':').next().unwrap_or("") } else { pattern };
    if pattern.is_empty() {
        return false;
    }
    let (host, pattern) = (host.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    host == pattern || host.strip_suffix(&pattern).is_some_and(|front| front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Builder, DeliveryConfigError> {
        let map: HashMap<_, _> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Builder::from_environment(|name| map.get(name).cloned())
    }

    #[test]
    fn the_common_endpoint_gets_the_path_and_the_specific_one_does_not() {
        let common = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp.example:4318/")]).unwrap();
        assert_eq!(common.endpoint, "https://otlp.example:4318/v1/logs");
        let both = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://a.example"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "https://b.example/logs"),
        ];
        assert_eq!(read(&both).unwrap().endpoint, "https://b.example/logs");
        assert_eq!(read(&[]).unwrap().endpoint, "http://localhost:4318/v1/logs");
    }

    #[test]
    fn header_values_are_decoded_and_a_broken_one_is_named_without_being_shown() {
        let builder = read(&[("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s%2Bcret, other = x ")]).unwrap();
        assert_eq!(builder.headers.len(), 2);
        let broken =
            read(&[("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "api-key=s3cret%0A")]).unwrap_err().to_string();
        assert!(broken.contains("OTEL_EXPORTER_OTLP_LOGS_HEADERS") && !broken.contains("s3cret"), "{broken}");
        assert!(read(&[("OTEL_EXPORTER_OTLP_HEADERS", "no-equals-sign")]).is_err());
        assert!(read(&[("OTEL_EXPORTER_OTLP_HEADERS", "a=%zz")]).is_err());
    }

    #[test]
    fn what_cannot_be_read_names_its_variable() {
        for (name, wrong) in [
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "0"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "lz4"),
            ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"),
        ] {
            let error = read(&[(name, wrong)]).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn the_proxy_follows_scheme_and_exemptions() {
        let url = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "https://otlp.nr-data.net/v1/logs");
        let found = |pairs: &[(&str, &str)]| read(pairs).unwrap().settings.proxy.map(|(name, _)| name);
        assert_eq!(found(&[url, ("HTTPS_PROXY", "http://p:1")]), Some("HTTPS_PROXY".to_owned()));
        assert_eq!(found(&[url, ("HTTP_PROXY", "http://p:1")]), None);
        assert_eq!(found(&[url, ("all_proxy", "http://p:1"), ("NO_PROXY", "x, .nr-data.net")]), None);
        assert_eq!(
            found(&[url, ("all_proxy", "http://p:1"), ("NO_PROXY", "data.net")]),
            Some("all_proxy".to_owned())
        );
        assert_eq!(found(&[url, ("all_proxy", "http://p:1"), ("NO_PROXY", "*")]), None);
    }
}
