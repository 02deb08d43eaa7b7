//! An OpenTelemetry `LogProcessor` on a [`Delivery`], so that a service with its own `SdkLoggerProvider` gets the same
//! promises for all of its logs. Feature `processor`.

mod encode;

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::Severity;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};

pub use self::encode::{encode_resource, encode_scope};
use crate::TARGET;
use crate::delivery::{Delivery, Entry};
use crate::settings::choice::Priority;
use crate::settings::clock::unix_nanos;
use crate::settings::stats::DeliveryReport;

/// How long `force_flush`, which has no limit of its own, may take.
const FLUSH: Duration = Duration::from_secs(5);

/// Puts each record into the journal, on the thread that emits it.
///
/// Against the stock batch processor: nothing is lost while the far end is away, `force_flush` says so when records
/// are still pending, and with a directory records survive the process. It does no sampling and no redaction: what
/// is in the record leaves the process.
///
/// The resource is given to the [`Builder`](crate::Builder), since the journal writes it into its files; the
/// provider's own is not looked at.
///
/// ```
/// use opentelemetry_sdk::{Resource, logs::SdkLoggerProvider};
/// use otlp_journal::Delivery;
/// use otlp_journal::processor::{JournalLogProcessor, encode_resource};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let resource = Resource::builder().with_service_name("api").build();
/// let delivery = Delivery::builder("http://localhost:4318/v1/logs")
///     .resource(encode_resource(&resource))
///     .build()?;
/// let provider = SdkLoggerProvider::builder()
///     .with_resource(resource)
///     .with_log_processor(JournalLogProcessor::new(delivery.clone()))
///     .build();
/// # let _ = (delivery.shutdown(std::time::Duration::ZERO), provider);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct JournalLogProcessor {
    delivery: Delivery,
    priority: fn(&SdkLogRecord) -> Priority,
}

thread_local! {
    /// Scope and record, kept from record to record.
    static BUFFERS: RefCell<(Vec<u8>, Vec<u8>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

impl JournalLogProcessor {
    /// Records of severity ERROR and above are of [`Priority::Critical`].
    #[must_use]
    pub fn new(delivery: Delivery) -> Self {
        Self { delivery, priority: by_severity }
    }

    /// Priorities by another rule, such as the event's name.
    #[must_use]
    pub fn with_priority(mut self, priority: fn(&SdkLogRecord) -> Priority) -> Self {
        self.priority = priority;
        self
    }

    fn record(&self, record: &SdkLogRecord, scope: &InstrumentationScope, buffers: &mut (Vec<u8>, Vec<u8>)) {
        let (named, bytes) = buffers;
        named.clear();
        encode::scope(named, scope, record.target().map(AsRef::as_ref));
        bytes.clear();
        encode::record(bytes, record);
        let time = record.timestamp().or(record.observed_timestamp()).unwrap_or_else(SystemTime::now);
        let entry = Entry::new((self.priority)(record), unix_nanos(time)).scope(named);
        // AppendError is counted; a processor has nobody to tell.
        let _ = self.delivery.append_entry(entry, bytes.len(), |buf| buf.copy_from_slice(bytes));
    }
}

fn by_severity(record: &SdkLogRecord) -> Priority {
    if record.severity_number() >= Some(Severity::Error) { Priority::Critical } else { Priority::Bulk }
}

impl LogProcessor for JournalLogProcessor {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        // The journal's own diagnostics may come back by way of a `tracing` bridge.
        if record.target().is_some_and(|t| t == TARGET) {
            return;
        }
        // A thread's buffers are gone while its locals are destroyed, and in use while a record makes another one.
        let kept = BUFFERS.try_with(|buffers| match buffers.try_borrow_mut() {
            Ok(mut buffers) => {
                self.record(record, scope, &mut buffers);
                true
            }
            Err(_) => false,
        });
        if kept != Ok(true) {
            self.record(record, scope, &mut Default::default());
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        outcome(self.delivery.flush(FLUSH), FLUSH)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        outcome(self.delivery.shutdown(timeout), timeout)
    }
}

fn outcome(report: DeliveryReport, timeout: Duration) -> OTelSdkResult {
    match report {
        DeliveryReport { complete: true, dropped: 0, .. } => Ok(()),
        DeliveryReport { complete: true, dropped, .. } => {
            Err(OTelSdkError::InternalFailure(format!("{dropped} records were dropped meanwhile")))
        }
        DeliveryReport { .. } => Err(OTelSdkError::Timeout(timeout)),
    }
}
