//! Whatever text a caller puts into the typed API, nothing leaves the process that no rule has built.

mod support;

use instant_funnel::contract::{CONTRACT, Violation};
use instant_funnel::{Draft, Funnel};
use proptest::prelude::*;

use self::support::{assert_clean, contains, hostile};

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_hostile_text_leaves_through_any_attribute(
        step in 0_usize..4,
        values in proptest::collection::btree_map(0_usize..CONTRACT.attributes.len(), hostile(), 1..4),
    ) {
        let (funnel, recorder) = Funnel::recording();
        let mut draft = Draft::new(&CONTRACT, step);
        for (position, text) in &values {
            draft.set(*position, text);
        }
        funnel.record(draft);
        let events = recorder.take();
        prop_assert_eq!(events.len(), 1);
        assert_clean(&events[0]);
        for text in values.values() {
            prop_assert!(!contains(&events[0].otlp, text.trim()), "{:.40} got out", text);
        }
        let blocked: u64 = Violation::ALL.iter().map(|violation| funnel.attributes_blocked(*violation)).sum();
        prop_assert_eq!(blocked, values.len() as u64);
    }

    #[test]
    fn any_text_at_all_gives_a_clean_record(
        step in 0_usize..4,
        position in 0_usize..CONTRACT.attributes.len(),
        text in any::<String>(),
    ) {
        let (funnel, recorder) = Funnel::recording();
        let mut draft = Draft::new(&CONTRACT, step);
        draft.set(position, &text);
        funnel.record(draft);
        let events = recorder.take();
        prop_assert_eq!(events.len(), 1);
        assert_clean(&events[0]);
    }
}
