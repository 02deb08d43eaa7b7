//! Limits of the system, checked before a file or memory is allocated.

use std::path::Path;

/// The largest file that this process may write. Beyond it a write kills the process by a signal.
pub(crate) fn largest_file() -> Option<u64> {
    #[cfg(all(unix, not(miri)))]
    {
        let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: `limit` is a place for the answer and lives during the call.
        let known = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) } == 0;
        if known && limit.rlim_cur != libc::RLIM_INFINITY {
            return Some(limit.rlim_cur);
        }
    }
    None
}

/// What is left of the addresses that this process may use (`ulimit -v`), where that is limited and can be found out.
#[cfg(all(target_os = "linux", not(miri)))]
pub(crate) fn free_addresses() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `limit` is a place for the answer and lives during the call.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) } == 0;
    if !known || limit.rlim_cur == libc::RLIM_INFINITY {
        return None;
    }
    let pages: u64 = std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').next()?.parse().ok()?;
    // SAFETY: no preconditions.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    Some(limit.rlim_cur.saturating_sub(pages.saturating_mul(page)))
}

/// Not known here.
#[cfg(not(all(target_os = "linux", not(miri))))]
pub(crate) fn free_addresses() -> Option<u64> {
    None
}

/// Bytes that are free on the disk of `directory`, for who is not root.
pub(crate) fn free_on_disk(directory: &Path) -> Option<u64> {
    #[cfg(all(unix, not(miri)))]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let path = std::ffi::CString::new(directory.as_os_str().as_bytes()).ok()?;
        let mut answer = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
        // SAFETY: `path` ends with a zero and `answer` is a place for the answer; both live during the call.
        let known = unsafe { libc::statvfs(path.as_ptr(), answer.as_mut_ptr()) } == 0;
        if known {
            // SAFETY: zeroed, which is a value of this plain struct, and then filled by the system.
            let answer = unsafe { answer.assume_init() };
            #[allow(clippy::useless_conversion, reason = "these are 32 bits wide on some systems")]
            let (blocks, size) = (u64::from(answer.f_bavail), u64::from(answer.f_frsize));
            return Some(blocks.saturating_mul(size));
        }
    }
    let _ = directory;
    None
}
