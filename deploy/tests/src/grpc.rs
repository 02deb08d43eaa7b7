//! OTLP over gRPC, by curl: one call is one length before one message, and a status in the trailers.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

/// The gRPC status of one try to send `body`: 0 is an acknowledgement. `None` when no status came.
#[must_use]
pub fn logs(address: SocketAddr, body: &[u8]) -> Option<u32> {
    let url = format!("http://{address}/opentelemetry.proto.collector.logs.v1.LogsService/Export");
    let mut curl = Command::new("curl")
        .args(["--silent", "--http2-prior-knowledge", "--max-time", "60", "--output", "/dev/null"])
        .args([
            "--dump-header",
            "-",
            "--header",
            "content-type: application/grpc",
            "--header",
            "te: trailers",
        ])
        .args(["--data-binary", "@-", &url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("curl");
    let length = (body.len() as u32).to_be_bytes();
    curl.stdin.take().unwrap().write_all(&[&[0], length.as_slice(), body].concat()).unwrap();
    let headers = String::from_utf8(curl.wait_with_output().unwrap().stdout).unwrap();
    headers.lines().find_map(|line| line.strip_prefix("grpc-status: ")?.trim().parse().ok())
}
