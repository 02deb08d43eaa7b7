//! A full queue and a full disk refuse; what was acknowledged before still arrives.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use deploy_tests::binaries::{collector, repository};
use deploy_tests::collector::Collector;
use deploy_tests::otlp::{Good, into_records, text};
use deploy_tests::process::Folder;
use deploy_tests::sink::Sink;
use deploy_tests::wait::{holds_within, wait_until};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use prost::Message;

const A_REQUEST: usize = 100;

/// Sends until the collector refuses; the ids of what it acknowledged, and the request that it refused with its status.
fn fill(collector: &Collector, good: &mut Good) -> (HashSet<String>, Vec<u8>, Option<u16>) {
    let (mut client, mut acknowledged) = (collector.client(), HashSet::new());
    loop {
        let body = good.request(A_REQUEST);
        let status = client.logs(&body);
        if status != Some(200) {
            return (acknowledged, body, status);
        }
        acknowledged.extend(ids(&body));
        assert!(acknowledged.len() < 1_000_000, "it never refuses");
    }
}

/// How long a queue on a disk with room may take to drain by itself.
const DRAINS_WITHIN: Duration = Duration::from_secs(20);

fn have_arrived(newrelic: &Sink, acknowledged: &HashSet<String>) -> bool {
    let arrived = newrelic.event_ids();
    acknowledged.iter().all(|id| arrived.contains_key(id))
}

fn all_arrive(newrelic: &Sink, acknowledged: &HashSet<String>) {
    wait_until("all that was acknowledged", || have_arrived(newrelic, acknowledged));
}

/// The ids of the events in a request.
fn ids(body: &[u8]) -> impl Iterator<Item = String> {
    let request = ExportLogsServiceRequest::decode(body).unwrap();
    into_records(request).map(|one| text(&one, "eventId").unwrap().to_owned()).collect::<Vec<_>>().into_iter()
}

/// All that was acknowledged arrives: by itself, or, where the full disk left the queue no page to take an event out
/// with, after what an operator does. What the queue deleted without sending it is in the archive.
fn all_arrive_after(
    newrelic: &Sink,
    acknowledged: &HashSet<String>,
    collector: &mut Collector,
    archive: &Path,
) {
    if holds_within(DRAINS_WITHIN, || have_arrived(newrelic, acknowledged)) {
        return;
    }
    let archive = std::fs::read(archive).unwrap();
    collector.kill();
    collector.start();
    wait_until("all that was acknowledged, or the archive to have it", || {
        let arrived = newrelic.event_ids();
        let archived = |id: &String| archive.windows(id.len()).any(|bytes| bytes == id.as_bytes());
        acknowledged.iter().filter(|id| !arrived.contains_key(*id)).all(archived)
    });
}

#[test]
fn a_full_queue_refuses_so_that_the_caller_keeps_the_data() {
    let (mut newrelic, rest, folder) = (Sink::start(), Sink::start(), Folder::new("small-queue"));
    newrelic.down();
    let Some(binary) = collector() else { return };
    let small = folder.path().join("small.yaml");
    std::fs::write(&small, "exporters: {otlp_http/newrelic: {sending_queue: {queue_size: 2000000}}}\n")
        .unwrap();
    let file = repository().join("otel-collector.yaml");
    let mut collector = Collector::prepare(&binary, &[&file, &small], &newrelic.url(), &rest.url());
    collector.start();

    let mut good = Good::new(31);
    let (acknowledged, refused, status) = fill(&collector, &mut good);
    assert_eq!(status, Some(503));
    // 14 is UNAVAILABLE: a gRPC sender repeats it too.
    assert_eq!(deploy_tests::grpc::logs(collector.grpc(), &refused), Some(14));
    assert!(collector.metric("otelcol_exporter_enqueue_failed_log_records", "otlp_http/newrelic") >= 100.0);

    newrelic.up();
    all_arrive(&newrelic, &acknowledged);
    collector.client().deliver(&refused);
    wait_until("what was refused before", || newrelic.distinct() == acknowledged.len() + A_REQUEST);
}

/// A file system of a few megabytes, where this machine lets us mount one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: &Folder, size: &str) -> Option<Self> {
        let path = folder.path().join("disk");
        std::fs::create_dir(&path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "deploy-tests"]).arg(&path);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            // Not `eprintln!`, which the test runner would swallow.
            let said = "left out: the test of a full disk; to have it, run as a user who may mount a tmpfs";
            let _ = writeln!(std::io::stderr(), "{said}");
        }
        mounted.then_some(Self(path))
    }

    /// What an operator does with a volume that has become too small.
    fn enlarge(&self, size: &str) {
        let mut mount = Command::new("mount");
        mount.arg("-o").arg(format!("remount,size={size}")).arg(&self.0);
        assert!(mount.status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_and_loses_nothing_that_was_acknowledged() {
    let (mut newrelic, rest, folder) = (Sink::start(), Sink::start(), Folder::new("small-disk"));
    newrelic.down();
    let Some(binary) = collector() else { return };
    let Some(disk) = SmallDisk::mount(&folder, "6m") else { return };
    let file = repository().join("otel-collector.yaml");
    let mut collector = Collector::prepare(&binary, &[&file], &newrelic.url(), &rest.url());
    collector.set("FUNNEL_QUEUE_DIR", &disk.0.display().to_string());
    collector.start();

    let mut good = Good::new(32);
    let (acknowledged, refused, status) = fill(&collector, &mut good);
    assert_eq!(status, Some(503), "{}", collector.log());
    assert!(acknowledged.len() > 1000);

    newrelic.up();
    disk.enlarge("24m");
    collector.client().deliver(&refused);
    let archive = collector.folder().join("archive/funnel.otlp");
    all_arrive_after(&newrelic, &acknowledged, &mut collector, &archive);
    collector.kill();
}

#[test]
fn a_full_disk_of_the_archive_alone_neither_refuses_nor_repeats_an_event() {
    let (newrelic, rest, folder) = (Sink::start(), Sink::start(), Folder::new("archive-disk"));
    let Some(binary) = collector() else { return };
    let Some(disk) = SmallDisk::mount(&folder, "6m") else { return };
    let file = repository().join("otel-collector.yaml");
    let mut collector = Collector::prepare(&binary, &[&file], &newrelic.url(), &rest.url());
    let archive = disk.0.join("archive/funnel.otlp");
    collector.set("FUNNEL_ARCHIVE_FILE", &archive.display().to_string());
    collector.start();
    let failed = || collector.metric("otelcol_exporter_send_failed_log_records", "funnel_archive");
    let (mut client, mut good, mut sent) = (collector.client(), Good::new(36), 0);
    let mut send = |count: usize| {
        for _ in 0..count {
            client.deliver(&good.request(A_REQUEST));
            sent += A_REQUEST;
        }
        wait_until("every event", || newrelic.distinct() == sent);
    };
    while failed() == 0.0 {
        send(10);
        assert!(newrelic.distinct() < 100_000, "the archive never fills the disk");
    }
    // Long after the disk is full it still delivers, and nobody is refused or asked to repeat.
    send(30);
    assert_eq!(newrelic.event_ids().values().sum::<usize>(), newrelic.distinct(), "events were repeated");
    assert_eq!(collector.metric("otelcol_receiver_refused_log_records", "receiver=\"otlp\""), 0.0);

    // With room again it goes on by itself.
    std::fs::File::options().write(true).open(&archive).unwrap().set_len(0).unwrap();
    let before = failed();
    send(3);
    let written = || std::fs::metadata(&archive).unwrap().len();
    wait_until("the archive to go on", || written() > 0);
    assert_eq!(failed(), before);
    collector.kill();
}

/// The default layout, where the archive takes the room that the queue needs.
#[test]
fn a_full_disk_of_archive_and_queue_loses_nothing_that_was_acknowledged() {
    let (newrelic, rest, folder) = (Sink::start(), Sink::start(), Folder::new("shared-disk"));
    let Some(binary) = collector() else { return };
    let Some(disk) = SmallDisk::mount(&folder, "6m") else { return };
    let file = repository().join("otel-collector.yaml");
    let mut collector = Collector::prepare(&binary, &[&file], &newrelic.url(), &rest.url());
    let archive = disk.0.join("archive/funnel.otlp");
    collector.set("FUNNEL_ARCHIVE_FILE", &archive.display().to_string());
    collector.set("FUNNEL_QUEUE_DIR", &disk.0.join("queue").display().to_string());
    collector.start();

    let (mut client, mut good) = (collector.client(), Good::new(38));
    let (mut acknowledged, mut refused) = (HashSet::new(), Vec::new());
    let failed = |collector: &Collector| {
        collector.metric("otelcol_exporter_send_failed_log_records", "funnel_archive") > 0.0
    };
    let mut after = 0;
    while after < 30 {
        let body = good.request(A_REQUEST);
        if client.logs(&body) == Some(200) {
            acknowledged.extend(ids(&body));
        } else {
            refused.push(body);
        }
        assert!(acknowledged.len() < 100_000, "the disk is never full");
        after += usize::from(after > 0 || !refused.is_empty() || failed(&collector));
    }

    disk.enlarge("24m");
    for body in &refused {
        client.deliver(body);
        acknowledged.extend(ids(body));
    }
    all_arrive_after(&newrelic, &acknowledged, &mut collector, &archive);

    // With room again the archive goes on too.
    let before = std::fs::metadata(&archive).unwrap().len();
    client.deliver(&good.request(A_REQUEST));
    wait_until("the archive to go on", || std::fs::metadata(&archive).unwrap().len() > before);
    collector.kill();
}

#[test]
fn the_archive_is_for_its_owner_and_group_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    collector.client().deliver(&Good::new(37).request(1));
    wait_until("the archive", || !collector.archive().is_empty());
    let folder = std::fs::metadata(collector.folder().join("archive")).unwrap();
    assert_eq!(folder.permissions().mode() & 0o027, 0, "others can enter the folder");
    // The exporter always asks for 0644; who starts the collector decides by the umask.
    for (file, mask) in [
        ("deploy/systemd/otelcol-funnel.service", "UMask=0027"),
        ("deploy/docker/collector.sh", "umask 0027"),
    ] {
        let text = std::fs::read_to_string(repository().join(file)).unwrap();
        assert!(text.lines().any(|line| line == mask), "{file}");
    }
}
