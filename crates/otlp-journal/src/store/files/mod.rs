//! The journal on disk.
//!
//! ```text
//! <directory>/
//!   set-<process>-<number>/      one writer's segments
//!     lock                       held by the writer; free = dead, to be adopted
//!     0000.seg … NNNN.seg
//!   dead-letters/
//!     dead-<process>-<number>.otd
//! ```

pub(crate) mod abandoned;
pub mod archive;
pub(crate) mod dead_letters;
pub mod erase;
pub(crate) mod header;
pub(crate) mod home;
pub(crate) mod layout;
pub(crate) mod lock;
pub(crate) mod scan;
