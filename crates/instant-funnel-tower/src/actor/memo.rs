//! The last answers, since the same user agents come again and again.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use instant_funnel::Actor;

/// Slots; a power of two, so that an index is a mask. 16 KiB in all.
const SLOTS: usize = 2048;
/// The low bits of a slot: which actor, counted from 1 so that an empty slot is not an answer.
const ACTOR_BITS: u64 = 0xf;

/// A table of fixed size from a user agent's hash to its actor. No lock; a collision overwrites.
///
/// The hash is keyed with a secret of the process, so that nobody outside can aim one user agent at another's slot.
pub(crate) struct Memo {
    hasher: RandomState,
    slots: Box<[AtomicU64]>,
}

impl Default for Memo {
    fn default() -> Self {
        Self { hasher: RandomState::new(), slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl Memo {
    /// What `classify` says of the user agent, asked once.
    pub(crate) fn get_or(&self, user_agent: &[u8], classify: impl FnOnce(&[u8]) -> Actor) -> Actor {
        let hash = self.hasher.hash_one(user_agent);
        let Some(slot) = self.slots.get(hash as usize % SLOTS) else { return classify(user_agent) };
        let known = slot.load(Ordering::Relaxed);
        if known & !ACTOR_BITS == hash & !ACTOR_BITS
            && let Some(actor) =
                (known & ACTOR_BITS).checked_sub(1).and_then(|at| Actor::ALL.get(at as usize))
        {
            return *actor;
        }
        let actor = classify(user_agent);
        let position = Actor::ALL.iter().position(|one| *one == actor).unwrap_or_default() as u64;
        slot.store(hash & !ACTOR_BITS | (position + 1), Ordering::Relaxed);
        actor
    }
}

const _: () = assert!(Actor::ALL.len() < ACTOR_BITS as usize, "an actor must fit beside the hash");

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn each_user_agent_keeps_its_own_answer() {
        let memo = Memo::default();
        let asked = Cell::new(0);
        let ask = |text: &str| {
            memo.get_or(text.as_bytes(), |text| {
                asked.set(asked.get() + 1);
                if text.starts_with(b"curl") { Actor::AgentCurl } else { Actor::Unknown }
            })
        };
        assert_eq!(
            (ask("curl/8"), ask("curl/8"), ask("other")),
            (Actor::AgentCurl, Actor::AgentCurl, Actor::Unknown)
        );
        assert!(asked.get() < 3, "the second look must be a memory");
        for n in 0..3 * SLOTS {
            assert_eq!(ask(&format!("curl/{n}")), Actor::AgentCurl);
            assert_eq!(ask(&format!("browser/{n}")), Actor::Unknown);
        }
    }
}
