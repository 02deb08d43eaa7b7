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
    // By the first record, since process ids come again.
    let sent = Path::new(directory).join(format!("sent-{first}"));
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

const DAMAGE: &str = "OTLP_JOURNAL_DAMAGE_KILLS";

/// A process that records into the shared directory until it is killed, and the ids that it said.
struct Writer {
    child: std::process::Child,
    pipe: std::process::ChildStderr,
}

impl Writer {
    fn start(directory: &Path, first: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--nocapture", "--test-threads", "1"])
            .env(CHILD, format!("{}|{first}", directory.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let pipe = child.stderr.take().unwrap();
        Self { child, pipe }
    }

    /// Kills it after it has said so many ids; all that it said.
    fn kill(mut self, after: u64) -> Vec<u64> {
        let mut said = vec![0; 8 * after as usize];
        std::io::Read::read_exact(&mut self.pipe, &mut said).unwrap();
        self.child.kill().unwrap();
        std::io::Read::read_to_end(&mut self.pipe, &mut said).unwrap();
        self.child.wait().unwrap();
        said.chunks_exact(8).map(|c| u64::from_le_bytes(c.try_into().unwrap())).collect()
    }
}

fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

fn paths(directory: &Path, suffix: &str) -> Vec<std::path::PathBuf> {
    let sets = fs::read_dir(directory.join("journal")).into_iter().flatten().flatten();
    let files =
        sets.flat_map(|set| fs::read_dir(set.path()).into_iter().flatten().flatten().map(|e| e.path()));
    files.filter(|path| path.to_string_lossy().ends_with(suffix)).collect()
}

/// Ids of the records whose names are in these bytes.
fn ids_in(bytes: &[u8]) -> Vec<u64> {
    let names = bytes.windows(22).filter(|w| w[0] == 0x62 && w[1] == 20);
    names.filter_map(|w| std::str::from_utf8(&w[2..]).ok()?.parse().ok()).collect()
}

/// Four processes on one directory are killed again and again, locks are removed, and files of the dead are cut or
/// changed. `OTLP_JOURNAL_DAMAGE_KILLS` is the number of kills: 16 by default, 1,000 for the long form.
#[test]
fn what_kills_and_damage_cost_is_what_was_damaged() {
    let scratch = Scratch::new("kill-damage");
    let kills = std::env::var(DAMAGE).ok().and_then(|n| n.parse().ok()).unwrap_or(16);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(std::process::id());
    let mut first = 0;
    let mut start = || {
        first += 1_000_000;
        Writer::start(scratch.path(), first)
    };
    let mut writers: Vec<Writer> = (0..4).map(|_| start()).collect();
    let (mut recorded, mut harmed) = (BTreeSet::new(), BTreeSet::new());
    let (mut cut, mut flipped, mut unlocked) = (0, 0, 0);
    let mut dead: Vec<String> = Vec::new();
    for kill in 0..kills {
        let writer = writers.swap_remove(next(&mut random) as usize % writers.len());
        let pid = writer.child.id();
        recorded.extend(writer.kill(1 + next(&mut random) % 2_000));
        dead.push(format!("set-{pid}-"));
        writers.push(start());
        let locks = paths(scratch.path(), "/lock");
        if next(&mut random).is_multiple_of(3) && !locks.is_empty() {
            unlocked += u32::from(fs::remove_file(&locks[next(&mut random) as usize % locks.len()]).is_ok());
        }
        if kill % 4 != 3 {
            continue;
        }
        // What a living process holds is damaged in other tests, where its count can be read.
        let mut files = paths(scratch.path(), ".seg");
        files.retain(|path| dead.iter().any(|set| path.to_string_lossy().contains(set)));
        if files.is_empty() {
            continue;
        }
        let file = &files[next(&mut random) as usize % files.len()];
        // One that adopts it locks the set; held here until the damage is done. It may have been adopted by now.
        let Ok(set) = fs::File::open(file.parent().unwrap()) else { continue };
        if set.try_lock().is_err() {
            continue;
        }
        let Ok(target) = fs::File::options().write(true).open(file) else { continue };
        let bytes = fs::read(file).unwrap();
        let at = next(&mut random) % bytes.len().max(1) as u64;
        harmed.extend(ids_in(&bytes));
        if kill % 8 == 3 {
            target.set_len(at).unwrap();
            cut += 1;
        } else {
            let byte = [bytes.get(at as usize).copied().unwrap_or_default() ^ 0x10];
            std::os::unix::fs::FileExt::write_all_at(&target, &byte, at).unwrap();
            flipped += 1;
        }
    }
    for writer in writers {
        recorded.extend(writer.kill(1));
    }

    let far = Far::always(200);
    let delivery = quick(&far).directory(scratch.path().join("journal")).max_bytes(4 << 20).build().unwrap();
    assert!(delivery.flush(LONG).complete);
    let stats = delivery.stats();
    assert!(stats.is_conserved() && stats.pending == 0, "{stats:?}");
    let mut arrived: BTreeSet<u64> = far.stored().into_keys().collect();
    for file in fs::read_dir(scratch.path()).unwrap().flatten().filter(|e| e.path().is_file()) {
        let text = fs::read_to_string(file.path()).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        arrived.extend(whole.lines().map(|l| l.parse::<u64>().unwrap()));
    }
    let lost: BTreeSet<u64> = recorded.difference(&arrived).copied().collect();
    let corrupt = stats.dropped.get(LossReason::Corrupt);
    println!(
        "{kills} kills, {unlocked} locks removed, {cut} files cut, {flipped} bytes flipped: {} recorded, {} lost, \
         {corrupt} counted",
        recorded.len(),
        lost.len(),
    );
    let unexplained: Vec<_> = lost.difference(&harmed).collect();
    let first = unexplained.iter().take(5).collect::<Vec<_>>();
    assert!(unexplained.is_empty(), "{} lost and not damaged, among them {first:?}", unexplained.len());
}
