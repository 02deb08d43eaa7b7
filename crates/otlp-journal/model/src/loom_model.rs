//! Every interleaving (up to three preemptions) of writers, the reader, a seal and a reset on one small segment.
//! Loom sees each access to payload bytes, so a read that races with a write or with a reset fails here.

use loom::sync::Arc;
use loom::thread;

use crate::entry::{HEADER, span};
use crate::raw::consumer::Consumer;
use crate::raw::memory::Memory;
use crate::raw::segment::Segment;

/// Seed word and padding.
const DATA: usize = 24;

fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// A segment with room for so many entries of eight bytes, open.
fn segment(entries: usize) -> (Arc<Segment>, Consumer) {
    let consumer = Consumer::new();
    let memory = Memory::heap(DATA + entries * span(8)).unwrap();
    let segment = Segment::free(consumer.token(), memory, DATA, false);
    assert!(segment.open(1));
    (Arc::new(segment), consumer)
}

/// Writes `mark` all over an entry; false when there was no room.
fn write(segment: &Segment, mark: u8) -> bool {
    match segment.reserve(8, 0) {
        Ok(mut slot) => {
            slot.payload().fill(mark);
            slot.commit(u64::from(mark));
            true
        }
        Err(_) => false,
    }
}

/// Passes what is ready, checks that it is whole, settles it; returns how many.
fn take(consumer: &mut Consumer, segment: &Segment) -> usize {
    let from = segment.consumed() as usize;
    let to = consumer.advance(segment, |_, _, _| true);
    let mut seen = Vec::new();
    if to > from {
        assert!(segment.read(from, to, |entry| {
            assert!(entry.payload.iter().all(|b| u64::from(*b) == entry.time), "a torn entry");
            seen.push(entry.at);
        }));
    }
    for at in &seen {
        assert!(consumer.resolve(segment, *at), "settled twice");
    }
    seen.len()
}

#[test]
fn two_writers_and_a_reader() {
    explore(|| {
        let (shared, mut consumer) = segment(2);
        let writers: Vec<_> = [1, 2]
            .map(|mark| {
                let segment = Arc::clone(&shared);
                thread::spawn(move || assert!(write(&segment, mark)))
            })
            .into_iter()
            .collect();
        let mut taken = take(&mut consumer, &shared);
        for writer in writers {
            writer.join().unwrap();
        }
        taken += take(&mut consumer, &shared);
        assert_eq!(taken, 2);
        assert!(shared.seal() && shared.is_drained());
    });
}

#[test]
fn exactly_one_writer_seals() {
    explore(|| {
        let (shared, mut consumer) = segment(1);
        let writers: Vec<_> = [1, 2]
            .map(|mark| {
                let segment = Arc::clone(&shared);
                thread::spawn(move || match segment.reserve(8, 0) {
                    Ok(mut slot) => {
                        slot.payload().fill(mark);
                        slot.commit(u64::from(mark));
                        0
                    }
                    Err(full) => u8::from(full.sealed),
                })
            })
            .into_iter()
            .collect();
        let by_hand = u8::from(shared.seal());
        let seals: u8 = writers.into_iter().map(|w| w.join().unwrap()).sum::<u8>() + by_hand;
        assert_eq!(seals, 1);
        take(&mut consumer, &shared);
        assert!(shared.is_drained());
    });
}

#[test]
fn a_reset_never_takes_bytes_from_a_writer_and_a_late_writer_lands_in_the_next_use() {
    explore(|| {
        let (shared, mut consumer) = segment(1);
        assert!(write(&shared, 1));
        let late = {
            let segment = Arc::clone(&shared);
            thread::spawn(move || write(&segment, 2))
        };
        let mut taken = take(&mut consumer, &shared);
        shared.seal();
        taken += take(&mut consumer, &shared);
        if consumer.try_reset(&shared) {
            assert!(shared.open(2));
        }
        let wrote = late.join().unwrap();
        taken += take(&mut consumer, &shared);
        assert_eq!(taken, 1 + usize::from(wrote));
    });
}

#[test]
fn a_reset_waits_for_who_reads() {
    explore(|| {
        let (shared, mut consumer) = segment(1);
        assert!(write(&shared, 1));
        let to = consumer.advance(&shared, |_, _, _| true);
        shared.seal();
        let reader = {
            let segment = Arc::clone(&shared);
            thread::spawn(move || {
                segment.read(DATA, to, |entry| assert_eq!(entry.payload, [1; 8], "read after a reset"));
            })
        };
        assert!(consumer.resolve(&shared, DATA));
        if consumer.try_reset(&shared) {
            assert!(shared.open(2));
            write(&shared, 1);
        }
        reader.join().unwrap();
        assert_eq!(HEADER, 24);
    });
}

#[test]
fn an_abandoned_reservation_is_passed_over() {
    explore(|| {
        let (shared, mut consumer) = segment(2);
        let quitter = {
            let segment = Arc::clone(&shared);
            thread::spawn(move || drop(segment.reserve(8, 0).unwrap()))
        };
        assert!(write(&shared, 2));
        quitter.join().unwrap();
        assert_eq!(take(&mut consumer, &shared), 1);
        assert!(shared.seal() && shared.is_drained() && consumer.try_reset(&shared));
    });
}
