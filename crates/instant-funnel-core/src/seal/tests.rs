use super::*;
use crate::contract::{Actor, Cohort};
use crate::id::JourneyId;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn key(byte: u8) -> SigningKey {
    SigningKey::new([byte; 32]).unwrap()
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_764_000_000)
}

#[test]
fn what_was_sealed_is_opened() {
    let unknown = Journey::from(JourneyId::new());
    for journey in [Journey::begin(Actor::AgentClaude), unknown, unknown.with_cohort(Cohort::Synthetic)] {
        for purpose in ["", "onboarding", "a mail~to: jane", "%", "ä"] {
            let sealed = key(1).seal(&journey, purpose, now() + DAY);
            assert_eq!(key(1).open_at(&sealed, purpose, now()), Ok(journey), "{sealed}");
            assert!(sealed.bytes().all(|byte| plain(byte) || b"~%".contains(&byte)), "{sealed}");
        }
    }
}

#[test]
fn a_sealed_journey_altered_in_any_byte_is_none() {
    let journey = Journey::begin(Actor::AgentClaude);
    let sealed = key(1).seal(&journey, "onboarding", now() + DAY);
    for at in 0..sealed.len() {
        for byte in (0..128_u8).filter(|byte| *byte != sealed.as_bytes()[at]) {
            let mut altered = sealed.clone().into_bytes();
            altered[at] = byte;
            let altered = String::from_utf8(altered).unwrap();
            assert!(key(1).open_at(&altered, "onboarding", now()).is_err(), "{altered}");
        }
        let mut shorter = sealed.clone();
        shorter.remove(at);
        assert!(key(1).open_at(&shorter, "onboarding", now()).is_err(), "{shorter}");
        assert!(key(1).open_at(&sealed[..at], "onboarding", now()).is_err());
    }
    assert!(key(1).open_at(&format!("{sealed}A"), "onboarding", now()).is_err());
    assert!(key(1).open_at(&format!(" {sealed}"), "onboarding", now()).is_err());
}

#[test]
fn a_seal_ends_at_its_second() {
    let sealed = key(1).seal(&Journey::begin(Actor::Unknown), "x", now() + DAY);
    assert!(key(1).open_at(&sealed, "x", now() + DAY - Duration::from_millis(1)).is_ok());
    assert_eq!(key(1).open_at(&sealed, "x", now() + DAY), Err(OpenError::Expired));
    let past = key(1).seal(&Journey::begin(Actor::Unknown), "x", UNIX_EPOCH - DAY);
    assert_eq!(key(1).open(&past, "x"), Err(OpenError::Expired));
}

#[test]
fn a_seal_is_for_one_purpose_and_of_one_key() {
    let journey = Journey::begin(Actor::Unknown);
    let sealed = key(1).seal(&journey, "onboarding", now() + DAY);
    for other in ["", "Onboarding", "onboarding~", "onboarding.", "on boarding"] {
        assert_eq!(key(1).open_at(&sealed, other, now()), Err(OpenError::Purpose), "{other}");
    }
    assert_eq!(key(2).open_at(&sealed, "onboarding", now()), Err(OpenError::Signature));
    let rotated = key(2).with_previous(key(1));
    assert_eq!(rotated.open_at(&sealed, "onboarding", now()), Ok(journey));
    let fresh = rotated.seal(&journey, "onboarding", now() + DAY);
    assert_eq!(key(2).open_at(&fresh, "onboarding", now()), Ok(journey));
    assert_eq!(key(1).open_at(&fresh, "onboarding", now()), Err(OpenError::Signature));
}

#[test]
fn what_is_no_sealed_text_is_told_apart_from_a_forged_one() {
    let journey = Journey::begin(Actor::Unknown);
    let long = "a".repeat(TEXT_MAX + 1);
    for text in ["", "~~~", &journey.to_string(), &journey.id().to_string(), "jane@example.com", &long] {
        assert_eq!(key(1).open_at(text, "x", now()), Err(OpenError::Malformed), "{text}");
    }
    // Another use of the same key signs other bytes.
    let sealed = key(1).seal(&journey, "x", now() + DAY);
    let (signed, _) = sealed.rsplit_once(SEPARATOR).unwrap();
    let elsewhere = URL_SAFE_NO_PAD.encode(key(1).sign(b"another use", signed.as_bytes()));
    let forged = format!("{signed}{SEPARATOR}{elsewhere}");
    assert_eq!(key(1).open_at(&forged, "x", now()), Err(OpenError::Signature));
}

#[test]
fn a_seal_is_appended_as_it_is_returned() {
    let journey = Journey::begin(Actor::AgentClaude);
    for seconds in [0, 9, 10, 1_764_000_000, 253_402_300_800] {
        let expiry = UNIX_EPOCH + Duration::from_secs(seconds);
        let sealed = key(1).seal(&journey, "x", expiry);
        assert!(sealed.contains(&format!("~x~{seconds}~")), "{sealed}");
        let mut line = "journey=".to_owned();
        key(1).seal_to(&mut line, &journey, "x", expiry);
        assert_eq!(line, format!("journey={sealed}"));
    }
    let mut digits = String::new();
    push_decimal(&mut digits, u64::MAX);
    assert_eq!(digits, u64::MAX.to_string());
}

#[test]
fn a_character_of_several_bytes_at_a_cut_is_malformed() {
    let sealed = key(1).seal(&Journey::begin(Actor::Unknown), "x", now() + DAY);
    for at in 0..sealed.len() {
        for c in ['é', '€', '🦀'] {
            let odd = format!("{}{c}{}", &sealed[..at], &sealed[at..]);
            assert!(key(1).open_at(&odd, "x", now()).is_err(), "{odd}");
            assert!(odd.parse::<Journey>().is_err(), "{odd}");
        }
    }
}
