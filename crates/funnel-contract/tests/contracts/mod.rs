//! The contracts that tests run over.

#![allow(dead_code, reason = "each test takes what it needs")]

/// Every rule that there is.
pub(crate) const EVERY_RULE: &str = include_str!("every-rule.toml");

/// Those of the repository, and one of every rule, by their names.
pub(crate) const ALL: [(&str, &str); 6] = [
    ("every-rule", EVERY_RULE),
    ("instant-funnel", include_str!("../../../../contracts/instant-funnel.toml")),
    ("shop", include_str!("../../../../contracts/shop.toml")),
    ("instant-flow-test", include_str!("../../../../contracts/instant-flow-test.toml")),
    ("instant-churn-signal", include_str!("../../../../contracts/instant-churn-signal.toml")),
    ("instant-abuse-signal", include_str!("../../../../contracts/instant-abuse-signal.toml")),
];
