//! A sender thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::batch::Batch;
use super::diag::suppressed;
use super::outbox::Outbox;
use super::schedule::{Dead, Next, Schedule};
use super::verdict::{Verdict, judge};
use crate::TARGET;
use crate::settings::advisory::DeliveryAdvisory;
use crate::settings::stats::LossReason;
use crate::store::files::abandoned;

/// A record that came while the sender was falling asleep waits for at most this long.
const DOZE: Duration = Duration::from_secs(1);
/// Threads beyond the first end after so long without work.
const IDLE: Duration = Duration::from_secs(10);

/// Starts one more thread, counted already; false if the system has none to give.
pub(crate) fn spawn(outbox: &Arc<Outbox>) -> bool {
    let own = Arc::clone(outbox);
    match thread::Builder::new().name("otlp-journal".to_owned()).spawn(move || suppressed(|| run(&own))) {
        Ok(handle) => {
            outbox.keep(handle);
            true
        }
        Err(error) => {
            outbox.schedule().threads -= 1;
            outbox.advisories.add(DeliveryAdvisory::NoThread { reason: error.to_string() });
            false
        }
    }
}

fn run(outbox: &Arc<Outbox>) {
    let mut body = Vec::new();
    let mut waited = Duration::ZERO;
    let mut idle = false;
    loop {
        let ticket = outbox.bell.ticket();
        let now = outbox.clock.now_unix_nanos();
        let mut schedule = outbox.schedule();
        if std::mem::take(&mut idle) {
            schedule.idle -= 1;
        }
        let next = schedule.next(now, &outbox.ring, &outbox.counters);
        match next {
            Next::End => {
                schedule.threads -= 1;
                break;
            }
            Next::Wait { until, asleep } => {
                if waited >= IDLE && schedule.idle > 0 {
                    schedule.threads -= 1;
                    return;
                }
                schedule.idle += 1;
                idle = true;
                drop(schedule);
                outbox.settled.notify_all();
                if asleep && outbox.fall_asleep() {
                    continue;
                }
                let on_clock = until.map_or(IDLE, |until| Duration::from_nanos(until.saturating_sub(now)));
                let limit = outbox.clock.real(on_clock).min(if asleep { DOZE } else { IDLE });
                let start = std::time::Instant::now();
                outbox.bell.wait(ticket, limit);
                waited += start.elapsed();
            }
            Next::Spin => {
                drop(schedule);
                thread::sleep(Duration::from_micros(200));
            }
            Next::Adopt => {
                let more = reserve_thread(&mut schedule, outbox);
                drop(schedule);
                if more {
                    spawn(outbox);
                }
                adopt(outbox);
            }
            Next::Send(batch) => {
                waited = Duration::ZERO;
                // One thread always stays to look after what comes next.
                let more = reserve_thread(&mut schedule, outbox);
                drop(schedule);
                if more {
                    spawn(outbox);
                }
                send(outbox, batch, &mut body);
            }
        }
    }
    outbox.settled.notify_all();
}

fn reserve_thread(schedule: &mut Schedule, outbox: &Outbox) -> bool {
    let more = schedule.idle == 0 && schedule.threads < outbox.threads;
    schedule.threads += usize::from(more);
    more
}

fn send(outbox: &Arc<Outbox>, mut batch: Batch, body: &mut Vec<u8>) {
    let answer = outbox.poster.post(&batch, body);
    let now = outbox.clock.now_unix_nanos();
    let mut verdict = judge(&answer, now);
    let status = answer.as_ref().map_or(0, |r| r.status);

    let worked_before = outbox.worked.load(Ordering::Relaxed);
    match verdict {
        Verdict::Delivered { .. } => {
            outbox.worked.store(true, Ordering::Relaxed);
            if batch.plain && outbox.poster.go_plain() {
                let reason = "the far end does not take the compression; sending without".to_owned();
                outbox.advisories.add(DeliveryAdvisory::Ignored { reason });
            }
        }
        // Before the first success a refusal can be one of the encoding: ask again without.
        Verdict::Refused | Verdict::Hold
            if (status == 400 && !worked_before || status == 415) && outbox.poster.try_plain() =>
        {
            batch.plain = true;
            verdict = Verdict::Retry { after: Some(Duration::ZERO) };
        }
        Verdict::Hold => outbox.poster.headers.reload(),
        _ => {}
    }
    if !matches!(verdict, Verdict::Delivered { .. }) {
        outbox.diag.failed(status, answer.as_ref().err());
    }

    let after = {
        let mut schedule = outbox.schedule();
        if outbox.is_over() {
            return;
        }
        schedule.answer(batch, verdict, now, &outbox.ring, &outbox.counters)
    };
    if after.held {
        outbox.diag.held(status);
    }
    let mut freed = after.freed;
    if let Some(dead) = after.dead {
        freed |= bury(outbox, &dead, status);
    }
    if freed {
        outbox.room.notify_all();
        outbox.ring.prefault(2);
    }
    outbox.settled.notify_all();
    outbox.bell.notify_one();
}

fn bury(outbox: &Outbox, dead: &Dead, status: u16) -> bool {
    let now = outbox.clock.now_unix_nanos();
    dead.batch.each(|_, entry| outbox.dead.keep(&dead.batch.identity, &entry, dead.reason, status, now));
    outbox.schedule().bury(dead, &outbox.ring, &outbox.counters)
}

/// Sees to it that a thread looks after the schedule, unless it is over.
pub(crate) fn ensure(outbox: &Arc<Outbox>) {
    let first = {
        let mut schedule = outbox.schedule();
        let first = schedule.threads == 0 && !schedule.ended;
        schedule.threads += usize::from(first);
        first
    };
    if first {
        spawn(outbox);
    }
}

/// Looks for sets without a living writer and takes over their records.
fn adopt(outbox: &Outbox) {
    if let Some(home) = &outbox.home {
        if home.has_vanished() && !outbox.flags.is_closed() {
            outbox.advisories.add(DeliveryAdvisory::DirectoryVanished);
        }
        for path in home.others() {
            match abandoned::adopt(&path, outbox.request) {
                Ok(None) => {}
                Ok(Some(found)) => {
                    if found.kept {
                        home.skip(path);
                    }
                    take_over(outbox, found);
                }
                Err(error) => {
                    let reason = format!("{}: {error}", path.display());
                    outbox.advisories.add(DeliveryAdvisory::Unreadable { reason });
                    home.skip(path);
                }
            }
        }
    }
    let now = outbox.clock.now_unix_nanos();
    outbox.schedule().adoption_done(now, &outbox.ring);
    outbox.settled.notify_all();
}

fn take_over(outbox: &Outbox, found: abandoned::Found) {
    let now = outbox.clock.now_unix_nanos();
    found.advisories.into_iter().for_each(|advisory| outbox.advisories.add(advisory));
    let torn = found.torn.len() as u64;
    for (identity, raw) in &found.torn {
        outbox.dead.keep_raw(identity, raw, LossReason::Corrupt, now);
    }
    outbox.counters.recover(found.live, torn);
    if found.live + torn > 0 {
        tracing::info!(target: TARGET, records = found.live, torn, "adopted the journal of a process that ended");
    }
    outbox.schedule().adopted(found.segments, now);
    outbox.bell.notify_all();
}
