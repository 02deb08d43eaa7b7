//! A process that the system gives no more threads, descriptors or bytes of a file. Each case runs in a process of its
//! own, since a limit is the whole process's.
#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "`setrlimit` is")]

use std::fs;
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use otlp_journal::{Delivery, DeliveryAdvisory, LossReason, Priority};

use crate::hostile::{in_files, sets};
use crate::support::{Far, LONG, Scratch, append, eventually, quick};

const CASE: &str = "OTLP_JOURNAL_LIMITS_CASE";
const DIRECTORY: &str = "OTLP_JOURNAL_LIMITS_DIRECTORY";

/// Sets the soft limit and leaves the hard one, so that it can be raised again.
fn limit(resource: libc::__rlimit_resource_t, to: u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a place for the answer and lives during the calls.
    let done = unsafe {
        libc::getrlimit(resource, &raw mut limit) == 0 && {
            limit.rlim_cur = to.min(limit.rlim_max);
            libc::setrlimit(resource, &raw const limit) == 0
        }
    };
    assert!(done, "{}", std::io::Error::last_os_error());
}

/// Not a test of its own: the process whose limits are lowered.
#[test]
fn child() {
    let Ok(case) = std::env::var(CASE) else { return };
    let directory = std::env::var_os(DIRECTORY).unwrap();
    match case.as_str() {
        "descriptors" => descriptors(Path::new(&directory)),
        "threads" => threads(),
        "file" => file(Path::new(&directory)),
        case => panic!("unknown case {case}"),
    }
}

fn run(case: &str) {
    let scratch = Scratch::new(case);
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "limits::child", "--nocapture", "--test-threads", "1"])
        .env(CASE, case)
        .env(DIRECTORY, scratch.path())
        .output()
        .unwrap();
    assert!(ended.status.success(), "{}: {}", ended.status, String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn without_descriptors_it_records_and_takes_over_when_there_are_some() {
    run("descriptors");
}

#[test]
fn without_threads_it_records_and_sends_as_soon_as_there_is_one() {
    run("threads");
}

#[test]
fn a_limit_of_file_sizes_ends_no_process() {
    run("file");
}

/// Until `limit` is raised again no file can be opened.
fn without_descriptors() {
    // The number that the next one would get.
    let next = fs::File::open("/dev/null").unwrap().as_raw_fd();
    limit(libc::RLIMIT_NOFILE, u64::try_from(next).unwrap());
    assert!(fs::File::open("/dev/null").is_err(), "the limit is not in force");
}

fn descriptors(directory: &Path) {
    let (dead, living) = (directory.join("dead"), directory.join("living"));
    for set in 0..3 {
        let stuck = in_files(&Far::always(503), &dead).backoff(LONG * 60, LONG * 60);
        let stuck = stuck.adopt_every(LONG * 60).build().unwrap();
        (0..10).for_each(|id| append(&stuck, Priority::Bulk, set * 10 + id).unwrap());
        let _ = stuck.shutdown(LONG);
    }
    let left = sets(&dead);
    assert_eq!(left.len(), 3);
    let far = Far::always(200);
    let delivery = in_files(&far, &living).build().unwrap();
    without_descriptors();
    for set in left {
        fs::rename(&set, living.join(set.file_name().unwrap())).unwrap();
    }
    // Long enough for some searches, each of which fails.
    std::thread::sleep(Duration::from_millis(100));
    let memory = in_files(&far, directory).build().unwrap();
    for id in 100..110 {
        append(&delivery, Priority::Bulk, id).unwrap();
        append(&memory, Priority::Bulk, id + 10).unwrap();
    }
    assert!(memory.flush(LONG).complete);
    assert!(is_memory_only(&memory), "{:?}", memory.advisories());
    eventually("what is recorded arrives", || far.distinct() == 20);
    limit(libc::RLIMIT_NOFILE, u64::MAX);
    eventually("the sets of the dead arrive", || far.distinct() == 50);
    let stats = delivery.stats();
    assert_eq!((stats.recovered, stats.dropped.get(LossReason::Corrupt)), (30, 0));
    assert_eq!(delivery.advisories(), [], "an error that passes is not the fault of a file");
}

fn is_memory_only(delivery: &Delivery) -> bool {
    delivery.advisories().iter().any(|advisory| matches!(advisory, DeliveryAdvisory::MemoryOnly { .. }))
}

fn threads() {
    let far = Far::always(200);
    // The limit does not bind root.
    // SAFETY: no preconditions.
    assert!(unsafe { libc::geteuid() != 0 || libc::setuid(65_534) == 0 });
    limit(libc::RLIMIT_NPROC, 0);
    let delivery = quick(&far).max_bytes(256 << 10).adopt_every(Duration::from_millis(5)).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    let told = delivery.advisories().iter().any(|a| matches!(a, DeliveryAdvisory::NoThread { .. }));
    limit(libc::RLIMIT_NPROC, u64::MAX);
    assert!(told, "{:?}", delivery.advisories());
    // Each append tries to start a thread again, at most once a second, also when the journal is full.
    let mut id = 1;
    while append(&delivery, Priority::Bulk, id + 1).is_ok() {
        id += 1;
    }
    eventually("all are sent without a flush", || {
        let _ = append(&delivery, Priority::Bulk, id + 1);
        far.distinct() >= id
    });
}

fn file(directory: &Path) {
    limit(libc::RLIMIT_FSIZE, 10_000);
    let far = Far::always(400);
    let delivery = in_files(&far, directory).dead_letters(directory.join("dead")).build().unwrap();
    (0..200).for_each(|id| append(&delivery, Priority::Bulk, id).unwrap());
    assert!(is_memory_only(&delivery), "{:?}", delivery.advisories());
    far.answer(200);
    assert!(delivery.flush(LONG).complete);
    assert_eq!(far.distinct(), 200);
}
