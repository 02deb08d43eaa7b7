//! Settings from the variables that the OpenTelemetry specification names, through a map that the caller gives.

use std::time::Duration;

use super::advisory::DeliveryAdvisory;
use super::builder::Builder;
use super::choice::{Compression, Protocol};
use super::endpoint::{below, percent_decode};
use super::error::DeliveryConfigError;
use super::proxy;
use super::secret::{Secret, is_header_name, is_header_value};

const DEFAULT: &str = "http://localhost:4318";
const GRPC_DEFAULT: &str = "http://localhost:4317";

impl Builder {
    /// Overlays `OTEL_EXPORTER_OTLP_[LOGS_]{ENDPOINT,HEADERS,TIMEOUT,COMPRESSION,PROTOCOL,INSECURE,
    /// CERTIFICATE,CLIENT_CERTIFICATE,CLIENT_KEY}` and the proxy variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`
    /// (either case). What is unset or empty leaves the setting as it is; the variant with `LOGS_` wins.
    ///
    /// A value that cannot be read is left out, and an advisory names its variable: one wrong header or an unknown
    /// compression is not a reason to send nothing.
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
    /// None at present; what cannot work at all is refused by [`Builder::build`].
    pub fn environment(self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, DeliveryConfigError> {
        self.environment_of(&["OTEL_EXPORTER_OTLP_LOGS", "OTEL_EXPORTER_OTLP"], lookup)
    }

    /// As [`Builder::environment`], but `<PREFIX>_OTLP_ENDPOINT`, `…_PROTOCOL`, `…_HEADERS` (and the others of the
    /// list) go before the `OTEL_` ones, for a part of a service that has an endpoint of its own. Its endpoint is a
    /// base URL; one that ends in `/v1/logs` already is used as it is.
    ///
    /// # Errors
    /// As [`Builder::environment`].
    pub fn environment_with_prefix(
        self,
        prefix: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, DeliveryConfigError> {
        let own = format!("{prefix}_OTLP");
        self.environment_of(&[&own, "OTEL_EXPORTER_OTLP_LOGS", "OTEL_EXPORTER_OTLP"], lookup)
    }

    /// The first of `families` that has a value for a key gives it.
    fn environment_of(
        mut self,
        families: &[&str],
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, DeliveryConfigError> {
        let get = |name: &str| lookup(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let first = |key: &str| {
            let names = families.iter().map(|family| format!("{family}_{key}"));
            names.into_iter().find_map(|name| get(&name).map(|value| (name, value)))
        };

        if let Some((name, word)) = first("PROTOCOL") {
            self = self.protocol_word(&name, &word);
        }
        if let Some((name, url)) = first("ENDPOINT") {
            let whole = match name.as_str() {
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT" => true,
                "OTEL_EXPORTER_OTLP_ENDPOINT" => false,
                _ => has_path_for_logs(&url),
            };
            self.endpoint = match self.protocol {
                Protocol::HttpProtobuf if whole => url,
                Protocol::HttpProtobuf => below(&url),
                Protocol::Grpc if url.contains("://") => url,
                // The specification lets the scheme out for gRPC, and this variable say which it is.
                Protocol::Grpc => {
                    let plain = first("INSECURE").is_some_and(|(_, word)| word.eq_ignore_ascii_case("true"));
                    format!("{}://{url}", if plain { "http" } else { "https" })
                }
            };
            self.endpoint_setting = name;
        } else if self.protocol == Protocol::Grpc && self.endpoint == below(DEFAULT) {
            GRPC_DEFAULT.clone_into(&mut self.endpoint);
        }
        if let Some((name, list)) = first("HEADERS") {
            self = self.header_list(&name, &list);
        }
        if let Some((name, millis)) = first("TIMEOUT") {
            match millis.parse().ok().filter(|n| *n > 0) {
                Some(millis) => self.settings.timeout = Duration::from_millis(millis),
                None => self.note(&name, "must be milliseconds above 0; the default is used"),
            }
        }
        if let Some((name, word)) = first("COMPRESSION") {
            match word.to_ascii_lowercase().as_str() {
                "none" => self.compression = Some(Compression::None),
                "gzip" => self.compression = Some(Compression::Gzip),
                "zstd" => self.compression = Some(Compression::Zstd),
                _ => self.note(&name, "must be none, gzip or zstd; the default is used"),
            }
            self.compression_setting = name;
        }
        if let Some((name, path)) = first("CERTIFICATE") {
            self.settings.ca_certificate = Some((name, path.into()));
        }
        if let Some((name, path)) = first("CLIENT_CERTIFICATE") {
            self.settings.client_chain = Some((name, path.into()));
        }
        if let Some((name, path)) = first("CLIENT_KEY") {
            self.settings.client_key = Some((name, path.into()));
        }
        if self.settings.proxy.is_none() {
            self.settings.proxy = proxy::for_endpoint(&self.endpoint, &get);
        }
        Ok(self)
    }

    /// `name=value,name=value`, values percent-encoded. An entry that cannot be read is left out.
    fn header_list(mut self, setting: &str, list: &str) -> Self {
        for (position, pair) in list.split(',').map(str::trim).filter(|p| !p.is_empty()).enumerate() {
            match header_pair(pair) {
                Ok((name, value)) => self = self.header_from(setting, name, value),
                Err(why) => {
                    let entry = position + 1;
                    self.note(setting, &format!("header number {entry} {why}; it is not sent"));
                }
            }
        }
        self
    }

    fn protocol_word(mut self, setting: &str, word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "http/protobuf" => self.protocol = Protocol::HttpProtobuf,
            "grpc" if cfg!(feature = "grpc") => self.protocol = Protocol::Grpc,
            "grpc" => self.note(
                setting,
                "selects gRPC, which needs the cargo feature `grpc`; http/protobuf is used instead, and its port is \
                 usually 4318",
            ),
            _ => self.note(setting, "must be http/protobuf or grpc; http/protobuf is used"),
        }
        setting.clone_into(&mut self.protocol_setting);
        self
    }

    fn note(&mut self, setting: &str, what: &str) {
        self.notes.push(DeliveryAdvisory::Ignored { reason: format!("{setting}: {what}") });
    }

    /// Starts from the variables alone: see [`Builder::environment`]. Default endpoint: `http://localhost:4318`.
    ///
    /// # Errors
    /// As [`Builder::environment`].
    pub fn from_environment(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, DeliveryConfigError> {
        Self::new(below(DEFAULT)).environment(lookup)
    }
}

fn has_path_for_logs(url: &str) -> bool {
    url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/').ends_with("/v1/logs")
}

/// One entry of the list of headers.
fn header_pair(pair: &str) -> Result<(String, Secret), &'static str> {
    let (name, value) = pair.split_once('=').ok_or("is not `name=value`")?;
    let name = name.trim();
    let value = percent_decode(value.trim()).ok_or("has a broken percent-encoding in its value")?;
    if !is_header_name(name) {
        return Err("has a name that HTTP does not allow");
    }
    if !is_header_value(&value) {
        return Err("has a value with characters that HTTP does not allow (a line break?)");
    }
    Ok((name.to_owned(), Secret::new(value)))
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

    fn notes(pairs: &[(&str, &str)]) -> Vec<String> {
        read(pairs).unwrap().notes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn grpc_has_no_path_and_a_default_port_of_its_own() {
        let protocol = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        if !cfg!(feature = "grpc") {
            let notes = notes(&[protocol]);
            assert!(
                notes.len() == 1 && notes[0].contains(protocol.0) && notes[0].contains("`grpc`"),
                "{notes:?}"
            );
            return;
        }
        let endpoint = |pairs: &[(&str, &str)]| {
            let builder = read(&[&[protocol][..], pairs].concat()).unwrap();
            assert!(builder.protocol == Protocol::Grpc && builder.notes.is_empty());
            builder.endpoint
        };
        let name = "OTEL_EXPORTER_OTLP_ENDPOINT";
        assert_eq!(endpoint(&[]), "http://localhost:4317");
        assert_eq!(endpoint(&[(name, "http://h:4317")]), "http://h:4317");
        assert_eq!(endpoint(&[(name, "h:4317")]), "https://h:4317");
        assert_eq!(endpoint(&[(name, "h:4317"), ("OTEL_EXPORTER_OTLP_INSECURE", "true")]), "http://h:4317");
    }

    #[test]
    fn the_path_for_logs_goes_before_a_query() {
        let with_query = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h/otlp?token=abc")]).unwrap();
        assert_eq!(with_query.endpoint, "http://h/otlp/v1/logs?token=abc");
    }

    #[test]
    fn a_prefix_of_its_own_goes_first() {
        let map = HashMap::from([
            ("SHOP_OTLP_ENDPOINT", "https://own.example"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "https://other.example/v1/logs"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=b"),
        ]);
        let lookup = |name: &str| map.get(name).map(|v| (*v).to_owned());
        let new = || Builder::new(below(DEFAULT));
        let builder = new().environment_with_prefix("SHOP", lookup).unwrap();
        assert_eq!(builder.endpoint, "https://own.example/v1/logs");
        assert_eq!((builder.endpoint_setting.as_str(), builder.headers.len()), ("SHOP_OTLP_ENDPOINT", 1));
        let whole = |name: &str| (name == "SHOP_OTLP_ENDPOINT").then(|| "http://h/v1/logs?x=1".to_owned());
        let builder = new().environment_with_prefix("SHOP", whole).unwrap();
        assert_eq!(builder.endpoint, "http://h/v1/logs?x=1");
    }

    #[test]
    fn header_values_are_decoded_and_a_broken_one_is_left_out_and_named_without_being_shown() {
        let builder = read(&[("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s%2Bcret, other = x ")]).unwrap();
        assert_eq!((builder.headers.len(), builder.notes.len()), (2, 0));
        for broken in ["x-tenant=100%", "k=s3cret%0A", "no-equals-sign", "a=%zz", "a b=s3cret", "=s3cret"] {
            let list = format!("api-key=good,{broken},other=x");
            let pairs = [("OTEL_EXPORTER_OTLP_LOGS_HEADERS", list.as_str())];
            assert_eq!(read(&pairs).unwrap().headers.len(), 2, "{broken}");
            let notes = notes(&pairs);
            assert!(notes.len() == 1 && notes[0].contains("OTEL_EXPORTER_OTLP_LOGS_HEADERS"), "{notes:?}");
            assert!(notes[0].contains("number 2") && !notes[0].contains("s3cret"), "{notes:?}");
        }
    }

    #[test]
    fn headers_that_the_delivery_sets_itself_are_not_sent_twice() {
        for name in ["content-type", "Content-Encoding", "Content-Length", "host", "Transfer-Encoding"] {
            let list = format!("{name}=x,api-key=k");
            let pairs = [("OTEL_EXPORTER_OTLP_HEADERS", list.as_str())];
            assert_eq!(read(&pairs).unwrap().headers.len(), 1, "{name}");
            assert!(notes(&pairs)[0].contains("OTEL_EXPORTER_OTLP_HEADERS"));
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_names_its_variable() {
        for (name, wrong) in [
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "0"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "lz4"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ] {
            let notes = notes(&[(name, wrong)]);
            assert!(notes.len() == 1 && notes[0].contains(name), "{notes:?}");
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
