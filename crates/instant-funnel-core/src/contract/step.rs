//! The steps of the InstantFunnel contract as a type.

use super::table::CONTRACT;

/// A step of the funnel. Exhaustive on purpose: a new step must break every match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Somebody arrived.
    Landing,
    /// Somebody got a resource, mostly anonymously.
    Provision,
    /// An anonymous resource was claimed by a team.
    Claim,
    /// A team's charge succeeded.
    Paid,
}

impl Step {
    /// The steps in funnel order.
    pub const ALL: [Self; 4] = [Self::Landing, Self::Provision, Self::Claim, Self::Paid];

    /// The value of `funnelStep` and of the Prometheus label `step`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        CONTRACT.steps[self.index()].name
    }

    /// The position in the funnel, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A text that is no step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a funnel step; the steps are landing, provision, claim and paid")]
pub struct ParseStepError;

impl std::str::FromStr for Step {
    type Err = ParseStepError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or(ParseStepError)
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_equal_the_canonical_list() {
        let names: Vec<_> = Step::ALL.iter().map(|step| step.as_str()).collect();
        assert_eq!(names, ["landing", "provision", "claim", "paid"]);
        assert_eq!(CONTRACT.steps.iter().map(|step| step.name).collect::<Vec<_>>(), names);
    }
}
