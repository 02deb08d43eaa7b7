//! The files of folders.

use std::io;
use std::path::{Path, PathBuf};

use crate::find::ENDINGS;

/// Larger files are not source text.
pub(crate) const LARGEST: u64 = 64 * 1024 * 1024;

/// Folders of other people's files.
const LEFT_OUT: &[&str] = &["node_modules", "target", "vendor", "dist", "build", "venv", "__pycache__"];

/// The files to read under a folder, in the order of their names. Hidden folders and those of other people's files are left
/// out; links are not followed.
pub(crate) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if kind.is_dir() {
                let hidden = name.starts_with('.') && name != ".github";
                if !hidden && !LEFT_OUT.contains(&name.as_ref()) {
                    folders.push(entry.path());
                }
            } else if kind.is_file() && is_wanted(&entry.path()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_wanted(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
    ENDINGS.contains(&ending.as_str())
}
