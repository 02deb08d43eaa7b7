//! A running lab.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::demo;
use crate::judge::EventVerdict;
use crate::query::QueryError;
use crate::report::{Asked, ReportError, ReportQuestion, contract_of, report};
use crate::store::{Counts, EventFilter};

/// A running lab: where it listens, what it holds. It stops when dropped; [`shutdown`](Self::shutdown) waits for that.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let lab = funnel_lab::Lab::builder().start().await?; // free ports of 127.0.0.1, a temporary database
/// println!("send OTLP to {}, look at {}", lab.otlp_url(), lab.page_url());
///
/// // … record steps with any OpenTelemetry SDK, flush …
///
/// let counts = lab.counts();
/// assert_eq!((counts.good, counts.bad), (0, 0));
/// let answer = lab.query("SELECT count(*) FROM InstantFunnel").await?;
/// assert_eq!(answer["results"][0]["count"], 0);
/// lab.shutdown().await;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Lab {
    app: Arc<App>,
    addresses: [SocketAddr; 3],
    stop: watch::Sender<bool>,
    doors: Vec<JoinHandle<()>>,
}

impl Lab {
    pub(crate) fn new(
        app: Arc<App>,
        addresses: [SocketAddr; 3],
        stop: watch::Sender<bool>,
        doors: Vec<JoinHandle<()>>,
    ) -> Self {
        Self { app, addresses, stop, doors }
    }

    /// Where OTLP over HTTP is received.
    #[must_use]
    pub fn otlp_addr(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Where OTLP over gRPC is received.
    #[must_use]
    pub fn grpc_addr(&self) -> SocketAddr {
        self.addresses[1]
    }

    /// Where the page and the API are.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.addresses[2]
    }

    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`, without `/v1/logs`.
    #[must_use]
    pub fn otlp_url(&self) -> String {
        format!("http://{}", self.otlp_addr())
    }

    /// For a browser.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("http://{}/", self.http_addr())
    }

    /// What the lab holds now. Everything acknowledged to a sender is in it.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.app.writer.counts().all
    }

    /// What the lab holds of one contract; `None` when it does not know it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let lab = funnel_lab::Lab::builder().start().await?;
    /// assert_eq!(lab.counts_of("InstantFunnel").map(|counts| counts.good), Some(0));
    /// assert!(lab.counts_of("ShopFunnel").is_none());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn counts_of(&self, event: &str) -> Option<Counts> {
        let contract = self.app.columns.contracts().find(event)?;
        self.app.writer.counts().each.get(contract).copied()
    }

    /// The newest `limit` events with that verdict, or of every verdict, as `GET /api/events` lists them.
    ///
    /// # Errors
    /// The database's error.
    pub async fn events(
        &self,
        verdict: Option<EventVerdict>,
        limit: u32,
    ) -> Result<Vec<Value>, rusqlite::Error> {
        let app = Arc::clone(&self.app);
        let filter = EventFilter { verdict, limit, ..EventFilter::default() };
        let read = tokio::task::spawn_blocking(move || app.reader.events(&filter));
        read.await.unwrap_or(Ok(Vec::new()))
    }

    /// Answers NRQL as `POST /api/query` does.
    ///
    /// # Errors
    /// It is not NRQL, it cannot be evaluated, or it took too long.
    pub async fn query(&self, nrql: &str) -> Result<Value, QueryError> {
        self.app.queries.run(nrql).await.map(|answer| answer.to_nerdgraph())
    }

    /// The funnel and its key figures, as `GET /api/report` gives them; `docs/kpi.md` says what they mean.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use funnel_lab::{Lab, ReportQuestion};
    ///
    /// let lab = Lab::builder().start().await?;
    /// let report = lab.report(&ReportQuestion::parse([("since", "7d"), ("by", "tier")])?).await?;
    /// assert_eq!(report["funnel"]["steps"][0]["count"], 0);
    /// assert_eq!(report["kpis"][0]["mature"]["whole"], 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The question names something that the funnel does not have.
    pub async fn report(&self, question: &ReportQuestion) -> Result<Value, ReportError> {
        let (app, question) = (Arc::clone(&self.app), question.clone());
        let now = app.clock.millis();
        let answering = tokio::task::spawn_blocking(move || {
            let contracts = app.columns.contracts();
            let contract = contract_of(contracts, &question)?;
            let view = app.columns.view(contract);
            report(&Asked { layout: contracts.at(contract), view: &view }, &question, now)
        });
        answering.await.unwrap_or_else(|_| Err(ReportError::new("the report could not be generated")))
    }

    /// Stores seeded journeys of the last ninety days, to look at: 200,000 with bots, retries, renewals, late and missing
    /// steps. They are not judged by their age, and they are the same each time, so long before now.
    ///
    /// # Errors
    /// [`std::io::Error`] with the database's error.
    pub async fn load_demo(&self) -> Result<(), std::io::Error> {
        let now = self.app.clock.millis();
        for batch in demo::batches(now, demo::JOURNEYS) {
            self.app.writer.store(batch).await.map_err(std::io::Error::other)?;
        }
        Ok(())
    }

    /// Forgets every event, for the next test.
    ///
    /// # Errors
    /// [`std::io::Error`] with the database's error.
    pub async fn reset(&self) -> Result<(), std::io::Error> {
        self.app.writer.reset().await.map_err(std::io::Error::other)?;
        self.app.forget();
        Ok(())
    }

    /// Takes no more requests, stores what it has taken, and closes the database.
    pub async fn shutdown(mut self) {
        // Nobody listens when every door has gone.
        let _ = self.stop.send(true);
        for door in std::mem::take(&mut self.doors) {
            let _ = door.await;
        }
        self.app.writer.stop().await;
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}
