//! A sender thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::schedule::{Dead, Next};
use super::verdict::{Verdict, judge};
use crate::advisory::Advisory;
use crate::core::Core;
use crate::diag::suppressed;

/// A record that came while the sender was falling asleep waits for at most this long.
const DOZE: Duration = Duration::from_secs(1);
/// Threads beyond the first end after so long without work.
const IDLE: Duration = Duration::from_secs(10);

/// Starts one more thread, counted already; false if the system has none to give.
pub(crate) fn spawn(core: &Arc<Core>) -> bool {
    let own = Arc::clone(core);
    match thread::Builder::new().name("otlp-journal".to_owned()).spawn(move || suppressed(|| run(&own))) {
        Ok(handle) => {
            core.keep(handle);
            true
        }
        Err(error) => {
            core.schedule().threads -= 1;
            core.advisories.add(Advisory::NoThread { reason: error.to_string() });
            false
        }
    }
}

fn run(core: &Arc<Core>) {
    let mut body = Vec::new();
    let mut waited = Duration::ZERO;
    let mut idle = false;
    loop {
        let ticket = core.bell.ticket();
        let now = core.clock.now_unix_nanos();
        let mut schedule = core.schedule();
        if std::mem::take(&mut idle) {
            schedule.idle -= 1;
        }
        let next = schedule.next(now, &core.ring, &core.counters);
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
                core.settled.poke_all();
                if asleep && core.fall_asleep() {
                    continue;
                }
                let on_clock = until.map_or(IDLE, |until| Duration::from_nanos(until.saturating_sub(now)));
                let limit = core.clock.real(on_clock).min(if asleep { DOZE } else { IDLE });
                let start = std::time::Instant::now();
                core.bell.wait(ticket, limit);
                waited += start.elapsed();
            }
            Next::Spin => {
                drop(schedule);
                thread::sleep(Duration::from_micros(200));
            }
            Next::Adopt => {
                let more = reserve_thread(&mut schedule, core);
                drop(schedule);
                if more {
                    spawn(core);
                }
                core.adopt();
            }
            Next::Send(batch) => {
                waited = Duration::ZERO;
                // One thread always stays to look after what comes next.
                let more = reserve_thread(&mut schedule, core);
                drop(schedule);
                if more {
                    spawn(core);
                }
                send(core, batch, &mut body);
            }
        }
    }
    core.settled.poke_all();
}

fn reserve_thread(schedule: &mut super::schedule::Schedule, core: &Core) -> bool {
    let more = schedule.idle == 0 && schedule.threads < core.threads;
    schedule.threads += usize::from(more);
    more
}

fn send(core: &Arc<Core>, mut batch: super::batch::Batch, body: &mut Vec<u8>) {
    let answer = core.poster.post(&batch, body);
    let now = core.clock.now_unix_nanos();
    let mut verdict = judge(&answer, now);
    let status = answer.as_ref().map_or(0, |r| r.status);

    let worked_before = core.worked.load(Ordering::Relaxed);
    match verdict {
        Verdict::Delivered { .. } => {
            core.worked.store(true, Ordering::Relaxed);
            if batch.plain && core.poster.go_plain() {
                let reason = "the far end does not take the compression; sending without".to_owned();
                core.advisories.add(Advisory::Ignored { reason });
            }
        }
        // Before the first success a refusal can be one of the encoding: ask again without.
        Verdict::Refused | Verdict::Hold
            if (status == 400 && !worked_before || status == 415) && core.poster.try_plain() =>
        {
            batch.plain = true;
            verdict = Verdict::Retry { after: Some(Duration::ZERO) };
        }
        Verdict::Hold => core.poster.headers.reload(),
        _ => {}
    }
    if !matches!(verdict, Verdict::Delivered { .. }) {
        core.diag.failed(status, answer.as_ref().err());
    }

    let after = {
        let mut schedule = core.schedule();
        if core.is_over() {
            return;
        }
        schedule.answer(batch, verdict, now, &core.ring, &core.counters)
    };
    if after.held {
        core.diag.held(status);
    }
    let mut freed = after.freed;
    if let Some(dead) = after.dead {
        freed |= bury(core, &dead, status);
    }
    if freed {
        core.room.poke_all();
        core.ring.prefault(2);
    }
    core.settled.poke_all();
    core.bell.poke_one();
}

fn bury(core: &Core, dead: &Dead, status: u16) -> bool {
    let now = core.clock.now_unix_nanos();
    dead.batch.each(|_, entry| core.dead.keep(&dead.batch.identity, &entry, dead.reason, status, now));
    core.schedule().bury(dead, &core.ring, &core.counters)
}
