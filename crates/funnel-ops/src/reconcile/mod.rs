//! Counters, events and money side by side: recorded, delivered, stored, billed, a step each, and every difference by its
//! name.
//!
//! ```
//! use funnel_ops::reconcile::{Counters, FarSide, compare};
//!
//! let metrics = "instant_conversion_funnel_total{step=\"claim\"} 7\n\
//!     instant_analytics_events_total{state=\"recorded\"} 7\n\
//!     instant_analytics_events_total{state=\"delivered\"} 6\n\
//!     instant_analytics_events_total{state=\"dropped\"} 1\n\
//!     instant_analytics_emit_failed_total{reason=\"queue_full\"} 1\n";
//! let far = FarSide::default().step("claim", 8, 6);
//! let books = compare(&Counters::parse(metrics).unwrap_or_default(), &far, None);
//! assert!(books.close());
//! assert_eq!(books.differences[0].name, "dropped: queue_full");
//! ```

mod books;
mod counters;
mod far;
mod ledger;

pub use self::books::{BookedStep, Books, Difference, compare};
pub use self::counters::Counters;
pub use self::far::{EventStore, FarError, FarSide, Window};
pub use self::ledger::{Charge, Ledger, LedgerError};
