//! Real forks. Each case runs in a process of its own, since a fork copies whatever the other threads of a process are
//! doing at that moment; each has a time limit, and the one that does not end is named.
//!
//! `OTLP_JOURNAL_FORKS` is the number of forks from each of four threads in the case with many; 25 by default, 250 for
//! the long form.
#![cfg_attr(unix, expect(unsafe_code, reason = "`fork` is"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::exit, reason = "a test")]

fn main() {
    #[cfg(unix)]
    unix::main();
}

#[cfg(unix)]
mod unix {
    use std::path::{Path, PathBuf};
    use std::process::{Command, exit};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::{Duration, Instant};

    use otlp_journal::archive::AbandonedJournal;
    use otlp_journal::transport::{Request, Response, Transport, TransportError};
    use otlp_journal::{Builder, Compression, Delivery, Priority};

    const CASE: &str = "OTLP_JOURNAL_FORK_CASE";
    const FORKS: &str = "OTLP_JOURNAL_FORKS";
    const LONG: Duration = Duration::from_secs(60);
    /// No case takes this long, on the slowest machine.
    const LIMIT: Duration = Duration::from_secs(300);

    type Case = (&'static str, fn(&Path));
    const CASES: [Case; 6] = [
        ("a_forked_child_gets_a_delivery_of_its_own_and_the_parent_keeps_its_own", own),
        ("a_child_that_outlives_its_parent_does_not_keep_the_journal_locked", outlives),
        ("children_of_a_busy_parent_record_and_end", busy),
        ("a_child_of_a_parent_that_starts_threads_finds_a_host_by_name", names),
        ("a_key_that_was_replaced_is_the_childs_too", key),
        ("a_handle_dropped_in_a_child_ends_nothing_of_the_parents", dropped),
    ];

    pub(super) fn main() {
        if let Ok(name) = std::env::var(CASE) {
            let (_, case) = CASES.iter().find(|(known, _)| *known == name).unwrap();
            let directory = std::env::temp_dir().join(format!("otlp-journal-fork-{}", std::process::id()));
            case(&directory);
            let _ = std::fs::remove_dir_all(directory);
            exit(0);
        }
        let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
        let mut failed = false;
        for (name, _) in
            CASES.iter().filter(|(name, _)| filter.as_ref().is_none_or(|f| name.contains(f.as_str())))
        {
            let mut child = Command::new(std::env::current_exe().unwrap()).env(CASE, name).spawn().unwrap();
            let start = Instant::now();
            let outcome = loop {
                match child.try_wait().unwrap() {
                    Some(status) if status.success() => break "ok".to_owned(),
                    Some(status) => break format!("FAILED: {status}"),
                    None if start.elapsed() > LIMIT => {
                        let _ = child.kill();
                        break format!("HANGS: it has not ended after {} s", LIMIT.as_secs());
                    }
                    None => std::thread::sleep(Duration::from_millis(10)),
                }
            };
            println!("test forks::{name} ... {outcome}");
            failed |= outcome != "ok";
        }
        exit(i32::from(failed));
    }

    /// Takes everything, without a lock: a child has it too.
    #[derive(Debug, Default)]
    struct Far {
        requests: AtomicU64,
        keyed: AtomicU64,
    }

    impl Transport for Far {
        fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
            self.requests.fetch_add(1, Ordering::SeqCst);
            if request.headers.contains(&("api-key", "right")) {
                self.keyed.fetch_add(1, Ordering::SeqCst);
            }
            Ok(Response::new(200))
        }
    }

    fn to(far: &Arc<Far>) -> Builder {
        Delivery::builder("http://far.test/v1/logs")
            .transport(Arc::<Far>::clone(far))
            .compression(Compression::None)
            .max_bytes(256 << 10)
            .linger(LONG)
    }

    fn record(delivery: &Delivery) -> bool {
        delivery.append(Priority::Bulk, u64::MAX / 4, 4, |buf| buf.fill(1)).is_ok()
    }

    /// Runs `child` in a forked process; its exit status, or why there is none.
    fn forked(child: impl FnOnce() -> i32) -> Result<i32, String> {
        // SAFETY: the child uses the crate under test, the allocator (which glibc repairs after a fork) and `_exit`.
        match unsafe { libc::fork() } {
            0 => {
                let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).unwrap_or(99);
                // SAFETY: ends the child without running the parent's exit handlers.
                unsafe { libc::_exit(code) }
            }
            pid if pid < 0 => Err("no fork".to_owned()),
            pid => await_child(pid),
        }
    }

    fn await_child(pid: i32) -> Result<i32, String> {
        let start = Instant::now();
        loop {
            let mut status = 0;
            // SAFETY: `pid` is our child and `status` a place to write to.
            match unsafe { libc::waitpid(pid, &raw mut status, libc::WNOHANG) } {
                0 if start.elapsed() > LONG * 2 => {
                    // SAFETY: it is still our child.
                    unsafe { libc::kill(pid, libc::SIGKILL) };
                    return Err("the child hangs".to_owned());
                }
                0 => std::thread::sleep(Duration::from_millis(1)),
                done if done == pid && libc::WIFEXITED(status) => return Ok(libc::WEXITSTATUS(status)),
                _ => return Err(format!("the child ended with {status}")),
            }
        }
    }

    fn own(directory: &Path) {
        for files in [false, true] {
            let far = Arc::new(Far::default());
            let mut builder = to(&far);
            if files {
                builder = builder.directory(directory);
            }
            let delivery = builder.build().unwrap();
            assert!(record(&delivery));
            let code = forked(|| {
                let fresh = delivery.stats();
                if fresh.recorded != 0 || fresh.pending != 0 {
                    return 1;
                }
                if !(0..100).all(|_| record(&delivery)) {
                    return 2;
                }
                let report = delivery.flush(LONG);
                if !report.complete || report.delivered != 100 || !report.stats.is_conserved() {
                    return 3;
                }
                // A child of the child as well.
                let grandchild = forked(|| i32::from(!record(&delivery) || !delivery.flush(LONG).complete));
                if grandchild != Ok(0) { 5 } else { i32::from(!delivery.shutdown(LONG).complete) * 6 }
            });
            assert_eq!(code, Ok(0), "in files: {files}");
            let report = delivery.shutdown(LONG);
            assert_eq!((report.complete, report.stats.recorded, report.stats.delivered), (true, 1, 1));
        }
    }

    fn outlives(directory: &Path) {
        let (reader, writer) = std::io::pipe().unwrap();
        let parent = || {
            let Ok(delivery) = to(&Arc::default()).directory(directory).build() else { return 1 };
            // It dies without a word.
            let delivery = std::mem::ManuallyDrop::new(delivery);
            if !record(&delivery) {
                return 2;
            }
            // SAFETY: the child only waits for a pipe and exits.
            if unsafe { libc::fork() } == 0 {
                drop(writer);
                let mut byte = [0];
                let _ = std::io::Read::read(&mut &reader, &mut byte);
                // SAFETY: ends the child without running anything else.
                unsafe { libc::_exit(0) }
            }
            0
        };
        assert_eq!(forked(parent), Ok(0));
        // The parent is dead; its child waits for the pipe, which is closed at the end of this process.
        // It lets go on its way out of `fork`, which it may not have left yet.
        let start = Instant::now();
        let left = loop {
            let left = AbandonedJournal::open_all(directory).unwrap();
            if !left.is_empty() {
                break left;
            }
            assert!(start.elapsed() < LONG, "the child holds the lock");
            std::thread::yield_now();
        };
        assert_eq!(left[0].records().unwrap().len(), 1);
    }

    /// Starts threads of the standard library until it is told to stop; each start and end takes a lock of the library.
    fn start_threads(done: &AtomicBool) {
        while !done.load(Ordering::SeqCst) {
            let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(|| ())).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
    }

    /// Four threads fork while others build deliveries, record to them and drop them, and start threads.
    fn busy(directory: &Path) {
        let forks: u64 = std::env::var(FORKS).ok().and_then(|n| n.parse().ok()).unwrap_or(25);
        let far = Arc::new(Far::default());
        let memory = to(&far).build().unwrap();
        let files = to(&far).directory(directory).build().unwrap();
        let (done, children) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            let (far, done, children, memory, files) = (&far, &done, &children, &memory, &files);
            for thread in 0..2 {
                let path: Option<PathBuf> = (thread == 1).then(|| directory.to_owned());
                scope.spawn(move || {
                    while !done.load(Ordering::SeqCst) {
                        let mut builder = to(far).drop_timeout(Duration::ZERO);
                        if let Some(path) = &path {
                            builder = builder.directory(path);
                        }
                        let delivery = builder.build().unwrap();
                        (0..100).for_each(|_| assert!(record(&delivery) || delivery.stats().is_conserved()));
                        (0..100).for_each(|_| {
                            let _ = record(memory) && record(files);
                        });
                        let _ = delivery.flush(Duration::from_millis(5));
                    }
                });
            }
            scope.spawn(|| start_threads(done));
            let forkers: Vec<_> = (0..4)
                .map(|thread| {
                    scope.spawn(move || {
                        for n in 0..forks {
                            let delivery = if (n + thread) % 2 == 0 { memory } else { files };
                            let code = forked(|| {
                                if !record(delivery) {
                                    return 1;
                                }
                                let report = delivery.flush(LONG);
                                if report.stats.recorded != 1 || !report.stats.is_conserved() {
                                    return 2;
                                }
                                let fresh = to(far).build();
                                if !fresh.is_ok_and(|fresh| record(&fresh)) {
                                    return 3;
                                }
                                i32::from(!delivery.shutdown(LONG).complete) * 4
                            });
                            assert_eq!(code, Ok(0), "fork {n} of thread {thread}");
                            children.fetch_add(1, Ordering::SeqCst);
                        }
                    })
                })
                .collect();
            let ended: Vec<_> = forkers.into_iter().map(|forker| forker.join().is_ok()).collect();
            done.store(true, Ordering::SeqCst);
            assert!(ended.into_iter().all(|fine| fine));
        });
        println!("{} children recorded and ended", children.load(Ordering::SeqCst));
    }

    /// The bundled client asks the system's resolver with a time limit.
    fn names(_: &Path) {
        let forks: u64 = std::env::var(FORKS).ok().and_then(|n| n.parse().ok()).unwrap_or(25);
        let listener = std::net::TcpListener::bind("localhost:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                std::thread::spawn(move || answer(stream.unwrap()));
            }
        });
        let delivery = Delivery::builder(format!("http://localhost:{port}/v1/logs"))
            .compression(Compression::None)
            .linger(Duration::ZERO)
            .build()
            .unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| start_threads(&done));
            let codes: Vec<_> = (0..forks)
                .map(|_| forked(|| i32::from(!(record(&delivery) && delivery.flush(LONG).complete))))
                .collect();
            done.store(true, Ordering::SeqCst);
            assert!(codes.iter().all(|code| *code == Ok(0)), "{codes:?}");
        });
    }

    /// Reads one request and says that all is well.
    fn answer(mut stream: std::net::TcpStream) {
        use std::io::{BufRead as _, BufReader, Read as _, Write as _};
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let _ = reader.take(length).read_to_end(&mut Vec::new());
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }

    fn key(_: &Path) {
        let far = Arc::new(Far::default());
        let delivery = to(&far).header("api-key", "wrong").build().unwrap();
        assert!(delivery.set_header("api-key", "right"));
        let code = forked(|| {
            let sent = record(&delivery) && delivery.flush(LONG).complete;
            i32::from(!sent || far.keyed.load(Ordering::SeqCst) != far.requests.load(Ordering::SeqCst))
        });
        assert_eq!(code, Ok(0));
    }

    fn dropped(directory: &Path) {
        let far = Arc::new(Far::default());
        let delivery = to(&far).directory(directory).build().unwrap();
        assert!(record(&delivery));
        let code = forked(|| {
            drop(delivery.clone());
            // SAFETY: the value is not used again in the child, which ends without running destructors.
            let own = unsafe { std::ptr::read(&raw const delivery) };
            drop(own);
            0
        });
        assert_eq!(code, Ok(0));
        assert!(delivery.shutdown(LONG).complete);
        assert_eq!(delivery.stats().delivered, 1);
    }
}
