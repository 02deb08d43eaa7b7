//! A sender thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::batch::Batch;
use super::monitor::{outcome, suppressed};
use super::outbox::Outbox;
use super::schedule::{Dead, Next, Schedule};
use super::verdict::{Verdict, is_page, judge};
use crate::TARGET;
use crate::settings::advisory::DeliveryAdvisory;
use crate::settings::choice::Protocol;
use crate::settings::clock::Now;
use crate::settings::health::DeliveryState;
use crate::settings::stats::LossReason;
use crate::settings::transport::{Response, TransportError};
use crate::store::files::abandoned::{self, Found, Outcome};
use crate::store::files::home::Home;
use crate::store::files::layout::is_passing;
use crate::store::raw::thread::spawn as spawn_thread;

/// A record that came while the sender was falling asleep waits for at most this long.
const DOZE: Duration = Duration::from_secs(1);
/// Threads beyond the first end after so long without work.
const IDLE: Duration = Duration::from_secs(10);

/// Starts one more thread, counted already; false if the system has none to give.
pub(crate) fn spawn(outbox: &Arc<Outbox>) -> bool {
    let own = Arc::clone(outbox);
    match spawn_thread(move || suppressed(|| run(&own))) {
        Ok(handle) => {
            outbox.flags.set_attended();
            outbox.keep(handle);
            true
        }
        Err(error) => {
            let mut schedule = outbox.schedule();
            schedule.threads -= 1;
            if schedule.threads == 0 {
                outbox.flags.set_unattended();
            }
            drop(schedule);
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
        if outbox.lost_pages() {
            outbox.advisories.add(DeliveryAdvisory::Overwritten);
        }
        outbox.advisories.say();
        let ticket = outbox.bell.ticket();
        let mut schedule = outbox.schedule();
        // Read with the lock held: a thread with an older time would look like a clock that was set back.
        let now = outbox.clock.now();
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
                let on_clock =
                    until.map_or(IDLE, |until| Duration::from_nanos(until.saturating_sub(now.monotonic)));
                let limit = outbox.clock.until_look(on_clock.min(if asleep { DOZE } else { IDLE }));
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
    let now = outbox.clock.now();
    let mut verdict = judge(&answer, now.wall);
    let status = answer.as_ref().map_or(0, |r| r.status);

    let worked_before = outbox.worked.load(Ordering::Relaxed);
    match verdict {
        Verdict::Delivered { .. } => {
            outbox.worked.store(true, Ordering::Relaxed);
            if batch.plain && outbox.poster.go_plain() {
                let reason = "the endpoint does not accept the compression; sending uncompressed".to_owned();
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

    let (after, doubtful) = {
        let mut schedule = outbox.schedule();
        if outbox.is_over() {
            return;
        }
        let after = schedule.answer(batch, verdict, now, &outbox.ring, &outbox.counters);
        (after, schedule.is_doubtful())
    };
    tell(outbox, &answer, verdict, doubtful, now);
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

/// Lets the monitor know what an answer means.
fn tell(
    outbox: &Outbox,
    answer: &Result<Response, TransportError>,
    verdict: Verdict,
    doubtful: bool,
    now: Now,
) {
    let state = match verdict {
        Verdict::Delivered { .. } => DeliveryState::Delivering,
        Verdict::Hold => DeliveryState::Held,
        Verdict::Refused if doubtful => DeliveryState::Held,
        // The search for one bad record among good ones is not a change of state.
        Verdict::Refused | Verdict::TooLarge => return,
        Verdict::Retry { .. } => DeliveryState::Retrying,
        Verdict::Throttled { .. } => DeliveryState::Throttled,
    };
    let outcome = outcome(answer);
    let why = (state == DeliveryState::Held).then(|| cure(answer));
    if let Some(why) = why {
        let destination = outbox.monitor.destination();
        let reason = format!("{destination} answered {outcome}: {why}");
        outbox.advisories.add(DeliveryAdvisory::Held { reason });
    }
    if matches!(answer, Err(TransportError::Protocol(_))) {
        let destination = outbox.monitor.destination();
        let what = match outbox.poster.protocol {
            Protocol::HttpProtobuf => {
                "HTTP/1.1; a gRPC port (usually 4317) answers like this, and OTLP over HTTP is usually on 4318"
            }
            Protocol::Grpc => {
                "HTTP/2; a port for OTLP over HTTP (usually 4318) answers like this, and gRPC is usually on 4317"
            }
        };
        let reason = format!("{destination} does not answer in {what} (OTEL_EXPORTER_OTLP_ENDPOINT)");
        outbox.advisories.add(DeliveryAdvisory::OtherProtocol { reason });
    }
    outbox.monitor.answered(&outcome, state, why, now);
}

/// What the operator should look at.
fn cure(answer: &Result<Response, TransportError>) -> &'static str {
    let Ok(response) = answer else { return "the endpoint (OTEL_EXPORTER_OTLP_ENDPOINT)" };
    match response.status {
        200..=299 if is_page(response) => {
            "it returned a web page instead of an acknowledgement, as a captive portal or a wrong host would \
             (OTEL_EXPORTER_OTLP_ENDPOINT, the proxy)"
        }
        400 | 422 => {
            "it rejects one record after another, so the endpoint probably does not accept OTLP logs, or \
             it speaks TLS (OTEL_EXPORTER_OTLP_ENDPOINT)"
        }
        401 | 403 => {
            "the key is rejected (Builder::header, Delivery::set_header, OTEL_EXPORTER_OTLP_HEADERS), or belongs to another region"
        }
        404 | 405 => {
            "nothing accepts logs at this path (OTEL_EXPORTER_OTLP_ENDPOINT; OTLP's path is /v1/logs)"
        }
        300..=399 => {
            "it redirects, and following the redirect would send the key to another host (OTEL_EXPORTER_OTLP_ENDPOINT)"
        }
        407 => "the proxy requires a user name and a password (HTTPS_PROXY, HTTP_PROXY)",
        _ => {
            "the endpoint or the key is rejected (Builder::header, Delivery::set_header, \
             OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_ENDPOINT)"
        }
    }
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

/// Sets that are taken at the same time; each holds two descriptors.
const SETS: usize = 16;

/// Looks for sets without a living writer and takes over their records.
fn adopt(outbox: &Outbox) {
    let mut more = false;
    if let Some(home) = &outbox.home {
        if home.has_vanished() && !outbox.flags.is_closed() {
            outbox.advisories.add(DeliveryAdvisory::DirectoryVanished);
        }
        for path in home.others() {
            if outbox.terms.open.load(Ordering::Relaxed) >= SETS {
                more = true;
                break;
            }
            adopt_set(outbox, home, path);
        }
    }
    let now = outbox.clock.now();
    outbox.schedule().adoption_done(more, now, &outbox.ring);
    outbox.settled.notify_all();
}

fn adopt_set(outbox: &Outbox, home: &Home, path: PathBuf) {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    match abandoned::adopt(&path, &outbox.terms) {
        Ok(Outcome::Alive) => {}
        Ok(Outcome::Stranger) => {
            if home.skip(path) {
                outbox.advisories.add(DeliveryAdvisory::OtherOwner { set: name });
            }
        }
        Ok(Outcome::Taken(found)) => {
            if found.kept {
                home.skip(path);
            }
            take_over(outbox, found);
        }
        // The next search tries again.
        Err(error) if is_passing(&error) => {}
        Err(error) => {
            home.skip(path);
            outbox.advisories.add(DeliveryAdvisory::Unreadable { reason: format!("{name}: {error}") });
        }
    }
}

fn take_over(outbox: &Outbox, found: Found) {
    let now = outbox.clock.now();
    found.advisories.into_iter().for_each(|advisory| outbox.advisories.add(advisory));
    for lost in &found.lost {
        outbox.dead.keep_lost(lost, now.wall);
    }
    let lost = |reason| found.lost.iter().filter(|lost| lost.reason == reason).count() as u64;
    let (torn, refused) = (lost(LossReason::Corrupt), lost(LossReason::Rejected));
    outbox.counters.recover(found.live, torn, refused);
    if found.live + torn + refused > 0 {
        tracing::info!(
            target: TARGET, records = found.live, torn, refused,
            "adopted the journal of a process that ended"
        );
    }
    outbox.schedule().adopted(found.segments, now);
    outbox.bell.notify_all();
}
