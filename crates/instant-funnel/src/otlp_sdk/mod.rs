//! The stock `opentelemetry-otlp` exporter as a backend, for services that want it rather than our own delivery.
//!
//! | trap of the stock pipe | here |
//! |---|---|
//! | another crate's feature turns the exporter's client async, and its thread panics | the blocking client is passed in |
//! | `https://` without a TLS feature fails at the first export | rustls with bundled roots, always |
//! | batches are cut by count and outgrow what the endpoint takes | cut by bytes, under 1,000,000 before compression |
//! | a failed export is dropped after a second, a full queue drops and says nothing | retried with longer waits; counted |
//! | `flush` and `shutdown` say ok although records were lost | the report has delivered, dropped and pending |
//!
//! What our own delivery has and this has not: files, several requests in flight, bisecting of refused batches. The
//! exporter does not say *why* a request failed, so a refused batch is tried as often as one that met an outage.

mod queue;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use instant_funnel_core::Record;
use instant_funnel_core::contract::check_resource;
use opentelemetry_otlp::{Compression, Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;

use self::queue::{ByteBatches, Queue};
use crate::backend::{Backend, ProviderSink};
use crate::error::ConfigError;
use crate::sink::{Sink, Verdict};
use crate::stats::Settled;

/// Configures the stock exporter over HTTP. See [`otlp_sdk`](crate::otlp_sdk).
///
/// ```
/// use instant_funnel::{Funnel, OtlpSdk};
/// let backend = OtlpSdk::new("http://127.0.0.1:4318/v1/logs").build("api")?;
/// let funnel = Funnel::builder().service_name("api").backend(backend).build()?;
/// # let _ = funnel.shutdown(std::time::Duration::ZERO);
/// # Ok::<(), instant_funnel::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct OtlpSdk {
    endpoint: String,
    headers: HashMap<String, String>,
    timeout: Duration,
    max_bytes: usize,
}

/// Shows nothing of the endpoint, which may hold a password, nor of the headers.
impl std::fmt::Debug for OtlpSdk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OtlpSdk")
            .field("headers", &self.headers.len())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl OtlpSdk {
    /// Sends to this URL as it is; for OTLP over HTTP it ends in `/v1/logs`.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            headers: HashMap::new(),
            timeout: Duration::from_secs(10),
            max_bytes: 64 << 20,
        }
    }

    /// Adds a header to every request. Privacy: leaves the process; never printed.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The longest a request may take. Default 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bounds what waits in memory, in bytes. Default 64 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The backend. `service_name` goes into the resource: 1 to 64 letters, digits, `_`, `.` and `-`.
    ///
    /// # Errors
    /// A header that HTTP does not allow (the exporter would leave it out and say nothing), a URL that is not one, or
    /// a service name that breaks its rule. The message names the method and never the value.
    pub fn build(self, service_name: &str) -> Result<Backend, ConfigError> {
        for (name, value) in &self.headers {
            let fits = reqwest::header::HeaderName::try_from(name).is_ok()
                && reqwest::header::HeaderValue::try_from(value).is_ok();
            if !fits {
                let what = "OtlpSdk::header: HTTP does not allow this name or value (a line break in a key?)";
                return Err(ConfigError::Backend(what.to_owned()));
            }
        }
        if check_resource("service.name", service_name).is_err() {
            let what = "OtlpSdk::build: the service name takes 1 to 64 letters, digits, `_`, `.` and `-`";
            return Err(ConfigError::Backend(what.to_owned()));
        }
        if reqwest::Url::parse(&self.endpoint).is_err() {
            return Err(ConfigError::Backend("OtlpSdk::new: the endpoint is not a URL".to_owned()));
        }
        let exporter = opentelemetry_otlp::LogExporter::builder()
            .with_http()
            .with_http_client(client(self.timeout)?)
            .with_endpoint(self.endpoint)
            .with_headers(self.headers)
            .with_timeout(self.timeout)
            .with_protocol(Protocol::HttpBinary)
            .with_compression(Compression::Zstd)
            .build()
            // The exporter's own message may repeat the endpoint.
            .map_err(|_| ConfigError::Backend("OtlpSdk: the exporter refuses its settings".to_owned()))?;
        let queue = Arc::new(Queue::new(self.max_bytes));
        let processor = ByteBatches::start(exporter, queue.clone()).map_err(|error| {
            ConfigError::Backend(format!("OtlpSdk: no thread for the exporter ({})", error.kind()))
        })?;
        let resource = Resource::builder_empty().with_service_name(service_name.to_owned()).build();
        let provider =
            SdkLoggerProvider::builder().with_resource(resource).with_log_processor(processor).build();
        Ok(Backend::Custom(Arc::new(OtlpSdkSink { records: ProviderSink::new(provider), queue })))
    }
}

/// A blocking client with TLS. It starts a runtime of its own, which must not happen on a runtime's thread.
fn client(timeout: Duration) -> Result<reqwest::blocking::Client, ConfigError> {
    let build = move || {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| "TLS cannot be set up")?
            .with_root_certificates(roots)
            .with_no_client_auth();
        reqwest::blocking::Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| "it refuses its settings")
    };
    let built = std::thread::spawn(build).join().unwrap_or(Err("its thread panicked"));
    built.map_err(|why| ConfigError::Backend(format!("OtlpSdk: no HTTP client: {why}")))
}

struct OtlpSdkSink {
    records: ProviderSink,
    queue: Arc<Queue>,
}

impl Sink for OtlpSdkSink {
    fn accept(&self, record: &Record<'_>) -> Verdict {
        // The queue counts each record once, whatever becomes of it.
        let _ = self.records.accept(record);
        Verdict::Pending
    }

    fn settled(&self) -> Settled {
        self.queue.settled()
    }

    fn flush(&self, timeout: Duration) {
        self.queue.flush(timeout);
    }

    fn shutdown(&self, timeout: Duration) {
        self.queue.shutdown(timeout);
    }
}
