//! The funnel lab, as its users run it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{eventually, skip};

pub(crate) struct Lab {
    child: Child,
    pub(crate) otlp: String,
    page: String,
}

impl Lab {
    /// `FUNNEL_BIN` names the binary that `cargo build -p funnel-cli` makes. None, and a line that says so, without.
    pub(crate) fn start() -> Option<Self> {
        let Ok(binary) = std::env::var("FUNNEL_BIN") else {
            skip("FUNNEL_BIN names no `funnel`; `cargo build -p funnel-cli` makes one");
            return None;
        };
        let mut child = Command::new(binary)
            .args([
                "lab",
                "--temporary",
                "--otlp",
                "127.0.0.1:0",
                "--grpc",
                "127.0.0.1:0",
                "--http",
                "127.0.0.1:0",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut next = |label: &str| {
            let line = lines.find_map(|line| {
                line.strip_prefix(label).map(|url| url.trim().trim_end_matches('/').to_owned())
            });
            line.unwrap_or_else(|| panic!("the lab says no {label}"))
        };
        let (page, otlp) = (next("page"), next("OTLP/HTTP"));
        Some(Self { child, otlp, page })
    }

    pub(crate) fn query(&self, nrql: &str) -> Value {
        let mut answer = ureq::post(format!("{}/api/query", self.page))
            .header("content-type", "application/json")
            .send(json!({ "nrql": nrql }).to_string())
            .unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    pub(crate) fn counts(&self) -> Value {
        let mut answer = ureq::get(format!("{}/api/counts", self.page)).call().unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// Waits until it holds this many events.
    pub(crate) fn holds(&self, events: u64) {
        eventually("the lab holds the events", || (self.counts()["total"].as_u64()? >= events).then_some(()));
    }

    pub(crate) fn variables(&self) -> [(&str, &str); 2] {
        [("ANALYTICS_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &self.otlp)]
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
