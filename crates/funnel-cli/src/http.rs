//! One POST to a lab: plain HTTP/1.1 on a connection of its own. A lab has no TLS, so no client library is needed.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_MAX: u64 = 256 * 1024 * 1024;

/// Posts `body` and gives the status and the JSON of the answer.
///
/// # Errors
/// What the network, or the answer, was wrong with.
pub(crate) fn post_json(url: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
    let other = |text: &str| io::Error::other(text.to_owned());
    let authority =
        url.strip_prefix("http://").ok_or_else(|| other("a lab's address starts with http://"))?;
    let authority = authority.trim_end_matches('/');
    let with_port = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:4320") };
    let address = with_port.to_socket_addrs()?.next().ok_or_else(|| other("the name has no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let body = body.to_string();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.take(ANSWER_MAX).read_to_end(&mut answer)?;
    let split =
        answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(|| other("no HTTP answer"))?;
    let head = String::from_utf8_lossy(&answer[..split]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| other("no HTTP status"))?;
    if head.contains("transfer-encoding") {
        return Err(other("the answer is of a kind that a lab does not give"));
    }
    let json = serde_json::from_slice(&answer[split + 4..]).map_err(|_| other("the answer is not JSON"))?;
    Ok((status, json))
}
