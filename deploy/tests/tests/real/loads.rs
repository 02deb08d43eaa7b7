//! The file loads, without a warning about its own keys, and passes an event.

use deploy_tests::binaries::{collector, repository};
use deploy_tests::collector::Collector;
use deploy_tests::otlp::Good;
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;

#[test]
fn it_validates_starts_and_passes_an_event() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let (valid, said) = collector.run(&["validate"]);
    assert!(valid, "{said}");

    assert_eq!(collector.client().logs(&Good::new(1).request(1)), Some(200));
    wait_until("the event at New Relic", || newrelic.distinct() == 1);
    assert_eq!(newrelic.received()[0].api_key.as_deref(), Some("key-of-the-test"));

    let log = collector.log();
    let complaints: Vec<_> = log.lines().filter(|line| line.contains("deprecat")).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(!log.contains("key-of-the-test"), "the key is in the log");
}

/// An old name still loads as an alias, until the release that forgets it.
#[test]
fn every_component_is_called_by_its_own_name() {
    let Some(binary) = collector() else { return };
    let output = std::process::Command::new(binary).arg("components").output().unwrap();
    let known = String::from_utf8(output.stdout).unwrap();
    let file = std::fs::read_to_string(repository().join("otel-collector.yaml")).unwrap();
    let mut section = "";
    let mut seen = 0;
    for line in file.lines() {
        if let Some(name) = line.strip_suffix(':').filter(|name| !name.starts_with([' ', '#'])) {
            section = name;
        }
        let component = line.strip_prefix("  ").filter(|line| !line.starts_with([' ', '#']));
        let Some(component) = component.and_then(|line| line.strip_suffix(':')) else { continue };
        if ["extensions", "receivers", "processors", "connectors", "exporters"].contains(&section) {
            let name = component.split('/').next().unwrap();
            assert!(known.contains(&format!("- name: {name}\n")), "{name} is not among\n{known}");
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} components were found in the file");
}
