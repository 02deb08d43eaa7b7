//! New Relic as the collector sees it: an HTTP server that keeps every body and gives the configured answer.

use std::collections::HashMap;
use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::http::Message;
use crate::otlp;

/// One request as it came, with its body decompressed.
#[derive(Debug, Clone)]
pub struct Received {
    /// The request's path.
    pub path: String,
    /// The `api-key` header.
    pub api_key: Option<String>,
    /// The body before compression.
    pub body: Vec<u8>,
    /// What it was answered.
    pub status: u16,
}

#[derive(Debug, Default)]
struct State {
    status: u16,
    /// Answers that go first, one a request, the last one first.
    first: Vec<u16>,
    keep: bool,
    received: Vec<Received>,
    /// Bytes of bodies as they came.
    wire: usize,
    ids: HashMap<String, usize>,
}

/// A sink on loopback.
#[derive(Debug)]
pub struct Sink {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    open: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Sink {
    /// A sink that answers 200 and keeps what it gets.
    #[must_use]
    pub fn start() -> Self {
        let mut sink = Self {
            address: crate::process::free_address(),
            state: Arc::new(Mutex::new(State { status: 200, keep: true, ..State::default() })),
            open: None,
        };
        sink.up();
        sink
    }

    /// A sink that answers 200 and forgets, for measurements.
    #[must_use]
    pub fn forgetful() -> Self {
        let sink = Self::start();
        sink.state().keep = false;
        sink
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on every request is answered with `status`.
    pub fn answer(&self, status: u16) {
        self.state().status = status;
    }

    /// The next requests are answered with `statuses`, one each; then everything as before.
    pub fn answer_each(&self, statuses: impl DoubleEndedIterator<Item = u16>) {
        self.state().first = statuses.rev().collect();
    }

    /// Refuses connections, as a host that is down does.
    pub fn down(&mut self) {
        if let Some((stop, thread)) = self.open.take() {
            stop.store(true, Ordering::Relaxed);
            let _ = TcpStream::connect(self.address);
            let _ = thread.join();
        }
    }

    /// Listens again, at the same address.
    pub fn up(&mut self) {
        if self.open.is_some() {
            return;
        }
        let listener = crate::wait::wait_for("the sink's own port", || {
            TcpListener::bind((Ipv4Addr::LOCALHOST, self.address.port())).ok()
        });
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, state) = (Arc::clone(&stop), Arc::clone(&self.state));
        let thread = spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (stopped, state) = (Arc::clone(&stopped), Arc::clone(&state));
                if let Ok(stream) = stream {
                    spawn(move || serve(stream, &stopped, &state));
                }
            }
        });
        self.open = Some((stop, thread));
    }

    /// Every request so far, whatever it was answered.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state().received.clone()
    }

    /// The log requests that were answered 2xx.
    #[must_use]
    pub fn accepted(&self) -> Vec<ExportLogsServiceRequest> {
        let state = self.state();
        let accepted = state.received.iter().filter(|one| one.status / 100 == 2 && one.path == "/v1/logs");
        accepted.map(|one| otlp::decode(&one.body)).collect()
    }

    /// The log requests that were answered 2xx, which it then forgets.
    #[must_use]
    pub fn take(&self) -> Vec<ExportLogsServiceRequest> {
        let accepted = self.accepted();
        self.state().received.clear();
        accepted
    }

    /// The log records that were answered 2xx.
    #[must_use]
    pub fn records(&self) -> Vec<LogRecord> {
        self.accepted().into_iter().flat_map(otlp::into_records).collect()
    }

    /// How often each event id was accepted.
    #[must_use]
    pub fn event_ids(&self) -> HashMap<String, usize> {
        self.state().ids.clone()
    }

    /// Bytes of all bodies as they came, compressed.
    #[must_use]
    pub fn wire_bytes(&self) -> usize {
        self.state().wire
    }

    /// How many different events were accepted.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.state().ids.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.down();
    }
}

fn serve(stream: TcpStream, stopped: &AtomicBool, state: &Mutex<State>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(300)));
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    while let Ok(Some(request)) = Message::read(&mut stream) {
        if stopped.load(Ordering::Relaxed) {
            return;
        }
        let status = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let status = state.first.pop().unwrap_or(state.status);
            state.wire += request.body.len();
            if state.keep {
                state.keep(&request, status);
            }
            status
        };
        // A redirect has to lead somewhere, or nobody would follow it.
        let location = if status / 100 == 3 { "location: /elsewhere\r\n" } else { "" };
        let answer = format!("HTTP/1.1 {status} -\r\n{location}content-length: 0\r\n\r\n");
        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

impl State {
    fn keep(&mut self, request: &Message, status: u16) {
        let received = Received {
            path: request.second_word().to_owned(),
            api_key: request.header("api-key").map(str::to_owned),
            body: plain(request),
            status,
        };
        if received.status / 100 == 2 && received.path == "/v1/logs" {
            for record in otlp::into_records(otlp::decode(&received.body)) {
                let id = otlp::text(&record, "eventId").unwrap_or_default();
                *self.ids.entry(id.to_owned()).or_default() += 1;
            }
        }
        self.received.push(received);
    }
}

fn plain(request: &Message) -> Vec<u8> {
    match request.header("content-encoding") {
        None => request.body.clone(),
        Some("zstd") => zstd::decode_all(request.body.as_slice()).expect("a whole zstd body"),
        Some(other) => panic!("a content encoding that no file of ours asks for: {other}"),
    }
}
