//! One binary for all integration tests, so that the inner loop links once.

mod answers;
mod lifecycle;
mod support;
