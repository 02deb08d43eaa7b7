//! Test support for services: records events and compares them.
//!
//! ```
//! use instant_funnel::testing::capture;
//! use instant_funnel::{JourneyId, Provision};
//!
//! let journey = JourneyId::new();
//! let events = capture(|funnel| {
//!     funnel.record(Provision::new("db").journey(journey).tier("anonymous"));
//! });
//! events[0].assert_step("provision").assert_attribute("journeyId", journey.to_string()).assert_absent("teamId");
//! ```

mod shown;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use instant_funnel_core::{Record, TraceContext, Value};

use crate::backend::Backend;
use crate::builder::FunnelBuilder;
use crate::funnel::Funnel;
use crate::sink::{Sink, Verdict};

/// A sink that keeps what it is given. Clones share what they keep.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    events: Arc<Mutex<Vec<RecordedEvent>>>,
}

/// One record as a backend saw it. Its `Display` form is for people and for snapshots.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedEvent {
    /// The event's name: which contract it is of.
    pub event_name: &'static str,
    /// The step's name; empty for a plain event.
    pub step: &'static str,
    /// The attributes, by key.
    pub attributes: BTreeMap<&'static str, RecordedValue>,
    /// When it happened, in nanoseconds since 1970.
    pub time_unix_nano: u64,
    /// When it was recorded, in nanoseconds since 1970.
    pub observed_time_unix_nano: u64,
    /// The span that was active.
    pub trace: Option<TraceContext>,
    /// The record as OTLP `LogRecord` bytes.
    pub otlp: Vec<u8>,
}

/// An attribute's value.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordedValue {
    /// Text.
    Text(String),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A number.
    Number(f64),
}

impl From<&str> for RecordedValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for RecordedValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for RecordedValue {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for RecordedValue {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<bool> for RecordedValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&Record<'_>> for RecordedEvent {
    fn from(record: &Record<'_>) -> Self {
        let attributes = record.attributes().map(|(key, value)| match value {
            Value::Bool(value) => (key, RecordedValue::Bool(value)),
            Value::Integer(value) => (key, RecordedValue::Integer(value)),
            Value::Number(value) => (key, RecordedValue::Number(value)),
            Value::Text(_) | Value::Uuid(_) | Value::Hex(_) => (key, RecordedValue::Text(value.to_string())),
        });
        Self {
            event_name: record.event_name(),
            step: record.step_name(),
            attributes: attributes.collect(),
            time_unix_nano: record.time_unix_nano(),
            observed_time_unix_nano: record.observed_time_unix_nano(),
            trace: record.trace(),
            otlp: record.encode_to_vec(),
        }
    }
}

impl RecordedEvent {
    /// The text of an attribute.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.attributes.get(key) {
            Some(RecordedValue::Text(text)) => Some(text),
            Some(RecordedValue::Bool(_) | RecordedValue::Integer(_) | RecordedValue::Number(_)) | None => {
                None
            }
        }
    }

    /// Panics, printing the event, unless it is this step.
    #[track_caller]
    pub fn assert_step(&self, step: &str) -> &Self {
        assert_eq!(self.step, step, "another step was recorded: {self}");
        self
    }

    /// Panics, printing the event, unless the attribute has this value.
    #[track_caller]
    pub fn assert_attribute(&self, key: &str, value: impl Into<RecordedValue>) -> &Self {
        assert_eq!(self.attributes.get(key), Some(&value.into()), "`{key}` differs in {self}");
        self
    }

    /// Panics, printing the event, if the attribute is there.
    #[track_caller]
    pub fn assert_absent(&self, key: &str) -> &Self {
        assert!(!self.attributes.contains_key(key), "`{key}` is there in {self}");
        self
    }
}

impl Recorder {
    /// A recorder that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A funnel that keeps what it records, as [`Funnel::recording`], and whose clock says what `clock` does.
    ///
    /// ```
    /// use instant_funnel::Landing;
    /// use instant_funnel::testing::Recorder;
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let (funnel, recorder) = Recorder::with_clock(|| UNIX_EPOCH + Duration::from_secs(1_764_000_000));
    /// funnel.record(Landing::new());
    /// assert_eq!(recorder.take()[0].time_unix_nano, 1_764_000_000_000_000_000);
    /// ```
    #[must_use]
    pub fn with_clock(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> (Funnel, Self) {
        let recorder = Self::new();
        (recorder.funnel(|builder| builder.clock(clock)), recorder)
    }

    fn funnel(&self, configure: impl FnOnce(FunnelBuilder) -> FunnelBuilder) -> Funnel {
        let builder = Funnel::builder().service_name("test").backend(Backend::Custom(Arc::new(self.clone())));
        configure(builder).finish()
    }

    /// What was recorded so far.
    #[must_use]
    pub fn events(&self) -> Vec<RecordedEvent> {
        self.lock().clone()
    }

    /// What was recorded so far; the recorder starts anew.
    #[must_use]
    pub fn take(&self) -> Vec<RecordedEvent> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<RecordedEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Recorder {
    fn accept(&self, record: &Record<'_>) -> Verdict {
        self.lock().push(record.into());
        Verdict::Delivered
    }
}

impl Funnel {
    /// A funnel that keeps what it records, for tests. The service is `test`.
    #[must_use]
    pub fn recording() -> (Self, Recorder) {
        let recorder = Recorder::new();
        (recorder.funnel(|builder| builder), recorder)
    }
}

/// Runs `steps` with a recording funnel and returns what it recorded.
#[must_use]
pub fn capture(steps: impl FnOnce(&Funnel)) -> Vec<RecordedEvent> {
    let (funnel, recorder) = Funnel::recording();
    steps(&funnel);
    recorder.take()
}
