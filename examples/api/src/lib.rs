//! A service whose funnel is right: the example to copy from.
//!
//! It hands out small resources to anybody, anonymously, and lets a team claim and pay for them. Ten places record a
//! step, and one journey id runs through all four steps:
//!
//! | route | step | the journey comes from |
//! |---|---|---|
//! | `GET /start` | landing | minted at first touch, kept in a signed cookie |
//! | `POST /v1/{db,cache,nosql,vector,queue,storage,webhook}` | provision | the cookie, or `x-journey-id` for command lines |
//! | `POST /claim` | claim | the signed onboarding token, which came by mail, perhaps to another browser |
//! | `POST /billing/webhook` | paid | the team's row in the database; the billing system knows nothing of it |
//!
//! `POST /onboarding` puts the journey into the token; `GET /metrics` shows the counters beside the events; `GET
//! /healthz` answers probes.
//!
//! # Where to look
//! | question | file |
//! |---|---|
//! | how is it wired | `main.rs`, `server.rs` |
//! | what may be logged | `access_log.rs` |
//! | why is a retry no second payment | `routes/billing.rs`, `store/charges.rs` |
//! | how does the id travel | `token.rs`, `routes/onboarding.rs`, `routes/claim.rs` |

mod access_log;
mod clock;
pub mod config;
mod error;
mod mail;
mod routes;
mod secret;
pub mod server;
mod store;
pub mod telemetry;
mod token;

pub use self::config::Config;
pub use self::mail::{Mail, MailFolder, Mailer};
pub use self::secret::Secret;
pub use self::server::App;
