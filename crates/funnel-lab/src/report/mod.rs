//! The one answer about a funnel and its key figures that the page, the command, the gauges and the quickstart read.

mod answer;
mod bounds;
mod definitions;
mod error;
mod feed;
mod json;
mod question;

pub(crate) use self::answer::{Asked, contract_of, dimensions, gauges, report, stopped};
pub use self::error::ReportError;
pub(crate) use self::feed::{Feed, Given};
pub use self::question::ReportQuestion;
