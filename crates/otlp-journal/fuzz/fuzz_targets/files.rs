//! Any bytes as a segment file and as a dead-letter file: no panic, no endless loop, no read outside.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = otlp_journal::archive::fuzz(bytes);
});
