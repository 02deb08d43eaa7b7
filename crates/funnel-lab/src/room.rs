//! The shared memory limit for all requests and answers in flight.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Shares grow by this many bytes, so that a body that drips in does not take the lock for each of its bytes.
const STEP: usize = 16 * 1024;

/// A number of bytes that requests share.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<Semaphore>);

/// No room now; later there will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("memory limit reached; retry in 1 s")]
pub(crate) struct NoRoom;

impl Room {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share { room: self.clone(), held: None }
    }
}

/// What one request takes of the room; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    room: Room,
    held: Option<OwnedSemaphorePermit>,
}

impl Share {
    fn bytes(&self) -> usize {
        self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// Grows to at least `bytes`.
    ///
    /// # Errors
    /// There is no room. The share stays as it was.
    pub(crate) fn cover(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let more = bytes.saturating_sub(self.bytes());
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more.next_multiple_of(STEP)).map_err(|_| NoRoom)?;
        let more = Arc::clone(&self.room.0).try_acquire_many_owned(more).map_err(|_| NoRoom)?;
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(())
    }

    /// Gives back what is over `bytes`.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let over = self.bytes().saturating_sub(bytes.next_multiple_of(STEP));
        if let Some(held) = &mut self.held {
            drop(held.split(over));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_take_from_one_room_and_give_back() {
        let room = Room::new(4 * STEP);
        let (mut one, mut other) = (room.share(), room.share());
        assert_eq!(one.cover(1), Ok(()));
        assert_eq!(one.cover(STEP), Ok(()), "covered already");
        assert_eq!(other.cover(3 * STEP), Ok(()));
        assert_eq!(one.cover(STEP + 1), Err(NoRoom));
        other.shrink(STEP + 1);
        assert_eq!(one.cover(2 * STEP), Ok(()));
        assert_eq!(other.cover(3 * STEP), Err(NoRoom));
        drop(one);
        assert_eq!(other.cover(4 * STEP), Ok(()));
        assert_eq!(other.cover(usize::MAX), Err(NoRoom));
    }
}
