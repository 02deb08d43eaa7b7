//! One file, one contract: what the records of an event may say, in TOML.
//!
//! The file names the event, its steps and the attributes of its own; the sixteen keys that every contract has are in
//! `instant_funnel_core::contract::fixed` and cannot be redefined. This crate reads such a file, says what is wrong with
//! it, and makes the rest from it: typed events, the const table, documents. It does no I/O.
//!
//! ```
//! use funnel_contract::ContractFile;
//!
//! let shop = ContractFile::parse(r#"
//!     event   = "ShopFunnel"
//!     version = 1
//!     counter = "shop_funnel_total"
//!     steps   = ["visit", "signup", { name = "subscribe", priority = "critical" }]
//!
//!     [attribute.plan]
//!     rule = { one_of = ["trial", "pro"] }
//!     on   = ["subscribe"]
//! "#)?;
//! assert_eq!(shop.steps[2].name, "subscribe");
//!
//! let mistake = ContractFile::parse("event = 'ShopFunnel'\nversion = 1\ncounter = 'shop_total'\nstep = ['visit']");
//! assert!(mistake.is_err());
//! # Ok::<(), funnel_contract::InvalidContract>(())
//! ```

#![forbid(unsafe_code)]

mod bind;
mod compare;
mod json;
mod make;
mod mistake;
mod model;
mod names;
mod nearest;
mod read;
mod vectors;

pub use self::compare::{ChangeKind, ContractChange, ContractDiff, Party};
pub use self::make::GeneratedFile;
pub use self::mistake::{InvalidContract, Mistake};
pub use self::model::{
    AttributeSpec, ContractFile, Duration, FixedPlacement, KpiSpec, KpiStep, OutputSpec, RuleSpec, StepSpec,
    SupplierSpec, Target,
};
pub use self::vectors::{ConformanceVector, VectorValue};
