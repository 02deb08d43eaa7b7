//! Holds `tests/ui`: the mistakes that must not compile.
