//! Plain HTTP through a proxy: the request goes to the proxy with the whole URL in its first line (RFC 9112 §3.2.2).
//! A tunnel, which is what the client below would ask for, is refused by most proxies for other ports than 443.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use crate::settings::clock::deadline;
use crate::settings::endpoint::Endpoint;
use crate::settings::proxy::Proxy;
use crate::settings::transport::{Request, Response, Transport, TransportError};

/// More of an answer than this is not read.
const ANSWER: usize = 64 * 1024;
const HEADERS: usize = 64;

pub(crate) struct Forward {
    proxy: Proxy,
    timeout: Duration,
    user_agent: String,
}

impl std::fmt::Debug for Forward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Forward")
    }
}

impl Forward {
    pub(crate) fn new(proxy: Proxy, timeout: Duration, user_agent: String) -> Self {
        Self { proxy, timeout, user_agent }
    }

    fn connect(&self, until: Instant) -> Result<TcpStream, TransportError> {
        let proxy = (self.proxy.host.as_str(), self.proxy.port);
        let addresses = proxy.to_socket_addrs().map_err(|_| TransportError::Dns)?;
        let mut last = TransportError::Dns;
        for address in addresses {
            match TcpStream::connect_timeout(&address, left(until)?) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = failed(&error),
            }
        }
        Err(last)
    }

    fn head(&self, endpoint: &Endpoint, request: &Request<'_>) -> String {
        let host = endpoint.url.split_once("://").map_or("", |(_, rest)| rest);
        let host = host.split(['/', '?']).next().unwrap_or(host);
        let mut head = format!(
            "POST {} HTTP/1.1\r\nhost: {host}\r\nuser-agent: {}\r\ncontent-length: {}\r\nconnection: close\r\n",
            endpoint.url,
            self.user_agent,
            request.body.len()
        );
        if let Some(authorization) = &self.proxy.authorization {
            head += &format!("proxy-authorization: {}\r\n", authorization.expose());
        }
        for (name, value) in request.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + "\r\n"
    }
}

impl Transport for Forward {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let endpoint = Endpoint::parse(request.endpoint)
            .map_err(|_| TransportError::Protocol("the endpoint cannot be read".to_owned()))?;
        let until = deadline(self.timeout);
        let mut stream = self.connect(until)?;
        let write = |stream: &mut TcpStream, bytes: &[u8]| -> Result<(), TransportError> {
            stream.set_write_timeout(Some(left(until)?)).map_err(|e| failed(&e))?;
            stream.write_all(bytes).map_err(|e| failed(&e))
        };
        write(&mut stream, self.head(&endpoint, request).as_bytes())?;
        write(&mut stream, request.body)?;
        let mut answer = Vec::new();
        loop {
            if let Some(response) = parse(&answer, false) {
                return Ok(response);
            }
            let mut part = [0; 8 * 1024];
            let wait =
                left(until).and_then(|left| stream.set_read_timeout(Some(left)).map_err(|e| failed(&e)));
            let read = wait.and_then(|()| stream.read(&mut part).map_err(|e| failed(&e)));
            match read {
                Ok(count @ 1..) if answer.len() < ANSWER => answer.extend_from_slice(&part[..count]),
                // The status decides. A body that does not end, or not in time, changes nothing about it.
                Ok(_) => return parse(&answer, true).ok_or_else(malformed),
                Err(error) => return parse(&answer, true).ok_or(error),
            }
        }
    }
}

fn malformed() -> TransportError {
    TransportError::Protocol("malformed".to_owned())
}

fn left(until: Instant) -> Result<Duration, TransportError> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(TransportError::Timeout) } else { Ok(left) }
}

fn failed(error: &io::Error) -> TransportError {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => TransportError::Timeout,
        kind => TransportError::Connection(kind.to_string()),
    }
}

/// The answer, if it is all there, or `ended` and its head is.
fn parse(bytes: &[u8], ended: bool) -> Option<Response> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let body = bytes.get(end + 4..)?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let mut response = Response::new(status);
    let mut length = None;
    for (name, value) in lines.take(HEADERS).filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "retry-after" => response.retry_after = Some(value.to_owned()),
            "content-type" => response.content_type = Some(value.to_owned()),
            "content-length" => length = value.parse::<usize>().ok(),
            _ => {}
        }
    }
    let whole = length.is_some_and(|length| body.len() >= length) || matches!(status, 204 | 304);
    (whole || ended).then(|| response.body(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_all_there_or_has_ended() {
        let head =
            b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(parse(head, false), None);
        let whole = [&head[..], b"ok"].concat();
        let response = parse(&whole, false).unwrap();
        assert_eq!((response.status, response.body.as_slice()), (429, &b"ok"[..]));
        assert_eq!(response.retry_after.as_deref(), Some("7"));
        assert_eq!(response.content_type.as_deref(), Some("text/html"));
        assert_eq!(parse(head, true).unwrap().status, 429, "the status counts");
        for noise in [&b"HTTP/2 200\r\n\r\n"[..], b"\r\n\r\n", b"hello", b"", b"HTTP/1.1 x\r\n\r\n"] {
            assert_eq!(parse(noise, true), None);
        }
        assert!(parse(b"HTTP/1.1 204 No Content\r\n\r\n", false).is_some());
    }
}
