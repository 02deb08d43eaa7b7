//! The closed lists of the contract as types.

use crate::value::{Content, Given};

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl From<$name> for Given<'_> {
            #[inline]
            fn from(value: $name) -> Self {
                Self(Content::Text(value.as_str()))
            }
        }

        impl $name {
            /// Every value, in the contract's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The value on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

closed_list! {
    /// Who acted.
    Actor {
        /// Claude, acting for somebody.
        AgentClaude = "agent_claude",
        /// A client of the Model Context Protocol.
        AgentMcp = "agent_mcp",
        /// A command line: curl, wget, HTTPie.
        AgentCurl = "agent_curl",
        /// Another program acting for somebody.
        AgentOther = "agent_other",
        /// A person in a browser.
        HumanDashboard = "human_dashboard",
        /// A monitor or a synthetic check.
        Prober = "prober",
        /// Looked at and not recognised.
        Unknown = "unknown",
    }
}

closed_list! {
    /// Whether the event counts in a KPI.
    Cohort {
        /// Somebody who might pay.
        Real = "real",
        /// A probe, a test, a demonstration.
        Synthetic = "synthetic",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{CONTRACT, Rule, at};

    fn listed(position: usize) -> &'static [&'static str] {
        match CONTRACT.attributes[position].rule {
            Rule::OneOf(texts) => texts,
            _ => &[],
        }
    }

    #[test]
    fn closed_lists_are_the_contracts() {
        assert_eq!(Actor::ALL.iter().map(|actor| actor.as_str()).collect::<Vec<_>>(), listed(at::ACTOR));
        assert_eq!(Cohort::ALL.iter().map(|cohort| cohort.as_str()).collect::<Vec<_>>(), listed(at::COHORT));
    }
}
