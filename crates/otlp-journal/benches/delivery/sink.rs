//! The far end: HTTP/1.1 with keep-alive, a thread for each connection, decompresses and counts records.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

static COUNT: AtomicU64 = AtomicU64::new(0);
static START: OnceLock<Instant> = OnceLock::new();

/// What the far end does, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Answers after so long.
    pub(crate) delay: u64,
    /// Is sick from so long after its first request …
    pub(crate) sick_after: u64,
    /// … for so long.
    pub(crate) sick_for: u64,
    /// What it answers then; 0 resets the connection.
    pub(crate) status: u64,
}

impl Default for Manner {
    fn default() -> Self {
        Self { delay: 0, sick_after: 0, sick_for: 0, status: 503 }
    }
}

/// Serves until its standard input is closed.
pub(crate) fn serve(args: &[String]) {
    let number = |i: usize| args.get(i).and_then(|d| d.parse().ok()).unwrap_or(0);
    let manner = Manner { delay: number(0), sick_after: number(1), sick_for: number(2), status: number(3) };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || connection(&stream, manner));
        }
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn connection(stream: &TcpStream, manner: Manner) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::with_capacity(256 << 10, stream);
    let mut decoder = zstd::bulk::Decompressor::new().ok()?;
    let (mut body, mut raw) = (Vec::new(), Vec::with_capacity(2 << 20));
    loop {
        let (mut length, mut packed, mut ask) = (0, false, false);
        let mut line = String::new();
        while reader.read_line(&mut line).ok()? > 0 && line != "\r\n" {
            let lower = line.to_ascii_lowercase();
            ask |= lower.starts_with("get ");
            if let Some(n) = lower.strip_prefix("content-length:") {
                length = n.trim().parse().ok()?;
            }
            packed |= lower.starts_with("content-encoding:") && lower.contains("zstd");
            line.clear();
        }
        if line.is_empty() {
            return None;
        }
        let start = START.get_or_init(Instant::now);
        let sick = |start: &Instant| {
            let since = start.elapsed().as_millis() as u64;
            (manner.sick_after..manner.sick_after + manner.sick_for).contains(&since)
        };
        if !ask && manner.status == 0 && sick(start) {
            // Closed with a body that nobody read: the system resets the connection.
            return None;
        }
        body.resize(length, 0);
        reader.read_exact(&mut body).ok()?;
        let mut writer = stream;
        if ask {
            let text = COUNT.load(Ordering::Relaxed).to_string();
            write!(writer, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()).ok()?;
            continue;
        }
        let records = if packed {
            raw.clear();
            decoder.decompress_to_buffer(&body, &mut raw).ok()?;
            count(&raw)
        } else {
            count(&body)
        };
        thread::sleep(Duration::from_millis(manner.delay));
        if sick(start) {
            write!(writer, "HTTP/1.1 {} Sick\r\ncontent-length: 0\r\n\r\n", manner.status).ok()?;
            continue;
        }
        COUNT.fetch_add(records, Ordering::Relaxed);
        writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}

/// Records in a request: field 2 of field 2 of field 1.
fn count(body: &[u8]) -> u64 {
    let mut records = 0;
    each(body, 1, |logs| each(logs, 2, |scope| each(scope, 2, |_| records += 1)));
    records
}

fn each<'a>(mut bytes: &'a [u8], wanted: u8, mut visit: impl FnMut(&'a [u8])) {
    while let Some((&tag, rest)) = bytes.split_first() {
        let (mut len, mut shift, mut rest) = (0, 0, rest);
        loop {
            let (&byte, after) = rest.split_first().unwrap();
            rest = after;
            len |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        let (value, after) = rest.split_at(len);
        if tag >> 3 == wanted {
            visit(value);
        }
        bytes = after;
    }
}

/// A sink in a process of its own.
pub(crate) struct Sink {
    child: Child,
    port: u16,
}

impl Sink {
    pub(crate) fn start(manner: Manner) -> Self {
        let numbers =
            [manner.delay, manner.sick_after, manner.sick_for, manner.status].map(|n| n.to_string());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("sink")
            .args(numbers)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1/logs", self.port)
    }

    pub(crate) fn count(&self) -> u64 {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(b"GET /count HTTP/1.1\r\n\r\n").unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 2 {
            line.clear();
        }
        let mut text = String::new();
        let mut byte = [0];
        // The connection stays open, so the end is where the digits end.
        reader.get_ref().set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        while reader.read_exact(&mut byte).is_ok() {
            text.push(char::from(byte[0]));
        }
        text.parse().unwrap()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
