//! Retention: keeps the newest events, limited by number, age and file size.
//!
//! The oldest go a slice at a time between two commits, and what is kept of them in memory is put right by their rows,
//! so that nothing has to be read again and senders hardly notice.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, params};

use super::counts::HeldCounts;
use super::schema;
use super::shape::Shape;
use super::state::State;
use super::tally::Tally;
use crate::contracts::{EVENT_ID, STEP};
use crate::judge::{EventVerdict, hex16};

/// The most events that go at a time.
const SLICE: i64 = 32_768;

/// Rows that no longer exist.
struct Gone {
    counts: HeldCounts,
    ids: Vec<(usize, [u8; 16])>,
    tally: Tally,
}

impl State {
    /// Removes what is over the bounds, a slice of it at most; true when there is more.
    pub(super) fn retain(&mut self, counts: &Mutex<HeldCounts>) -> rusqlite::Result<bool> {
        let whole = self.over()?;
        let cut = whole.min(self.first.saturating_add(SLICE));
        if cut > self.first {
            self.remove(cut, counts)?;
        }
        Ok(whole > cut || (cut > self.first && self.is_too_big()?))
    }

    /// The first event that may stay.
    fn over(&mut self) -> rusqlite::Result<i64> {
        let bounds = self.config.bounds;
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let (max, held) = (signed(bounds.max_events), self.next - self.first);
        // A hundredth more is let in, so that not every commit removes a row.
        let by_number = if held > max.saturating_add(max / 100) { self.next - max } else { self.first };
        let by_size = if self.is_too_big()? { self.first + (held / 50).max(1).min(held) } else { self.first };
        Ok(by_number.max(by_size).max(self.by_age()?))
    }

    fn is_too_big(&self) -> rusqlite::Result<bool> {
        Ok(used(&self.connection)? > self.config.bounds.max_bytes)
    }

    /// Ids are given in the order of receipt, so the first event that is young enough ends what age removes.
    fn by_age(&mut self) -> rusqlite::Result<i64> {
        let now = self.config.clock.millis();
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        if now < self.age_due {
            return Ok(self.first);
        }
        let oldest = now.saturating_sub(millis(self.config.bounds.max_age));
        let end = self.next.min(self.first.saturating_add(SLICE + 1));
        let young: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT id FROM event WHERE id >= ?1 AND id < ?2 AND received >= ?3 ORDER BY id LIMIT 1",
            )?
            .query_map(params![self.first, end, oldest], |row| row.get(0))?
            .next()
            .transpose()?;
        if young.is_some() || end == self.next {
            self.age_due = now.saturating_add(millis(self.config.bounds.pace()));
        }
        Ok(young.unwrap_or(end))
    }

    /// Removes every event before `cut`.
    fn remove(&mut self, cut: i64, counts: &Mutex<HeldCounts>) -> rusqlite::Result<()> {
        // The counts and the columns must have what is taken off them.
        self.publisher.wait();
        let transaction = self.connection.transaction()?;
        let gone = read(&transaction, &self.shape, cut)?;
        transaction.prepare_cached("DELETE FROM problem WHERE event < ?1")?.execute([cut])?;
        transaction.prepare_cached("DELETE FROM event WHERE id < ?1")?.execute([cut])?;
        let orphans = self.tally.orphans(&gone.tally);
        for orphan in &orphans {
            transaction.prepare_cached("DELETE FROM resource WHERE id = ?1")?.execute([orphan])?;
        }
        transaction.commit()?;
        self.first = cut;
        self.tally.subtract(&gone.tally);
        for (contract, id) in &gone.ids {
            self.seen[*contract].remove(id);
        }
        if !orphans.is_empty() {
            self.resources.retain(|_, id| orphans.binary_search(id).is_err());
        }
        counts.lock().unwrap_or_else(PoisonError::into_inner).subtract(&gone.counts);
        let touched = gone.tally.types.keys();
        let left = touched.map(|kind| (kind.clone(), self.tally.types.get(kind).copied().unwrap_or(0)));
        self.config.columns.keep_newest(left.collect());
        Ok(())
    }
}

fn read(connection: &Connection, shape: &Shape, cut: i64) -> rusqlite::Result<Gone> {
    let sql = format!(
        "SELECT verdict, type, stored, resource, {}, {}, contract, extra IS NULL FROM event WHERE id < ?1",
        schema::quoted(STEP),
        schema::quoted(EVENT_ID)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([cut])?;
    let counts = HeldCounts::new(shape.contracts.len());
    let mut gone = Gone { counts, ids: Vec::new(), tally: Tally::default() };
    while let Some(row) = rows.next()? {
        let verdict = EventVerdict::named(row.get_ref(0)?.as_str()?).unwrap_or(EventVerdict::Other);
        let text = |at: usize| row.get_ref(at)?.as_str_or_null().map_err(rusqlite::Error::from);
        let contract = shape.judge_of(text(6)?, !row.get::<_, bool>(7)?).and_then(|(_, at)| at);
        let step =
            contract.zip(text(4)?).and_then(|(at, step)| shape.contracts.at(at).contract.step_position(step));
        gone.counts.add(contract, verdict, step);
        if let (EventVerdict::Good, Some(contract), Some(id)) = (verdict, contract, text(5)?.and_then(hex16))
        {
            gone.ids.push((contract, id));
        }
        gone.tally.add(row.get_ref(1)?.as_str()?, row.get(2)?, row.get(3)?);
    }
    Ok(gone)
}

/// Bytes of the pages that hold something.
fn used(connection: &Connection) -> rusqlite::Result<u64> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = pragma("page_count")? - pragma("freelist_count")?;
    Ok(u64::try_from(pages * pragma("page_size")?).unwrap_or(0))
}
