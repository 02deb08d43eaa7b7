//! What the checker takes and what it counts, through both of its entrances.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

use instant_funnel_core::contract::{CONTRACT, RawValue, Violation};
use instant_funnel_core::{
    Actor, Checker, CheckerError, Claim, Cohort, Draft, EventId, Fingerprint, JourneyId, Landing, Paid,
    Provision, PseudonymKey, Pseudonymizer, Record, Stamp, TeamId, TraceContext, Value, Vocabularies,
};

const LANDING: usize = 0;
const PROVISION: usize = 1;
const CLAIM: usize = 2;
const PAID: usize = 3;

fn keyed() -> Pseudonymizer {
    Pseudonymizer::keyed(PseudonymKey::new(&[7; 32]).unwrap(), None)
}

fn checker() -> Checker {
    Checker::builder(&CONTRACT)
        .default_value("serviceName", "api")
        .default_value("cohort", "real")
        .pseudonymizer(keyed())
        .build()
        .unwrap()
}

fn at(key: &str) -> usize {
    CONTRACT.position(key).unwrap()
}

/// The record's attributes and what was counted.
fn checked<'a>(checker: &Checker, draft: impl Into<Draft<'a>>) -> (Vec<(String, String)>, Vec<Violation>) {
    let mut counted = Vec::new();
    let draft = draft.into();
    let record = checker.check(&draft, Stamp::now(), |_, violation| counted.push(violation)).unwrap();
    assert_eq!(record.encode_to_vec().len(), record.encoded_len());
    let attributes = record.attributes().map(|(key, value)| (key.to_owned(), value.to_string()));
    (attributes.collect(), counted)
}

fn has(attributes: &[(String, String)], key: &str) -> bool {
    attributes.iter().any(|(one, _)| one == key)
}

#[test]
fn hexadecimal_text_is_refused_wherever_one_of_our_types_makes_the_value() {
    let hex = const_hex::encode("jane@example.com");
    for key in ["eventId", "fingerprint", "fingerprintKeyId", "emailHash", "commitId"] {
        for text in [hex.as_str(), &hex[..16], "d4155550123", "ab25bf6c", "0123456789abcdef0123456789abcdef"]
        {
            let mut draft = Draft::new(&CONTRACT, CLAIM);
            draft.set(at(key), text);
            let (attributes, counted) = checked(&checker(), draft);
            assert_eq!(counted, [Violation::Reserved], "{key} {text}");
            assert!(!attributes.iter().any(|(_, value)| value == text), "{key} {text}");
            assert_eq!(
                checker().check_field(key, RawValue::Text(text)).unwrap_err(),
                Violation::Reserved,
                "{key} {text}"
            );
        }
    }
}

#[test]
fn a_value_of_one_of_our_types_is_taken_at_its_own_place_alone() {
    let fingerprint = keyed().network("192.0.2.7".parse().unwrap(), 1).unwrap();
    let email = keyed().email("jane@example.com").unwrap();
    let id = EventId::of("claim", "jane@example.com");
    let own = ["eventId", "fingerprint", "fingerprintKeyId", "emailHash"];
    for key in own {
        for (made_for, counted) in
            [("eventId", 0), ("fingerprint", 1), ("fingerprintKeyId", 2), ("emailHash", 3)]
        {
            let mut draft = Draft::new(&CONTRACT, CLAIM);
            match counted {
                0 => draft.set(at(key), id),
                1 => draft.set(at(key), fingerprint),
                2 => draft.set(at(key), fingerprint.key().unwrap()),
                _ => draft.set(at(key), email),
            }
            let (_, counted) = checked(&checker(), draft);
            let expected: &[Violation] = if key == made_for { &[] } else { &[Violation::Reserved] };
            assert_eq!(counted, expected, "a {made_for} as {key}");
        }
    }
    for key in ["tier", "journeyId", "renewal", "actor", "commitId"] {
        let mut draft = Draft::new(&CONTRACT, PAID);
        draft.set(at(key), id);
        assert_ne!(checked(&checker(), draft).1, [], "{key}");
    }
}

#[test]
fn a_commit_is_the_processes_and_keeps_its_rule() {
    let with = |commit| Checker::builder(&CONTRACT).default_value("commitId", commit).build();
    let checker = with("0a1b2c3d4e5f").unwrap();
    let (attributes, _) = checked(&checker, Landing::new());
    assert!(attributes.contains(&("commitId".to_owned(), "0a1b2c3d4e5f".to_owned())));
    for bad in ["4155550123", "0A1B2C3", "main", "abc", ""] {
        assert_eq!(
            with(bad).unwrap_err(),
            CheckerError::BadDefault { key: "commitId", violation: Violation::Hex },
            "{bad}"
        );
    }
}

#[test]
fn a_uuid_of_another_version_is_refused_through_every_entrance() {
    for (key, step) in [("journeyId", LANDING), ("teamId", CLAIM)] {
        for text in [
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "c232ab00-9414-11ec-b3c8-9e6bdeced846",
            "41555501-3400-0000-0000-000000000000",
            "01890a5d-ac96-774b-0cce-b302099a8057",
        ] {
            let mut text_draft = Draft::new(&CONTRACT, step);
            text_draft.set(at(key), text);
            let mut uuid_draft = Draft::new(&CONTRACT, step);
            uuid_draft.set(at(key), uuid::Uuid::try_parse(text).unwrap());
            for draft in [text_draft, uuid_draft] {
                let (attributes, counted) = checked(&checker(), draft);
                assert_eq!((has(&attributes, key), counted), (false, vec![Violation::Uuid]), "{key} {text}");
            }
            assert_eq!(checker().check_field(key, RawValue::Text(text)).unwrap_err(), Violation::Uuid);
        }
    }
    let five = "74738ff5-5367-5958-9aee-98fffdcd1876";
    assert_eq!(checker().check_field("journeyId", RawValue::Text(five)).unwrap_err(), Violation::Uuid);
    assert!(checker().check_field("teamId", RawValue::Text(five)).is_ok());
}

#[test]
fn an_attribute_on_a_step_where_it_may_not_occur_is_dropped_and_counted() {
    let email = keyed().email("jane@example.com").unwrap();
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let refused: [(&str, &[usize]); 6] = [
        ("emailHash", &[LANDING, PROVISION, PAID]),
        ("teamId", &[LANDING, PROVISION]),
        ("tier", &[LANDING]),
        ("service", &[LANDING, CLAIM, PAID]),
        ("renewal", &[LANDING, PROVISION, CLAIM]),
        ("fingerprint", &[PAID]),
    ];
    for (key, steps) in refused {
        for step in 0..4 {
            let mut draft = Draft::new(&CONTRACT, step);
            match key {
                "emailHash" => draft.set(at(key), email),
                "teamId" => draft.set(at(key), team),
                "renewal" => draft.set(at(key), true),
                "fingerprint" => {
                    draft.set(at(key), keyed().network("192.0.2.7".parse().unwrap(), 1).unwrap());
                }
                _ => draft.set(at(key), "free"),
            }
            let (attributes, counted) = checked(&checker(), draft);
            let off = steps.contains(&step);
            assert_eq!(counted, if off { vec![Violation::Step] } else { vec![] }, "{key} on {step}");
            assert_eq!(has(&attributes, key), !off, "{key} on {step}");
            assert_eq!(CONTRACT.may_occur(at(key), step), !off, "{key} on {step}");
        }
    }
}

#[test]
fn what_only_the_process_or_the_span_supplies_is_reserved_on_every_step() {
    for key in ["newrelic.event.type", "funnelStep", "serviceName", "commitId", "trace.id", "span.id"] {
        let mut draft = Draft::new(&CONTRACT, PAID);
        draft.set(at(key), "anything");
        assert_eq!(checked(&checker(), draft).1, [Violation::Reserved], "{key}");
        let field = checker().check_field(key, RawValue::Text("anything"));
        assert_eq!(field.unwrap_err(), Violation::Reserved, "{key}");
    }
}

#[test]
fn an_event_fact_becomes_the_id_of_the_step_and_the_fact() {
    let checker = checker();
    for (step, name) in ["landing", "provision", "claim", "paid"].into_iter().enumerate() {
        for fact in ["ch_17", "42", "in_1PXq…", " x "] {
            for field in ["eventFact", "eventfact", "EVENTFACT"] {
                let kept = checker.check_field(field, RawValue::Text(fact)).unwrap();
                let mut draft = Draft::new(&CONTRACT, step);
                draft.set_kept(&kept);
                let (attributes, counted) = checked(&checker, draft);
                assert_eq!(counted, []);
                let id = EventId::of(name, fact).to_string();
                assert!(attributes.contains(&("eventId".to_owned(), id)), "{field} {fact}");
            }
        }
    }
    for none in ["", "  ", &"x".repeat(513)] {
        let field = checker.check_field("eventFact", RawValue::Text(none));
        assert_eq!(field.unwrap_err(), Violation::Derivation, "{none}");
    }
    assert_eq!(checker.check_field("eventFact", RawValue::Other).unwrap_err(), Violation::Type);
}

#[test]
fn an_email_becomes_its_hash_and_nothing_else_does() {
    let checker = checker();
    let kept =
        checker.check_field("E-Mail".replace('-', "").as_str(), RawValue::Text("jane@example.com")).unwrap();
    assert_eq!(kept.position(), at("emailHash"));
    let mut draft = Draft::new(&CONTRACT, CLAIM);
    draft.set_kept(&kept);
    let hash = keyed().email("jane@example.com").unwrap().to_string();
    assert!(checked(&checker, draft).0.contains(&("emailHash".to_owned(), hash)));
    let without = Checker::new(&CONTRACT);
    let field = without.check_field("email", RawValue::Text("jane@example.com"));
    assert_eq!(field.unwrap_err(), Violation::NoPseudonymKey);
}

#[test]
fn a_pseudonym_that_could_not_be_made_without_a_key_is_counted() {
    let none = Pseudonymizer::omit();
    let without = Checker::new(&CONTRACT);
    let fingerprint = none.network("192.0.2.7".parse().unwrap(), 1);
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let missing = Violation::NoPseudonymKey;
    assert_eq!(checked(&without, Landing::new().fingerprint(fingerprint)).1, [missing]);
    assert_eq!(checked(&without, Provision::new("db").fingerprint(None)).1, [missing]);
    let email = none.email("jane@example.com");
    assert_eq!(checked(&without, Claim::new(team).fingerprint(None).email_hash(email)).1, [missing, missing]);
    assert_eq!(checked(&without, Claim::new(team)).1, []);
    // With a key there was another reason, and the caller knows it.
    assert_eq!(checked(&checker(), Claim::new(team).fingerprint(None).email_hash(None)).1, []);
    let there: Fingerprint = keyed().network("192.0.2.7".parse().unwrap(), 1).unwrap();
    assert_eq!(checked(&without, Landing::new().fingerprint(None).fingerprint(there)).1, []);
}

#[test]
fn a_legacy_hash_of_digits_alone_stays_out_under_its_own_name() {
    let legacy = Pseudonymizer::legacy_sha256();
    let checker = Checker::builder(&CONTRACT).pseudonymizer(legacy.clone()).build().unwrap();
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let (mut digits, mut lettered) = (0, 0);
    for number in 0..20_000 {
        let address = format!("{number}@example.com");
        let hash = legacy.email(&address).unwrap();
        let alone = hash.to_string().bytes().all(|byte| byte.is_ascii_digit());
        if !alone && lettered > 10 {
            continue;
        }
        let counted = checked(&checker, Claim::new(team).email_hash(hash)).1;
        let field = checker.check_field("email", RawValue::Text(&address));
        if alone {
            assert_eq!(
                (counted, field.unwrap_err()),
                (vec![Violation::LegacyDigits], Violation::LegacyDigits)
            );
            digits += 1;
        } else {
            assert_eq!((counted, field.is_ok()), (vec![], true));
            lettered += 1;
        }
    }
    assert!((3..30).contains(&digits), "one in 1,843 expected, {digits} in 20,000 seen");
}

#[test]
fn what_was_denied_is_removed_and_the_team_stays() {
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let fingerprint = keyed().network("192.0.2.7".parse().unwrap(), 1);
    let claim = Claim::new(team)
        .journey(JourneyId::new())
        .fingerprint(fingerprint)
        .email_hash(keyed().email("jane@example.com"))
        .tier("free");
    let mut draft = Draft::from(claim);
    draft.unlink();
    let (attributes, counted) = checked(&checker(), draft);
    for key in ["journeyId", "fingerprint", "fingerprintKeyId", "emailHash"] {
        assert!(!has(&attributes, key), "{key}");
    }
    assert!(has(&attributes, "teamId") && has(&attributes, "tier"));
    assert_eq!(counted, []);
}

#[test]
fn a_kept_field_is_trusted_by_the_checker_that_passed_it_and_by_no_other() {
    let open = checker();
    let kept = open.check_field("reasonCode", RawValue::Text("jane-doe")).unwrap();
    let mut vocabularies = Vocabularies::default();
    vocabularies.close(&CONTRACT, "reasonCode", ["declined"]).unwrap();
    let closed = Checker::builder(&CONTRACT).vocabularies(vocabularies).build().unwrap();
    let mut draft = Draft::new(&CONTRACT, PAID);
    draft.set_kept(&kept);
    assert_eq!(checked(&open, draft).1, []);
    let twin = open.clone();
    assert_eq!(checked(&twin, draft).1, []);
    assert_eq!(checked(&closed, draft).1, [Violation::Vocabulary]);
    // A later value takes the proof away.
    draft.set(at("reasonCode"), "Not A Slug");
    assert_eq!(checked(&open, draft).1, [Violation::Slug]);
}

#[test]
fn what_a_record_shows_cannot_be_given_to_another_place() {
    let trace = TraceContext { trace_id: *b"jane@example.com", span_id: *b"jane@exa", flags: 1 };
    let stamp = Stamp { trace: Some(trace), ..Stamp::now() };
    let checker = checker();
    let draft = Draft::from(Landing::new());
    let record: Record<'_> = checker.check(&draft, stamp, |_, _| ()).unwrap();
    // The digits of a foreign trace id come out as bytes, and no `From` takes bytes or a value back in.
    assert!(
        matches!(record.get("trace.id"), Some(Value::Hex(bytes)) if bytes.as_bytes() == b"jane@example.com")
    );
}

const SECRET: &str = "jane.doe+secret@example.com";

#[test]
fn nothing_unchecked_is_shown_by_debug_or_display() {
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let mut shown = String::new();
    let mut show = |value: &dyn std::fmt::Debug| shown.push_str(&format!("{value:?} {value:#?}\n"));
    let landing = Landing::new().env(SECRET).reason_code(SECRET).actor(Actor::Prober);
    let provision = Provision::new(SECRET).tier(SECRET).env(SECRET).reason_code(SECRET).cohort(Cohort::Real);
    let claim = Claim::new(team).tier(SECRET).env(SECRET).reason_code(SECRET);
    let paid = Paid::new(team, None).tier(SECRET).env(SECRET).reason_code(SECRET);
    show(&landing);
    show(&provision);
    show(&claim);
    show(&paid);
    for draft in [Draft::from(landing), provision.into(), claim.into(), paid.into()] {
        show(&draft);
        show(&checker().check(&draft, Stamp::now(), |_, _| ()).unwrap());
    }
    show(&instant_funnel_core::Given::from(SECRET));
    show(&RawValue::Text(SECRET));
    show(&checker().check_field("eventFact", RawValue::Text(SECRET)).unwrap());
    show(&checker().check_field("email", RawValue::Text("jane.doe@example.com")).unwrap());
    for key in ["serviceName", "env", "cohort", "commitId", "tier", SECRET] {
        let builder = Checker::builder(&CONTRACT).default_value(key, SECRET);
        show(&builder);
        let error = builder.build().unwrap_err();
        show(&error);
        show(&error.to_string());
    }
    for (key, words) in [(SECRET, vec![SECRET]), ("tier", vec![SECRET, "free"]), ("teamId", vec![SECRET])] {
        let mut vocabularies = Vocabularies::default();
        let error = vocabularies.close(&CONTRACT, key, words).unwrap_err();
        show(&error);
        show(&error.to_string());
        show(&vocabularies);
    }
    for error in [
        JourneyId::parse(SECRET).unwrap_err(),
        TeamId::parse(SECRET).unwrap_err(),
        EventId::parse(SECRET).unwrap_err(),
    ] {
        show(&error);
        show(&error.to_string());
    }
    show(&PseudonymKey::parse(SECRET).unwrap_err());
    show(&PseudonymKey::parse(SECRET).unwrap_err().to_string());
    show(&SECRET.parse::<instant_funnel_core::contract::Step>().unwrap_err().to_string());
    let key = PseudonymKey::new(format!("{SECRET}{SECRET}").as_bytes()).unwrap();
    show(&key);
    show(&Pseudonymizer::keyed(key, None));
    for part in ["jane", "secret@", "example.com"] {
        assert!(!shown.contains(part), "`{part}` in {shown}");
    }
}
