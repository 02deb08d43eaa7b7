//! Invariants of every contract table.

use super::fixed::EMAIL_HASH;
use super::{CONTRACT, DerivationMethod, at};

#[test]
fn the_critical_steps_are_claim_and_paid() {
    let critical: Vec<_> = CONTRACT.steps.iter().filter(|step| step.critical).collect();
    assert_eq!(critical.iter().map(|step| step.name).collect::<Vec<_>>(), ["claim", "paid"]);
}

#[test]
fn every_attribute_is_documented_and_every_key_is_ascii_and_unique() {
    for attribute in CONTRACT.attributes {
        assert!(
            !attribute.presence.to_string().is_empty() && !attribute.brief.is_empty(),
            "{}",
            attribute.key
        );
        assert!(attribute.key.is_ascii(), "{}", attribute.key);
        let same = CONTRACT.attributes.iter().filter(|other| other.key.eq_ignore_ascii_case(attribute.key));
        assert_eq!(same.count(), 1, "{}", attribute.key);
    }
}

#[test]
fn the_personal_field_is_named_in_any_letter_case_and_is_no_key() {
    for field in ["email", "Email", "EMAIL", "eMail"] {
        assert_eq!(
            CONTRACT.derived(field),
            Some((CONTRACT.index(EMAIL_HASH.key), DerivationMethod::EmailHash))
        );
        assert_eq!(CONTRACT.position(field), None);
    }
    assert_eq!(CONTRACT.derived("e-mail"), None);
}

#[test]
fn a_span_passes_on_what_an_event_may_share_and_never_an_id_of_its_own() {
    assert_eq!(CONTRACT.inherited("email"), Some(CONTRACT.index(EMAIL_HASH.key)));
    assert_eq!(CONTRACT.inherited("tier"), Some(at::TIER));
    for own in ["eventId", "eventFact", "funnelStep", "commitId", "serviceName", "nope"] {
        assert_eq!(CONTRACT.inherited(own), None, "{own}");
    }
}

#[test]
fn steps_equal_the_canonical_list() {
    let names: Vec<_> = super::Step::ALL.iter().map(|step| step.as_str()).collect();
    assert_eq!(names, ["landing", "provision", "claim", "paid"]);
    assert_eq!(CONTRACT.steps.iter().map(|step| step.name).collect::<Vec<_>>(), names);
}
