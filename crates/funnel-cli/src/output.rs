//! Standard output and standard error.

use std::io::{ErrorKind, IsTerminal, Write};

use crate::failure::Failure;
use crate::terminal;

/// When to use colours.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

impl Colour {
    pub(crate) fn on_standard_output(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                std::io::stdout().is_terminal() && !is_dumb() && std::env::var_os("NO_COLOR").is_none()
            }
        }
    }
}

/// Whether the terminal obeys no escape sequence.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term == "dumb")
}

/// The columns of the terminal that standard output is; `None` for a file or a pipe, whose lines are not broken.
pub(crate) fn columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(usize::from(width.0).max(40))
}

/// Writes text to standard output; a terminal gets it in lines that fit.
pub(crate) fn say_fitted(text: &str) -> Result<(), Failure> {
    match columns() {
        Some(columns) => say(&terminal::fitted(text, columns)),
        None => say(text),
    }
}

/// A progress line on standard error, overwritten by the next one. Prints nothing if standard error is not a terminal that
/// can do so.
pub(crate) fn progress(text: &str) {
    if std::io::stderr().is_terminal() && !is_dumb() {
        let text: String = terminal::line(text).chars().take(76).collect();
        let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K{text}");
    }
}

/// Writes to standard output. A reader that stops early, such as `head`, does not count as a failure.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::CannotAsk(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes to standard error, cleaned: messages quote queries and names. A failure here cannot be reported.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", terminal::lines(text));
}
