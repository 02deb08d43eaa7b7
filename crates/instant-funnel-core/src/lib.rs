//! The InstantFunnel contract and everything that can be decided about one record without a runtime.
//!
//! A service moves people down a conversion funnel, `landing → provision → claim → paid`, and records each step as
//! one OpenTelemetry log record. This crate holds what such a record may say and nothing else: no OpenTelemetry SDK,
//! no async runtime, no I/O. Services depend on `instant-funnel`, which wires it to a backend.
//!
//! | stage | type | promise |
//! |---|---|---|
//! | what may be recorded | [`Contract`](contract::Contract) | one const table; the engine reads it and names no key |
//! | what the caller says | [`Draft`], built by [`Landing`], [`Provision`], [`Claim`], [`Paid`] | unchecked, borrows, no allocation |
//! | what joins the steps | [`Journey`], sealed by a [`SigningKey`] where it leaves the service | carried, so that nothing is looked up later |
//! | what is allowed out | [`Checker`] → [`Record`] | *built* from values that passed their rule; nothing is scrubbed afterwards |
//! | the wire | [`Record::encode_into`] | OTLP `LogRecord` bytes into the caller's buffer, no allocation |
//!
//! ```
//! use instant_funnel_core::{Checker, JourneyId, Provision, Stamp, contract::CONTRACT};
//!
//! let checker = Checker::builder(&CONTRACT).default_value("serviceName", "api").build()?;
//! let draft = Provision::new("db").journey(JourneyId::new()).tier("jane@example.com").into();
//! let mut blocked = Vec::new();
//! let record = checker.check(&draft, Stamp::now(), |_, violation| blocked.push(violation.as_str()))?;
//!
//! assert_eq!(blocked, ["slug"]); // the e-mail is not a tier: dropped and counted, the event still goes
//! assert!(record.attributes().all(|(key, _)| key != "tier"));
//! let mut buffer = vec![0; record.encoded_len()];
//! record.encode_into(&mut buffer)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod admit;
mod check;
pub mod contract;
mod draft;
mod encode;
mod event;
#[cfg(feature = "export")]
pub mod export;
mod id;
mod journey;
mod kept;
mod plan;
mod pseudonym;
mod record;
mod seal;
#[cfg(feature = "serde")]
mod serde_text;
mod stamp;
mod time;
mod value;
mod vocabulary;
mod wire;

pub use uuid::Uuid;

pub use self::admit::{Admission, admit_resource, admits_scope};
pub use self::check::{Checker, CheckerBuilder, CheckerError, Rejected};
pub use self::contract::{Actor, Cohort};
pub use self::draft::Draft;
pub use self::encode::{BufferTooSmall, encode_resource, encode_scope};
pub use self::event::{Claim, EventBase, FunnelEvent, Landing, Paid, Provision};
pub use self::id::{EmailHash, EventId, Fingerprint, JourneyId, KeyId, ParseIdError, TeamId};
pub use self::journey::Journey;
pub use self::kept::Kept;
pub use self::pseudonym::{KeyError, PseudonymKey, Pseudonymizer, embedded_ipv4};
pub use self::record::Record;
pub use self::seal::{CarriedFacts, OpenError, SIGNING_KEY_BYTES_MIN, ShortSigningKey, SigningKey};
pub use self::stamp::{Stamp, TraceContext};
pub use self::value::{CheckedText, Given, HexBytes, Value};
pub use self::vocabulary::{Vocabularies, VocabularyError};
