//! What the rules do not stop, as `SECURITY.md` says. A test that fails here is a promise that can be made stronger.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use instant_funnel_core::contract::{CONTRACT, RawValue, Rule, check_resource};
use instant_funnel_core::{EventId, PseudonymKey, Pseudonymizer, TeamId};

#[test]
fn a_slug_can_be_somebodys_name_or_a_short_number() {
    for word in ["jane-doe", "jane_doe_1984", "tel-302-797", "a123456", "correct-horse-battery-staple"] {
        assert_eq!(Rule::Slug.check_text(word), Ok(()), "{word}");
    }
}

#[test]
fn a_name_can_be_a_number_in_groups_or_a_token_without_a_prefix() {
    for name in [
        "tel-302-797-1126",
        "card-4111-1111-1111-1111",
        "ssn-078-05-1120",
        "a8-71-db-c2-65-b4",
        "GHP_abcd1234",
        "myAKIAIOSFODNN7EXAMPLE",
        "Xq7vRt2LmZ9pKw4s",
        "jane.doe",
    ] {
        assert_eq!(check_resource("service.name", name), Ok(()), "{name}");
    }
}

#[test]
fn a_version_can_be_a_number_an_address_or_forty_hexadecimal_digits() {
    for version in ["4155550134", "203.0.113.77", "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"] {
        assert_eq!(check_resource("service.version", version), Ok(()), "{version}");
    }
}

#[test]
fn an_event_id_of_sixteen_bytes_that_are_not_plain_text_is_read_whoever_made_it() {
    for bytes in [*b"jn\xc3\xa9@example.com", *b"\x01ane@example.com", [0xfe; 16]] {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(EventId::parse(&digits).unwrap().to_string(), digits);
    }
}

#[test]
fn what_is_known_can_be_tested_against_unkeyed_ids_and_hashes_and_by_who_has_the_key() {
    assert_eq!(EventId::of("paid", "jane@example.com"), EventId::of("paid", "jane@example.com"));
    let legacy = || Pseudonymizer::legacy_sha256().network("192.0.2.7".parse().unwrap(), 1);
    assert_eq!(legacy(), legacy());
    let keyed = || Pseudonymizer::keyed(PseudonymKey::new(&[7; 32]).unwrap(), None).email("jane@example.com");
    assert_eq!(keyed(), keyed());
}

#[test]
fn a_team_can_be_an_unkeyed_hash_of_a_name() {
    assert!(TeamId::parse("74738ff5-5367-5958-9aee-98fffdcd1876").is_ok());
}

#[test]
fn a_judge_of_bytes_sees_the_form_of_a_value_and_not_who_made_it() {
    for (key, text) in [
        ("eventId", "6a616e65406578616d706c652e636f6d"),
        ("fingerprint", "6a616e65406578616d706c652e636f6d"),
        ("emailHash", "6a616e6540657861"),
        ("commitId", "6a616e65406578616d706c652e636f6d"),
    ] {
        assert!(CONTRACT.judge(key, RawValue::Text(text), i64::MAX).is_ok(), "{key}");
    }
}
