//! The bundled client: HTTP/1.1 with keep-alive, TLS by rustls and ring, one blocking call for each request.

use std::io::Read as _;
use std::path::Path;

use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::settings::choice::Roots;
use crate::settings::error::DeliveryConfigError;
use crate::settings::transport::{Request, Response, Transport, TransportError, TransportSettings};

/// More of an answer's body than this is not read; what matters in it is a few bytes at its start.
const ANSWER: u64 = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Http(Agent);

impl Http {
    pub(crate) fn new(settings: &TransportSettings, in_flight: usize) -> Result<Self, DeliveryConfigError> {
        let proxy = match &settings.proxy {
            None => None,
            Some((setting, url)) => {
                Some(ureq::Proxy::new(url.expose()).map_err(|_| DeliveryConfigError::Value {
                    setting: setting.clone(),
                    why: "must be the URL of an HTTP proxy".to_owned(),
                })?)
            }
        };
        let config = Agent::config_builder()
            .timeout_global(Some(settings.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(settings.user_agent.as_str())
            .max_idle_connections(in_flight)
            .max_idle_connections_per_host(in_flight)
            .proxy(proxy)
            .tls_config(tls(settings)?)
            .build();
        Ok(Self(config.new_agent()))
    }
}

impl Transport for Http {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let mut builder = self.0.post(request.endpoint);
        for (name, value) in request.headers {
            builder = builder.header(*name, *value);
        }
        let answer = builder.send(request.body).map_err(|error| translate(&error))?;
        let status = answer.status().as_u16();
        let retry_after =
            answer.headers().get("retry-after").and_then(|v| v.to_str().ok()).map(str::to_owned);
        // The status decides. A body that does not end, or not in time, changes nothing about it.
        let mut body = Vec::new();
        let _ = answer.into_body().into_reader().take(ANSWER).read_to_end(&mut body);
        Ok(Response { status, retry_after, body })
    }
}

/// Keeps the kind and drops what could name a value.
fn translate(error: &ureq::Error) -> TransportError {
    match error {
        ureq::Error::HostNotFound => TransportError::Dns,
        ureq::Error::Timeout(_) => TransportError::Timeout,
        ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::TimedOut => TransportError::Timeout,
        ureq::Error::Io(io) => TransportError::Connection(io.kind().to_string()),
        ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) => {
            TransportError::Connection("refused".to_owned())
        }
        ureq::Error::Tls(why) => TransportError::Tls((*why).to_owned()),
        ureq::Error::Rustls(error) => TransportError::Tls(error.to_string()),
        ureq::Error::Pem(_) => TransportError::Tls("a certificate cannot be read".to_owned()),
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => TransportError::Protocol("malformed".to_owned()),
        _ => TransportError::Protocol("unexpected".to_owned()),
    }
}

fn tls(settings: &TransportSettings) -> Result<TlsConfig, DeliveryConfigError> {
    let roots = match (&settings.ca_certificate, settings.roots) {
        (Some((setting, path)), _) => RootCerts::from(certificates(setting, path)?),
        (None, Roots::Bundled) => RootCerts::WebPki,
        (None, Roots::System) if cfg!(feature = "system-roots") => RootCerts::PlatformVerifier,
        (None, Roots::System) => {
            return Err(DeliveryConfigError::Feature {
                setting: "Builder::roots".to_owned(),
                feature: "system-roots",
            });
        }
    };
    let client = match (&settings.client_chain, &settings.client_key) {
        (None, None) => None,
        (Some((chain_setting, chain)), Some((key_setting, key))) => {
            let chain = certificates(chain_setting, chain)?;
            let key = PrivateKey::from_pem(&load(key_setting, key)?)
                .map_err(|_| unusable(key_setting, key, "no private key in it"))?;
            Some(ClientCert::new_with_certs(&chain, key))
        }
        (Some((setting, _)), None) | (None, Some((setting, _))) => {
            return Err(DeliveryConfigError::Value {
                setting: setting.clone(),
                why: "a client certificate needs its key, and a key its certificate".to_owned(),
            });
        }
    };
    Ok(TlsConfig::builder().root_certs(roots).client_cert(client).build())
}

fn certificates(setting: &str, path: &Path) -> Result<Vec<Certificate<'static>>, DeliveryConfigError> {
    let pem = load(setting, path)?;
    let found: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() { Err(unusable(setting, path, "no certificate in it")) } else { Ok(found) }
}

fn load(setting: &str, path: &Path) -> Result<Vec<u8>, DeliveryConfigError> {
    std::fs::read(path).map_err(|error| unusable(setting, path, &error.to_string()))
}

fn unusable(setting: &str, path: &Path, why: &str) -> DeliveryConfigError {
    DeliveryConfigError::File { setting: setting.to_owned(), path: path.to_owned(), why: why.to_owned() }
}
