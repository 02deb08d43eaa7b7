//! Threads that also start in a forked child.
//!
//! The standard library takes a process-wide lock when one of its threads starts or ends. A fork that falls into that
//! moment leaves the lock held in the child for ever, and every thread that the child starts through the standard
//! library waits for it. A thread of the system's own does not take it. Panics are caught by the body that is given.

use std::io;

#[cfg(all(unix, not(miri)))]
pub(crate) use self::native::{Thread, spawn};
#[cfg(not(all(unix, not(miri))))]
pub(crate) use self::standard::{Thread, spawn};

/// Most threads need a few KiB; the TLS client and the resolver need the most.
const STACK: usize = 2 << 20;

#[cfg(all(unix, not(miri)))]
mod native {
    use std::ffi::c_void;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::{fmt, mem, ptr};

    use super::{STACK, io};

    type Body = Box<dyn FnOnce() + Send>;

    /// A thread of this process; it is detached when this is dropped.
    pub(crate) struct Thread {
        id: libc::pthread_t,
        /// The thread holds the other one until it ends.
        alive: Arc<()>,
    }

    // SAFETY: a `pthread_t` is a number or a pointer that any thread of the process may use for joining.
    unsafe impl Send for Thread {}
    // SAFETY: shared, it is only compared; joining takes it by value.
    unsafe impl Sync for Thread {}

    impl fmt::Debug for Thread {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Thread").field("finished", &self.is_finished()).finish_non_exhaustive()
        }
    }

    impl Drop for Thread {
        fn drop(&mut self) {
            // SAFETY: it was neither joined, which forgets this value, nor detached before.
            let _ = unsafe { libc::pthread_detach(self.id) };
        }
    }

    impl Thread {
        /// The body has returned.
        pub(crate) fn is_finished(&self) -> bool {
            Arc::strong_count(&self.alive) == 1
        }

        /// Waits for the end. From the thread itself it returns at once.
        pub(crate) fn join(self) {
            // SAFETY: no preconditions.
            if unsafe { libc::pthread_equal(self.id, libc::pthread_self()) } != 0 {
                return;
            }
            let mut own = mem::ManuallyDrop::new(self);
            // SAFETY: it is neither joined nor detached yet, and it is not this thread.
            let _ = unsafe { libc::pthread_join(own.id, ptr::null_mut()) };
            // SAFETY: the value is not used again; only the part without a destructor of ours is left.
            unsafe { ptr::drop_in_place(&raw mut own.alive) };
        }
    }

    struct Start {
        body: Body,
        alive: Arc<()>,
    }

    /// Starts a thread.
    ///
    /// # Errors
    /// What the system says when it has no thread to give.
    pub(crate) fn spawn(body: impl FnOnce() + Send + 'static) -> io::Result<Thread> {
        let alive = Arc::new(());
        let start = Box::into_raw(Box::new(Start { body: Box::new(body), alive: Arc::clone(&alive) }));
        let mut attributes = mem::MaybeUninit::uninit();
        let mut id = mem::MaybeUninit::uninit();
        // SAFETY: the attributes are made, used and destroyed here; `start` is taken over by the thread, or given
        // back below when there is none.
        let failed = unsafe {
            match libc::pthread_attr_init(attributes.as_mut_ptr()) {
                0 => {
                    let _ = libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK);
                    let failed = libc::pthread_create(
                        id.as_mut_ptr(),
                        attributes.as_ptr(),
                        run,
                        start.cast::<c_void>(),
                    );
                    let _ = libc::pthread_attr_destroy(attributes.as_mut_ptr());
                    failed
                }
                failed => failed,
            }
        };
        if failed != 0 {
            // SAFETY: it comes from `into_raw`, and no thread has it.
            drop(unsafe { Box::from_raw(start) });
            return Err(io::Error::from_raw_os_error(failed));
        }
        // SAFETY: the call above was successful.
        Ok(Thread { id: unsafe { id.assume_init() }, alive })
    }

    extern "C" fn run(start: *mut c_void) -> *mut c_void {
        // SAFETY: the pointer is the one of `spawn`, which gave it away.
        let start = unsafe { Box::from_raw(start.cast::<Start>()) };
        #[cfg(target_os = "linux")]
        // SAFETY: a string with a zero at its end, of less than 16 bytes.
        let _ = unsafe { libc::pthread_setname_np(libc::pthread_self(), c"otlp-journal".as_ptr()) };
        let Start { body, alive } = *start;
        // The payload of a panic can panic when it is dropped.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(body)) {
            let _ = mem::ManuallyDrop::new(payload);
        }
        drop(alive);
        ptr::null_mut()
    }
}

#[cfg(not(all(unix, not(miri))))]
mod standard {
    use std::thread::{Builder, JoinHandle, current};

    use super::{STACK, io};

    /// A thread of this process; it is detached when this is dropped.
    #[derive(Debug)]
    pub(crate) struct Thread(JoinHandle<()>);

    impl Thread {
        /// The body has returned.
        pub(crate) fn is_finished(&self) -> bool {
            self.0.is_finished()
        }

        /// Waits for the end. From the thread itself it returns at once.
        pub(crate) fn join(self) {
            if self.0.thread().id() != current().id() {
                let _ = self.0.join();
            }
        }
    }

    /// Starts a thread.
    ///
    /// # Errors
    /// What the system says when it has no thread to give.
    pub(crate) fn spawn(body: impl FnOnce() + Send + 'static) -> io::Result<Thread> {
        Builder::new().name("otlp-journal".to_owned()).stack_size(STACK).spawn(body).map(Thread)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::sync::Arc;
    use std::sync::mpsc::channel;

    use super::spawn;

    #[test]
    fn a_joined_thread_has_let_go_of_what_it_had() {
        let held = Arc::new(());
        let own = Arc::clone(&held);
        spawn(move || drop(own)).unwrap().join();
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    fn a_finished_thread_says_so_and_a_running_one_does_not() {
        let (go, wait) = channel::<()>();
        let thread = spawn(move || assert!(wait.recv().is_err())).unwrap();
        assert!(!thread.is_finished());
        drop(go);
        while !thread.is_finished() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_panic_ends_the_thread_and_nothing_else() {
        let (said, heard) = channel();
        spawn(|| panic!("for the test")).unwrap().join();
        drop(spawn(move || said.send(1).unwrap()));
        assert_eq!(heard.recv().unwrap(), 1);
    }
}
