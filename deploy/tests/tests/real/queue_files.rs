//! A damaged queue file is found before the collector starts, as far as the format allows.

use std::process::Command;

use deploy_tests::binaries::repository;
use deploy_tests::collector::Collector;
use deploy_tests::otlp::Good;
use deploy_tests::process::Folder;
use deploy_tests::sink::Sink;

/// Whether the check of the unit and of the manifest takes `file` as a queue file, and what it says.
fn check(file: &[u8]) -> (bool, String) {
    let folder = Folder::new("queue-file");
    std::fs::write(folder.path().join("exporter_otlp_http_newrelic_logs"), file).unwrap();
    let script = repository().join("deploy/systemd/check-queue-files.sh");
    let output = Command::new("sh").arg(script).arg(folder.path()).arg("/nowhere/at/all").output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A queue file with events in it, as a killed collector leaves one.
fn queue_file() -> Option<Vec<u8>> {
    let (mut newrelic, rest) = (Sink::start(), Sink::start());
    newrelic.down();
    let mut collector = Collector::running(&newrelic.url(), &rest.url())?;
    let mut good = Good::new(80);
    for _ in 0..20 {
        collector.client().deliver(&good.request(50));
    }
    collector.kill();
    let own = collector.folder().join("funnel/exporter_otlp_http_newrelic_logs");
    Some(std::fs::read(own).unwrap())
}

/// Changes the bytes of a queue file.
type Damage = &'static dyn Fn(&mut Vec<u8>);

#[test]
fn a_queue_file_that_is_empty_cut_off_or_without_a_head_is_refused_with_its_name() {
    const PAGE: usize = 4096;
    let Some(sound) = queue_file() else { return };
    assert_eq!(check(&sound), (true, String::new()), "a killed collector's own file");

    let damaged = |change: Damage| {
        let mut file = sound.clone();
        change(&mut file);
        check(&file)
    };
    let damages: [(&str, Damage); 10] = [
        ("empty", &|file| file.clear()),
        ("one byte", &|file| file.truncate(1)),
        ("the heads alone", &|file| file.truncate(2 * PAGE)),
        ("cut at a page", &|file| file.truncate(20 * PAGE)),
        ("cut inside a page", &|file| file.truncate(20 * PAGE + 100)),
        ("a tail", &|file| file.push(0)),
        ("the first head zeroed", &|file| file[..PAGE].fill(0)),
        ("the second head zeroed", &|file| file[PAGE..2 * PAGE].fill(0)),
        ("a magic number", &|file| file[16] ^= 1),
        ("another format", &|file| {
            file[..32].copy_from_slice(b"SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20\0\0\0\x07\0\0\0\x02");
        }),
    ];
    for (what, change) in damages {
        let (taken, said) = damaged(change);
        assert!(!taken, "{what}");
        assert!(said.contains("exporter_otlp_http_newrelic_logs"), "{what}: {said}");
    }
}

#[test]
fn the_unit_the_image_and_the_manifest_run_the_check() {
    let text = |name: &str| std::fs::read_to_string(repository().join(name)).unwrap();
    for name in [
        "deploy/systemd/otelcol-funnel.service",
        "deploy/docker/collector.sh",
        "deploy/kubernetes/collector.yaml",
    ] {
        assert!(text(name).contains("check-queue-files.sh"), "{name}");
    }
}
