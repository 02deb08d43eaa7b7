//! How a command ends when it does not end well.

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

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::CannotAsk(format!("{error}; `funnel --help` lists the commands"))
    }
}
