use proptest::prelude::*;
use regex::Regex;

use super::*;

#[track_caller]
fn all(is: impl Fn(&str) -> bool, expected: bool, texts: &[&str]) {
    for text in texts {
        assert_eq!(is(text), expected, "{text}");
    }
}

fn slug(text: &str) -> bool {
    is_slug(text.as_bytes())
}

fn name(text: &str) -> bool {
    is_name(text.as_bytes(), 64)
}

fn version(text: &str) -> bool {
    is_version(text.as_bytes(), 64)
}

#[test]
fn words_codes_and_regions_are_slugs() {
    all(
        slug,
        true,
        &[
            "a",
            "db",
            "anonymous",
            "agent_claude",
            "card-declined",
            "us-east-1",
            "eu-west-1-a2",
            "v2-1-0",
            "a123456",
            "ab-cd-ef",
            "deadbeef",
            "deadbeefcafe",
            "facade-added-1",
            "e3b0cd4298f",
            "npm_registry",
            "disk_live_stats",
            "task_test_runner",
            "http2",
            "a--b__c",
        ],
    );
    all(
        slug,
        false,
        &[
            "",
            "1st",
            "-x",
            "Free",
            "a.b",
            "a@b",
            "a b",
            "a\n",
            "192.168.0.1",
            "555-0123",
            "ünicode",
            "a23456789012345678901234567890123",
            "\u{430}nonymous",
        ],
    );
}

#[test]
fn a_slug_has_at_most_six_digits_in_all() {
    all(
        slug,
        false,
        &[
            "tel-5550123",
            "c4111111111111111",
            "v2-123456",
            "c41-11a11-11b11",
            "a1b2c3d4e5f6g7",
            "tel_302a797b1126",
        ],
    );
}

#[test]
fn a_slug_has_fewer_than_three_numbers() {
    all(
        slug,
        false,
        &[
            "ip-10-1-2-3",
            "ip-10-4-54-25",
            "ip_10_1_2_3",
            "ssn-078-05-1120",
            "tel-302-797-1126",
            "a-1-2-3",
            "card_6289_8010_2025_2953",
            "c4111-1111-1111-1111",
            "d-1-x-2-y-3",
            "v-1_2-3",
            "a-1-2-3-b",
        ],
    );
}

#[test]
fn a_slug_has_fewer_than_four_pairs_of_hexadecimal_digits() {
    all(
        slug,
        false,
        &[
            "a8-71-db-c2-65-b4",
            "de-ad-be-ef",
            "m-a8-71-db-c2",
            "a8_71_db_c2_65_b4",
            "mac-aa-x-bb-y-cc-z-dd",
            "ab-cd-ef-ab",
        ],
    );
}

#[test]
fn a_slug_has_no_long_hexadecimal_run_with_a_decimal_digit() {
    all(
        slug,
        false,
        &[
            "d41d8cd98f00b204e98f9a98ecf8427e",
            "a871dbcefab4",
            "mac-a871dbcefab4",
            "xa1bcdefabcdef",
            "abcdefabcdef1",
            "t-1abcdefabcde",
            "tok_abcdefabcdefabcdefabcdefabc9",
        ],
    );
}

#[test]
fn names_of_services_are_names() {
    all(
        name,
        true,
        &[
            "api",
            "check-out",
            "billing_worker.2",
            "Shop-7",
            "unknown_service",
            "v1.2.3",
            "a",
            "k8s.eu-west-1.api",
            "tel-302-797-1126",
            "api-123456",
            "1.2.3.x",
            "2024.10.12.1-api",
            "e3b0c44298fc1c149afbf4c8996fb92",
            "npm_registry",
            "disk_live_stats",
            "MIIB",
            "eyJ",
            "sk-checkout-service",
            "NRAL",
        ],
    );
    all(name, false, &["", "a b", "a/b", "a@b", "naïve", "a\n"]);
    assert!(!name(&"a".repeat(65)));
}

#[test]
fn a_name_has_a_letter() {
    all(name, false, &["10", "4155550134", "1-2", "...", "-", "_1_", "+1"]);
}

#[test]
fn a_name_is_no_ipv4_address_however_its_parts_are_joined() {
    all(
        name,
        false,
        &[
            "203.0.113.77",
            "ip-203-0-113-77",
            "a203.0.113.77b",
            "host_10_4_54_25",
            "10-1-2-3.ec2.internal",
            "v1.2.3.4.5",
            "node-010.001.002.003",
        ],
    );
}

#[test]
fn a_name_has_no_run_of_seven_digits_and_no_long_token() {
    all(
        name,
        false,
        &[
            "tel4155550134",
            "card-4111111111111111",
            "a1234567",
            "svc.0000000",
            "d41d8cd98f00b204e98f9a98ecf8427e",
            "0123abcd0123ABCD0123abcd0123abcd0123abcd",
            "x-abcdefabcdefabcdefabcdefabcdefab",
        ],
    );
}

const CREDENTIALS: [&str; 24] = [
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "svc-AROAIOSFODNN7EXAMPLE",
    "ghp_fixture0123456789",
    "x.gho_fixture",
    "github_pat_fixture",
    "glpat-fixture",
    "npm_abcdefghijklmnopqrst",
    "pypi-AgEIcHlwaS5vcmcabc",
    "sk_live_fixture",
    "rk_test_fixture",
    "xoxb-fixture",
    "xoxp-1-fixture",
    "sk-abcdefghijklmnopqrstuv",
    "sk-ant-fixture",
    "eyJhbGciOiJIUzI1NiJ9.eyJz",
    "AIzaSyAfixturefixturefixture",
    "-----BEGIN-RSA-PRIVATE-KEY-----",
    "MIIEvQIBADANBgkqhkiG9w0B",
    "SG.fixturefixturefixture",
    "NRAK-FIXTURE",
    "NRII-FIXTURE",
    "eu01xxabcdefabcdefabcdefabcdNRAL",
    "hf_abcdefghijklmnopqrst",
];

#[test]
fn a_credential_is_neither_a_name_nor_a_version_nor_a_slug() {
    all(name, false, &CREDENTIALS);
    all(version, false, &CREDENTIALS);
    all(slug, false, &["ghp_abcd", "a-sk_live_x", "a_glpat-abcd", "npm_abcdefghijklmnopqrst", "xoxb-x"]);
}

#[test]
fn numbers_dates_and_commits_are_versions() {
    all(
        version,
        true,
        &[
            "1.2.3",
            "7",
            "2026.11.26+build.4155550",
            "v1.0.0-rc.1",
            "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
            "20261126",
        ],
    );
    all(version, false, &["", "1 2", "built by jane@example.com", "1/2", "1.0~rc1"]);
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9_-]{1,32}",
        "[0-9a-f_-]{1,40}",
        "[a-f0-9]{1,3}([._-][a-f0-9]{1,3}){1,7}",
        "[0-9]{1,4}([._-][0-9]{1,4}){1,7}[a-z]?",
        "[a-zA-Z._-]{0,2}(AKIA|eyJ|MII|sk_live_|sk-|ghp_|xoxb-|npm_|SG[.]|ya29[.])[A-Za-z0-9_-]{0,20}",
        "[A-Za-z0-9]{10,20}NRAL[A-Za-z0-9._-]?",
        "[a-f]{8,14}[0-9]?[a-f]{0,14}",
        "[A-Za-z0-9._+-]{1,64}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_prohibition_is_the_same_in_the_engine_and_as_a_pattern(text in hostile()) {
        thread_local! {
            static ALL: Vec<(&'static Forbidden, Regex)> =
                [NOT_IN_A_SLUG, NOT_IN_A_NAME, NOT_IN_A_VERSION]
                    .into_iter()
                    .flatten()
                    .map(|one| (one, Regex::new(&(one.pattern)()).unwrap()))
                    .collect();
            static PLAIN: Regex = Regex::new(&format!("^{}$", plain_pattern())).unwrap();
        }
        // The patterns of slugs rest on the first letter, which the shape wants.
        let slug_shaped = text.starts_with(|first: char| first.is_ascii_lowercase());
        ALL.with(|all| for (at, (one, pattern)) in all.iter().enumerate() {
            if at >= NOT_IN_A_SLUG.len() || slug_shaped {
                assert_eq!((one.holds)(text.as_bytes()), pattern.is_match(&text), "{} {text}", one.what);
            }
        });
        if PLAIN.with(|plain| plain.is_match(&text)) {
            assert!(slug(&text) && name(&text), "{text}");
        }
    }

    #[test]
    fn what_a_prohibition_needs_is_in_every_text_that_holds_it(text in hostile()) {
        let bytes = text.as_bytes();
        let digit = bytes.iter().any(u8::is_ascii_digit);
        let separator = bytes.iter().any(|byte| matches!(byte, b'_' | b'-'));
        if slug(&text) {
            prop_assert!(holds_none(NOT_IN_A_SLUG, bytes, true, true), "{}", text);
        }
        if text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.len() <= SLUG_MAX
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
        {
            prop_assert_eq!(slug(&text), holds_none(NOT_IN_A_SLUG, bytes, digit, separator), "{}", text);
        }
    }
}
