//! Nothing that a visitor sent is on the wire or in the log.

mod support;

use serde_json::json;

use self::support::collector::Collector;
use self::support::person::{Person, charged, deliver, now, signature};
use self::support::service::{BILLING_SECRET, PSEUDONYM_KEY, SIGNING_SECRET, Service};

#[test]
fn no_address_e_mail_token_or_cookie_leaves_the_service() {
    let collector = Collector::start();
    let mut variables = collector.variables().to_vec();
    variables.push(("RUST_LOG", "trace"));
    let mut service = Service::start(&variables);
    let mut sent: Vec<String> = [BILLING_SECRET, SIGNING_SECRET, PSEUDONYM_KEY].map(str::to_owned).to_vec();
    for (number, kind) in ["db", "cache", "nosql", "vector", "queue", "storage", "webhook"].iter().enumerate()
    {
        let mut person =
            Person::new(&format!("203.0.113.{}", 100 + number), &format!("person-{number}@mail.example"));
        person.visit(&service, "/start?email=query@mail.example");
        person.post(&service, &format!("/v1/{kind}"), &json!({ "note": "free-text-in-a-body" }));
        let token = person.onboard(&service);
        let team = person.claim(&service, &token);
        let body = charged(&team, &format!("ch_{number}_secret"), 1, now());
        let signature = signature(&body);
        assert_eq!(deliver(&service, &body, &signature), 200);
        // Refused requests are logged too, and must say no more.
        assert_eq!(deliver(&service, &body, "00ff00ff00ff"), 401);
        assert_eq!(
            person.post(&service, "/claim", &json!({ "token": "forged.token-text", "team": "x" })).0,
            401
        );
        assert_eq!(person.post(&service, "/onboarding", &json!({ "email": "no-address-at-all" })).0, 400);
        let cookies = person.cookies();
        let signatures = cookies.split("; ").filter_map(|pair| pair.rsplit(['.', '~']).next());
        sent.extend(signatures.map(str::to_owned));
        let (onboarding, sealed) = token.split_once('.').unwrap();
        sent.extend([onboarding, sealed].map(str::to_owned));
        sent.extend([person.address.clone(), person.email.clone(), format!("ch_{number}_secret"), signature]);
        sent.push(person.user_agent.clone());
    }
    for text in ["query@mail", "free-text-in", "00ff00ff", "forged.token", "no-address-at", "203.0.113"] {
        sent.push(text.to_owned());
    }
    support::eventually("spans arrive beside the events", || collector.spans_arrived().then_some(()));
    let last = service.stop();
    assert_eq!((&last["recorded"], &last["delivered"]), (&json!(28), &json!(28)));

    let (wire, log) = (collector.wire(), service.log());
    assert!(log.contains("answered") && log.contains("/claim"), "the log says what was done");
    for value in sent {
        assert!(!log.contains(&value), "{value} is in the log");
        assert!(
            !wire.windows(value.len()).any(|window| window == value.as_bytes()),
            "{value} is on the wire"
        );
    }
    for event in collector.events() {
        assert!(event.contains_key("trace.id"), "an event knows the span that it was recorded in: {event:?}");
    }
}
