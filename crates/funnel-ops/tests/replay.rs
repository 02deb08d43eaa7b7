//! What was left behind arrives, once each run, with its own ids and times.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use funnel_ops::replay::{Replay, ReplayError, SourceKind};
use otlp_journal::{Compression, Delivery, Priority};

/// A far end that answers each request with the next status, the last one for ever, and keeps what it took. It refuses
/// what holds the event `id-00007` when told [`ONE_IS_BAD`].
struct Sink {
    address: SocketAddr,
    taken: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Sink {
    fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let (kept, left) = (Arc::clone(&taken), Arc::new(Mutex::new(statuses.to_vec())));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, left) = (Arc::clone(&kept), Arc::clone(&left));
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream);
                    while let Some(body) = request(&mut reader) {
                        let status = {
                            let mut left = left.lock().unwrap();
                            if left.len() > 1 { left.remove(0) } else { left[0] }
                        };
                        let bad = status == ONE_IS_BAD && body.windows(8).any(|eight| eight == b"id-00007");
                        let status = if bad { 400 } else { status % 1_200 };
                        if status == 200 {
                            kept.lock().unwrap().push(body);
                        }
                        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
                        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, taken }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often each id arrived. Ids are `id-` and five digits.
    fn ids(&self) -> BTreeMap<String, usize> {
        let mut ids = BTreeMap::new();
        for body in self.taken.lock().unwrap().iter() {
            for start in body.windows(3).enumerate().filter(|(_, three)| *three == b"id-").map(|(at, _)| at) {
                *ids.entry(String::from_utf8_lossy(&body[start..start + 8]).into_owned()).or_insert(0) += 1;
            }
        }
        ids
    }
}

const ONE_IS_BAD: u16 = 1_400;

fn request(reader: &mut BufReader<std::net::TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

fn nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// A record with a time and, as its event name, an id.
fn record(id: usize, time: u64) -> Vec<u8> {
    let mut record = vec![0x09];
    record.extend_from_slice(&time.to_le_bytes());
    record.extend_from_slice(&[0x62, 8]);
    record.extend_from_slice(format!("id-{id:05}").as_bytes());
    record
}

fn sized(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let mut length = content.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(content);
    out
}

/// A message of the collector's archive.
fn message(ids: std::ops::Range<usize>, time: u64) -> Vec<u8> {
    let records: Vec<u8> = ids.flat_map(|id| sized(0x12, &record(id, time))).collect();
    let request = sized(0x0a, &sized(0x12, &records));
    [&(request.len() as u32).to_be_bytes()[..], &request].concat()
}

fn journal(folder: &Path, endpoint: &str, records: usize, wait: Duration) {
    let delivery =
        Delivery::builder(endpoint).directory(folder).compression(Compression::None).build().unwrap();
    let now = nanos(SystemTime::now());
    for id in 0..records {
        let record = record(id, now);
        delivery.append(Priority::Critical, now, record.len(), |out| out.copy_from_slice(&record)).unwrap();
    }
    let _ = delivery.flush(wait);
    let left = delivery.shutdown(Duration::from_millis(10)).pending;
    drop(delivery);
    if left > 0 {
        support::until_abandoned(folder);
    }
}

#[test]
fn the_journal_of_an_ended_process_is_delivered_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path(), "http://127.0.0.1:1/v1/logs", 1_200, Duration::from_millis(10));
    let sink = Sink::start(&[503, 200]);
    let replay = Replay::new(sink.url()).path(folder.path()).pace(0);
    let plan = replay.look().unwrap();
    assert_eq!((plan.events(), plan.too_old()), (1_200, 0));
    assert!(plan.sources.iter().any(|source| source.kind == SourceKind::Journal));
    assert!(sink.ids().is_empty(), "looking sends nothing");
    let sent = replay.send(&mut |_| {}).unwrap();
    assert_eq!((sent.events, sent.rejected), (1_200, 0));
    assert!(sent.requests >= 3);
    let ids = sink.ids();
    assert_eq!(ids.len(), 1_200);
    assert!(ids.values().all(|count| *count == 1));
    assert_eq!(replay.look().unwrap().events(), 0, "the journal is gone");
}

#[test]
fn dead_letters_are_sent_once_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let refusing = Sink::start(&[ONE_IS_BAD]);
    journal(folder.path(), &format!("{}/v1/logs", refusing.url()), 20, Duration::from_secs(20));
    let sink = Sink::start(&[200]);
    let progress = folder.path().join("progress");
    let replay = Replay::new(sink.url()).path(folder.path().join("dead-letters")).pace(0).progress(&progress);
    assert_eq!(replay.look().unwrap().events(), 1);
    assert_eq!(replay.send(&mut |_| {}).unwrap().events, 1);
    let again = replay.send(&mut |_| {}).unwrap();
    assert_eq!((again.events, again.before), (0, 1));
    assert_eq!(sink.ids().into_keys().collect::<Vec<_>>(), ["id-00007"]);
    assert_eq!(replay.look().unwrap().events(), 1, "they stay");
}

#[test]
fn what_is_too_old_is_left_out_unless_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("funnel.otlp");
    let now = SystemTime::now();
    let old = nanos(now - Duration::from_secs(25 * 3_600));
    std::fs::write(&file, [message(0..10, nanos(now)), message(10..15, old)].concat()).unwrap();
    let sink = Sink::start(&[200]);
    let replay = Replay::new(sink.url()).path(&file).pace(0);
    assert_eq!((replay.look().unwrap().events(), replay.look().unwrap().too_old()), (15, 5));
    let sent = replay.send(&mut |_| {}).unwrap();
    assert_eq!((sent.events, sent.too_old), (10, 5));
    assert_eq!(sink.ids().len(), 10);
    let sent = replay.with_too_old().send(&mut |_| {}).unwrap();
    assert_eq!((sent.events, sent.too_old), (15, 0));
    assert_eq!(sink.ids().len(), 15);
}

#[test]
fn large_requests_are_halved_and_half_a_message_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("funnel.otlp");
    let whole = message(0..90_000, nanos(SystemTime::now()));
    std::fs::write(&file, [&whole[..], &whole[..1_000]].concat()).unwrap();
    let sink = Sink::start(&[200]);
    let sent = Replay::new(sink.url()).path(&file).pace(0).send(&mut |_| {}).unwrap();
    assert_eq!((sent.events, sent.damaged), (90_000, 1_000));
    assert!(sent.requests >= 2 && sink.taken.lock().unwrap().iter().all(|body| body.len() < 1_000_000));
    assert_eq!(sink.ids().len(), 90_000);
}

#[test]
fn a_refusal_says_what_to_do_and_an_absent_far_end_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("funnel.otlp");
    std::fs::write(&file, message(0..1, nanos(SystemTime::now()))).unwrap();
    for (status, help) in
        [(401, "NEW_RELIC_LICENSE_KEY"), (403, "licence key"), (404, "/v1/logs"), (302, "redirect")]
    {
        let sink = Sink::start(&[status]);
        let replay = Replay::new(sink.url()).path(&file).header("api-key", "secret-key");
        let error = replay.send(&mut |_| {}).unwrap_err().to_string();
        assert!(error.contains(help) && !error.contains("secret-key"), "{error}");
    }
    let absent = Replay::new("http://127.0.0.1:1").path(&file).patience(Duration::from_millis(300));
    assert!(matches!(absent.send(&mut |_| {}), Err(ReplayError::Unavailable { .. })));
    assert!(matches!(
        Replay::new("http://127.0.0.1:1").path("/no/such").look(),
        Err(ReplayError::File { .. })
    ));
}
