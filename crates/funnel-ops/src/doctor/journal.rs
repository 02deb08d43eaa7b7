//! The journal's directory, and what is stuck in it.

use std::path::Path;

use otlp_journal::archive::{AbandonedJournal, dead_letter_files};

use super::types::{Check, Target};

pub(super) fn examine(target: &Target) -> Check {
    let name = "journal";
    let Some(directory) = &target.journal else {
        return Check::warning(
            name,
            "ANALYTICS_JOURNAL_DIR is unset: events wait in memory and are lost when the process ends",
            "set ANALYTICS_JOURNAL_DIR to a directory on a persistent disk",
        );
    };
    if !directory.exists() {
        let parent =
            directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return match writable(parent) {
            Ok(()) => Check::fine(name, "the directory does not exist yet and can be created"),
            Err(error) => Check::broken(
                name,
                format!("the directory does not exist and cannot be created: {error}"),
                "create the directory in ANALYTICS_JOURNAL_DIR, writable for the service",
            ),
        };
    }
    if let Err(error) = writable(directory) {
        return Check::broken(
            name,
            format!("the directory is not writable ({error}); events wait in memory only"),
            "make the directory of ANALYTICS_JOURNAL_DIR writable for the service",
        );
    }
    let stuck = AbandonedJournal::open_all(directory).map(|journals| {
        journals
            .iter()
            .filter_map(|journal| journal.records().ok())
            .map(|records| records.len())
            .sum::<usize>()
    });
    let letters = dead_letter_files(&directory.join("dead-letters")).map_or(0, |files| files.len());
    match stuck {
        Err(error) => Check::broken(name, error.to_string(), "check that the service owns the directory"),
        Ok(0) if letters == 0 => Check::fine(name, "the directory is writable, and nothing is stuck in it"),
        Ok(0) => Check::warning(
            name,
            format!("{letters} dead-letter files: the endpoint rejected those events"),
            "look at them with `funnel replay`",
        ),
        Ok(stuck) => Check::warning(
            name,
            format!("{stuck} events from processes that have ended are waiting in it"),
            "start the service again, which sends them, or run `funnel replay DIRECTORY --send`",
        ),
    }
}

/// Makes a file without a name, which is gone at once.
fn writable(directory: &Path) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let unnamed = std::fs::OpenOptions::new().write(true).custom_flags(libc::O_TMPFILE).open(directory);
        match unnamed {
            // Not every file system has such files.
            Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => {}
            other => return other.map(drop),
        }
    }
    let probe = directory.join(format!(".funnel-doctor-{}", std::process::id()));
    std::fs::File::create_new(&probe)?;
    std::fs::remove_file(probe)
}
