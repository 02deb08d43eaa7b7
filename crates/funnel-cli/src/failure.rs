//! Errors of commands and their exit status.

/// What a command ends with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line is not understood, or something needed is not there.
    #[error("{0}")]
    CannotAsk(String),
    /// The question was asked, and the answer is bad news.
    #[error("{0}")]
    Wrong(String),
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        let text = error.to_string();
        Self::CannotAsk(text.strip_prefix("error: ").unwrap_or(&text).trim_end().to_owned())
    }
}
