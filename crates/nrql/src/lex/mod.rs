//! Text to tokens.
//!
//! Keywords are not told from names here: NRQL lets most of its words serve as attribute names, so the parser
//! decides by place. Comments and white space vanish.

mod scan;
mod token;
mod word;

pub(crate) use self::scan::tokens;
pub(crate) use self::token::{Kind, Token};
pub(crate) use self::word::{is_bare_name, is_reserved, reserved_part};
