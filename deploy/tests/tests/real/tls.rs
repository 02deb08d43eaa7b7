//! The hold asks a name server for New Relic and trusts a certificate only for that name and from that bundle.

use deploy_tests::client::Client;
use deploy_tests::collector::Collector;
use deploy_tests::dns::Dns;
use deploy_tests::nginx::{Certificate, Nginx};
use deploy_tests::otlp::Good;
use deploy_tests::process::Folder;
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;

const NAME: &str = "otlp.deploy-tests.example";

#[test]
fn the_hold_verifies_new_relics_name_and_certificate() {
    let (newrelic, dns, folder) = (Sink::start(), Dns::start(), Folder::new("tls"));
    let Some(right) = Certificate::of(NAME, &folder) else { return };
    let Some(other) = Certificate::of("other.example", &folder) else { return };
    let Some(front) = Nginx::tls(&right, &newrelic.url()) else { return };
    let Some(wrong_front) = Nginx::tls(&other, &newrelic.url()) else { return };
    let both = folder.path().join("both.pem");
    let bundle = [&right, &other].map(|one| std::fs::read_to_string(one.certificate()).unwrap()).concat();
    std::fs::write(&both, bundle).unwrap();

    let status = |front: &Nginx, bundle: &std::path::Path| {
        let upstream = format!("https://{NAME}:{}", front.address().port());
        let hold = Nginx::hold_asking(&upstream, bundle.to_str().unwrap(), dns.address()).unwrap();
        Client::new(hold.address()).logs(b"")
    };
    assert_eq!(status(&front, right.certificate()), Some(200));
    assert_eq!(newrelic.received().len(), 1);
    // 503 is what the exporter repeats by itself: the queue waits until the certificate is right.
    assert_eq!(
        status(&front, other.certificate()),
        Some(503),
        "a certificate that nobody in the bundle signed"
    );
    assert_eq!(status(&wrong_front, &both), Some(503), "a good certificate of another name");
    assert_eq!(newrelic.received().len(), 1, "something was sent without a check");
}

#[test]
fn events_go_through_the_hold_and_tls_with_the_key() {
    let (newrelic, rest, dns, folder) = (Sink::start(), Sink::start(), Dns::start(), Folder::new("tls"));
    let Some(certificate) = Certificate::of(NAME, &folder) else { return };
    let Some(front) = Nginx::tls(&certificate, &newrelic.url()) else { return };
    let upstream = format!("https://{NAME}:{}", front.address().port());
    let bundle = certificate.certificate().to_str().unwrap();
    let Some(hold) = Nginx::hold_asking(&upstream, bundle, dns.address()) else { return };
    let Some(collector) = Collector::running(&hold.url(), &rest.url()) else { return };
    newrelic.answer(401);
    collector.client().deliver(&Good::new(34).request(100));
    wait_until("a refusal", || newrelic.received().iter().any(|one| one.status == 401));
    newrelic.answer(200);
    wait_until("all events", || newrelic.distinct() == 100);
    assert!(newrelic.received().iter().all(|one| one.api_key.as_deref() == Some("key-of-the-test")));
    assert!(newrelic.received().iter().all(|one| one.path == "/v1/logs"));
}
