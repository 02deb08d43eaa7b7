//! Random UUIDs. One call to the operating system fetches the bytes of several: on a first visit that call was a tenth of
//! what the middleware costs.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

const ID_BYTES: usize = 16;
/// Ids that one call fetches.
const IDS: usize = 16;

/// Bytes of the operating system that no id has yet.
struct Pool {
    /// The process that fetched them. A forked child inherits them and must not use them.
    process: u32,
    /// How many ids were made of them.
    used: usize,
    bytes: [u8; ID_BYTES * IDS],
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool::EMPTY) };
}

/// A random UUID of version 4.
pub(super) fn random_uuid() -> Uuid {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    // None while the thread ends.
    let pooled = POOL.try_with(|pool| pool.try_borrow_mut().ok()?.next(process(), nanos));
    pooled.ok().flatten().unwrap_or_else(Uuid::new_v4)
}

/// What a forked child does not share with its parent.
fn process() -> u32 {
    // WebAssembly has no processes, and `std::process::id` panics.
    if cfg!(target_family = "wasm") { 0 } else { std::process::id() }
}

impl Pool {
    const EMPTY: Self = Self { process: 0, used: IDS, bytes: [0; ID_BYTES * IDS] };

    /// None where the operating system has no random bytes. The time is mixed in because a process id alone does not
    /// tell two processes apart that each have a namespace of their own, or that were restored from one snapshot.
    fn next(&mut self, process: u32, nanos: u64) -> Option<Uuid> {
        if self.used == IDS || self.process != process {
            getrandom::fill(&mut self.bytes).ok()?;
            (self.process, self.used) = (process, 0);
        }
        let id = self.bytes.chunks_exact_mut(ID_BYTES).nth(self.used)?;
        self.used += 1;
        let bytes = u128::from_be_bytes(<[u8; ID_BYTES]>::try_from(&*id).ok()?) ^ u128::from(nanos);
        // An id that was given out need not stay in memory.
        id.fill(0);
        Some(Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_within_and_across_threads() {
        let mint = || (0..1_000).map(|_| random_uuid()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(mint)).collect();
        let ids: HashSet<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.len(), 4_000);
        assert!(ids.iter().all(|id| id.get_version_num() == 4));
    }

    #[test]
    fn a_forked_child_does_not_repeat_its_parent() {
        let mut parent = Pool::EMPTY;
        assert!(parent.next(1, 0).is_some());
        let mut child = Pool { bytes: parent.bytes, ..parent };
        let of_parent: HashSet<_> = (1..IDS).map(|_| parent.next(1, 0)).collect();
        let of_child: HashSet<_> = (1..IDS).map(|_| child.next(2, 0)).collect();
        assert!(of_parent.is_disjoint(&of_child));
        assert_eq!((of_parent.len(), of_child.len()), (IDS - 1, IDS - 1));
    }

    #[test]
    fn two_copies_of_one_process_differ_by_their_clocks() {
        let mut one = Pool::EMPTY;
        assert!(one.next(1, 0).is_some());
        let mut other = Pool { bytes: one.bytes, ..one };
        for nanos in 1..IDS as u64 {
            assert_ne!(one.next(1, nanos), other.next(1, nanos + 1));
        }
    }

    #[test]
    fn what_was_given_out_is_not_kept() {
        let mut pool = Pool::EMPTY;
        for _ in 0..IDS {
            assert!(pool.next(1, 7).is_some());
        }
        assert_eq!(pool.bytes, [0; ID_BYTES * IDS]);
        assert_ne!(pool.next(1, 0), Some(Builder::from_random_bytes([0; ID_BYTES]).into_uuid()));
    }
}
