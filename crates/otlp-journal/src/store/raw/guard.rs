//! A page of a mapped file that somebody took away by truncating it: touching it raises SIGBUS, which would end the
//! caller's process for a fault of somebody else. The handler puts an empty page of memory in its place, and what was
//! in it counts as damaged.
//!
//! Only faults inside of mappings that are registered here are taken; every other one goes to the handler that was
//! there before. The handler uses atomics and `mmap`, allocates nothing and takes no lock.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Mappings that can be registered at once; one beyond them is not protected.
const MOST: usize = 1 << 15;

/// A registered mapping. `base` is 0 while the place is free.
struct Place {
    base: AtomicUsize,
    len: AtomicUsize,
    hits: AtomicUsize,
}

static PLACES: [Place; MOST] =
    [const { Place { base: AtomicUsize::new(0), len: AtomicUsize::new(0), hits: AtomicUsize::new(0) } };
        MOST];
/// No place beyond this one was ever used.
static USED: AtomicUsize = AtomicUsize::new(0);
static HITS: AtomicUsize = AtomicUsize::new(0);

/// A place that is being filled.
const BUSY: usize = 1;

/// Protects a mapping as long as it lives.
#[derive(Debug)]
pub(super) struct Guard(Option<usize>);

impl Guard {
    pub(super) fn new(base: *mut u8, len: usize) -> Self {
        if !handler::install() {
            return Self(None);
        }
        let free =
            |place: &Place| place.base.compare_exchange(0, BUSY, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        let Some(index) = PLACES.iter().position(free) else { return Self(None) };
        if let Some(place) = PLACES.get(index) {
            USED.fetch_max(index + 1, Ordering::AcqRel);
            place.len.store(len, Ordering::Relaxed);
            place.hits.store(0, Ordering::Relaxed);
            place.base.store(base.expose_provenance(), Ordering::Release);
        }
        Self(Some(index))
    }

    /// Pages of it that were taken away.
    pub(super) fn hits(&self) -> usize {
        self.0.and_then(|index| PLACES.get(index)).map_or(0, |place| place.hits.load(Ordering::Acquire))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(place) = self.0.and_then(|index| PLACES.get(index)) {
            place.base.store(0, Ordering::Release);
        }
    }
}

/// Pages that were taken away from any mapping of this process.
pub(crate) fn hits() -> usize {
    HITS.load(Ordering::Acquire)
}

#[cfg(all(target_os = "linux", not(miri)))]
mod handler {
    use std::cell::UnsafeCell;
    use std::mem::MaybeUninit;
    use std::ptr;
    use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

    use super::{BUSY, HITS, PLACES, USED};

    const NEW: u32 = 0;
    const INSTALLING: u32 = 1;
    const INSTALLED: u32 = 2;

    static STATE: AtomicU32 = AtomicU32::new(NEW);
    static PAGE: AtomicUsize = AtomicUsize::new(0);

    /// The handler that was there before. Written once, before `STATE` says so.
    struct Before(UnsafeCell<MaybeUninit<libc::sigaction>>);

    // SAFETY: written by the one thread that moves `STATE` to `INSTALLING`, read only after it is `INSTALLED`.
    unsafe impl Sync for Before {}

    static BEFORE: Before = Before(UnsafeCell::new(MaybeUninit::zeroed()));

    /// False where the handler cannot be installed. Who comes while another thread installs does not wait for it: in a
    /// forked child there is no such thread.
    pub(super) fn install() -> bool {
        if STATE.compare_exchange(NEW, INSTALLING, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return true;
        }
        // SAFETY: asks for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        PAGE.store(usize::try_from(page).unwrap_or(0), Ordering::Release);
        // SAFETY: a zeroed `sigaction` is a value of it; the function has the signature that SA_SIGINFO asks for and
        // lives as long as the program. `BEFORE` is this thread's alone, as `STATE` says.
        let done = unsafe {
            let mut action: libc::sigaction = MaybeUninit::zeroed().assume_init();
            action.sa_sigaction =
                on_fault as extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&raw mut action.sa_mask);
            libc::sigaction(libc::SIGBUS, &raw const action, (*BEFORE.0.get()).as_mut_ptr()) == 0
        };
        if done {
            STATE.store(INSTALLED, Ordering::Release);
        }
        done
    }

    extern "C" fn on_fault(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: the system gives a valid `siginfo_t` to a handler with SA_SIGINFO.
        let address = unsafe { (*info).si_addr() }.addr();
        if !replace(address) {
            // SAFETY: as the system called this function.
            unsafe { pass_on(signal, info, context) };
        }
    }

    /// Puts an empty page where the fault was, if it was in one of ours.
    fn replace(address: usize) -> bool {
        let page = PAGE.load(Ordering::Acquire);
        let used = USED.load(Ordering::Acquire);
        let ours = PLACES.iter().take(used).find(|place| {
            let base = place.base.load(Ordering::Acquire);
            base > BUSY && address >= base && address - base < place.len.load(Ordering::Relaxed)
        });
        let Some(place) = ours else { return false };
        if !page.is_power_of_two() {
            return false;
        }
        // SAFETY: the page is part of a mapping that this process made and that lives as long as its place is
        // registered; nothing else is in it. `errno` is given back as it was.
        let done = unsafe {
            let errno = *libc::__errno_location();
            let at = libc::mmap(
                ptr::with_exposed_provenance_mut(address & !(page - 1)),
                page,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                -1,
                0,
            );
            *libc::__errno_location() = errno;
            at != libc::MAP_FAILED
        };
        if done {
            place.hits.fetch_add(1, Ordering::AcqRel);
            HITS.fetch_add(1, Ordering::AcqRel);
        }
        done
    }

    /// # Safety
    /// The arguments are those of a signal handler.
    unsafe fn pass_on(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let before = (STATE.load(Ordering::Acquire) == INSTALLED)
            // SAFETY: written before `STATE` said so, and never again.
            .then(|| unsafe { (*BEFORE.0.get()).assume_init_ref() });
        match before {
            Some(action) if action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN => {
                // SAFETY: the address of a handler that the program installed, of the kind that its flags say.
                unsafe {
                    if action.sa_flags & libc::SA_SIGINFO != 0 {
                        let call: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                            std::mem::transmute(action.sa_sigaction);
                        call(signal, info, context);
                    } else {
                        let call: extern "C" fn(i32) = std::mem::transmute(action.sa_sigaction);
                        call(signal);
                    }
                }
            }
            // The instruction runs again, faults again, and ends the process as it would have without us.
            // SAFETY: `signal` is async-signal-safe.
            _ => unsafe {
                libc::signal(signal, libc::SIG_DFL);
            },
        }
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod handler {
    /// Not done elsewhere.
    pub(super) fn install() -> bool {
        let _ = (&super::PLACES, &super::USED, &super::HITS, super::BUSY);
        false
    }
}
