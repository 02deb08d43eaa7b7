//! One call of `LogsService/Export`.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use bytes::{BufMut, Bytes, BytesMut};
use h2::RecvStream;
use h2::client::{ResponseFuture, SendRequest};
use http::{HeaderMap, Method, Version, header};

use super::status;
use crate::settings::endpoint::Endpoint;
use crate::settings::transport::{Request, Response, TransportError};

const METHOD: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
/// More of an answer is not read: an `ExportLogsServiceResponse` is a count and a sentence.
const ANSWER: usize = 64 * 1024;
/// A flag that says whether a message is compressed, and its length.
const PREFIX: usize = 5;

/// # Errors
/// When there was no answer to judge.
pub(super) async fn export(
    sender: SendRequest<Bytes>,
    endpoint: &Endpoint,
    user_agent: &str,
    request: &Request<'_>,
) -> Result<Response, TransportError> {
    let head = head(endpoint, user_agent, request)?;
    let mut sender = sender.ready().await.map_err(|error| broken(&error))?;
    let (answer, stream) = sender.send_request(head, false).map_err(|error| broken(&error))?;
    let answer = send_body(answer, stream, message(request)).await?;
    let (head, body) = answer.into_parts();
    if head.status != 200 {
        return Ok(Response { status: head.status.as_u16(), ..Response::new(0) });
    }
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|value| value.starts_with("application/grpc")) {
        let response = Response::new(200);
        return Ok(match content_type {
            Some(value) => response.content_type(value),
            None => response,
        });
    }
    // An answer without a message has its status in the head.
    let (message, trailers) = read(body).await?;
    Ok(status::response(trailers.as_ref().unwrap_or(&head.headers), message))
}

fn head(
    endpoint: &Endpoint,
    user_agent: &str,
    request: &Request<'_>,
) -> Result<http::Request<()>, TransportError> {
    let base = endpoint.url.split_once("://").and_then(|(scheme, rest)| {
        let authority = rest.split(['/', '?']).next()?;
        Some(format!("{scheme}://{authority}{METHOD}"))
    });
    let mut head = http::Request::builder()
        .method(Method::POST)
        .uri(base.unwrap_or_default())
        .version(Version::HTTP_2)
        .header(header::TE, "trailers")
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::USER_AGENT, user_agent);
    for (name, value) in request.headers {
        head = match name.to_ascii_lowercase().as_str() {
            "content-type" => head,
            "content-encoding" => head.header("grpc-encoding", *value),
            lower => head.header(lower, *value),
        };
    }
    head.body(()).map_err(|_| TransportError::Protocol("a header cannot be sent".to_owned()))
}

/// The body behind its prefix.
fn message(request: &Request<'_>) -> Bytes {
    let compressed = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
    let mut out = BytesMut::with_capacity(PREFIX + request.body.len());
    out.put_u8(u8::from(compressed));
    out.put_u32(u32::try_from(request.body.len()).unwrap_or(u32::MAX));
    out.put_slice(request.body);
    out.freeze()
}

/// Sends as the far end makes room, and stops when it answers before it has everything.
async fn send_body(
    answer: ResponseFuture,
    mut stream: h2::SendStream<Bytes>,
    mut body: Bytes,
) -> Result<http::Response<RecvStream>, TransportError> {
    let mut answer = pin!(answer);
    poll_fn(|context| {
        if let Poll::Ready(answer) = answer.as_mut().poll(context) {
            return Poll::Ready(answer.map_err(|error| broken(&error)));
        }
        while !body.is_empty() {
            stream.reserve_capacity(body.len());
            match stream.poll_capacity(context) {
                Poll::Ready(Some(Ok(room))) => {
                    let part = body.split_to(room.min(body.len()));
                    if let Err(error) = stream.send_data(part, body.is_empty()) {
                        return Poll::Ready(Err(broken(&error)));
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(broken(&error))),
                // No more is wanted; the answer says why.
                Poll::Ready(None) => body.clear(),
                Poll::Pending => break,
            }
        }
        Poll::Pending
    })
    .await
}

/// The message of the answer, and its trailers.
async fn read(mut body: RecvStream) -> Result<(Vec<u8>, Option<HeaderMap>), TransportError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.map_err(|error| broken(&error))?;
        let _ = body.flow_control().release_capacity(chunk.len());
        bytes.extend_from_slice(chunk.get(..chunk.len().min(ANSWER - bytes.len())).unwrap_or_default());
    }
    let trailers = body.trailers().await.map_err(|error| broken(&error))?;
    let compressed = bytes.first() != Some(&0);
    let message = if compressed { Vec::new() } else { bytes.get(PREFIX..).unwrap_or_default().to_vec() };
    Ok((message, trailers))
}

/// A connection that broke, or that does not speak HTTP/2.
pub(super) fn broken(error: &h2::Error) -> TransportError {
    match error.get_io() {
        Some(io) => TransportError::Connection(io.kind().to_string()),
        None if error.is_remote() => TransportError::Connection("closed by the endpoint".to_owned()),
        None => TransportError::Protocol("not HTTP/2".to_owned()),
    }
}
