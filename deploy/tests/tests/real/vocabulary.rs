//! A slug that an operator closes to a list takes nothing else any more.

use deploy_tests::binaries::{collector, repository};
use deploy_tests::collector::Collector;
use deploy_tests::otlp::{Good, attribute, funnel_request, string, text};
use deploy_tests::process::Folder;
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;
use instant_funnel_core::Vocabularies;
use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::export::collector::{BEGIN, END, collector_allowlist};

#[test]
fn a_closed_slug_takes_the_words_of_its_list_and_no_other() {
    let (newrelic, rest, folder) = (Sink::start(), Sink::start(), Folder::new("closed"));
    let Some(binary) = collector() else { return };
    let mut vocabularies = Vocabularies::default();
    vocabularies.close(&CONTRACT, "reasonCode", ["card-declined", "code-7"]).unwrap();
    let file = std::fs::read_to_string(repository().join("otel-collector.yaml")).unwrap();
    let (head, rest_of_file) = file.split_once(BEGIN).unwrap();
    let (_, tail) = rest_of_file.split_once(END).unwrap();
    let block = collector_allowlist(&CONTRACT, &vocabularies);
    let closed = folder.path().join("closed.yaml");
    std::fs::write(&closed, format!("{head}{BEGIN}\n{block}{END}{tail}")).unwrap();
    let mut collector = Collector::prepare(&binary, &[&closed], &newrelic.url(), &rest.url());
    collector.start();

    let tried =
        ["card-declined", "jane-doe", "code-7", "code-7x", "card", "xcard-declined", "card-declined\n"];
    let mut good = Good::new(33);
    let records = tried.map(|word| {
        let mut record = good.record();
        record.attributes.retain(|one| one.key != "reasonCode");
        record.attributes.push(attribute("reasonCode", string(word)));
        record
    });
    let ids = records.clone().map(|record| text(&record, "eventId").unwrap().to_owned());
    assert_eq!(collector.client().logs(&funnel_request(records.into())), Some(200));
    wait_until("all of them", || newrelic.distinct() == tried.len());
    let arrived = newrelic.records();
    for (id, word) in ids.iter().zip(tried) {
        let record = arrived.iter().find(|one| text(one, "eventId") == Some(id)).unwrap();
        let expected = ["card-declined", "code-7"].contains(&word).then_some(word);
        assert_eq!(text(record, "reasonCode"), expected, "{word:?}");
    }
}
