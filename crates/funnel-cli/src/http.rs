//! One request on a connection of its own. A lab and a service's metrics have no TLS, so no client library is needed.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_MAX: u64 = 256 * 1024 * 1024;

/// Posts `body` and gives the status and the JSON of the answer.
///
/// # Errors
/// What the network, or the answer, was wrong with.
pub(crate) fn post_json(url: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
    let (authority, _) = split(url)?;
    let body = body.to_string();
    let head = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    let (status, answer) = exchange(authority, "POST", path, &head, &body)?;
    let json = serde_json::from_slice(&answer).map_err(|_| io::Error::other("the answer is not JSON"))?;
    Ok((status, json))
}

/// The status and the JSON at a path of `url`.
///
/// # Errors
/// What the network, or the answer, was wrong with.
pub(crate) fn get_json(url: &str, path: &str) -> io::Result<(u16, Value)> {
    let (authority, _) = split(url)?;
    let (status, answer) = exchange(authority, "GET", path, "", "")?;
    let json = serde_json::from_slice(&answer).map_err(|_| io::Error::other("the answer is not JSON"))?;
    Ok((status, json))
}

/// The text at `url`.
///
/// # Errors
/// What the network was wrong with, or a status other than 200.
pub(crate) fn get(url: &str) -> io::Result<String> {
    let (authority, path) = split(url)?;
    let (status, answer) = exchange(authority, "GET", path, "", "")?;
    if status != 200 {
        return Err(io::Error::other(format!("status {status}")));
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Authority and path of an address.
pub(crate) fn split(url: &str) -> io::Result<(&str, &str)> {
    let rest = url
        .strip_prefix("http://")
        .ok_or_else(|| io::Error::other("the address does not start with http://"))?;
    let at = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    Ok((authority, if path.is_empty() { "/" } else { path }))
}

/// HTTP/1.0, so that the answer ends with the connection and comes in one piece.
fn exchange(authority: &str, method: &str, path: &str, head: &str, body: &str) -> io::Result<(u16, Vec<u8>)> {
    let other = |text: &str| io::Error::other(text.to_owned());
    let has_port = authority.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok());
    let address = if has_port { authority.to_owned() } else { format!("{authority}:80") };
    let address = address.to_socket_addrs()?.next().ok_or_else(|| other("the name has no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "{method} {path} HTTP/1.0\r\nhost: {authority}\r\n{head}\r\n{body}")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_MAX).read_to_end(&mut answer)?;
    let end =
        answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(|| other("no HTTP answer"))?;
    let status =
        String::from_utf8_lossy(&answer[..end]).split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| other("no HTTP status"))?;
    answer.drain(..end + 4);
    Ok((status, answer))
}
