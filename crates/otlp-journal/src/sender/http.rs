//! The bundled client: HTTP/1.1 with keep-alive, TLS by rustls and ring, one blocking call for each request.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;

use super::forward::Forward;
use super::pem::{load, unusable};
use super::resolve::SystemResolver;
use crate::settings::choice::Roots;
use crate::settings::endpoint::Endpoint;
use crate::settings::error::DeliveryConfigError;
use crate::settings::proxy::Proxy;
use crate::settings::transport::{Request, Response, Transport, TransportError, TransportSettings};

/// More of an answer's body than this is not read; what matters in it is a few bytes at its start.
const ANSWER: u64 = 64 * 1024;

struct Http(Agent);

/// Its configuration holds a proxy's password.
impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Http")
    }
}

/// The client for this endpoint.
///
/// # Errors
/// A certificate or a key that cannot be used, or a proxy.
pub(crate) fn client(
    settings: &TransportSettings,
    endpoint: &Endpoint,
    in_flight: usize,
) -> Result<Arc<dyn Transport>, DeliveryConfigError> {
    let refused = |setting: &str, why: &str| DeliveryConfigError::Value {
        setting: setting.to_owned(),
        why: why.to_owned(),
    };
    let proxy = match &settings.proxy {
        None => None,
        Some((setting, url)) => {
            let proxy = Proxy::parse(url.expose()).map_err(|why| refused(setting, why))?;
            if !endpoint.https && !proxy.https {
                return Ok(Arc::new(Forward::new(proxy, settings.timeout, settings.user_agent.clone())));
            }
            Some(
                ureq::Proxy::new(url.expose())
                    .map_err(|_| refused(setting, "must be the URL of an HTTP proxy"))?,
            )
        }
    };
    Ok(Arc::new(Http::new(settings, proxy, in_flight)?))
}

impl Http {
    fn new(
        settings: &TransportSettings,
        proxy: Option<ureq::Proxy>,
        in_flight: usize,
    ) -> Result<Self, DeliveryConfigError> {
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
        Ok(Self(Agent::with_parts(config, DefaultConnector::default(), SystemResolver)))
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
        let header = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (retry_after, content_type) = (header("retry-after"), header("content-type"));
        // The status decides. A body that does not end, or not in time, changes nothing about it.
        let mut body = Vec::new();
        let _ = answer.into_body().into_reader().take(ANSWER).read_to_end(&mut body);
        Ok(Response { status, retry_after, content_type, body })
    }
}

/// Keeps the kind and drops what could name a value.
fn translate(error: &ureq::Error) -> TransportError {
    match error {
        ureq::Error::HostNotFound => TransportError::Dns,
        ureq::Error::Timeout(_) => TransportError::Timeout,
        ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::TimedOut => TransportError::Timeout,
        // The resolver's fault has no kind of its own.
        ureq::Error::Io(io) if io.to_string().starts_with("failed to lookup address") => TransportError::Dns,
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
                .map_err(|_| unusable(key_setting, "no private key in it"))?;
            Some(ClientCert::new_with_certs(&chain, key))
        }
        (Some((setting, _)), None) | (None, Some((setting, _))) => {
            return Err(DeliveryConfigError::Value {
                setting: setting.clone(),
                why: "a client certificate and its private key must be set together".to_owned(),
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
    if found.is_empty() { Err(unusable(setting, "no certificate in it")) } else { Ok(found) }
}
