//! Advisories: configuration problems that did not stop the service.

/// One fault in the configuration that did not stop the service: the variable and what fixes it. Holds no value of
/// the variable, so it is safe to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advisory {
    variable: String,
    fix: String,
}

impl Advisory {
    pub(crate) fn new(variable: &str, fix: impl Into<String>) -> Self {
        Self { variable: variable.to_owned(), fix: fix.into() }
    }

    /// The environment variable.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

impl std::fmt::Display for Advisory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.variable, self.fix)
    }
}
