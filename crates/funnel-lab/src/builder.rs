//! Starts a lab.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use funnel_contract::ContractFile;
use instant_funnel_core::contract::Contract;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::app::{App, JUDGES, TURNS};
use crate::clock::Clock;
use crate::columns::Columns;
use crate::conservation::{Conservation, Line, Probe};
use crate::contracts::{Contracts, Given, UnusableContract};
use crate::faults::Faults;
use crate::http::bounds::{ANSWERS_MAX, ASKED_MAX, ROOM};
use crate::http::{self, Door};
use crate::lab::Lab;
use crate::metrics::Metrics;
use crate::query::Queries;
use crate::refusals::Refusals;
use crate::room::Room;
use crate::store::{Bounds, DatabaseFile, Reader, StoreError, Writer, WriterConfig};

/// A lab that could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A contract.
    #[error(transparent)]
    Contract(#[from] UnusableContract),
    /// An address.
    #[error("cannot listen on {address}: {source}; give another address with `{option}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The builder's method; the command's option is the same with two dashes before it.
        option: &'static str,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// An origin.
    #[error(
        "`{origin}` is not an origin, such as https://shop.example or http://localhost:3000; see `allow_origin`"
    )]
    Origin {
        /// What was given.
        origin: String,
    },
    /// A thread.
    #[error("the lab was stopped while it was starting")]
    Interrupted,
}

/// Says how a lab shall be; [`start`](Self::start) starts it.
#[derive(Debug)]
#[must_use = "a builder does nothing until `start` is awaited"]
pub struct LabBuilder {
    otlp: SocketAddr,
    grpc: SocketAddr,
    http: SocketAddr,
    db: Option<PathBuf>,
    max_events: u64,
    max_age: Duration,
    max_bytes: u64,
    clock: Clock,
    memory: usize,
    window: Duration,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
    services: Vec<Arc<dyn Conservation>>,
    contracts: Vec<Given>,
}

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

impl Default for LabBuilder {
    fn default() -> Self {
        Self {
            otlp: LOOPBACK,
            grpc: LOOPBACK,
            http: LOOPBACK,
            db: None,
            max_events: 2_000_000,
            max_age: Duration::from_secs(7 * 24 * 3600),
            max_bytes: 4 << 30,
            clock: Clock::default(),
            memory: 1 << 30,
            window: Duration::from_secs(24 * 3600),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            services: Vec::new(),
            contracts: Vec::new(),
        }
    }
}

impl LabBuilder {
    /// Where OTLP over HTTP is received. Default: a free port of 127.0.0.1; the command uses 4318.
    pub fn otlp(mut self, address: SocketAddr) -> Self {
        self.otlp = address;
        self
    }

    /// Where OTLP over gRPC is received. Default: a free port of 127.0.0.1; the command uses 4317.
    pub fn grpc(mut self, address: SocketAddr) -> Self {
        self.grpc = address;
        self
    }

    /// Where the page and the API are. Default: a free port of 127.0.0.1; the command uses 4320.
    pub fn http(mut self, address: SocketAddr) -> Self {
        self.http = address;
        self
    }

    /// The database's file. Default: a temporary one that goes when the lab does.
    pub fn db(mut self, file: impl Into<PathBuf>) -> Self {
        self.db = Some(file.into());
        self
    }

    /// The most events that are kept; past it, and a hundredth more, the oldest go. Default: 2,000,000.
    pub fn max_events(mut self, events: u64) -> Self {
        self.max_events = events;
        self
    }

    /// How long an event is kept after it was received; at most 30 seconds later it is gone. Default: 7 days.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// The most bytes of the file that events take; past it the oldest go, and their place is used again. SQLite's
    /// log beside the file takes up to 64 MiB more. Default: 4 GiB.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Tells the time, for tests. Default: [`SystemTime::now`].
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// The most bytes of memory that the columns for queries take; past it the oldest events are no longer counted by
    /// queries, though they stay in the file. Default: 1 GiB.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// How far an event's time may lie from now. New Relic takes 24 hours, which is the default; events beyond it are
    /// judged bad and not counted by queries. Seeded data that spans weeks needs more.
    pub fn accept_age(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// A name under which the lab may be reached, beside addresses, `localhost` and names without a dot.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// The origin of pages that may send telemetry from a browser, such as `https://shop.example`; there is no wildcard.
    /// Without one, the lab takes telemetry from programs alone.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// A service in this process whose conservation line the page shows. `line` must not block.
    pub fn watch(self, name: impl Into<String>, line: impl Fn() -> Line + Send + Sync + 'static) -> Self {
        self.watch_service(Arc::new(Probe { name: name.into(), line }))
    }

    /// A service whose conservation line the page shows.
    pub fn watch_service(mut self, service: Arc<dyn Conservation>) -> Self {
        self.services.push(service);
        self
    }

    /// Another contract by which events are judged, such as the `CONTRACT` of a generated module. The lab always knows
    /// InstantFunnel.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let text = "event = 'ShopFunnel'\nversion = 1\ncounter = 'shop_total'\nsteps = ['visit', 'subscribe']";
    /// # let shop = funnel_contract::ContractFile::parse(text)?.table();
    /// let lab = funnel_lab::Lab::builder().contract(shop).start().await?;
    /// assert_eq!(lab.counts_of("ShopFunnel").map(|counts| counts.good), Some(0));
    /// # Ok(()) }
    /// ```
    pub fn contract(mut self, contract: &'static Contract) -> Self {
        self.contracts.push((contract, Vec::new()));
        self
    }

    /// Another contract, and its KPIs, from its file.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use funnel_contract::ContractFile;
    /// use funnel_lab::{Lab, ReportQuestion};
    ///
    /// let shop = ContractFile::parse(r#"
    ///     event = "ShopFunnel"
    ///     version = 1
    ///     counter = "shop_total"
    ///     steps = ["visit", "subscribe"]
    ///     [kpi.subscribed]
    ///     from = { step = "visit", within = "1 day" }
    ///     to = { step = "subscribe", within = "7 days" }
    /// "#)?;
    /// let lab = Lab::builder().contract_file(&shop).start().await?;
    /// let report = lab.report(&ReportQuestion::parse([("contract", "ShopFunnel")])?).await?;
    /// assert_eq!(report["kpis"][0]["name"], "subscribed");
    /// # Ok(()) }
    /// ```
    pub fn contract_file(mut self, file: &ContractFile) -> Self {
        self.contracts.push((file.table(), file.kpis.clone()));
        self
    }

    /// Opens the database, fills the columns and listens, on the current tokio runtime.
    ///
    /// # Errors
    /// The database or a contract cannot be used, an address is taken, or an origin is none.
    pub async fn start(self) -> Result<Lab, LabError> {
        if let Some(origin) = self.allowed_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(LabError::Origin { origin: origin.clone() });
        }
        let contracts = Arc::new(Contracts::new(self.contracts)?);
        let otlp = listen(self.otlp, "otlp").await?;
        let grpc = listen(self.grpc, "grpc").await?;
        let http = listen(self.http, "http").await?;
        let address = |listener: &TcpListener, asked: SocketAddr, option| {
            listener.local_addr().map_err(|source| LabError::Listen { address: asked, option, source })
        };
        let addresses = [
            address(&otlp, self.otlp, "otlp")?,
            address(&grpc, self.grpc, "grpc")?,
            address(&http, self.http, "http")?,
        ];
        for address in addresses.iter().filter(|address| !address.ip().is_loopback()) {
            tracing::warn!(
                target: "funnel_lab",
                %address,
                "the lab is reachable from other machines and has no authentication"
            );
        }
        let columns = Arc::new(Columns::new(Arc::clone(&contracts), self.memory));
        let bounds = Bounds { max_events: self.max_events, max_age: self.max_age, max_bytes: self.max_bytes };
        let config = WriterConfig { columns: Arc::clone(&columns), bounds, clock: self.clock.clone() };
        let db = self.db;
        let opened = tokio::task::spawn_blocking(move || -> Result<(Writer, Reader), StoreError> {
            let file = Arc::new(DatabaseFile::claim(db.as_deref())?);
            let writer = Writer::start(Arc::clone(&file), config)?;
            let reader = Reader::open(&file, &contracts)?;
            Ok((writer, reader))
        });
        let (writer, reader) = opened.await.map_err(|_| LabError::Interrupted)??;
        let queries = Arc::new(Queries::new(Arc::clone(&columns), self.clock.clone()));
        let app = Arc::new(App {
            gauges: Mutex::default(),
            window: self.window,
            clock: self.clock,
            allowed_hosts: self.allowed_hosts,
            allowed_origins: self.allowed_origins,
            writer,
            reader,
            columns,
            queries,
            faults: Faults::default(),
            metrics: Metrics::default(),
            refusals: Refusals::default(),
            services: self.services,
            room: Room::new(ROOM),
            asked: Room::new(ASKED_MAX),
            answers: Room::new(ANSWERS_MAX),
            judges: Arc::new(Semaphore::new(JUDGES)),
            turns: Semaphore::new(TURNS),
            otlp: addresses[0],
            grpc: addresses[1],
        });
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(watch_age(Arc::clone(&app), bounds.pace(), stopped.clone()));
        let doors = [(otlp, Door::Otlp), (grpc, Door::Grpc), (http, Door::Page)].map(|(listener, door)| {
            tokio::spawn(http::serve(listener, door, Arc::clone(&app), stopped.clone()))
        });
        Ok(Lab::new(app, addresses, stop, doors.into()))
    }
}

impl Lab {
    /// A lab on free ports of 127.0.0.1 and a temporary database, by default.
    pub fn builder() -> LabBuilder {
        LabBuilder::default()
    }
}

/// Whether a string is an origin as browsers write it: a scheme, a host and perhaps a port.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
            })
    })
}

/// Has old events removed while nobody sends.
async fn watch_age(app: Arc<App>, pace: Duration, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(pace) => app.writer.retain(),
            _ = stopped.changed() => return,
        }
    }
}

async fn listen(address: SocketAddr, option: &'static str) -> Result<TcpListener, LabError> {
    TcpListener::bind(address).await.map_err(|source| LabError::Listen { address, option, source })
}
