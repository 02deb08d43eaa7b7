//! A process that is killed at a random instant, again and again.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use otlp_journal::transport::Response;
use otlp_journal::{LossReason, Priority};

use crate::support::{Far, LONG, Scratch, append, quick};

const CHILD: &str = "OTLP_JOURNAL_KILL_CHILD";
const ROUNDS: &str = "OTLP_JOURNAL_KILL_ROUNDS";

/// Not a test of its own: the process that is killed. It says on a pipe which records it has recorded.
#[test]
fn child() {
    let Ok(args) = std::env::var(CHILD) else { return };
    let (directory, first) = args.split_once('|').unwrap();
    let mut id: u64 = first.parse().unwrap();
    // Every second request is answered, so that the process dies with records in every state.
    let sent = Path::new(directory).join(format!("sent-{}", std::process::id()));
    let mut sent = fs::File::create(sent).unwrap();
    let mut toggle = false;
    let far = Far::new(move |ids| {
        toggle = !toggle;
        if toggle {
            return Ok(Response::new(503));
        }
        let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
        sent.write_all(lines.as_bytes()).unwrap();
        Ok(Response::new(200))
    })
    .forgetful();
    let delivery =
        quick(&far).directory(Path::new(directory).join("journal")).max_bytes(4 << 20).build().unwrap();
    let mut out = std::io::stderr().lock();
    loop {
        let priority = if id.is_multiple_of(50) { Priority::Critical } else { Priority::Bulk };
        if append(&delivery, priority, id).is_ok() {
            // One write of eight bytes is on the pipe whole or not at all.
            out.write_all(&id.to_le_bytes()).unwrap();
            id += 1;
        } else {
            let _ = delivery.wait_for_room(priority, 120, LONG);
        }
    }
}

fn rounds() -> u64 {
    std::env::var(ROUNDS).ok().and_then(|n| n.parse().ok()).unwrap_or(200)
}

#[test]
fn no_record_that_was_recorded_is_lost_by_a_kill() {
    let scratch = Scratch::new("kill");
    let mut recorded: BTreeSet<u64> = BTreeSet::new();
    let mut random = 0x1234_5678_9abc_def1_u64 ^ u64::from(std::process::id());
    for round in 0..rounds() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--nocapture", "--test-threads", "1"])
            .env(CHILD, format!("{}|{}", scratch.path().display(), round * 1_000_000))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stderr.take().unwrap();
        // The instant is a number of records, so that a slow machine kills in the same places as a fast one.
        let wanted = 8 * (1 + random % 3_000) as usize;
        let mut said = vec![0; wanted];
        std::io::Read::read_exact(&mut pipe, &mut said).unwrap();
        child.kill().unwrap();
        std::io::Read::read_to_end(&mut pipe, &mut said).unwrap();
        child.wait().unwrap();
        recorded.extend(said.chunks_exact(8).map(|c| u64::from_le_bytes(c.try_into().unwrap())));
    }

    // The last start: a far end that takes everything.
    let far = Far::always(200);
    let delivery = quick(&far).directory(scratch.path().join("journal")).max_bytes(4 << 20).build().unwrap();
    assert!(delivery.flush(LONG).complete);
    let stats = delivery.stats();
    assert!(stats.is_conserved() && stats.pending == 0, "{stats:?}");

    let mut arrived: BTreeSet<u64> = far.stored().into_keys().collect();
    let mut times: u64 = far.stored().values().map(|n| u64::from(*n)).sum();
    for file in fs::read_dir(scratch.path()).unwrap().flatten().filter(|e| e.path().is_file()) {
        let text = fs::read_to_string(file.path()).unwrap();
        // The last line of a killed process can be torn.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for id in whole.lines().map(|l| l.parse::<u64>().unwrap()) {
            arrived.insert(id);
            times += 1;
        }
    }
    let lost: Vec<u64> = recorded.difference(&arrived).copied().collect();
    let twice = times - arrived.len() as u64;
    println!(
        "{} kills: {} recorded, {} arrived, {twice} of them more than once, {} torn",
        rounds(),
        recorded.len(),
        arrived.len(),
        stats.dropped.get(LossReason::Corrupt),
    );
    assert!(lost.is_empty(), "{} lost, the first {:?}", lost.len(), lost.first());
}
