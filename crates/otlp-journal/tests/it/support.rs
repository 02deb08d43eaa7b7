//! A far end in memory, and records that carry a number.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime};

use otlp_journal::transport::{Request, Response, Transport, TransportError};
use otlp_journal::{AppendError, Builder, Clock, Compression, Delivery, ManualClock, Priority};

/// Longer than anything here takes; only a hang gets there.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) type Answer = Result<Response, TransportError>;
type Script = Box<dyn FnMut(&[u64]) -> Answer + Send>;

/// What a request held, as the far end saw it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) ids: Vec<u64>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) resources: Vec<Vec<u8>>,
    pub(crate) scopes: Vec<Vec<u8>>,
    pub(crate) bytes: usize,
}

struct State {
    script: Script,
    /// How often each record was accepted.
    stored: BTreeMap<u64, u32>,
    requests: Vec<Seen>,
    keep: bool,
    count: u64,
}

/// No test takes this long, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(400);

type Watched = Mutex<BTreeMap<u64, (String, Instant)>>;
static WATCHED: Watched = Mutex::new(BTreeMap::new());

/// The end of a test's thread.
struct Ended(u64);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Ok(mut watched) = WATCHED.lock() {
            watched.remove(&self.0);
        }
    }
}

thread_local! {
    static TEST: std::cell::RefCell<Option<Ended>> = const { std::cell::RefCell::new(None) };
}

/// Ends the test process, naming the test that hangs, when the calling one takes longer than any does.
pub(crate) fn watch() {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    TEST.with(|test| {
        let mut test = test.borrow_mut();
        if test.is_some() {
            return;
        }
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        WATCHED.lock().unwrap().insert(number, (name, Instant::now()));
        *test = Some(Ended(number));
        if number == 0 {
            std::thread::spawn(|| {
                loop {
                    std::thread::sleep(Duration::from_secs(1));
                    let watched = WATCHED.lock().unwrap();
                    if let Some((name, _)) = watched.values().find(|(_, start)| start.elapsed() > LIMIT) {
                        println!("{name} hangs: it has not ended after {} s", LIMIT.as_secs());
                        std::process::abort();
                    }
                }
            });
        }
    });
}

/// Plays the far end: a script answers, accepted records are kept by number.
#[derive(Clone)]
pub(crate) struct Far(Arc<(Mutex<State>, Condvar)>);

impl fmt::Debug for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Far")
    }
}

impl Far {
    pub(crate) fn new(script: impl FnMut(&[u64]) -> Answer + Send + 'static) -> Self {
        watch();
        let state = State {
            script: Box::new(script),
            stored: BTreeMap::new(),
            requests: Vec::new(),
            keep: true,
            count: 0,
        };
        Self(Arc::new((Mutex::new(state), Condvar::new())))
    }

    pub(crate) fn always(status: u16) -> Self {
        Self::new(move |_| Ok(Response::new(status)))
    }

    /// Answers differently from now on.
    pub(crate) fn script(&self, script: impl FnMut(&[u64]) -> Answer + Send + 'static) {
        self.0.0.lock().unwrap().script = Box::new(script);
    }

    pub(crate) fn answer(&self, status: u16) {
        self.script(move |_| Ok(Response::new(status)));
    }

    /// Does not keep what requests held, for tests with very many of them.
    pub(crate) fn forgetful(self) -> Self {
        self.0.0.lock().unwrap().keep = false;
        self
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.0.0.lock().unwrap().requests.clone()
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.0.lock().unwrap().count
    }

    pub(crate) fn stored(&self) -> BTreeMap<u64, u32> {
        self.0.0.lock().unwrap().stored.clone()
    }

    pub(crate) fn distinct(&self) -> u64 {
        self.0.0.lock().unwrap().stored.len() as u64
    }

    /// Waits until as many requests were answered.
    pub(crate) fn await_requests(&self, count: u64) {
        let (state, bell) = &*self.0;
        let (state, timeout) =
            bell.wait_timeout_while(state.lock().unwrap(), LONG, |s| s.count < count).unwrap();
        assert!(!timeout.timed_out(), "{} of {count} requests", state.count);
    }
}

impl Transport for Far {
    fn send(&self, request: &Request<'_>) -> Answer {
        let mut seen = read(request.body);
        seen.headers = request.headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let (state, bell) = &*self.0;
        let mut state = state.lock().unwrap();
        let answer = (state.script)(&seen.ids);
        if answer.as_ref().is_ok_and(|r| (200..300).contains(&r.status)) {
            for id in &seen.ids {
                *state.stored.entry(*id).or_default() += 1;
            }
        }
        if state.keep {
            state.requests.push(seen);
        }
        state.count += 1;
        bell.notify_all();
        answer
    }
}

/// Reads an uncompressed request.
pub(crate) fn read(body: &[u8]) -> Seen {
    let mut seen = Seen { bytes: body.len(), ..Seen::default() };
    for (number, logs) in fields(body) {
        assert_eq!(number, 1, "ExportLogsServiceRequest.resource_logs");
        for (number, value) in fields(logs) {
            if number == 1 {
                seen.resources.push(value.to_vec());
                continue;
            }
            assert_eq!(number, 2, "ResourceLogs.scope_logs");
            for (number, value) in fields(value) {
                match number {
                    1 => seen.scopes.push(value.to_vec()),
                    2 => seen.ids.push(id_of(value)),
                    other => panic!("field {other} in ScopeLogs"),
                }
            }
        }
    }
    seen
}

/// Length-delimited fields, the only ones on the way to the records.
fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        assert_eq!(key & 7, 2, "wire type");
        let len = varint(&mut bytes) as usize;
        let (value, rest) = bytes.split_at(len);
        out.push((key >> 3, value));
        bytes = rest;
    }
    out
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
    }
    unreachable!()
}

/// A record with its number as the event name (field 12), and some body (field 5) to make it of usual size.
pub(crate) fn record(id: u64) -> Vec<u8> {
    let name = format!("{id:020}");
    let mut out = vec![0x62, 20];
    out.extend_from_slice(name.as_bytes());
    let text = format!("{:>60}", id.wrapping_mul(7919));
    out.extend_from_slice(&[0x2a, 62, 0x0a, 60]);
    out.extend_from_slice(text.as_bytes());
    out
}

fn id_of(record: &[u8]) -> u64 {
    let name = fields(record).into_iter().find(|(n, _)| *n == 12).unwrap().1;
    std::str::from_utf8(name).unwrap().parse().unwrap()
}

pub(crate) fn now_nanos() -> u64 {
    Clock::system().now_unix_nanos()
}

pub(crate) fn append(delivery: &Delivery, priority: Priority, id: u64) -> Result<(), AppendError> {
    append_at(delivery, priority, id, now_nanos())
}

pub(crate) fn append_at(
    delivery: &Delivery,
    priority: Priority,
    id: u64,
    time: u64,
) -> Result<(), AppendError> {
    let record = record(id);
    delivery.append(priority, time, record.len(), |buf| buf.copy_from_slice(&record))
}

/// A delivery to `far` that does not linger and hardly backs off.
pub(crate) fn quick(far: &Far) -> Builder {
    Delivery::builder("http://far.test/v1/logs")
        .transport(Arc::new(far.clone()))
        .compression(Compression::None)
        .linger(Duration::from_millis(5))
        .backoff(Duration::from_millis(1), Duration::from_millis(5))
        .hold(Duration::from_millis(2))
        .drop_timeout(Duration::ZERO)
}

/// Waits for what no signal tells, looking often; only a hang gets to the end.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LONG, "{what}");
        std::thread::yield_now();
    }
}

/// Lets time pass on the clock, and real time with it: where the sender does not get to run for seconds, a clock that
/// is moved as fast as the test can would be a day ahead when it does.
pub(crate) fn tick(clock: &ManualClock, by: Duration) {
    clock.advance(by);
    std::thread::sleep(Duration::from_millis(1));
}

pub(crate) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// A directory of its own, removed at the end.
pub(crate) struct Scratch(std::path::PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        watch();
        let path =
            std::env::temp_dir().join(format!("otlp-journal-{name}-{}-{}", std::process::id(), now_nanos()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }

    /// Names in it that begin like this.
    pub(crate) fn count(&self, prefix: &str) -> usize {
        let entries = std::fs::read_dir(&self.0).unwrap().flatten();
        entries.filter(|e| e.file_name().to_string_lossy().starts_with(prefix)).count()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
