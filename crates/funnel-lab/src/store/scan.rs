//! Reading every event back, to fill the columns.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use rusqlite::Connection;

use super::schema;
use super::shape::Shape;
use super::stored::{Chunk, Stored};
use crate::columns::Fill;

/// Chunks that may wait for each kind of columns.
const WAITING: usize = 4;

/// Fills the columns with every row, oldest first, and tells `each` about it.
///
/// Reading rows, filling the columns of NRQL and joining journeys take about as long, so that they run side by side.
pub(super) fn scan(
    connection: &Connection,
    shape: &Shape,
    fill: &mut Fill<'_>,
    mut each: impl FnMut(&Stored<'_>),
) -> rusqlite::Result<()> {
    let resources = resources(connection)?;
    let Fill { rows, journeys } = fill;
    let (rows, journeys) = (Mutex::new(rows), Mutex::new(journeys));
    let append = |chunk: &Chunk| {
        chunk.append(shape, &mut rows.lock().unwrap_or_else(PoisonError::into_inner), &resources);
    };
    let join = |chunk: &Chunk| {
        chunk.join(shape, &mut journeys.lock().unwrap_or_else(PoisonError::into_inner));
    };
    std::thread::scope(|scope| {
        let (appender, joiner) = (Worker::start(scope, &append), Worker::start(scope, &join));
        let read = read(connection, shape, |chunk| {
            let chunk = Arc::new(chunk);
            appender.give(&chunk, &append);
            joiner.give(&chunk, &join);
            chunk.rows(shape).for_each(|row| each(&row));
        });
        appender.end();
        joiner.end();
        read
    })
}

/// A thread that takes chunks in their order.
struct Worker<'s> {
    chunks: SyncSender<Arc<Chunk>>,
    /// None where the system gave no thread.
    thread: Option<ScopedJoinHandle<'s, ()>>,
}

impl<'s> Worker<'s> {
    fn start<'e>(scope: &'s Scope<'s, 'e>, work: &'s (impl Fn(&Chunk) + Sync)) -> Self {
        let (chunks, queue) = sync_channel::<Arc<Chunk>>(WAITING);
        let thread = Builder::new()
            .name("funnel-lab-load".to_owned())
            .spawn_scoped(scope, move || queue.into_iter().for_each(|chunk| work(&chunk)));
        Self { chunks, thread: thread.ok() }
    }

    /// If the thread could not be started, the caller does the work.
    fn give(&self, chunk: &Arc<Chunk>, work: &impl Fn(&Chunk)) {
        if self.chunks.send(Arc::clone(chunk)).is_err() {
            work(chunk);
        }
    }

    /// Waits for the thread, and goes on with its panic.
    fn end(self) {
        drop(self.chunks);
        if let Some(Err(panic)) = self.thread.map(ScopedJoinHandle::join) {
            resume_unwind(panic);
        }
    }
}

fn read(connection: &Connection, shape: &Shape, mut full: impl FnMut(Chunk)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("{} ORDER BY event.id", schema::select(shape)))?;
    let mut rows = statement.query([])?;
    let mut chunk = Chunk::default();
    while let Some(row) = rows.next()? {
        chunk.push(shape, row)?;
        if chunk.is_full() {
            full(std::mem::take(&mut chunk));
        }
    }
    if !chunk.is_empty() {
        full(chunk);
    }
    Ok(())
}

fn resources(connection: &Connection) -> rusqlite::Result<HashMap<i64, String>> {
    let mut statement = connection.prepare("SELECT id, attributes FROM resource")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn without_a_thread_the_caller_does_the_work() {
        let done = AtomicUsize::new(0);
        let (chunks, queue) = sync_channel(WAITING);
        drop(queue);
        let worker = Worker { chunks, thread: None };
        for _ in 0..3 * WAITING {
            worker.give(&Arc::default(), &|_: &Chunk| {
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        worker.end();
        assert_eq!(done.into_inner(), 3 * WAITING);
    }

    #[test]
    fn a_panic_of_a_thread_ends_the_scan() {
        let work = |_: &Chunk| panic!("for the test");
        let ended = catch_unwind(AssertUnwindSafe(|| {
            std::thread::scope(|scope| {
                let worker = Worker::start(scope, &work);
                (0..3 * WAITING).for_each(|_| worker.give(&Arc::default(), &|_: &Chunk| ()));
                worker.end();
            });
        }));
        assert!(ended.is_err());
    }
}
