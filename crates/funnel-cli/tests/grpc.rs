//! Our own delivery over gRPC, into the lab's gRPC port, with nothing but variables.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use instant_funnel::{Funnel, Landing};

const LONG: Duration = Duration::from_secs(60);

struct Lab(Child);

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn events_arrive_over_grpc_and_are_good() {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_funnel"))
        .args([
            "lab",
            "--otlp",
            "127.0.0.1:0",
            "--grpc",
            "127.0.0.1:0",
            "--http",
            "127.0.0.1:0",
            "--temporary",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(lab.stdout.take().unwrap()).lines();
    let lab = Lab(lab);
    let (mut grpc, mut page) = (None, None);
    for line in lines.map(Result::unwrap) {
        let address = line.split("http://").nth(1).map(|rest| rest.trim_end_matches('/').to_owned());
        if line.starts_with("gRPC") {
            grpc = address;
        } else if line.starts_with("page") {
            page = address;
        }
        if grpc.is_some() && page.is_some() {
            break;
        }
    }
    let (grpc, page) = (grpc.unwrap(), page.unwrap());
    let funnel = Funnel::from_vars(|name| match name {
        "ANALYTICS_BACKEND" => Some("otlp".to_owned()),
        "ANALYTICS_OTLP_PROTOCOL" => Some("grpc".to_owned()),
        "ANALYTICS_OTLP_ENDPOINT" => Some(format!("http://{grpc}")),
        "OTEL_SERVICE_NAME" => Some("api".to_owned()),
        _ => None,
    });
    for _ in 0..500 {
        funnel.record(Landing::new());
    }
    let report = funnel.shutdown(LONG);
    assert_eq!((report.recorded, report.delivered), (500, 500), "{:?}", funnel.advisories());
    let mut counts = String::new();
    let mut stream = std::net::TcpStream::connect(&page).unwrap();
    let request = format!("GET /api/counts HTTP/1.1\r\nhost: {page}\r\nconnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    std::io::Read::read_to_string(&mut stream, &mut counts).unwrap();
    assert!(counts.contains("\"good\":500") && counts.contains("\"bad\":0"), "{counts}");
    drop(lab);
}
