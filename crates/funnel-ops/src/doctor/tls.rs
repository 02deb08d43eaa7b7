//! Who signed the endpoint's certificate.

use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned,
};

/// The verifier of the system's roots, which remembers what it was shown.
#[derive(Debug)]
struct Watching {
    inner: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<Vec<u8>>>,
}

impl ServerCertVerifier for Watching {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(end.to_vec());
        self.inner.verify_server_cert(end, between, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Shakes hands; who signed the certificate, and what was wrong with it.
pub(super) fn shake(stream: TcpStream, host: &str) -> (Option<String>, Result<(), String>) {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let inner =
        match WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build() {
            Ok(inner) => inner,
            Err(error) => return (None, Err(error.to_string())),
        };
    let watching = Arc::new(Watching { inner, seen: Mutex::new(None) });
    let done = handshake(stream, host, provider, &watching);
    let seen = watching.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    (seen.as_deref().and_then(issuer), done)
}

fn handshake(
    stream: TcpStream,
    host: &str,
    provider: Arc<rustls::crypto::CryptoProvider>,
    watching: &Arc<Watching>,
) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| text(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(watching) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| text(&error))?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(|error| text(&error))?;
    let mut session = StreamOwned::new(connection, stream);
    session
        .flush()
        .and_then(|()| session.conn.complete_io(&mut session.sock).map(drop))
        .map_err(|error| text(&error))
}

/// The organisation or the common name of a certificate's issuer: the first text behind either attribute's name.
fn issuer(certificate: &[u8]) -> Option<String> {
    // The issuer stands before the subject. `2.5.4.10` is the organisation, `2.5.4.3` the common name.
    let find = |object: [u8; 5]| {
        let at = certificate.windows(5).position(|window| window == object)? + 5;
        let length = usize::from(*certificate.get(at + 1)?);
        let text = certificate.get(at + 2..at + 2 + length)?;
        Some(
            text.iter()
                .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '?' })
                .collect(),
        )
    };
    find([6, 3, 0x55, 4, 10]).or_else(|| find([6, 3, 0x55, 4, 3]))
}
