//! Finds NRQL in a repository's files and checks it: the language as New Relic's own parser, its limits, what an alert
//! condition takes, and the names and values of events.
//!
//! | found in | how |
//! |---|---|
//! | JSON: dashboards (export and API), alert conditions, lists of queries | `nrqlQueries[].query`, `nrqlQuery.query`, `nrql.query`, `nrql`, and `query` where the file is about New Relic |
//! | YAML | the same keys, in every style of text |
//! | Terraform | `nrql { query }`, `nrql_query { query }`, names with `nrql`, JSON in heredocs |
//! | Markdown | fences that say `nrql` |
//! | Go, TypeScript, JavaScript, Python, Rust | literals that are marked: a comment `nrql`, a tag or function, a name with `nrql` |
//! | anything else | queries parted by `;` or an empty line |
//!
//! Places that are filled in later (`{{variable}}`, `${…}`, `%s`) are judged as far as they leave the query its sense.
//!
//! ```
//! use funnel_lint::Linter;
//!
//! let found = Linter::default().lint_text("claims.nrql", "SELECT count(*) FROM InstantFunnel WHERE funnelStep = 'clam'");
//! assert_eq!(found[0].findings[1].rule, "impossible-value");
//! assert_eq!(found[0].findings[1].hint.as_deref(), Some("did you mean 'claim'?"));
//! assert!(!found[0].is_ok());
//! ```
//!
//! # Limits
//! New Relic's own event types take attributes that nobody has listed, so an unknown name there is a warning, and only when
//! it is near a known one. JSON and YAML are read leniently: a file that is cut off is read up to there.

#![forbid(unsafe_code)]

mod baseline;
mod catalogue;
mod extract;
mod find;
mod fix;
mod found;
mod judge;
mod linter;
mod report;
mod rules;
mod template;
mod walk;

pub use self::baseline::{Baseline, BaselineError};
pub use self::catalogue::{Catalogue, SchemaFileError};
pub use self::fix::Fix;
pub use self::judge::{FilePlace, Finding, LintOptions, LintedQuery};
pub use self::linter::{LintReport, Linter, fixed};
pub use self::report::{json, sarif, text};
