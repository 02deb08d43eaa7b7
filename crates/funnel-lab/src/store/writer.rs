//! The writer thread: commits all waiting requests in one transaction and passes them on for acknowledgement.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::answer::{Refused, Waiting};
use super::counts::HeldCounts;
use super::error::StoreError;
use super::file::DatabaseFile;
use super::state::{State, WriterConfig};
use crate::judge::Batch;

/// Requests that wait for the writer; with more, senders are asked to retry.
const QUEUE: usize = 64;
/// A commit is made after so many records even when more wait.
const COMMIT_RECORDS: usize = 16_384;

enum Job {
    Store(Waiting),
    Reset(oneshot::Sender<Result<(), Refused>>),
    /// Time to look at what has grown old.
    Retain,
    Stop,
}

/// Hands requests to the writing thread.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    counts: Arc<Mutex<HeldCounts>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

/// How long a request may wait for room in the queue.
const PATIENCE: Duration = Duration::from_secs(5);

impl Writer {
    /// Opens the database, fills the columns from it and starts the thread.
    pub(crate) fn start(file: Arc<DatabaseFile>, config: WriterConfig) -> Result<Self, StoreError> {
        let counts = Arc::new(Mutex::new(HeldCounts::new(config.columns.contracts().len())));
        let mut state = State::open(&file, config, &counts)?;
        while state.retain(&counts).map_err(|source| file.sqlite(source))? {}
        let (jobs, queue) = mpsc::channel(QUEUE);
        let shared = Arc::clone(&counts);
        let thread = std::thread::Builder::new()
            .name("funnel-lab-writer".to_owned())
            .spawn(move || {
                run(&mut state, queue, &shared);
                // The file is closed before its lock is given back.
                drop(state);
                drop(file);
            })
            .map_err(StoreError::Thread)?;
        Ok(Self { jobs, counts, thread: Mutex::new(Some(thread)) })
    }

    /// Stores a request; ready when it would survive the death of this process.
    ///
    /// The answer is the number of records that break the contract.
    pub(crate) async fn store(&self, batch: Batch) -> Result<usize, Refused> {
        let (answer, answered) = oneshot::channel();
        let sent = self.jobs.send_timeout(Job::Store((Box::new(batch), answer)), PATIENCE).await;
        sent.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => Refused::Busy,
            mpsc::error::SendTimeoutError::Closed(_) => Refused::Stopped,
        })?;
        answered.await.unwrap_or(Err(Refused::Stopped))
    }

    /// Forgets every event.
    pub(crate) async fn reset(&self) -> Result<(), Refused> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::Reset(answer)).await.map_err(|_| Refused::Stopped)?;
        answered.await.unwrap_or(Err(Refused::Stopped))
    }

    /// Has what has grown old removed. With a full queue it is removed after the next commit anyway.
    pub(crate) fn retain(&self) {
        let _ = self.jobs.try_send(Job::Retain);
    }

    /// What is held now.
    pub(crate) fn counts(&self) -> HeldCounts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stores what was handed in, then ends the thread.
    pub(crate) async fn stop(&self) {
        let _ = self.jobs.send(Job::Stop).await;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn run(state: &mut State, mut queue: mpsc::Receiver<Job>, counts: &Mutex<HeldCounts>) {
    let mut behind = false;
    loop {
        // What is left to remove goes on when nobody waits.
        let job = if behind {
            queue.try_recv().unwrap_or(Job::Retain)
        } else {
            queue.blocking_recv().unwrap_or(Job::Stop)
        };
        match job {
            Job::Store(first) => {
                let (group, other) = gather(first, &mut queue);
                state.commit(group);
                if let Some(other) = other
                    && !attend(state, other, counts)
                {
                    return;
                }
            }
            other => {
                if !attend(state, other, counts) {
                    return;
                }
            }
        }
        behind = state.retain(counts).unwrap_or_else(|error| {
            tracing::warn!(target: "funnel_lab", %error, "old events could not be removed");
            false
        });
    }
}

/// A request with those that wait behind it, and the first job behind them that is none.
fn gather(first: Waiting, queue: &mut mpsc::Receiver<Job>) -> (Vec<Waiting>, Option<Job>) {
    let mut records = first.0.rows.len();
    let mut group = vec![first];
    while records < COMMIT_RECORDS {
        match queue.try_recv() {
            Ok(Job::Store(next)) => {
                records += next.0.rows.len();
                group.push(next);
            }
            Ok(other) => return (group, Some(other)),
            Err(_) => break,
        }
    }
    (group, None)
}

/// Does what is not storing; false when the thread shall end.
fn attend(state: &mut State, job: Job, counts: &Mutex<HeldCounts>) -> bool {
    if let Job::Reset(answer) = job {
        let reset = state.reset(counts).map_err(|error| Refused::Sqlite(error.to_string()));
        let _ = answer.send(reset);
        return true;
    }
    !matches!(job, Job::Stop)
}
