//! The funnel lab: receives OTLP logs, judges them against the InstantFunnel contract, stores them in one SQLite file,
//! answers NRQL and shows a page. For a laptop and a test suite, without an account.
//!
//! | door | takes |
//! |---|---|
//! | [`otlp`](LabBuilder::otlp) | `POST /v1/logs`: protobuf and JSON, gzip, deflate and zstd; `/v1/traces` and `/v1/metrics` are counted and not kept |
//! | [`grpc`](LabBuilder::grpc) | `Export` of `LogsService`, `TraceService` and `MetricsService` |
//! | [`http`](LabBuilder::http) | the page, `/api/…`, `/graphql` as NerdGraph answers, `/metrics`, `/healthz` |
//!
//! # Getting started
//! `funnel lab` runs one. [`Lab::builder`] puts one into a test or an example; see [`Lab`].
//!
//! # What it promises
//! - An acknowledged event survives `kill -9` of the lab: the answer comes after the commit.
//! - It counts as New Relic does: the event type comes from `newrelic.event.type`, records without it are `Log`, the
//!   time that queries see has milliseconds, repeats are counted by `count(*)`, events over a day old are not.
//! - It says of each record whether it is [good, bad, a duplicate or something else](EventVerdict), and why.
//! - It listens on loopback, refuses a browser's requests from other sites, and bounds memory and time.
//!
//! # What it does not
//! It is not New Relic: it has no accounts and no passwords, and where New Relic's behaviour is not documented it
//! chooses; `docs/lab.md` says what.
//!
//! # Privacy
//! Of a record of the funnel only attributes that pass their rule are stored; what breaks one leaves a sample with its
//! letters and digits replaced. Records of anything else are stored as they came: a service that sends personal data
//! in its logs finds it in the lab's file.

#![forbid(unsafe_code)]

mod app;
mod builder;
mod clock;
mod columns;
mod conservation;
mod contracts;
mod demo;
pub mod examples;
mod faults;
mod graphql;
mod http;
mod judge;
pub mod kpi;
mod lab;
mod metrics;
mod offline;
mod otlp;
mod query;
mod refusals;
mod report;
mod room;
mod store;

pub use self::builder::{LabBuilder, LabError};
pub use self::conservation::{Conservation, Line};
pub use self::contracts::UnusableContract;
pub use self::judge::EventVerdict;
pub use self::lab::Lab;
pub use self::offline::{
    FileQueryError, FileReportError, count_in_file, erase_from_file, query_file, related_in_file,
    report_file, report_file_with,
};
pub use self::query::QueryError;
pub use self::report::{ReportError, ReportQuestion};
pub use self::store::{Counts, StoreError};
