//! From a name to an HTTP/2 connection.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::SendRequest;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WantsClientCert;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, crypto};

use crate::sender::pem::{load, unusable};
use crate::sender::resolve::within;
use crate::settings::choice::Roots;
use crate::settings::endpoint::Endpoint;
use crate::settings::error::DeliveryConfigError;
use crate::settings::transport::{TransportError, TransportSettings};

/// Tries each address of the name in turn.
pub(super) fn tcp(endpoint: &Endpoint, deadline: Instant) -> Result<TcpStream, TransportError> {
    let mut last = TransportError::Dns;
    for address in resolve(&endpoint.host, endpoint.port, deadline)? {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = failed(&error),
        }
    }
    Err(last)
}

/// Opens HTTP/2 on a connected stream. The connection runs in the current runtime.
pub(super) async fn open(
    stream: TcpStream,
    endpoint: &Endpoint,
    tls: Option<Arc<ClientConfig>>,
) -> Result<SendRequest<Bytes>, TransportError> {
    let stream = stream.set_nonblocking(true).and_then(|()| {
        stream.set_nodelay(true)?;
        tokio::net::TcpStream::from_std(stream)
    });
    let stream = stream.map_err(|error| failed(&error))?;
    let Some(config) = tls else { return handshake(stream).await };
    let name = ServerName::try_from(endpoint.host.clone()).map_err(|_| {
        TransportError::Tls("the endpoint's host is not a name that a certificate can have".to_owned())
    })?;
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| TransportError::Tls(error.to_string()))?;
    handshake(stream).await
}

async fn handshake(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Bytes>, TransportError> {
    let (sender, connection) =
        h2::client::handshake(stream).await.map_err(|error| super::call::broken(&error))?;
    tokio::spawn(async move {
        // Its end is seen by the call that uses it.
        let _ = connection.await;
    });
    Ok(sender)
}

fn resolve(host: &str, port: u16, deadline: Instant) -> Result<Vec<SocketAddr>, TransportError> {
    if let Ok(address) = host.parse() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let host = host.to_owned();
    let lookup = move || (host.as_str(), port).to_socket_addrs().map(|all| all.collect::<Vec<_>>());
    match within(left(deadline)?, lookup).map_err(|error| failed(&error))? {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(_) => Err(TransportError::Dns),
        Err(_) => Err(TransportError::Timeout),
    }
}

fn left(deadline: Instant) -> Result<Duration, TransportError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(TransportError::Timeout) } else { Ok(left) }
}

fn failed(error: &io::Error) -> TransportError {
    match error.kind() {
        io::ErrorKind::TimedOut => TransportError::Timeout,
        kind => TransportError::Connection(kind.to_string()),
    }
}

/// # Errors
/// A certificate or a key that cannot be used.
pub(super) fn tls(settings: &TransportSettings) -> Result<Arc<ClientConfig>, DeliveryConfigError> {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("Builder::roots", &error.to_string()))?;
    let builder = match (&settings.ca_certificate, settings.roots) {
        (None, Roots::System) => system(builder, provider)?,
        (given, _) => builder.with_root_certificates(roots(given.as_ref())?),
    };
    let mut config = match (&settings.client_chain, &settings.client_key) {
        (Some((chain_setting, chain)), Some((key_setting, key))) => {
            let chain = certificates(chain_setting, &load(chain_setting, chain)?)?;
            let key = PrivateKeyDer::from_pem_slice(&load(key_setting, key)?)
                .map_err(|_| unusable(key_setting, "no private key in it"))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|_| unusable(key_setting, "the private key does not match the certificate"))?
        }
        (None, None) => builder.with_no_client_auth(),
        (Some((setting, _)), None) | (None, Some((setting, _))) => {
            return Err(DeliveryConfigError::Value {
                setting: setting.clone(),
                why: "a client certificate and its private key must be set together".to_owned(),
            });
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

fn roots(given: Option<&(String, std::path::PathBuf)>) -> Result<RootCertStore, DeliveryConfigError> {
    let mut store = RootCertStore::empty();
    match given {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some((setting, path)) => {
            for certificate in certificates(setting, &load(setting, path)?)? {
                store.add(certificate).map_err(|_| unusable(setting, "a certificate cannot be read"))?;
            }
        }
    }
    Ok(store)
}

fn certificates(setting: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, DeliveryConfigError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(unusable(setting, "no certificate in it")),
    }
}

type Verifying = ConfigBuilder<ClientConfig, WantsVerifier>;
type Identified = ConfigBuilder<ClientConfig, WantsClientCert>;

#[cfg(feature = "system-roots")]
fn system(
    builder: Verifying,
    provider: Arc<crypto::CryptoProvider>,
) -> Result<Identified, DeliveryConfigError> {
    let verifier = rustls_platform_verifier::Verifier::new(provider)
        .map_err(|error| unusable("Builder::roots", &error.to_string()))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)))
}

#[cfg(not(feature = "system-roots"))]
fn system(_: Verifying, _: Arc<crypto::CryptoProvider>) -> Result<Identified, DeliveryConfigError> {
    Err(DeliveryConfigError::Feature { setting: "Builder::roots".to_owned(), feature: "system-roots" })
}
