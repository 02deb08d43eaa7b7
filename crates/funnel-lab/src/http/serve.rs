//! Accepts connections and speaks HTTP on them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::bounds::{CONNECTIONS_MAX, GRPC_CONNECTIONS_MAX, HEADER_TIMEOUT};
use super::{api, grpc, otlp};
use crate::app::App;

/// Answered to connections over the bound, without reading them.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Which listener a connection came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// OTLP over HTTP/1.1.
    Otlp,
    /// OTLP over gRPC.
    Grpc,
    /// The page and the API.
    Page,
}

/// Accepts until `stop` changes; open connections then end after the request they are in.
pub(crate) async fn serve(listener: TcpListener, door: Door, app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let most = if door == Door::Grpc { GRPC_CONNECTIONS_MAX } else { CONNECTIONS_MAX };
    let places = Arc::new(Semaphore::new(most));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: wait for connections to end.
                tracing::warn!(target: "funnel_lab", %error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            app.metrics.refuse_connection();
            // Best effort: whoever does not read it sees the connection close.
            let _ = stream.try_write(FULL);
            continue;
        };
        // Answers are small and awaited.
        let _ = stream.set_nodelay(true);
        let (app, stop) = (Arc::clone(&app), stop.clone());
        tokio::spawn(async move {
            match door {
                Door::Otlp | Door::Page => http1(stream, door, app, stop).await,
                Door::Grpc => http2(stream, app, stop).await,
            }
            drop(place);
        });
    }
}

async fn http1(stream: TcpStream, door: Door, app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let service = service_fn(|request| {
        let app = Arc::clone(&app);
        async move {
            Ok::<_, Infallible>(match door {
                Door::Page => api::answer(&app, request).await,
                Door::Otlp | Door::Grpc => otlp::answer(&app, request).await,
            })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(64)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A client that breaks off is its own affair.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(Duration::from_secs(2), connection).await;
        }
    }
}

/// The first bytes of every HTTP/2 connection.
const PREFACE: usize = 24;

async fn http2(stream: TcpStream, app: Arc<App>, mut stop: watch::Receiver<bool>) {
    if !opens(&stream).await {
        return;
    }
    let service = service_fn(|request| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(grpc::answer(&app, request).await) }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(HEADER_TIMEOUT)
        .keep_alive_timeout(HEADER_TIMEOUT)
        .max_concurrent_streams(32)
        .max_header_list_size(16 * 1024)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(Duration::from_secs(2), connection).await;
        }
    }
}

/// Whether a client sends its preface in time; the HTTP/2 server itself would wait for ever.
async fn opens(stream: &TcpStream) -> bool {
    let arrived = async {
        let mut preface = [0; PREFACE];
        let mut before = 0;
        loop {
            match stream.peek(&mut preface).await {
                Ok(PREFACE) => return true,
                Ok(0) | Err(_) => return false,
                // Some of it: `peek` would answer at once again, so wait for the rest a little.
                Ok(now) if now == before => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(now) => before = now,
            }
        }
    };
    tokio::time::timeout(HEADER_TIMEOUT, arrived).await.unwrap_or(false)
}
