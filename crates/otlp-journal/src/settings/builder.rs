//! The settings of a delivery.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::advisory::DeliveryAdvisory;
use super::choice::{Compression, Durability, Priority, Protocol, Roots};
use super::clock::Clock;
use super::judge::{AdoptedJudge, Judge};
use super::secret::{Header, HeaderSource, Secret, is_header_name, is_header_value};
use super::transport::{Transport, TransportSettings, Unavailable};

/// New Relic refuses requests of 1,000,000 bytes and does not say whether before or after compression.
const REQUEST_LIMIT: usize = 999_000;
/// Headers that belong to the body, not to the operator.
const RESERVED: [&str; 6] =
    ["content-type", "content-encoding", "content-length", "host", "transfer-encoding", "connection"];

/// Builds a [`Delivery`](crate::Delivery). Every setting has a default but the endpoint.
///
/// ```
/// use std::time::Duration;
/// use otlp_journal::{Priority, Delivery, Durability};
///
/// # fn main() -> Result<(), otlp_journal::DeliveryConfigError> {
/// let delivery = Delivery::builder("http://127.0.0.1:4318/v1/logs")
///     .header("api-key", "0123abcd")
///     .max_bytes(8 << 20)
///     .durability(Priority::Critical, Durability::Synced)
///     .build()?;
/// # let _ = delivery.shutdown(Duration::ZERO);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "settings do nothing until `build`"]
pub struct Builder {
    pub(crate) endpoint: String,
    pub(crate) endpoint_setting: String,
    pub(crate) headers: Vec<Header>,
    pub(crate) header_error: Option<(String, usize, &'static str)>,
    pub(crate) settings: TransportSettings,
    pub(crate) protocol: Protocol,
    pub(crate) protocol_setting: String,
    pub(crate) compression: Option<Compression>,
    pub(crate) compression_setting: String,
    /// What was left out of what the variables said.
    pub(crate) notes: Vec<DeliveryAdvisory>,
    pub(crate) owner: Option<String>,
    pub(crate) judge: Option<Judge>,
    pub(crate) resource: Vec<u8>,
    pub(crate) scope: Vec<u8>,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) dead_letters: Option<PathBuf>,
    pub(crate) dead_letter_bytes: u64,
    pub(crate) max_bytes: u64,
    pub(crate) bulk_percent: u8,
    pub(crate) durability: [Durability; 2],
    pub(crate) in_flight: usize,
    pub(crate) request_limit: usize,
    pub(crate) linger: Duration,
    pub(crate) max_age: Duration,
    pub(crate) backoff: (Duration, Duration),
    pub(crate) hold: Duration,
    pub(crate) adopt_every: Duration,
    pub(crate) drop_timeout: Duration,
    pub(crate) clock: Clock,
    pub(crate) transport: Option<Arc<dyn Transport>>,
}

impl Builder {
    pub(crate) fn new(endpoint: String) -> Self {
        Self {
            endpoint,
            endpoint_setting: "Delivery::builder".to_owned(),
            headers: Vec::new(),
            header_error: None,
            settings: TransportSettings::default(),
            protocol: Protocol::default(),
            protocol_setting: "Builder::protocol".to_owned(),
            compression: None,
            compression_setting: "Builder::compression".to_owned(),
            notes: Vec::new(),
            owner: None,
            judge: None,
            resource: Vec::new(),
            scope: Vec::new(),
            directory: None,
            dead_letters: None,
            dead_letter_bytes: 16 << 20,
            max_bytes: 64 << 20,
            bulk_percent: 80,
            durability: [Durability::Process; 2],
            in_flight: 8,
            request_limit: REQUEST_LIMIT,
            linger: Duration::from_secs(1),
            max_age: Duration::from_secs(24 * 3_600),
            backoff: (Duration::from_millis(500), Duration::from_secs(30)),
            hold: Duration::from_secs(15),
            adopt_every: Duration::from_secs(10),
            drop_timeout: Duration::from_secs(2),
            clock: Clock::system(),
            transport: None,
        }
    }

    /// Another endpoint, for configuration that is read in layers. Used as it is: for OTLP it ends in `/v1/logs`.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = url.into();
        self.endpoint_setting = "Builder::endpoint".to_owned();
        self
    }

    /// A header of every request. Privacy: it leaves the process with each request and is never printed or stored.
    pub fn header(self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.header_from("Builder::header", name.into(), value.into())
    }

    pub(crate) fn header_from(mut self, setting: &str, name: String, value: Secret) -> Self {
        let why = if !is_header_name(&name) {
            Some("has a name that HTTP does not allow")
        } else if !is_header_value(value.expose()) {
            Some("has a value with characters that HTTP does not allow (a line break?)")
        } else {
            None
        };
        if let (Some(why), None) = (why, &self.header_error) {
            self.header_error = Some((setting.to_owned(), self.headers.len() + 1, why));
        }
        self.put(setting, Header { name, source: HeaderSource::Fixed(value) });
        self
    }

    /// A header whose value is the content of a file, less white space at its ends. Read at the start, and again
    /// after the far end refused it (401, 403), so that a rotated key works without a restart.
    pub fn header_from_file(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.put(
            "Builder::header_from_file",
            Header { name: name.into(), source: HeaderSource::File(path.into()) },
        );
        self
    }

    fn put(&mut self, setting: &str, header: Header) {
        if RESERVED.iter().any(|reserved| header.name.eq_ignore_ascii_case(reserved)) {
            let reason =
                format!("{setting}: the delivery sets a header of that name itself; it is sent once");
            self.notes.push(DeliveryAdvisory::Ignored { reason });
            return;
        }
        self.headers.retain(|h| !h.name.eq_ignore_ascii_case(&header.name));
        self.headers.push(header);
    }

    /// The longest a request may take, connecting and the answer included. Default 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Default: [`Protocol::HttpProtobuf`]. A build without the feature `grpc` refuses [`Protocol::Grpc`].
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self.protocol_setting = "Builder::protocol".to_owned();
        self
    }

    /// Default: zstd, for gRPC gzip, or what the build has. One that the build lacks gives way to another, with an advisory.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self.compression_setting = "Builder::compression".to_owned();
        self
    }

    /// The encoded body of an OTLP `Resource` message: who sends. It is written into each journal file, so that
    /// whoever adopts the file sends in the name of the dead. Privacy: leaves the process with each request.
    pub fn resource(mut self, encoded: impl Into<Vec<u8>>) -> Self {
        self.resource = encoded.into();
        self
    }

    /// The encoded body of an OTLP `InstrumentationScope` message, for entries without their own.
    pub fn scope(mut self, encoded: impl Into<Vec<u8>>) -> Self {
        self.scope = encoded.into();
        self
    }

    /// Keeps the journal in files there, so that it survives the process. Several processes may share one directory,
    /// and adopt what a dead one left. Default: memory only.
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.directory = Some(path.into());
        self
    }

    /// Whose records these are, written into each file of the directory: for one kind of event of one service,
    /// `event/service`. What another owner left in the same directory stays where it is; what has no owner, as the
    /// first release wrote it, is ours. It is neither an endpoint nor a version: who corrects one or changes the other
    /// still owns what is stuck. At most 255 bytes. Default: none.
    pub fn owner(mut self, label: impl Into<String>) -> Self {
        self.owner = Some(label.into());
        self
    }

    /// Asked for each record that another process left, before it is sent: it sends, edits or refuses it. A record
    /// that is refused becomes a dead letter, in the form in which it was recorded, and counts as rejected.
    ///
    /// ```
    /// use otlp_journal::{AdoptedRecord, Delivery};
    /// let builder = Delivery::builder("http://127.0.0.1:4318/v1/logs")
    ///     .judge_adopted(|found: &AdoptedRecord<'_>| found.record.len() < 4_096);
    /// ```
    pub fn judge_adopted(mut self, judge: impl AdoptedJudge) -> Self {
        self.judge = Some(Judge::new(judge));
        self
    }

    /// Where dead letters go. Default: `dead-letters` in the journal's directory; without one they are only counted.
    pub fn dead_letters(mut self, path: impl Into<PathBuf>) -> Self {
        self.dead_letters = Some(path.into());
        self
    }

    /// Bound of the dead-letter files and of the damaged bytes kept aside, each. Default 16 MiB. Beyond it they are
    /// only counted.
    pub fn dead_letter_bytes(mut self, bytes: u64) -> Self {
        self.dead_letter_bytes = bytes;
        self
    }

    /// Bound of the journal, 256 KiB or more; default 64 MiB. A directory has this much of its disk taken at the start.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How much of the journal [`Priority::Bulk`] may fill, 1–100 %. Default 80.
    pub fn bulk_percent(mut self, percent: u8) -> Self {
        self.bulk_percent = percent;
        self
    }

    /// Asks for the disk at each record of a priority. Default [`Durability::Process`].
    pub fn durability(mut self, priority: Priority, durability: Durability) -> Self {
        self.durability[priority as usize] = durability;
        self
    }

    /// Requests at the same time, 1–64; default 8. Throughput is bounded by this times the request limit a round trip.
    pub fn in_flight(mut self, requests: usize) -> Self {
        self.in_flight = requests;
        self
    }

    /// Bytes of a request's body before compression, up to 999,999; default 999,000.
    pub fn request_limit(mut self, bytes: usize) -> Self {
        self.request_limit = bytes;
        self
    }

    /// How long a record waits for company before it is sent. Default 1 s.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// Records older than this are not sent any more and counted as expired. Default 24 h, what New Relic accepts.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// First and longest wait between attempts after a passing fault; doubled each time, and spread at random.
    /// At least 1 ms. Default 0.5 s to 30 s.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.backoff = (first, longest);
        self
    }

    /// How often a single request asks whether the operator has fixed the endpoint or the key. At least 1 ms.
    /// Default 15 s.
    pub fn hold(mut self, interval: Duration) -> Self {
        self.hold = interval;
        self
    }

    /// How often the directory is searched for journals of processes that died. At least 1 ms.
    /// Default 10 s.
    pub fn adopt_every(mut self, interval: Duration) -> Self {
        self.adopt_every = interval;
        self
    }

    /// How long dropping the last handle waits for the far end. Default 2 s.
    pub fn drop_timeout(mut self, timeout: Duration) -> Self {
        self.drop_timeout = timeout;
        self
    }

    /// PEM file with the certificates to trust instead of [`Builder::roots`].
    pub fn ca_certificate(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.ca_certificate = Some(("Builder::ca_certificate".to_owned(), path.into()));
        self
    }

    /// PEM files with this client's certificate chain and private key. Privacy: the key stays in the process.
    pub fn client_certificate(mut self, chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.settings.client_chain = Some(("Builder::client_certificate".to_owned(), chain.into()));
        self.settings.client_key = Some(("Builder::client_certificate".to_owned(), key.into()));
        self
    }

    /// Which certificates to trust. Default [`Roots::Bundled`].
    pub fn roots(mut self, roots: Roots) -> Self {
        self.settings.roots = roots;
        self
    }

    /// An `http://` proxy, with user and password in the URL if it wants them. Default: none unless
    /// [`Builder::environment`] finds one.
    pub fn proxy(mut self, url: impl Into<Secret>) -> Self {
        self.settings.proxy = Some(("Builder::proxy".to_owned(), url.into()));
        self
    }

    /// The `User-Agent` header.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.settings.user_agent = name.into();
        self
    }

    /// Where the time comes from.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sends by other means than the bundled client.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// For a forked child whose certificates or header files cannot be read any more: it records and cannot send,
    /// which its numbers say.
    pub(crate) fn unsent(&self) -> Self {
        Self { headers: Vec::new(), transport: Some(Arc::new(Unavailable)), ..self.clone() }
    }

    /// For a forked child: values that were replaced while the parent ran.
    pub(crate) fn replace_headers(&mut self, present: Vec<(String, Secret)>) {
        for (name, value) in present {
            let known = self.headers.iter_mut().find(|h| h.name.eq_ignore_ascii_case(&name));
            match known.map(|header| &mut header.source) {
                Some(HeaderSource::Fixed(old)) => *old = value,
                Some(HeaderSource::File(_)) => {}
                None => self.headers.push(Header { name, source: HeaderSource::Fixed(value) }),
            }
        }
    }
}
