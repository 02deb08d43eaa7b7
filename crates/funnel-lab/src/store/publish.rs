//! The thread after the writer: makes committed requests visible to queries, then acknowledges them.
//!
//! Filling columns takes about as long as writing rows, so that the two run side by side.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::Waiting;
use super::counts::HeldCounts;
use super::error::StoreError;
use crate::columns::Columns;
use crate::judge::EventVerdict;

/// Groups that are committed and not yet shown; with more, the writer waits.
const GROUPS: usize = 4;

enum Step {
    Show(Vec<Waiting>),
    Fence(SyncSender<()>),
}

/// Hands committed groups to the thread. Dropping it ends the thread once it has shown them all.
#[derive(Debug)]
pub(super) struct Publisher {
    steps: Option<SyncSender<Step>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Publisher {
    pub(super) fn start(columns: Arc<Columns>, counts: Arc<Mutex<HeldCounts>>) -> Result<Self, StoreError> {
        let (steps, queue) = sync_channel(GROUPS);
        let thread = std::thread::Builder::new()
            .name("funnel-lab-columns".to_owned())
            .spawn(move || run(&queue, &columns, &counts))
            .map_err(StoreError::Thread)?;
        Ok(Self { steps: Some(steps), thread: Some(thread) })
    }

    /// Shows a group after those before it.
    pub(super) fn show(&self, group: Vec<Waiting>) {
        self.send(Step::Show(group));
    }

    /// Returns when all that was handed over is shown.
    pub(super) fn wait(&self) {
        let (passed, pass) = sync_channel(1);
        self.send(Step::Fence(passed));
        // An error means that the thread is gone, and then there is nothing to wait for.
        let _ = pass.recv();
    }

    fn send(&self, step: Step) {
        if let Some(steps) = &self.steps {
            // A thread that is gone drops the group, and its senders are told that the lab stopped.
            let _ = steps.send(step);
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.steps = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(queue: &Receiver<Step>, columns: &Columns, counts: &Mutex<HeldCounts>) {
    while let Ok(step) = queue.recv() {
        match step {
            Step::Fence(passed) => {
                let _ = passed.send(());
            }
            Step::Show(group) => {
                let mut fresh = HeldCounts::new(columns.contracts().len());
                for row in group.iter().flat_map(|(batch, _)| &batch.rows) {
                    fresh.add(row.contract(), row.verdict, row.step());
                }
                let mut answers = Vec::with_capacity(group.len());
                columns.append(group.into_iter().map(|(batch, answer)| {
                    answers.push((answer, batch.count(EventVerdict::Bad)));
                    batch
                }));
                counts.lock().unwrap_or_else(PoisonError::into_inner).merge(&fresh);
                for (answer, bad) in answers {
                    // A sender that has gone will send again; the ids tell.
                    let _ = answer.send(Ok(bad));
                }
            }
        }
    }
}
