//! File names in a journal's directory, and how the files are opened safely: anyone may have put them there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// A set of segments.
pub(crate) const PREFIX: &str = "set-";
/// A set that is being made.
pub(crate) const MAKING: &str = "making-";
pub(crate) const LOCK: &str = "lock";
pub(crate) const SUFFIX: &str = "seg";
/// Beside a file that was found to be bad: it has been counted.
const COUNTED: &str = "counted";

/// No segment is longer.
pub(crate) const LONGEST: u64 = 32 << 20;

/// Segment files of a set, in order. Whatever has the name: it is looked at when it is opened.
pub(crate) fn segment_files(set: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(set)?.filter_map(|e| e.ok().map(|e| e.path())).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == SUFFIX));
    files.sort();
    Ok(files)
}

/// A directory and not a link to one.
pub(crate) fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|m| m.is_dir())
}

/// Opens an existing regular file for reading and writing: no link is followed, and a pipe does not make us wait.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    no_tricks(&mut options, 0);
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_regular()) }
}

/// As [`open_regular`], for a file that may not be written to.
pub(crate) fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    read_all(&mut open_to_read(path)?)
}

/// The first bytes of a regular file.
pub(crate) fn read_start(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let file = open_to_read(path)?;
    if !file.metadata()?.is_file() {
        return Err(not_regular());
    }
    let mut bytes = Vec::new();
    file.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn open_to_read(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    no_tricks(&mut options, 0);
    options.open(path)
}

/// All of a regular file that is not longer than a segment can be.
pub(crate) fn read_all(file: &mut File) -> io::Result<Vec<u8>> {
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(not_regular());
    }
    if meta.len() > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is larger than any segment"));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file")
}

/// A new file that only its owner may read, whatever the process's mask says.
pub(crate) fn create_private(path: &Path, append: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).create_new(true);
    if append {
        options.append(true)
    } else {
        options.write(true)
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        options.mode(0o600);
        no_tricks(&mut options, 0);
        let file = options.open(path)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

/// A new directory that only its owner may enter, whatever the process's mask says.
pub(crate) fn create_private_directory(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there is no mode to set"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700).create(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
    }
    #[cfg(not(unix))]
    builder.create(path)
}

/// As [`create_private_directory`], for a directory that may be there already, which stays as it is.
pub(crate) fn ensure_private_directory(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|m| m.is_dir()) {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        ensure_private_directory(parent)?;
    }
    match create_private_directory(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        other => other,
    }
}

/// Opens a directory, to lock it.
#[cfg(unix)]
pub(crate) fn open_directory(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    no_tricks(&mut options, libc::O_DIRECTORY);
    options.open(path)
}

#[cfg(unix)]
fn no_tricks(options: &mut OpenOptions, more: i32) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC | more);
}

#[cfg(not(unix))]
fn no_tricks(_options: &mut OpenOptions, _more: i32) {}

/// Something about the process or the machine that will pass; the file is not to blame.
pub(crate) fn is_passing(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        let passing = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::EINTR, libc::EAGAIN, libc::ESTALE];
        error.raw_os_error().is_some_and(|code| passing.contains(&code))
    }
    #[cfg(not(unix))]
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::OutOfMemory)
}

/// Notes that a bad file was counted; true the first time.
pub(crate) fn count_once(bad: &Path) -> bool {
    let mark = bad.with_extension(COUNTED);
    match create_private(&mark, false) {
        Ok(_) => true,
        // Where no mark can be made it is counted again at the next start, rather than never.
        Err(error) => error.kind() != io::ErrorKind::AlreadyExists,
    }
}
