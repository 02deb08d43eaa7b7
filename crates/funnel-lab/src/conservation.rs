//! The services that the page shows the conservation line of: recorded = delivered + handed over +
//! dropped + pending.

use serde_json::{Value, json};

/// What a service says of its own events, taken at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Line {
    /// Handed in.
    pub recorded: u64,
    /// Acknowledged by the far side.
    pub delivered: u64,
    /// Given to somebody else's provider, which does not say what became of it.
    pub handed_over: u64,
    /// Given up.
    pub dropped: u64,
    /// Neither yet.
    pub pending: u64,
}

impl Line {
    /// Whether every event is accounted for.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.recorded == self.delivered + self.handed_over + self.dropped + self.pending
    }
}

/// A service's line for the page, or why there is none.
pub(crate) fn to_json(name: &str, line: Result<Line, String>) -> Value {
    match line {
        Err(reason) => json!({"service": name, "unreachable": reason}),
        Ok(line) => json!({
            "service": name,
            "recorded": line.recorded,
            "delivered": line.delivered,
            "handed_over": line.handed_over,
            "dropped": line.dropped,
            "pending": line.pending,
            "holds": line.holds(),
        }),
    }
}

/// A service whose counters the page shows.
pub trait Conservation: std::fmt::Debug + Send + Sync {
    /// The service's name.
    fn name(&self) -> String;
    /// Its counters now; must not block.
    ///
    /// # Errors
    /// Why they cannot be had, for a person to read.
    fn line(&self) -> Result<Line, String>;
}

/// A closure as a [`Conservation`].
pub(crate) struct Probe<F> {
    pub(crate) name: String,
    pub(crate) line: F,
}

impl<F> std::fmt::Debug for Probe<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probe").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<F: Fn() -> Line + Send + Sync> Conservation for Probe<F> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn line(&self) -> Result<Line, String> {
        Ok((self.line)())
    }
}
