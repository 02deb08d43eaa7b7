//! A real Kafka broker on loopback.

use std::net::SocketAddr;
use std::process::Command;

use crate::process::{Folder, Process, free_address};
use crate::wait::wait_until;

/// A broker that is running, or was and can be started again on the same disk.
#[derive(Debug)]
pub struct Broker {
    address: SocketAddr,
    controller: SocketAddr,
    folder: Folder,
    process: Option<Process>,
}

impl Broker {
    /// A running broker; `None` where its jars are not at hand.
    #[must_use]
    pub fn start() -> Option<Self> {
        crate::binaries::kafka_jars()?;
        let (address, controller) = (free_address(), free_address());
        let mut broker = Self { address, controller, folder: Folder::new("kafka"), process: None };
        broker.restart();
        Some(broker)
    }

    /// Starts it again.
    pub fn restart(&mut self) {
        const STARTED: &str = "Kafka Server started";
        let starts = self.log().matches(STARTED).count();
        let mut command = Command::new(crate::binaries::repository().join("deploy/kafka/broker.sh"));
        command.arg("start").arg(self.folder.path().join("broker"));
        command.args([self.address.port().to_string(), self.controller.port().to_string()]);
        self.process = Some(Process::start(&mut command, self.folder.path().join("stdout")));
        wait_until("the broker", || {
            let ended = self.process.as_mut().and_then(Process::ended);
            assert_eq!(ended, None, "the broker ended:\n{}", self.log());
            self.log().matches(STARTED).count() > starts
        });
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// As a collector wants its brokers: a YAML list.
    #[must_use]
    pub fn list(&self) -> String {
        format!("[\"{}\"]", self.address)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stdout")).unwrap_or_default()
    }
}
