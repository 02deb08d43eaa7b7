//! A function that is frozen between invocations.
//!
//! Between two invocations nothing runs: no sender, no timer. What is still in memory when the answer leaves may wait
//! for minutes, or for ever. So each invocation flushes before it answers, and no longer than it can afford:
//!
//! | | |
//! |---|---|
//! | wait for | what the invocation has left, less what the answer needs, a second at most |
//! | when the endpoint is slow | the answer goes out in time; what is pending is sent by the next invocation |
//! | when the function is retired | `shutdown` in the few hundred milliseconds that the platform gives |
//!
//! The runtime here reads one invocation a line from standard input, so that the example runs anywhere:
//! `printf 'db 3000\ncache 50\n' | ANALYTICS_BACKEND=otlp cargo run -p lambda-example`. With a real runtime the body
//! of `invoke` stays as it is, and `deadline` comes from the invocation's context.

use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

use instant_funnel::{Actor, FlushReport, Funnel, Journey, Provision};

/// What the answer itself may take once the flush is over.
const RESERVE: Duration = Duration::from_millis(100);
/// Longer than a healthy far end ever needs; the visitor waits for this.
const FLUSH_MAX: Duration = Duration::from_secs(1);
/// What platforms leave a function that they retire.
const RETIRE: Duration = Duration::from_millis(300);

/// One call of the function.
struct Invocation {
    service: String,
    deadline: Instant,
}

fn main() -> io::Result<()> {
    // Built once, in the cold start, and kept over all invocations.
    let funnel = Funnel::from_env();
    funnel.install();
    for advisory in funnel.advisories() {
        writeln!(io::stderr(), "{advisory}")?;
    }
    for line in io::stdin().lock().lines() {
        let answer = match Invocation::parse(&line?) {
            Some(invocation) => invoke(&funnel, &invocation),
            None => "usage: SERVICE MILLISECONDS-LEFT".to_owned(),
        };
        writeln!(io::stdout(), "{answer}")?;
    }
    let report = funnel.shutdown(RETIRE);
    writeln!(io::stderr(), "retired: {} recorded, {} pending", report.recorded, report.pending)
}

fn invoke(funnel: &Funnel, invocation: &Invocation) -> String {
    let journey = Journey::begin(Actor::AgentMcp); // a real one comes with the request
    funnel.record(Provision::new(&invocation.service).journey(journey).tier("anonymous"));
    let report = flush_before(funnel, invocation.deadline);
    format!("created {}; {} events pending", invocation.service, report.pending)
}

/// Settles what can be settled and still leaves the answer its time.
fn flush_before(funnel: &Funnel, deadline: Instant) -> FlushReport {
    let left = deadline.saturating_duration_since(Instant::now()).saturating_sub(RESERVE);
    funnel.flush(left.min(FLUSH_MAX))
}

impl Invocation {
    fn parse(line: &str) -> Option<Self> {
        let (service, left) = line.split_once(' ')?;
        let left = Duration::from_millis(left.trim().parse().ok()?);
        Some(Self { service: service.to_owned(), deadline: Instant::now() + left })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};

    use instant_funnel::{Backend, Record, Settled, Sink, Verdict};

    use super::*;

    /// Delivers when it is flushed, and remembers how long it was allowed to take.
    #[derive(Default)]
    struct Flushed {
        taken: AtomicU64,
        delivered: AtomicU64,
        allowed: Mutex<Vec<Duration>>,
    }

    impl Sink for Flushed {
        fn accept(&self, _: &Record<'_>) -> Verdict {
            self.taken.fetch_add(1, Ordering::SeqCst);
            Verdict::Pending
        }

        fn settled(&self) -> Settled {
            Settled { delivered: self.delivered.load(Ordering::SeqCst), ..Settled::default() }
        }

        fn flush(&self, timeout: Duration) {
            self.allowed.lock().unwrap().push(timeout);
            self.delivered.store(self.taken.load(Ordering::SeqCst), Ordering::SeqCst);
        }
    }

    #[test]
    fn each_invocation_flushes_within_what_it_has_left() {
        let sink = Arc::new(Flushed::default());
        let funnel = Funnel::builder().backend(Backend::Custom(sink.clone())).build().unwrap();
        for line in ["db 60000", "cache 400", "queue 10"] {
            let answer = invoke(&funnel, &Invocation::parse(line).unwrap());
            assert!(answer.ends_with("0 events pending"), "{answer}");
        }
        let allowed = sink.allowed.lock().unwrap();
        assert_eq!(allowed[0], FLUSH_MAX);
        assert!(allowed[1] <= Duration::from_millis(300), "{allowed:?}");
        assert_eq!(allowed[2], Duration::ZERO, "no time left, none taken");
    }

    #[test]
    fn what_is_no_invocation_is_none() {
        assert!(Invocation::parse("db").is_none() && Invocation::parse("db soon").is_none());
    }
}
