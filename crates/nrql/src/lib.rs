//! NRQL, New Relic's query language, without an account: read, print, check and answer queries on a laptop.
//!
//! | you have | you want | call |
//! |---|---|---|
//! | a string | a syntax tree, or what is wrong and where | [`parse`] |
//! | a [`Query`] | its canonical text | `to_string()` |
//! | a [`Query`] | what is wrong with it before it runs | [`check()`], [`check_for`] |
//! | a [`Query`] and rows | the answer | [`evaluate`], [`evaluate_with`] |
//! | an [`Answer`] | NerdGraph's JSON, the raw response, a table, CSV | [`Answer::to_nerdgraph`], [`Answer::to_raw`], [`Answer::to_table`], [`Answer::to_csv`] |
//! | events | a place to keep and query them | [`Store`], or a [`Source`] of your own |
//!
//! ```
//! use nrql::{Datum, Store};
//!
//! let mut store = Store::default();
//! for (minute, journey, step) in [(1, "a", "landing"), (2, "b", "landing"), (3, "a", "claim")] {
//!     let attributes = [("journeyId", Datum::from(journey)), ("funnelStep", Datum::from(step))];
//!     store.append("InstantFunnel", minute * 60_000, attributes);
//! }
//! let query = nrql::parse(
//!     "SELECT funnel(journeyId, WHERE funnelStep = 'landing' AS 'Landed', WHERE funnelStep = 'claim' AS 'Claimed')
//!      FROM InstantFunnel SINCE 1 hour ago",
//! )?;
//! let answer = nrql::evaluate(&query, &store, 600_000)?;
//! assert_eq!(answer.to_table(), "\
//! step     journeyId  of first
//! Landed           2  100.0 %
//! Claimed          1  50.0 %
//! ");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # NRQL is not SQL
//!
//! - A missing attribute is NULL, and so is one that nobody ever sent: a misspelt name is not an error, it counts 0. The
//!   answer's [`messages`](Metadata::messages) name the closest known attribute.
//! - Nothing is coerced: `'5'` is not `5`.
//! - Without SINCE a query sees the last hour; without LIMIT ten facets or a hundred rows.
//! - `a OR b` between values is the first that is not NULL.
//! - `LIKE` ignores case and `_` is a plain character; `=` and `IN` respect case.
//!
//! # Exact, and where that differs
//!
//! New Relic estimates `uniqueCount` and `funnel` from 256 distinct values up, and percentiles always. This crate
//! counts exactly, so its numbers can differ from New Relic's by the error of the estimate.
//!
//! # Limits
//!
//! A query ends with an error when it reaches the bounds of memory or time in [`Options`]. Metrics have no special
//! storage here: functions for them work on plain events as the table of functions says. `PREDICT` is read, not
//! answered.
//!
//! What New Relic's documents leave open, and what was chosen, is listed in `docs/nrql.md`.

#![forbid(unsafe_code)]

pub mod ast;

mod analysis;
mod answer;
mod calendar;
mod check;
mod error;
mod eval;
mod function;
mod lex;
mod node;
mod parse;
mod print;
mod re2;
mod span;
mod suggest;
mod table;
mod time;
mod value;

pub use self::answer::{Answer, Column, Kind, Metadata, QueryStats, Row};
pub use self::ast::Query;
pub use self::calendar::{DateTimeText, ZoneText};
pub use self::check::{
    AttributeSchema, EventSchema, Mode, Problem, Schema, Severity, ValueType, check, check_for,
};
pub use self::error::{EvalError, ParseError};
pub use self::eval::{Options, evaluate, evaluate_with};
pub use self::function::{Function, FunctionKind, Standing, functions, functions_markdown};
pub use self::parse::parse;
pub use self::span::{Position, Span};
pub use self::table::{Limits, Source, Store, Table};
pub use self::time::TimeRange;
pub use self::value::{Datum, Value};
