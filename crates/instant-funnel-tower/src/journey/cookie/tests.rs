use instant_funnel::{Actor, JourneyId};

use super::*;

fn cookie(byte: u8) -> JourneyCookie {
    JourneyCookie::new(SigningKey::new([byte; 32]).unwrap())
}

fn now() -> SystemTime {
    std::time::UNIX_EPOCH + Duration::from_secs(1_764_000_000)
}

fn begun() -> Journey {
    Journey::begin_at(Actor::AgentClaude, now())
}

/// The pairs that a browser sends back: the sealed one, then version 1's.
fn pairs(cookie: &JourneyCookie, journey: &Journey) -> Vec<String> {
    let mut pairs = Vec::new();
    cookie.write(journey, now(), |line| pairs.push(line.split(';').next().unwrap().to_owned()));
    pairs
}

fn pairs_with_attributes(cookie: &JourneyCookie) -> Vec<String> {
    let mut lines = Vec::new();
    cookie.write(&begun(), now(), |line| lines.push(line));
    lines
}

fn version_1(byte: u8, id: JourneyId) -> String {
    cookie(byte).write_version_1(id).split(';').next().unwrap().to_owned()
}

fn lines<T: AsRef<[u8]>>(lines: &[T]) -> HeaderMap {
    lines.iter().map(|line| (COOKIE, HeaderValue::from_bytes(line.as_ref()).unwrap())).collect()
}

fn found_by(cookie: &JourneyCookie, headers: &HeaderMap) -> Option<Brought> {
    cookie.verify(&cookie.read(headers)?, now(), |_| false)
}

fn found(headers: &HeaderMap) -> Option<Journey> {
    Some(found_by(&cookie(1), headers)?.journey)
}

#[test]
fn what_was_written_is_read_back() {
    let journey = begun();
    let mut written = Vec::new();
    cookie(1).write(&journey, now(), |line| written.push(line));
    let [sealed, old] = &written[..] else { panic!("{written:?}") };
    for (line, name) in [(sealed, "journey-2=j1."), (old, "journey=")] {
        assert!(line.starts_with(name), "{line}");
        assert!(line.ends_with("; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax; Secure"), "{line}");
    }
    let both = lines(&[pairs(&cookie(1), &journey).join("; ")]);
    assert_eq!(found_by(&cookie(1), &both), Some(Brought { journey, in_both: true }));
    let rotated = cookie(2).previous_key(SigningKey::new([1; 32]).unwrap());
    assert_eq!(found_by(&rotated, &both).map(|brought| brought.journey), Some(journey));
    let sealed = lines(&[&pairs(&cookie(1), &journey)[0]]);
    assert_eq!(found_by(&cookie(1), &sealed), Some(Brought { journey, in_both: false }));
    let alone = cookie(1).without_version_1();
    assert_eq!(found_by(&alone, &sealed), Some(Brought { journey, in_both: true }));
    assert_eq!(pairs(&alone, &journey).len(), 1);
}

#[test]
fn a_cookie_of_version_1_is_a_journey_whose_beginning_is_unknown() {
    let id = JourneyId::new();
    let brought = found_by(&cookie(1), &lines(&[version_1(1, id)]));
    assert_eq!(brought, Some(Brought { journey: id.into(), in_both: true }));
}

#[test]
fn where_the_two_differ_the_sealed_one_counts() {
    let (journey, other) = (begun(), JourneyId::new());
    let sealed = &pairs(&cookie(1), &journey)[0];
    for line in [format!("{sealed}; {}", version_1(1, other)), format!("{}; {sealed}", version_1(1, other))] {
        assert_eq!(found_by(&cookie(1), &lines(&[line])), Some(Brought { journey, in_both: false }));
    }
}

#[test]
fn a_sealed_cookie_that_is_over_takes_the_one_of_version_1_with_it() {
    let journey = begun();
    let headers = lines(&[pairs(&cookie(1), &journey).join("; ")]);
    let candidates = cookie(1).read(&headers).unwrap();
    assert_eq!(cookie(1).verify(&candidates, now(), |_| true), None);
    let later = now() + 90 * DAY;
    assert_eq!(cookie(1).verify(&candidates, later, |_| false), None);
    assert!(cookie(1).verify(&candidates, later - Duration::from_secs(1), |_| false).is_some());
}

#[test]
fn a_cookie_that_is_over_hides_no_other() {
    let [old, fresh] = [begun(), begun()];
    let sealed = |journey: &Journey, age: Duration| {
        let mut written = Vec::new();
        cookie(1).max_age(age).write(journey, now(), |line| written.push(line));
        written[0].split(';').next().unwrap().to_owned()
    };
    let line = format!("{}; {}", sealed(&old, DAY), sealed(&fresh, 30 * DAY));
    let candidates = cookie(1).read(&lines(&[line])).unwrap();
    let found = |is_over: &dyn Fn(&Journey) -> bool| {
        cookie(1).verify(&candidates, now() + 2 * DAY, is_over).map(|brought| brought.journey)
    };
    assert_eq!(found(&|_| false), Some(fresh), "the first has expired");
    let both = format!("{}; {}", sealed(&old, 30 * DAY), sealed(&fresh, 30 * DAY));
    let candidates = cookie(1).read(&lines(&[both])).unwrap();
    let brought = cookie(1).verify(&candidates, now(), |journey| *journey == old);
    assert_eq!(brought.map(|brought| brought.journey), Some(fresh), "the first began too long ago");
}

#[test]
fn a_forged_or_altered_cookie_is_no_journey() {
    let journey = begun();
    for pair in pairs(&cookie(1), &journey) {
        assert!(found(&lines(&[&pair])).is_some());
        assert_eq!(found_by(&cookie(2), &lines(&[&pair])), None, "{pair}");
        let other = pair.replace(&journey.id().to_string(), &JourneyId::new().to_string());
        assert_eq!(found(&lines(&[other])), None);
        assert_eq!(found(&lines(&[&pair[..pair.len() - 1]])), None);
    }
    for broken in
        ["journey=", "journey=.", "journey=x.y", "journey", "journeys=1", "journey-2=", "journey-3=1"]
    {
        assert_eq!(found(&lines(&[broken])), None, "{broken}");
    }
}

#[test]
fn names_and_domains_are_plain() {
    assert!(cookie(1).name("__Host-journey").is_ok());
    for bad in ["", "a b", "a;b", "a=b"] {
        assert_eq!(cookie(1).name(bad).unwrap_err(), SettingError::CookieName);
    }
    assert!(cookie(1).secure(false).name("__Host-journey").is_err());
    let prefixed = cookie(1).name("__Secure-journey").unwrap().secure(false);
    assert!(pairs_with_attributes(&prefixed).iter().all(|line| line.ends_with("; Secure")));
    assert!(cookie(1).name("__host-journey").unwrap().domain("example.com").is_err());
    let shared = cookie(1).domain("example.com").unwrap();
    let mut written = Vec::new();
    shared.write(&begun(), now(), |line| written.push(line));
    written.extend(shared.removal().into_iter().take(2));
    assert!(written.iter().all(|line| line.contains("; Domain=example.com; HttpOnly")), "{written:?}");
    // What was set before there was a domain goes too.
    assert_eq!(shared.removal()[2..], cookie(1).removal());
    assert!(shared.name("__Host-journey").is_err());
    for bad in ["", "a b", "a;b", "a,b"] {
        assert_eq!(cookie(1).domain(bad).unwrap_err(), SettingError::CookieDomain);
    }
    assert!(cookie(1).name("__Host-journey").unwrap().domain("example.com").is_err());
}

#[test]
fn the_first_cookie_of_the_name_that_verifies_is_the_journey() {
    let [first, second] = [begun(), begun()];
    for form in [0, 1] {
        let [ours, older] = [&first, &second].map(|journey| pairs(&cookie(1), journey).remove(form));
        let foreign = pairs(&cookie(2), &begun()).remove(form);
        let id = |journey: &Journey| Some(journey.id());
        for (line, expected) in [
            (format!("{foreign}; {ours}; {older}"), id(&first)),
            (
                format!("journey=; journey=x.y; journey-2=x; {foreign}; {foreign}; {older}; {ours}"),
                id(&second),
            ),
            (format!("{}{ours}", format!("{foreign}; ").repeat(60)), id(&first)),
            (format!("{foreign}; {foreign}"), None),
        ] {
            assert_eq!(found(&lines(&[&line])).map(|journey| journey.id()), expected, "{line}");
        }
        let spread = lines(&[foreign.as_bytes(), b"a=b", ours.as_bytes()]);
        assert_eq!(found(&spread).map(|journey| journey.id()), id(&first));
    }
}

#[test]
fn the_bytes_of_other_cookies_do_not_matter() {
    let journey = begun();
    let ours = pairs(&cookie(1), &journey).remove(0).into_bytes();
    for other in [
        &b"city=Z\xc3\xbcrich"[..],
        b"city=Z\xfcrich",
        b"\xff\xfe",
        b"q=\"a",
        b"=",
        b"a=journey=x",
        b"journey",
        b"journey-2=\xff",
    ] {
        for line in [[other, b"; ", &ours].concat(), [&ours, &b";"[..], other].concat()] {
            assert_eq!(found(&lines(&[&line])), Some(journey), "{}", line.escape_ascii());
        }
        assert_eq!(found(&lines(&[other, &ours])), Some(journey), "{}", other.escape_ascii());
    }
}

#[test]
fn a_value_may_stand_between_quotes() {
    let journey = begun();
    for pair in pairs(&cookie(1), &journey) {
        let (name, value) = pair.split_once('=').unwrap();
        for (sent, expected) in [
            (format!("{name}=\"{value}\""), Some(journey.id())),
            (format!(" a=b ;\t{name}=\"{value}\" ;"), Some(journey.id())),
            (format!("{name}=\"{value}"), None),
            (format!("{name}={value}\""), None),
            (format!("{}={value}", name.to_uppercase()), None),
        ] {
            assert_eq!(found(&lines(&[&sent])).map(|journey| journey.id()), expected, "{sent}");
        }
    }
}

#[test]
fn a_line_without_our_name_is_not_kept() {
    let cookie = cookie(1);
    assert!(cookie.read(&lines(&["session=secret"])).is_none());
    let ours = &pairs(&cookie, &begun())[0];
    let candidates = cookie.read(&lines(&["session=secret", ours, "theme=dark"])).unwrap();
    assert_eq!((candidates.first.as_bytes(), candidates.others.len()), (ours.as_bytes(), 0));
}
