//! Random UUIDs. One call to the operating system fetches the bytes of several: on a first visit that call was a tenth of
//! what the middleware costs.

use std::cell::RefCell;
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
    static POOL: RefCell<Pool> =
        const { RefCell::new(Pool { process: 0, used: IDS, bytes: [0; ID_BYTES * IDS] }) };
}

/// A random UUID of version 4.
pub(super) fn random_uuid() -> Uuid {
    // None while the thread ends.
    let pooled = POOL.try_with(|pool| pool.try_borrow_mut().ok()?.next(std::process::id()));
    pooled.ok().flatten().unwrap_or_else(Uuid::new_v4)
}

impl Pool {
    /// None where the operating system has no random bytes.
    fn next(&mut self, process: u32) -> Option<Uuid> {
        if self.used == IDS || self.process != process {
            getrandom::fill(&mut self.bytes).ok()?;
            (self.process, self.used) = (process, 0);
        }
        let id = self.bytes.chunks_exact_mut(ID_BYTES).nth(self.used)?;
        self.used += 1;
        let bytes = <[u8; ID_BYTES]>::try_from(&*id).ok()?;
        // An id that was given out need not stay in memory.
        id.fill(0);
        Some(Builder::from_random_bytes(bytes).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

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
        let mut parent = Pool { process: 0, used: IDS, bytes: [0; ID_BYTES * IDS] };
        assert!(parent.next(1).is_some());
        let mut child = Pool { bytes: parent.bytes, ..parent };
        let of_parent: HashSet<_> = (1..IDS).map(|_| parent.next(1)).collect();
        let of_child: HashSet<_> = (1..IDS).map(|_| child.next(2)).collect();
        assert!(of_parent.is_disjoint(&of_child));
        assert_eq!((of_parent.len(), of_child.len()), (IDS - 1, IDS - 1));
    }

    #[test]
    fn what_was_given_out_is_not_kept() {
        let mut pool = Pool { process: 0, used: IDS, bytes: [0; ID_BYTES * IDS] };
        for _ in 0..IDS {
            assert!(pool.next(1).is_some());
        }
        assert_eq!(pool.bytes, [0; ID_BYTES * IDS]);
        assert_ne!(pool.next(1), Some(Builder::from_random_bytes([0; ID_BYTES]).into_uuid()));
    }
}
