//! A sender that sends bytes and tells the status.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::http::Message;
use crate::wait::wait_until;

/// Content type of OTLP as protobuf.
pub const PROTOBUF: &str = "application/x-protobuf";
/// Content type of OTLP as JSON.
pub const JSON: &str = "application/json";

/// One connection, opened again whenever it is gone.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client of `address`.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    /// The status of one try to post `body`; `None` when no answer came.
    pub fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> Option<u16> {
        self.post_with(path, &format!("content-type: {content_type}\r\n"), body)
    }

    /// The same with `headers` of one's own, each with its line end.
    pub fn post_with(&mut self, path: &str, headers: &str, body: &[u8]) -> Option<u16> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\n{headers}content-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let answer = self.exchange(head.as_bytes(), body)?;
        answer.second_word().parse().ok()
    }

    /// Posts OTLP logs.
    pub fn logs(&mut self, body: &[u8]) -> Option<u16> {
        self.post("/v1/logs", PROTOBUF, body)
    }

    /// Posts OTLP logs as every honest sender does: again, until they are acknowledged.
    pub fn deliver(&mut self, body: &[u8]) {
        wait_until("an acknowledgement", || self.logs(body) == Some(200));
    }

    /// The text at `path`, if there is an answer.
    pub fn get(&mut self, path: &str) -> Option<String> {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        let answer = self.exchange(head.as_bytes(), &[])?;
        Some(String::from_utf8_lossy(&answer.body).into_owned())
    }

    fn exchange(&mut self, head: &[u8], body: &[u8]) -> Option<Message> {
        if self.connection.is_none() {
            let stream = TcpStream::connect(self.address).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
            stream.set_nodelay(true).ok()?;
            self.connection = Some(BufReader::new(stream));
        }
        let connection = self.connection.as_mut()?;
        let answer = connection
            .get_mut()
            .write_all(head)
            .and_then(|()| connection.get_mut().write_all(body))
            .and_then(|()| Message::read(connection))
            .ok()
            .flatten();
        if answer.as_ref().is_none_or(|answer| answer.header("connection") == Some("close")) {
            self.connection = None;
        }
        answer
    }
}
