//! How far a replay came, so that it goes on after a kill.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::ReplayError;

/// A file that grows by a line for each acknowledged request: a source's name and how far in it one is.
#[derive(Debug)]
pub(crate) struct Progress {
    path: PathBuf,
    file: File,
    reached: HashMap<String, u64>,
}

impl Progress {
    pub(crate) fn open(path: &Path) -> Result<Self, ReplayError> {
        let failed =
            |error: std::io::Error| ReplayError::File { path: path.to_owned(), reason: error.to_string() };
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let mut reached = HashMap::new();
        // A kill may leave half a line: it is not whole without its end.
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let Some((source, position)) = line.split_once(' ') else { continue };
            let Ok(position) = position.parse::<u64>() else { continue };
            let known = reached.entry(source.to_owned()).or_insert(0);
            *known = position.max(*known);
        }
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok(Self { path: path.to_owned(), file, reached })
    }

    pub(crate) fn reached(&self, source: &str) -> u64 {
        self.reached.get(source).copied().unwrap_or(0)
    }

    /// Remembers an acknowledged request, for good once this returns.
    pub(crate) fn acknowledged(&mut self, source: &str, position: u64) -> Result<(), ReplayError> {
        let line = format!("{source} {position}\n");
        self.file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(|error| ReplayError::File { path: self.path.clone(), reason: error.to_string() })?;
        self.reached.insert(source.to_owned(), position);
        Ok(())
    }
}

/// A name for a source that stays the same while it grows, and is another when the file is replaced.
pub(crate) fn name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut start = Vec::new();
    if let Ok(file) = File::open(path) {
        let _ = file.take(64).read_to_end(&mut start);
    }
    let digest = Sha256::new()
        .chain_update(whole.as_os_str().as_encoded_bytes())
        .chain_update([0])
        .chain_update(start)
        .finalize();
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
