//! The function as its platform runs it: what an invocation recorded is out before the function is frozen.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as it does")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};

#[test]
fn each_invocation_sends_before_it_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/logs", listener.local_addr().unwrap());
    let (arrived, arrivals) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let arrived = arrived.clone();
            std::thread::spawn(move || receive(stream, &arrived));
        }
    });
    let mut function = Command::new(env!("CARGO_BIN_EXE_lambda-example"))
        .env_clear()
        .envs([("ANALYTICS_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &*endpoint)])
        .env("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut invocations = function.stdin.take().unwrap();
    let mut answers = BufReader::new(function.stdout.take().unwrap()).lines().map_while(Result::ok);
    for service in ["db", "cache"] {
        writeln!(invocations, "{service} 60000").unwrap();
        assert!(answers.next().unwrap().starts_with(&format!("created {service};")));
        // The function now waits for its next invocation, and might for ever.
        let body = arrivals.recv().unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains("provision") && text.contains(service), "{text}");
    }
    drop(invocations);
    assert!(function.wait().unwrap().success());
}

/// Answers every request with success, and passes its body on.
fn receive(stream: TcpStream, arrived: &Sender<Vec<u8>>) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() || arrived.send(body).is_err() {
            return;
        }
        let _ = writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    }
}
