//! The ring with real threads, small enough for Miri: every record once, segments used again and again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::raw::consumer::Consumer;
use crate::raw::memory::Memory;
use crate::raw::segment::Segment;
use crate::ring::{Ring, flags};

const WRITERS: u64 = 3;
const EACH: u64 = if cfg!(miri) { 60 } else { 20_000 };

fn ring(checked: bool) -> (Ring, Consumer) {
    let consumer = Consumer::new();
    let memory = || Memory::heap(512).unwrap();
    let segments = (0..4).map(|_| Segment::free(consumer.token(), memory(), 64, checked)).collect();
    (Ring::new(segments, 1, 2, 7), consumer)
}

fn soak(checked: bool) {
    let (ring, mut consumer) = ring(checked);
    let done = AtomicBool::new(false);
    let mut seen = vec![0_u32; (WRITERS * EACH) as usize];
    thread::scope(|scope| {
        let ring = &ring;
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn(move || {
                    for n in 0..EACH {
                        let id = writer * EACH + n;
                        let critical = n % 8 == 0;
                        let len = 8 + (n % 5) as usize;
                        let put = |buf: &mut [u8]| buf[..8].copy_from_slice(&id.to_le_bytes());
                        while ring.append(flags(critical, false), id, len, put).is_none() {
                            thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        let done = &done;
        scope.spawn(move || {
            for writer in writers {
                writer.join().unwrap();
            }
            done.store(true, Ordering::Release);
        });
        let (mut opened, mut in_use) = (Vec::new(), Vec::new());
        loop {
            let last = done.load(Ordering::Acquire);
            ring.take_opened(&mut opened);
            in_use.extend(opened.drain(..).map(|o| o.segment));
            for segment in &in_use {
                let from = segment.consumed() as usize;
                let to = consumer.advance(segment, |_, _, _| true);
                let mut places = Vec::new();
                segment.read(from, to, |entry| {
                    let id = u64::from_le_bytes(*entry.payload.first_chunk().unwrap());
                    assert_eq!(id, entry.time);
                    seen[id as usize] += 1;
                    places.push(entry.at);
                });
                assert!(places.into_iter().all(|at| consumer.resolve(segment, at)));
            }
            in_use.retain(|segment| !segment.is_drained() || !ring.recycle(&mut consumer, segment));
            if last && in_use.iter().all(|s| !s.has_more()) {
                break;
            }
            thread::yield_now();
        }
    });
    assert!(seen.iter().all(|n| *n == 1));
    assert_eq!(ring.accepted(), WRITERS * EACH);
}

#[test]
fn every_record_once() {
    soak(false);
}

#[test]
fn every_record_once_with_checksums() {
    soak(true);
}

#[test]
fn a_panic_while_encoding_leaves_the_ring_usable() {
    let (ring, mut consumer) = ring(false);
    let attempt = std::panic::AssertUnwindSafe(|| {
        ring.append(0, 0, 8, |_| std::panic::resume_unwind(Box::new("on purpose"))).is_some()
    });
    assert!(std::panic::catch_unwind(attempt).is_err());
    assert!(ring.append(0, 1, 8, |buf| buf.fill(1)).is_some());
    let mut opened = Vec::new();
    ring.take_opened(&mut opened);
    let mut times = Vec::new();
    consumer.advance(&opened[0].segment, |_, _, time| {
        times.push(time);
        true
    });
    assert_eq!(times, [1]);
}
