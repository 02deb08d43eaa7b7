//! Standard output and standard error.

use crate::failure::Failure;
use crate::terminal;
use std::io::{ErrorKind, Write};

/// Writes to standard output. A reader that has enough, such as `head`, is no failure.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::CannotAsk(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes to standard error, cleaned: messages quote queries and names. Nobody can be told when that fails.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", terminal::lines(text));
}
