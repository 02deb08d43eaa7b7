//! OTLP over gRPC: one unary call for each request, over HTTP/2 with prior knowledge or TLS.
//!
//! Connections are kept like those of the HTTP client: each belongs to one call at a time, and is driven by the thread
//! that makes the call. So no thread of its own has to live, which a forked child would not have.

mod call;
mod connect;
mod status;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use h2::client::SendRequest;
use tokio::runtime::Runtime;
use tokio::time::timeout_at;
use tokio_rustls::rustls::ClientConfig;

use crate::settings::endpoint::Endpoint;
use crate::settings::error::DeliveryConfigError;
use crate::settings::transport::{Request, Response, Transport, TransportError, TransportSettings};

struct Grpc {
    settings: TransportSettings,
    endpoint: Endpoint,
    tls: Option<Arc<ClientConfig>>,
    /// Connections that no call is using.
    idle: Mutex<Vec<Connection>>,
}

/// A connection, and the runtime in which it is driven while a call waits.
struct Connection {
    sender: SendRequest<bytes::Bytes>,
    runtime: Runtime,
}

/// The endpoint may hold a password.
impl fmt::Debug for Grpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grpc")
    }
}

/// The client for this endpoint. Its path is not used: gRPC has one for each service.
///
/// # Errors
/// A certificate or a key that cannot be used.
pub(crate) fn client(
    settings: &TransportSettings,
    endpoint: &Endpoint,
) -> Result<Arc<dyn Transport>, DeliveryConfigError> {
    let tls = if endpoint.https { Some(connect::tls(settings)?) } else { None };
    let (settings, endpoint) = (settings.clone(), endpoint.clone());
    Ok(Arc::new(Grpc { settings, endpoint, tls, idle: Mutex::default() }))
}

impl Transport for Grpc {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let deadline = Instant::now() + self.settings.timeout;
        let connection = match self.kept() {
            Some(connection) => connection,
            None => self.connect(deadline)?,
        };
        let call =
            call::export(connection.sender.clone(), &self.endpoint, &self.settings.user_agent, request);
        let answer = connection.runtime.block_on(async {
            timeout_at(deadline.into(), call).await.unwrap_or(Err(TransportError::Timeout))
        });
        // After an error the state of the connection is unknown.
        if answer.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        answer
    }
}

impl Grpc {
    /// A kept connection that the far end has not closed meanwhile.
    fn kept(&self) -> Option<Connection> {
        loop {
            let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let open = connection.runtime.block_on(async {
                // Lets the connection read what came while nobody drove it.
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
                connection.sender.clone().ready().await.is_ok()
            });
            if open {
                return Some(connection);
            }
        }
    }

    fn connect(&self, deadline: Instant) -> Result<Connection, TransportError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| TransportError::Connection(error.kind().to_string()))?;
        let stream = connect::tcp(&self.endpoint, deadline)?;
        let sender = runtime.block_on(async {
            let open = connect::open(stream, &self.endpoint, self.tls.clone());
            timeout_at(deadline.into(), open).await.unwrap_or(Err(TransportError::Timeout))
        })?;
        Ok(Connection { sender, runtime })
    }
}
