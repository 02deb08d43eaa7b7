//! Recording allocates nothing on the caller's thread.

use std::sync::{Arc, Mutex, PoisonError};

use allocation_counter::measure;
use instant_funnel::{Actor, Backend, Funnel, JourneyId, Provision, PseudonymKey, Record, Sink, Verdict};

struct Buffer(Mutex<Vec<u8>>);

impl Sink for Buffer {
    fn accept(&self, record: &Record<'_>) -> Verdict {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(record.encode_into(&mut buffer), Ok(record.encoded_len()));
        Verdict::Delivered
    }
}

#[test]
fn recording_a_provision_with_eight_attributes_allocates_nothing() {
    let funnel = Funnel::builder()
        .pseudonym_key(PseudonymKey::new(&[7; 32]).unwrap())
        .backend(Backend::Custom(Arc::new(Buffer(Mutex::new(vec![0; 4_096])))))
        .build()
        .unwrap();
    let journey = JourneyId::new();
    let bucket = funnel.pseudonymize_network("192.0.2.7".parse().unwrap(), 64_500);
    let record = || {
        funnel.record(
            Provision::new("db")
                .journey(journey)
                .tier("anonymous")
                .env("production")
                .fingerprint(bucket)
                .actor(Actor::AgentClaude)
                .reason_code("card-declined"),
        );
    };
    record(); // the first event of a thread seeds its ids
    let allocations = measure(|| (0..1_000).for_each(|_| record()));
    assert_eq!(allocations.count_total, 0);
    assert_eq!(funnel.stats().delivered, 1_001);
    assert_eq!(measure(|| drop(std::hint::black_box(vec![1]))).count_total, 1, "the counter counts");
}
