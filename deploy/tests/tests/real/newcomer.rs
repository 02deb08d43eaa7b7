//! From a bare machine to an event in the archive by pasting the page's lines, and the lines that are only switched on.

use std::path::Path;
use std::process::Command;

use deploy_tests::binaries::{collector, nginx, repository};
use deploy_tests::client::Client;
use deploy_tests::collector::Collector;
use deploy_tests::nginx::Certificate;
use deploy_tests::otlp::Good;
use deploy_tests::process::{Folder, free_address};
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;

/// The shell lines of the page's first section, but for those that need root or the network.
fn lines() -> String {
    let page = std::fs::read_to_string(repository().join("docs/operators.md")).unwrap();
    let (_, section) = page.split_once("## From nothing to an event in the archive").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks: Vec<_> =
        section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 4, "{blocks:#?}");
    assert!(blocks[0].starts_with("sudo apt-get install") && blocks[0].contains("git clone"));
    blocks[1..].concat()
}

#[test]
fn the_pages_lines_lead_to_an_event_in_the_archive() {
    let (Some(_), Some(_)) = (collector(), nginx()) else { return };
    let (newrelic, folder) = (Sink::start(), Folder::new("newcomer"));
    // A copy of what `git clone` brings, as far as the lines need it: what they write must not land here.
    let top = folder.path().join("instant-funnel");
    std::fs::create_dir(&top).unwrap();
    for name in ["deploy", "otel-collector.yaml"] {
        std::os::unix::fs::symlink(repository().join(name), top.join(name)).unwrap();
    }
    let ports = [(); 5].map(|()| free_address());
    // The page's own ports may be taken here.
    let mut script = lines();
    for (from, to) in [("13133", 0), ("14399", 1), ("8888", 2)] {
        script = script.replace(&format!("127.0.0.1:{from}"), &ports[to].to_string());
    }
    let script = format!("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n{script}");
    let output = Command::new("timeout")
        .args(["120", "bash", "-c", &script])
        .current_dir(&top)
        .env("HOLD_UPSTREAM", newrelic.url())
        .env("HOLD_LISTEN", ports[1].to_string())
        .env("HEALTH_ENDPOINT", ports[0].to_string())
        .env("TELEMETRY_PORT", ports[2].port().to_string())
        .env("OTLP_GRPC_ENDPOINT", ports[3].to_string())
        .env("OTLP_HTTP_ENDPOINT", "127.0.0.1:4318")
        .env("ARCHIVE_ENDPOINT", ports[4].to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}\n{errors}");
    let id = said.lines().find_map(|line| line.strip_prefix("event ")?.strip_suffix(" is in the archive"));
    let id = id.unwrap_or_else(|| panic!("{said}\n{errors}"));
    assert!(newrelic.event_ids().contains_key(id) || !errors.contains("panic"), "{errors}");
    assert!(!errors.contains("FFFFNRAL"), "the key is printed");
}

/// Takes the comment signs off the lines that hold `word`.
fn switched_on(file: &str, words: &[&str]) -> String {
    let line = |line: &str| match line.trim_start().strip_prefix("# ") {
        Some(rest) if words.iter().any(|word| rest.trim_start().starts_with(word)) => {
            format!("{}{rest}\n", &line[..line.len() - line.trim_start().len()])
        }
        _ => format!("{line}\n"),
    };
    file.lines().map(line).collect()
}

#[test]
fn tls_and_a_token_are_lines_to_switch_on() {
    let Some(binary) = collector() else { return };
    let (newrelic, rest, folder) = (Sink::start(), Sink::start(), Folder::new("tls-in"));
    let Some(certificate) = Certificate::of("collector.test", &folder) else { return };
    let file = std::fs::read_to_string(repository().join("otel-collector.yaml")).unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "a-token-of-the-test").unwrap();
    let on = switched_on(&file, &["tls: {", "auth: {", "bearertokenauth/otlp:", "filename: "])
        .replace("extensions: [health_check,", "extensions: [health_check, bearertokenauth/otlp,")
        .replace("/etc/otelcol-funnel/tls.crt", &certificate.certificate().display().to_string())
        .replace("/etc/otelcol-funnel/tls.key", &certificate.key().display().to_string());
    let config = folder.path().join("on.yaml");
    std::fs::write(&config, on).unwrap();
    let mut collector = Collector::prepare(&binary, &[&config], &newrelic.url(), &rest.url());
    collector.set("OTLP_TOKEN_FILE", &token.display().to_string());
    collector.start();

    let send = |token: Option<&str>, bundle: &Path| {
        let body = folder.path().join("body");
        std::fs::write(&body, Good::new(70).request(3)).unwrap();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "30"]);
        curl.arg("--cacert").arg(bundle).arg("--resolve");
        curl.arg(format!("collector.test:{}:127.0.0.1", collector.http().port()));
        curl.args(["--header", "content-type: application/x-protobuf", "--data-binary"]);
        curl.arg(format!("@{}", body.display()));
        if let Some(token) = token {
            curl.arg("--header").arg(format!("authorization: Bearer {token}"));
        }
        curl.arg(format!("https://collector.test:{}/v1/logs", collector.http().port()));
        String::from_utf8(curl.output().unwrap().stdout).unwrap()
    };
    let own = certificate.certificate();
    for wrong in [None, Some("another-token"), Some("")] {
        assert_eq!(send(wrong, own), "401", "{wrong:?}");
    }
    assert_eq!(Client::new(collector.http()).logs(b"").filter(|status| *status == 200), None, "plain text");
    assert_eq!(send(Some("a-token-of-the-test"), own), "200");
    wait_until("the events", || newrelic.distinct() == 3);
    assert!(!collector.log().contains("a-token-of-the-test"));
}

#[test]
fn an_event_of_the_script_keeps_the_contract() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let script = repository().join("deploy/collector/send-event.sh");
    let mut ids = Vec::new();
    for _ in 0..4 {
        let output = Command::new(&script).arg(format!("http://{}", collector.http())).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        ids.push(String::from_utf8(output.stdout).unwrap().trim().to_owned());
    }
    wait_until("the events", || newrelic.distinct() == 4);
    assert!(ids.iter().all(|id| newrelic.event_ids().contains_key(id)), "{ids:?}");
    assert!(newrelic.records().iter().all(|record| record.attributes.len() == 5), "an attribute was refused");
}
