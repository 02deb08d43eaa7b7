//! The real collector with the operator's real file.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::client::Client;
use crate::process::{Folder, Process, free_address};
use crate::wait::wait_for;

/// A collector that is running, or was and can be started again on the same disk.
#[derive(Debug)]
pub struct Collector {
    binary: PathBuf,
    configs: Vec<PathBuf>,
    environment: BTreeMap<String, String>,
    folder: Folder,
    http: SocketAddr,
    grpc: SocketAddr,
    health: SocketAddr,
    telemetry: SocketAddr,
    process: Option<Process>,
}

impl Collector {
    /// A collector of `binary` with `configs`, not yet started, that sends funnel events to `newrelic` and the rest
    /// to `rest`.
    #[must_use]
    pub fn prepare(binary: &Path, configs: &[&Path], newrelic: &str, rest: &str) -> Self {
        let folder = Folder::new("collector");
        let mut collector = Self {
            binary: binary.to_owned(),
            configs: configs.iter().map(|config| (*config).to_owned()).collect(),
            environment: BTreeMap::new(),
            http: free_address(),
            grpc: free_address(),
            health: free_address(),
            telemetry: free_address(),
            folder,
            process: None,
        };
        let path = |name: &str| collector.folder.path().join(name).display().to_string();
        let settings = [
            ("NEW_RELIC_OTLP_ENDPOINT", newrelic.to_owned()),
            ("NEW_RELIC_LICENSE_KEY", "key-of-the-test".to_owned()),
            ("REST_OTLP_ENDPOINT", rest.to_owned()),
            ("OTLP_HTTP_ENDPOINT", collector.http.to_string()),
            ("OTLP_GRPC_ENDPOINT", collector.grpc.to_string()),
            ("HEALTH_ENDPOINT", collector.health.to_string()),
            ("TELEMETRY_HOST", collector.telemetry.ip().to_string()),
            ("TELEMETRY_PORT", collector.telemetry.port().to_string()),
            ("FUNNEL_QUEUE_DIR", path("funnel")),
            ("REST_QUEUE_DIR", path("rest")),
            ("FUNNEL_ARCHIVE_FILE", path("archive/funnel.otlp")),
            ("ARCHIVE_ENDPOINT", free_address().to_string()),
        ];
        collector.environment.extend(settings.map(|(name, value)| (name.to_owned(), value)));
        collector
    }

    /// The operator's file on the collector of `deploy/collector`, running; `None` when that is not built.
    #[must_use]
    pub fn running(newrelic: &str, rest: &str) -> Option<Self> {
        let binary = crate::binaries::collector()?;
        let config = crate::binaries::repository().join("otel-collector.yaml");
        let mut collector = Self::prepare(&binary, &[&config], newrelic, rest);
        collector.start();
        Some(collector)
    }

    /// Sets a variable of its environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Starts it and waits until it takes requests.
    pub fn start(&mut self) {
        self.spawn();
        self.wait_healthy();
        let http = self.http;
        self.wait("to take requests", || std::net::TcpStream::connect(http).ok());
    }

    /// Starts it without waiting.
    pub fn spawn(&mut self) {
        let mut command = self.command(&[]);
        self.process = Some(Process::start(&mut command, self.folder.path().join("log")));
    }

    /// Waits until it says that it is up.
    pub fn wait_healthy(&mut self) {
        let health = self.health;
        self.wait("to be up", || Client::new(health).get("/"));
    }

    fn wait<T>(&mut self, what: &str, mut condition: impl FnMut() -> Option<T>) {
        wait_for(&format!("the collector {what}"), || {
            if let Some(code) = self.process.as_mut().and_then(Process::ended) {
                panic!("the collector ended with {code}:\n{}", self.log());
            }
            condition()
        });
    }

    /// Runs a subcommand to its end: whether it succeeded, and what it printed.
    #[must_use]
    pub fn run(&self, subcommand: &[&str]) -> (bool, String) {
        let output = self.command(subcommand).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    fn command(&self, subcommand: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(subcommand);
        for config in &self.configs {
            command.arg("--config").arg(config);
        }
        command.env_clear().envs(&self.environment).current_dir(self.folder.path());
        command
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// A sender to its HTTP receiver.
    #[must_use]
    pub const fn client(&self) -> Client {
        Client::new(self.http)
    }

    /// Its OTLP/HTTP address.
    #[must_use]
    pub const fn http(&self) -> SocketAddr {
        self.http
    }

    /// Its OTLP/gRPC address.
    #[must_use]
    pub const fn grpc(&self) -> SocketAddr {
        self.grpc
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.as_ref().map(Process::id).unwrap()
    }

    /// The most memory that it had at any time, in MiB.
    #[must_use]
    pub fn peak_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// The CPU time that it has used, user and system, in seconds; Linux tells it in hundredths.
    #[must_use]
    pub fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap();
        let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }

    /// Where its queues and its archive are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The bytes of the archive, rotated parts first.
    #[must_use]
    pub fn archive(&self) -> Vec<u8> {
        let Ok(files) = std::fs::read_dir(self.folder.path().join("archive")) else { return Vec::new() };
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The address of its own metrics.
    #[must_use]
    pub const fn telemetry(&self) -> SocketAddr {
        self.telemetry
    }

    /// Its own metrics as Prometheus reads them, without comments.
    #[must_use]
    pub fn metrics(&self) -> String {
        let text = Client::new(self.telemetry).get("/metrics").unwrap_or_default();
        text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
    }

    /// The sum over all series of one of its own metrics whose labels contain `labels`; 0 when it has none.
    #[must_use]
    pub fn metric(&self, name: &str, labels: &str) -> f64 {
        let text = Client::new(self.telemetry).get("/metrics").unwrap_or_default();
        text.lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.rsplit_once("} "))
            .filter(|(found, _)| found.contains(labels))
            .filter_map(|(_, value)| value.parse::<f64>().ok())
            .sum()
    }
}
