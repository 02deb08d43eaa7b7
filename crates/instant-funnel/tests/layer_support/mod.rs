//! What the layer's tests share: a process for one test, siblings that keep what they see, and planted secrets.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::fmt;
use std::io;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

const MARK: &str = "INSTANT_FUNNEL_TEST_PROCESS";

/// Runs `body` in a process of its own, since a process has one global subscriber. `test` is the calling test's path.
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(MARK).is_some() {
        return body();
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(MARK, "1")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let readers = [drain(child.stdout.take().unwrap()), drain(child.stderr.take().unwrap())];
    let deadline = Instant::now() + Duration::from_secs(900);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("`{test}` does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let output: String = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
    assert!(status.success() && output.contains("1 passed"), "`{test}` in its own process:\n{output}");
}

fn drain(mut from: impl io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Text that several writers append to.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A `fmt` layer that writes here.
    pub(crate) fn fmt<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let writer = self.clone();
        tracing_subscriber::fmt::layer().without_time().with_ansi(false).with_writer(move || writer.clone())
    }

    /// A layer of the plainest kind, which writes each field of each event here.
    pub(crate) fn collect(&self) -> Collect {
        Collect(self.clone())
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes what it is shown. Formats nothing while it holds its lock, so that a value may log.
#[derive(Clone)]
pub(crate) struct Collect(Captured);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        self.0.push_str(&format!("{}={value} ", field.name()));
    }
}

impl Collect {
    fn write(&self, mut line: Line) {
        use io::Write;
        line.0.push('\n');
        self.0.clone().write_all(line.0.as_bytes()).unwrap();
    }
}

impl<S> Layer<S> for Collect
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut line = Line(format!("span {} ", attributes.metadata().name()));
        attributes.record(&mut line);
        self.write(line);
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut line = Line("record ".to_owned());
        values.record(&mut line);
        self.write(line);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(format!("event {} ", event.metadata().name()));
        event.record(&mut line);
        self.write(line);
    }
}
