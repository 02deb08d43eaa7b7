//! The closed lists of the fixed keys as types.

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the contract's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The values on the wire, in the contract's order.
            pub(crate) const TEXTS: &'static [&'static str] = &[$($text,)+];

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
