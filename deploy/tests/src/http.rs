//! Just enough HTTP/1.1 to be sure of every byte.

use std::io::{BufRead, BufReader, Read, Result};
use std::net::TcpStream;

/// A request or an answer as it came.
#[derive(Debug, Default)]
pub struct Message {
    /// The request line or the status line.
    pub first: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came, perhaps compressed.
    pub body: Vec<u8>,
}

impl Message {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The second word of the first line: a request's path, an answer's status.
    #[must_use]
    pub fn second_word(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    /// Reads the next message; `None` at the end of the connection.
    ///
    /// # Errors
    /// When the connection breaks in the middle.
    pub fn read(from: &mut BufReader<TcpStream>) -> Result<Option<Self>> {
        let mut message = Self { first: line(from)?, ..Self::default() };
        if message.first.is_empty() {
            return Ok(None);
        }
        loop {
            let header = line(from)?;
            let Some((name, value)) = header.split_once(':') else { break };
            message.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if message.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = usize::from_str_radix(line(from)?.trim(), 16).unwrap_or(0);
                let at = message.body.len();
                message.body.resize(at + size, 0);
                from.read_exact(&mut message.body[at..])?;
                line(from)?;
                if size == 0 {
                    break;
                }
            }
        } else {
            let size = message.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
            message.body.resize(size, 0);
            from.read_exact(&mut message.body)?;
        }
        Ok(Some(message))
    }
}

fn line(from: &mut BufReader<TcpStream>) -> Result<String> {
    let mut text = String::new();
    from.read_line(&mut text)?;
    text.truncate(text.trim_end().len());
    Ok(text)
}
