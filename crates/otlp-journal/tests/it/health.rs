//! What a person sees when the key, the endpoint, the name or the port is wrong.

use std::time::Duration;

use otlp_journal::transport::{Response, TransportError};
use otlp_journal::{DeliveryAdvisory, DeliveryState, ManualClock, Priority};

use crate::support::{Far, LONG, append, append_at, eventually, noon, quick, tick};

#[test]
fn the_state_follows_the_answers_and_says_since_when() {
    let clock = ManualClock::at(noon());
    let far = Far::always(200);
    let delivery = quick(&far).clock(clock.clock()).build().unwrap();
    let health = delivery.health();
    assert_eq!((health.state, health.since, health.last_answer), (DeliveryState::Starting, noon(), None));
    assert_eq!((health.destination.as_str(), health.durable), ("http://far.test:80", false));
    let mut at = noon();
    for (status, state) in [
        (200, DeliveryState::Delivering),
        (403, DeliveryState::Held),
        (200, DeliveryState::Delivering),
        (503, DeliveryState::Retrying),
        (429, DeliveryState::Throttled),
        (200, DeliveryState::Delivering),
        (301, DeliveryState::Held),
    ] {
        far.answer(status);
        append_at(&delivery, Priority::Bulk, 1, clock.now_unix_nanos()).unwrap();
        eventually("the state changed", || {
            tick(&clock, Duration::from_millis(10));
            let health = delivery.health();
            health.state == state && health.last_answer.is_some_and(|a| a.outcome == format!("HTTP {status}"))
        });
        let since = delivery.health().since;
        assert!(since >= at, "{status}");
        at = since;
    }
    assert!(delivery.health().last_delivered.is_some());
    far.answer(200);
    eventually("delivered", || {
        tick(&clock, Duration::from_millis(10));
        delivery.stats().pending == 0
    });
    assert!(delivery.shutdown(LONG).complete);
    assert_eq!(delivery.health().state, DeliveryState::Ended);
}

#[test]
fn the_oldest_record_that_waits_is_known_wherever_it_waits() {
    let clock = ManualClock::at(noon());
    let far = Far::always(503);
    let delivery = quick(&far).clock(clock.clock()).linger(Duration::from_secs(3_600)).build().unwrap();
    assert_eq!(delivery.health().oldest_pending, None);
    append_at(&delivery, Priority::Bulk, 1, clock.now_unix_nanos()).unwrap();
    clock.advance(Duration::from_secs(100));
    append_at(&delivery, Priority::Critical, 2, clock.now_unix_nanos()).unwrap();
    let oldest = || delivery.health().oldest_pending;
    eventually("not sent yet", || oldest() == Some(Duration::from_secs(100)));
    let _ = delivery.flush(Duration::from_millis(50));
    clock.advance(Duration::from_secs(1));
    assert_eq!(oldest(), Some(Duration::from_secs(101)), "it waits to be sent again");
    far.answer(200);
    eventually("delivered", || {
        tick(&clock, Duration::from_millis(10));
        let _ = delivery.flush(Duration::from_millis(5));
        delivery.stats().pending == 0
    });
    assert_eq!(oldest(), None);
}

#[test]
fn faults_at_run_time_are_advisories_that_name_host_and_status() {
    for (answer, words) in [
        (Ok(Response::new(403)), ["http://far.test:80", "HTTP 403", "OTEL_EXPORTER_OTLP_HEADERS"]),
        (Ok(Response::new(404)), ["http://far.test:80", "HTTP 404", "/v1/logs"]),
        (Ok(Response::new(302)), ["http://far.test:80", "HTTP 302", "redirects"]),
        (Ok(Response::new(200).body("<html>")), ["http://far.test:80", "HTTP 200", "web page"]),
        (
            Err(TransportError::Protocol("malformed".to_owned())),
            ["http://far.test:80", "gRPC", "OTEL_EXPORTER_OTLP_ENDPOINT"],
        ),
    ] {
        let far = Far::new(move |_| answer.clone());
        let delivery = quick(&far).header("api-key", "hunter2").build().unwrap();
        append(&delivery, Priority::Bulk, 1).unwrap();
        let told = || {
            let fault = |a: &DeliveryAdvisory| {
                matches!(a, DeliveryAdvisory::Held { .. } | DeliveryAdvisory::OtherProtocol { .. })
            };
            delivery.advisories().into_iter().find(fault)
        };
        eventually("it is told", || told().is_some());
        let said = told().unwrap().to_string();
        let held = said.starts_with("sending is held");
        eventually("the state agrees", || held == (delivery.health().state == DeliveryState::Held));
        assert!(words.iter().all(|word| said.contains(word)) && !said.contains("hunter2"), "{said}");
    }
}

#[cfg(feature = "http")]
#[test]
fn a_name_that_does_not_resolve_and_a_port_of_another_protocol_say_so() {
    let unknown = otlp_journal::Delivery::builder("http://no-such-host.invalid/v1/logs")
        .linger(Duration::from_millis(1))
        .drop_timeout(Duration::ZERO)
        .build()
        .unwrap();
    append(&unknown, Priority::Bulk, 1).unwrap();
    eventually("it was tried", || unknown.health().last_answer.is_some());
    let health = unknown.health();
    assert_eq!(health.state, DeliveryState::Retrying);
    assert!(health.last_answer.unwrap().outcome.contains("resolve"));

    // The first frame that an HTTP/2 server sends, as a gRPC port does to whoever connects.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut stream, &[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 64, 0]);
            let _ = std::io::Read::read(&mut stream, &mut [0; 1024]);
        }
    });
    let grpc = otlp_journal::Delivery::builder(format!("http://{address}/v1/logs"))
        .linger(Duration::from_millis(1))
        .timeout(Duration::from_secs(5))
        .drop_timeout(Duration::ZERO)
        .build()
        .unwrap();
    append(&grpc, Priority::Bulk, 1).unwrap();
    eventually("said", || grpc.advisories().iter().any(|a| a.to_string().contains("gRPC")));
}
