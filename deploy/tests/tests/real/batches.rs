//! New Relic refuses a body over 1,000,000 bytes, and that is final.

use deploy_tests::collector::Collector;
use deploy_tests::otlp::Good;
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;

const LIMIT: usize = 1_000_000;

#[test]
fn no_body_is_over_the_limit_before_compression() {
    let (mut newrelic, rest) = (Sink::start(), Sink::start());
    newrelic.down();
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let (mut client, mut good) = (collector.client(), Good::new(7));
    let mut sent = 0;
    for size in [2500, 1, 2500, 20, 1500, 2500, 1300, 7, 2500] {
        assert_eq!(client.logs(&good.request(size)), Some(200));
        sent += size;
    }
    newrelic.up();
    wait_until("all of them", || newrelic.distinct() == sent);
    let sizes: Vec<_> = newrelic.received().iter().map(|one| one.body.len()).collect();
    let largest = sizes.iter().max().copied().unwrap_or_default();
    assert!((LIMIT / 2..=LIMIT).contains(&largest), "{sizes:?}");
}
