//! Scans a segment that its writer left: complete records and torn ones.

use crate::store::checksum::checksum;
use crate::store::entry::{HEADER, Head, SCOPED, SEED_STEP, State, framed, parts};

/// A run of whole records, small enough for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) live: u64,
    pub(crate) bytes: usize,
    pub(crate) oldest: u64,
}

/// What a scan found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Runs of whole, unsettled records, each small enough for one request.
    pub(crate) runs: Vec<Run>,
    /// Bytes that hold no whole entry although something was there: from, to.
    pub(crate) torn: Vec<(usize, usize)>,
    /// Whole entries, settled ones too.
    pub(crate) whole: u64,
}

impl Scan {
    /// Something is there and none of it is whole.
    pub(crate) fn is_all_torn(&self) -> bool {
        self.whole == 0 && !self.torn.is_empty()
    }

    pub(crate) fn live(&self) -> u64 {
        self.runs.iter().map(|r| r.live).sum()
    }
}

/// Checksums over claimed lengths while looking for the next whole entry are bounded by this many times the file: heads
/// that each claim the rest of it would otherwise cost their square.
const EFFORT: usize = 32;

/// Walks a file of any content. It trusts no length that the checksum does not cover: after something torn it looks
/// for the next whole entry at every eight bytes, so that damage costs no neighbour.
pub(crate) fn scan(file: &[u8], data: usize, seed: u64, request: usize) -> Scan {
    let mut found = Scan::default();
    let mut run: Option<Run> = None;
    let mut at = data;
    let mut effort = file.len().saturating_mul(EFFORT);
    while at + HEADER <= file.len() {
        let Some(head) = whole(file, at, seed) else {
            found.runs.extend(run.take());
            let next = (at + 8..file.len()).step_by(8).find(|at| is_next(file, *at, seed, &mut effort));
            note_torn(file, at, next.unwrap_or(file.len()), next.is_some(), &mut found.torn);
            match next {
                Some(next) => at = next,
                None => break,
            }
            continue;
        };
        let to = at + head.span();
        found.whole += 1;
        if head.state == State::Committed {
            let (bytes, time) = (framed(head), time(file, at));
            if run.is_some_and(|r| r.bytes + bytes > request) {
                found.runs.extend(run.take());
            }
            let open = run.get_or_insert(Run { from: at, to, live: 0, bytes: 0, oldest: u64::MAX });
            open.to = to;
            open.live += 1;
            open.bytes += bytes;
            open.oldest = open.oldest.min(time);
        } else {
            found.runs.extend(run.take());
        }
        at = to;
    }
    found.runs.extend(run);
    found
}

/// The head of an entry that is all there: committed or done, and its checksum right.
fn whole(file: &[u8], at: usize, seed: u64) -> Option<Head> {
    let head = Head::unpack(u64_at(file, at)?)?;
    let payload = file.get(at + HEADER..)?.get(..head.len as usize)?;
    let stands = matches!(head.state, State::Committed | State::Done) && at + head.span() <= file.len();
    if !stands || u64_at(file, at + 16)? != checksum(seed, head.fixed(), time(file, at), payload) {
        return None;
    }
    (head.flags & SCOPED == 0 || parts(head.flags, payload).is_some()).then_some(head)
}

/// Whether a whole entry begins here, as long as there is effort left.
fn is_next(file: &[u8], at: usize, seed: u64, effort: &mut usize) -> bool {
    let Some(head) = u64_at(file, at).and_then(Head::unpack) else { return false };
    if at + head.span() > file.len() || *effort < head.span() {
        return false;
    }
    *effort -= head.span();
    whole(file, at, seed).is_some()
}

/// Where the entries of a file with a damaged header begin, and their seed. `written`: the seed in the header, of which
/// one byte may be wrong; `base`: the number that the set's seeds count from.
pub(crate) fn find_start(file: &[u8], written: Option<u64>, base: Option<u64>) -> Option<(usize, u64)> {
    /// Heads to try; the first may be damaged as well.
    const HEADS: usize = 8;
    /// A segment is used again at most so often before its seed is not tried any more.
    const USES: u64 = 1 << 14;
    let heads = (64..file.len()).step_by(8).filter(|at| {
        let head = u64_at(file, *at).and_then(Head::unpack);
        head.is_some_and(|h| matches!(h.state, State::Committed | State::Done) && at + h.span() <= file.len())
    });
    let written = written.unwrap_or(0);
    let one_byte = (0..8).flat_map(move |byte| (1..=255_u64).map(move |flip| written ^ flip << (8 * byte)));
    let counted = base.into_iter().flat_map(|base| {
        (0..USES).map(move |use_| (base | 1).wrapping_add(use_.wrapping_mul(SEED_STEP)) | 1)
    });
    let seeds: Vec<u64> = std::iter::once(written).chain(one_byte).chain(counted).collect();
    let mut effort = file.len().saturating_mul(EFFORT);
    heads.take(HEADS).find_map(|at| {
        let seed = seeds.iter().find(|seed| is_next(file, at, **seed, &mut effort))?;
        Some((at, *seed))
    })
}

/// A head that makes a torn place one given-up entry, so that it is not counted again; `None` where none fits.
pub(crate) fn filler(from: usize, to: usize, end: usize) -> Option<Head> {
    let span = (to - from).next_multiple_of(8).max(HEADER);
    let len = u32::try_from(span - HEADER).ok()?;
    (from + span <= end).then_some(Head { len, state: State::Aborted, flags: 0 })
}

/// Splits what lies between two whole entries where a head tells its length, so that each torn record counts.
fn note_torn(file: &[u8], from: usize, to: usize, inside: bool, torn: &mut Vec<(usize, usize)>) {
    let mut at = from;
    while at < to {
        let rest = file.get(at..to).unwrap_or_default();
        let Some(last) = rest.iter().rposition(|b| *b != 0) else {
            // Zeros after the last entry are unused room; between entries something was to be there.
            if inside && at == from {
                torn.push((at, to));
            }
            return;
        };
        let head = u64_at(file, at).and_then(Head::unpack).filter(|h| at + h.span() <= to);
        match head {
            Some(head) if head.state == State::Aborted => at += head.span(),
            Some(head) => {
                torn.push((at, at + head.span()));
                at += head.span();
            }
            None => {
                torn.push((at, if inside { to } else { at + last + 1 }));
                return;
            }
        }
    }
}

fn time(file: &[u8], at: usize) -> u64 {
    u64_at(file, at + 8).unwrap_or(0)
}

fn u64_at(file: &[u8], at: usize) -> Option<u64> {
    file.get(at..)?.first_chunk().map(|b| u64::from_le_bytes(*b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::raw::consumer::Consumer;
    use crate::store::raw::memory::Memory;
    use crate::store::raw::segment::Segment;

    const SEED: u64 = 77;
    const DATA: usize = 64;

    /// A written file, and where its entries lie.
    fn written(lens: &[usize]) -> (Vec<u8>, Vec<(usize, usize)>) {
        let mut file = vec![0; 16 * 1024];
        let mut at = DATA;
        let mut places = Vec::new();
        for (i, len) in lens.iter().enumerate() {
            let head = Head { len: *len as u32, state: State::Committed, flags: 0 };
            let payload: Vec<u8> = (0..*len).map(|b| (b + i) as u8 | 1).collect();
            file[at..at + 8].copy_from_slice(&head.pack().to_le_bytes());
            file[at + 8..at + 16].copy_from_slice(&(i as u64).to_le_bytes());
            let sum = checksum(SEED, head.fixed(), i as u64, &payload);
            file[at + 16..at + 24].copy_from_slice(&sum.to_le_bytes());
            file[at + 24..at + 24 + len].copy_from_slice(&payload);
            places.push((at, at + head.span()));
            at += head.span();
        }
        (file, places)
    }

    #[test]
    fn what_a_segment_wrote_is_what_a_scan_finds() {
        let segment = Segment::free(Consumer::new().token(), Memory::heap(4096).unwrap(), DATA, true);
        assert!(segment.open(SEED));
        for len in [5, 0, 300] {
            let mut slot = segment.reserve(len, 0).unwrap();
            slot.payload().fill(9);
            slot.commit(len as u64);
        }
        drop(segment.reserve(40, 0).unwrap());
        let file = segment.image();
        let found = scan(&file, DATA, SEED, 1 << 20);
        assert_eq!((found.live(), found.torn.len()), (3, 0));
        assert_eq!(scan(&file, DATA, SEED + 1, 1 << 20).live(), 0, "another use of the same file");
    }

    #[test]
    fn a_hole_between_entries_costs_no_neighbour() {
        let (mut file, places) = written(&[100, 100, 100]);
        let (from, to) = places[1];
        file[from..to].fill(0);
        let found = scan(&file, DATA, SEED, 1 << 20);
        assert_eq!((found.live(), found.torn), (2, vec![(from, to)]));
    }

    #[test]
    fn runs_fit_a_request() {
        let (file, _) = written(&[100; 30]);
        let found = scan(&file, DATA, SEED, 500);
        assert_eq!(found.live(), 30);
        assert!(found.runs.iter().all(|r| r.bytes <= 500) && found.runs.len() > 1);
    }

    proptest! {
        #[test]
        fn one_flipped_bit_costs_at_most_one_record(
            lens in prop::collection::vec(0_usize..400, 1..30),
            bit in any::<prop::sample::Index>(),
        ) {
            let (mut file, places) = written(&lens);
            let end = places.last().unwrap().1;
            let bit = DATA * 8 + bit.index((end - DATA) * 8);
            file[bit / 8] ^= 1 << (bit % 8);
            let found = scan(&file, DATA, SEED, 1 << 20);
            // A bit of the padding is covered by no checksum, and costs nothing.
            prop_assert!(found.live() as usize >= lens.len() - 1);
            prop_assert!(found.live() as usize + found.torn.len() >= lens.len());
        }

        #[test]
        fn a_cut_file_keeps_what_lies_before_the_cut(
            lens in prop::collection::vec(0_usize..400, 1..30),
            cut in any::<prop::sample::Index>(),
        ) {
            let (mut file, places) = written(&lens);
            let cut = DATA + cut.index(places.last().unwrap().1 - DATA);
            file[cut..].fill(0);
            let before = places.iter().filter(|(_, to)| *to <= cut).count();
            prop_assert!(scan(&file, DATA, SEED, 1 << 20).live() as usize >= before);
        }

        #[test]
        fn noise_is_no_record_and_no_panic(
            noise in prop::collection::vec(any::<u8>(), 0..4096), data in 0_usize..200, seed in any::<u64>(),
        ) {
            prop_assert_eq!(scan(&noise, data, seed, 1 << 20).live(), 0);
            let _ = super::super::header::parse(&noise);
        }
    }
}
