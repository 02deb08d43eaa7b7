//! Each alert fires in its fault and is quiet for an hour of health, on what the running collector tells of itself.
//!
//! The rules are tested by `promtool`; its input is made of two scrapes, before and after the fault. With
//! `UPDATE_ALERTS=1` that input is also written to `dashboards/prometheus/funnel-collector.test.yaml`, for operators.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use deploy_tests::binaries::{collector, prometheus, promtool, repository};
use deploy_tests::client::Client;
use deploy_tests::collector::Collector;
use deploy_tests::nginx::Nginx;
use deploy_tests::otlp::{Good, funnel_request};
use deploy_tests::process::{Folder, Process, free_address};
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;

const RULES: &str = "dashboards/prometheus/funnel-collector.rules.yaml";
const TESTS: &str = "dashboards/prometheus/funnel-collector.test.yaml";
/// The minute of the fault, and the hour in all.
const FAULT: usize = 30;
const HOUR: usize = 60;

/// The series of the rules, without those that tell time or a port.
fn scrape(collector: &Collector) -> BTreeMap<String, f64> {
    let rules = std::fs::read_to_string(repository().join(RULES)).unwrap();
    let text = collector.metrics();
    let lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    let used = lines.filter(|(series, _)| {
        series.split('{').next().is_some_and(|name| !name.is_empty() && rules.contains(name))
    });
    let own = used.map(|(series, value)| (without_port(series), value.parse().unwrap()));
    own.collect()
}

/// Ports differ from run to run.
fn without_port(series: &str) -> String {
    let labels = series.split(',').filter(|label| !label.contains("server_port="));
    let mut text = labels.collect::<Vec<_>>().join(",");
    if !text.ends_with('}') {
        text.push('}');
    }
    text.replacen('{', "{job=\"funnel\",instance=\"collector:8888\",", 1)
}

/// One test of `promtool`: `before` until the fault and `after` from then on; just `alert` fires.
fn test(name: &str, before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>, alert: &str) -> String {
    let mut text = format!("  - name: {name}\n    interval: 1m\n    input_series:\n");
    for (series, then) in after {
        let head = before.get(series).map_or_else(|| format!("_x{FAULT}"), |now| format!("{now}x{FAULT}"));
        let _ = writeln!(text, "      - {{series: '{series}', values: '{head} {then}x{}'}}", HOUR - FAULT);
    }
    text.push_str("    alert_rule_test:\n");
    for known in alerts() {
        let fires = known == alert;
        let _ = writeln!(text, "      - eval_time: {}m", FAULT - 1);
        let _ = writeln!(text, "        alertname: {known}\n        exp_alerts: []");
        // Rules with a `for` need it; those of a first burst must still fire minutes later.
        let _ = writeln!(
            text,
            "      - eval_time: {}m\n        alertname: {known}",
            FAULT + if needs_time(&known) { 25 } else { 3 }
        );
        if fires { text.push_str(&expected(&known)) } else { text.push_str("        exp_alerts: []\n") }
    }
    text
}

/// An hour in which everything that moves moves on, in every minute, and nothing fires.
fn health(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>) -> String {
    let mut text = "  - name: an hour of health\n    interval: 1m\n    input_series:\n".to_owned();
    for (series, then) in after {
        let now = before.get(series).copied();
        let step = (then - now.unwrap_or(0.0)).max(0.0);
        let head = now.map_or_else(|| "_ ".to_owned(), |_| String::new());
        let _ = writeln!(
            text,
            "      - {{series: '{series}', values: '{head}{}+{step}x{HOUR}'}}",
            now.unwrap_or(*then)
        );
    }
    text.push_str("    alert_rule_test:\n");
    for known in alerts() {
        for minute in (1..=HOUR).step_by(7) {
            let _ = writeln!(
                text,
                "      - eval_time: {minute}m\n        alertname: {known}\n        exp_alerts: []"
            );
        }
    }
    text
}

/// The alert as it is written in the rules: `promtool` compares labels and annotations too.
fn expected(alert: &str) -> String {
    let rules = std::fs::read_to_string(repository().join(RULES)).unwrap();
    let (_, own) = rules.split_once(&format!("- alert: {alert}\n")).unwrap();
    let own = own.split("- alert:").next().unwrap();
    let field = |name: &str| own.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap().trim();
    let severity = field("labels: {severity:").trim_end_matches('}');
    format!(
        "        exp_alerts:\n          - exp_labels: {{severity: {severity}, job: funnel, instance: 'collector:8888'}}\n            \
         exp_annotations:\n              summary: {}\n              action: {}\n",
        field("summary:"),
        field("action:")
    )
}

fn alerts() -> Vec<String> {
    let rules = std::fs::read_to_string(repository().join(RULES)).unwrap();
    let names = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    // Needs no series of the collector, but its absence.
    names.filter(|name| *name != "FunnelCollectorDown").map(str::to_owned).collect()
}

fn needs_time(alert: &str) -> bool {
    ["FunnelQueueStands", "FunnelQueueGrows"].contains(&alert)
}

/// A collector that does not answer a scrape tells nothing of itself but that.
fn down() -> String {
    let alert = "FunnelCollectorDown";
    let mut text = format!(
        "  - name: a collector that does not answer\n    interval: 1m\n    input_series:\n      \
         - {{series: 'up{{job=\"funnel\",instance=\"collector:8888\"}}', values: '1x{FAULT} 0x{FAULT}'}}\n    alert_rule_test:\n"
    );
    for minute in [FAULT - 1, FAULT + 3] {
        let _ = writeln!(
            text,
            "      - eval_time: {minute}m\n        alertname: {alert}\n        exp_alerts: []"
        );
    }
    let _ = writeln!(text, "      - eval_time: {}m\n        alertname: {alert}", FAULT + 7);
    text + &expected(alert)
}

struct Faults {
    collector: Collector,
    newrelic: Sink,
    _rest: Sink,
    _folder: Folder,
    good: Good,
}

impl Faults {
    /// A collector with `overlay` that has delivered and is healthy.
    fn healthy(overlay: &str) -> Option<Self> {
        let (newrelic, rest, folder) = (Sink::start(), Sink::start(), Folder::new("alerts"));
        let overlay_file = folder.path().join("overlay.yaml");
        std::fs::write(&overlay_file, overlay).unwrap();
        let file = repository().join("otel-collector.yaml");
        let mut collector =
            Collector::prepare(&collector()?, &[&file, &overlay_file], &newrelic.url(), &rest.url());
        collector.start();
        let mut faults = Self { collector, newrelic, _rest: rest, _folder: folder, good: Good::new(60) };
        faults.deliver(1);
        Some(faults)
    }

    fn deliver(&mut self, requests: usize) {
        let before = self.newrelic.distinct();
        for _ in 0..requests {
            self.collector.client().deliver(&self.good.request(20));
        }
        wait_until("them", || self.newrelic.distinct() == before + 20 * requests);
        let sent = "otelcol_exporter_sent_log_records";
        let all = self.newrelic.distinct() as f64;
        wait_until("the counts", || self.collector.metric(sent, "otlp_http/newrelic") >= all);
        wait_until("an empty queue", || {
            self.collector.metric("otelcol_exporter_queue_size", "newrelic") == 0.0
        });
    }

    /// Waits until a series shows the fault.
    fn shows(&self, name: &str, labels: &str) {
        wait_until(name, || self.collector.metric(name, labels) > 0.0);
    }
}

#[test]
fn each_alert_fires_in_its_fault_and_all_are_quiet_for_an_hour_of_health() {
    let Some(promtool) = promtool() else { return };
    let Some(mut healthy) = Faults::healthy("") else { return };
    let first = scrape(&healthy.collector);
    healthy.deliver(3);
    let mut tests = health(&first, &scrape(&healthy.collector));
    let failed = "otelcol_exporter_send_failed_log_records";
    let refused = "otelcol_exporter_enqueue_failed_log_records";

    // Without the hold a wrong key drops, and the counter is born with its first burst.
    let before = scrape(&healthy.collector);
    healthy.newrelic.answer(401);
    healthy.collector.client().deliver(&healthy.good.request(20));
    healthy.shows(failed, "otlp_http/newrelic");
    tests += &test("a refused batch", &before, &scrape(&healthy.collector), "FunnelEventsDropped");

    // Behind the hold the same wrong key is a queue that stands; `wait` is the answer of the hold.
    for restart in [false, true] {
        let Some(mut held) = Faults::healthy("") else { return };
        held.newrelic.answer(503);
        if restart {
            held.collector.kill();
            held.collector.start();
        }
        let before = if restart { BTreeMap::new() } else { scrape(&held.collector) };
        held.collector.client().deliver(&held.good.request(20));
        held.shows("otelcol_exporter_queue_size", "otlp_http/newrelic");
        let name = format!("a wrong key behind the hold{}", if restart { " after a restart" } else { "" });
        tests += &test(&name, &before, &scrape(&held.collector), "FunnelQueueStands");
    }

    let Some(mut gate) = Faults::healthy("") else { return };
    let before = scrape(&gate.collector);
    let mut record = gate.good.record();
    record.attributes.retain(|one| one.key != "eventId");
    gate.collector.client().deliver(&funnel_request(vec![record]));
    gate.shows("otelcol_processor_filter_logs_filtered", "filter/funnel_required");
    tests += &test("a record that breaks the contract", &before, &scrape(&gate.collector), "FunnelGateDrops");

    let Some(unreadable) = Faults::healthy("") else { return };
    let before = scrape(&unreadable.collector);
    assert_eq!(unreadable.collector.client().logs(b"no protobuf"), Some(400));
    unreadable.shows("http_server_request_duration_count", "status_code=\"400\"");
    tests += &test(
        "a request that is not OTLP",
        &before,
        &scrape(&unreadable.collector),
        "FunnelRequestsUnreadable",
    );

    // What a full disk does is shown in `full.rs`; here the archive takes nothing from the first event on.
    let closed = "exporters: {otlp_http/funnel_archive: {endpoint: 'http://127.0.0.1:1'}}\n";
    let Some(archive) = Faults::healthy(closed) else { return };
    let before: BTreeMap<_, _> = scrape(&archive.collector)
        .into_iter()
        .filter(|(series, _)| !series.contains("funnel_archive"))
        .collect();
    archive.shows(failed, "funnel_archive");
    tests +=
        &test("an archive that takes nothing", &before, &scrape(&archive.collector), "FunnelArchiveFails");

    let small = "exporters: {otlp_http/newrelic: {sending_queue: {queue_size: 300000}}}\n";
    let Some(mut full) = Faults::healthy(small) else { return };
    full.newrelic.answer(503);
    let before = scrape(&full.collector);
    wait_until("a full queue", || full.collector.client().logs(&full.good.request(20)) == Some(503));
    full.shows(refused, "otlp_http/newrelic");
    let after = scrape(&full.collector);
    for alert in ["FunnelQueueRefuses", "FunnelQueueGrows", "FunnelQueueStands", "FunnelCallersRefused"] {
        let only = test(&format!("a full queue and {alert}"), &before, &after, alert);
        // These four go together; the others stay quiet.
        let together: Vec<_> =
            ["FunnelQueueRefuses", "FunnelQueueGrows", "FunnelQueueStands", "FunnelCallersRefused"]
                .into_iter()
                .filter(|other| *other != alert)
                .collect();
        tests += &without(&only, &together);
    }
    tests += &down();
    judge(&promtool, &tests);
}

/// `test` without what it says of `alerts`.
fn without(test: &str, alerts: &[&str]) -> String {
    let (head, checks) = test.split_once("    alert_rule_test:\n").unwrap();
    let mark = "      - eval_time: ";
    let kept: String = checks
        .split(mark)
        .skip(1)
        .filter(|check| !alerts.iter().any(|alert| check.contains(&format!("alertname: {alert}\n"))))
        .flat_map(|check| [mark, check])
        .collect();
    format!("{head}    alert_rule_test:\n{kept}")
}

fn judge(promtool: &std::path::Path, tests: &str) {
    let head = "# Made from scrapes of a running collector by the test in deploy/tests (UPDATE_ALERTS=1 writes it again).\n";
    let file = |rules: &str| format!("{head}rule_files: [{rules}]\nevaluation_interval: 1m\ntests:\n{tests}");
    let committed = repository().join(TESTS);
    if std::env::var_os("UPDATE_ALERTS").is_some() {
        std::fs::write(&committed, file("funnel-collector.rules.yaml")).unwrap();
    }
    let folder = Folder::new("promtool");
    let fresh = folder.path().join("test.yaml");
    std::fs::write(&fresh, file(&repository().join(RULES).display().to_string())).unwrap();
    for path in [&fresh, &committed] {
        let output = Command::new(promtool).args(["test", "rules"]).arg(path).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&said));
    }
}

/// The rules as they are, but for seconds in place of minutes, in a Prometheus that scrapes the collector.
#[test]
fn a_real_prometheus_sees_a_wrong_key_behind_the_hold() {
    let Some(prometheus) = prometheus() else { return };
    let (newrelic, rest, folder) = (Sink::start(), Sink::start(), Folder::new("prometheus"));
    let Some(hold) = Nginx::hold(&newrelic.url(), "/etc/ssl/certs/ca-certificates.crt") else { return };
    let Some(mut collector) = Collector::running(&hold.url(), &rest.url()) else { return };
    let path = |name: &str| folder.path().join(name);
    let rules = std::fs::read_to_string(repository().join(RULES)).unwrap();
    let quick = rules.replace("10m", "10s").replace("5m", "5s");
    std::fs::write(path("rules.yaml"), quick).unwrap();
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yaml]\nscrape_configs:\n  \
         - {{job_name: funnel, static_configs: [{{targets: ['{}']}}]}}\n",
        collector.telemetry()
    );
    std::fs::write(path("prometheus.yml"), config).unwrap();
    let address = free_address();
    let mut command = Command::new(prometheus);
    command.arg(format!("--config.file={}", path("prometheus.yml").display()));
    command.arg(format!("--storage.tsdb.path={}", path("data").display()));
    command.arg(format!("--web.listen-address={address}"));
    let _process = Process::start(&mut command, path("log"));
    let alert = |name: &str| {
        let got = Client::new(address).get("/api/v1/alerts").unwrap_or_default();
        let got: serde_json::Value = serde_json::from_str(&got).unwrap_or_default();
        let alerts = got["data"]["alerts"].as_array().cloned().unwrap_or_default();
        alerts.iter().any(|one| one["labels"]["alertname"] == name && one["state"] == "firing")
    };
    let up = || Client::new(address).get("/api/v1/query?query=up").unwrap_or_default().contains("\"1\"");
    wait_until("a first scrape", up);

    let mut good = Good::new(61);
    collector.client().deliver(&good.request(20));
    wait_until("the first events", || newrelic.distinct() == 20);
    newrelic.answer(403);
    collector.client().deliver(&good.request(20));
    wait_until("the alert", || alert("FunnelQueueStands"));
    assert!(!alert("FunnelEventsDropped"));

    // After a restart the collector has sent nothing yet: the very case in which a rate has nothing to compare.
    collector.kill();
    collector.start();
    wait_until("the alert to fire again", || alert("FunnelQueueStands"));

    newrelic.answer(200);
    wait_until("every event", || newrelic.distinct() == 40);
    wait_until("the end of the alert", || !alert("FunnelQueueStands"));
}
