//! Addresses.

use super::text::of_text;
use crate::function::entry::Function;
use crate::node::Arguments;
use crate::value::Datum;
use std::net::IpAddr;

pub(in crate::function) const FUNCTIONS: &[Function] = &[Function::plain(
    "cidrAddress",
    (2, 3),
    "cidrAddress(address, bits[, cidr])",
    "The network of an IPv4 or IPv6 address.",
    network,
)];

fn network<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let Some(bits) = args.whole(1) else { return Datum::Null };
    let kept = u32::try_from(bits).ok();
    of_text(args, |address| {
        let masked = match (address.parse(), kept) {
            (Ok(IpAddr::V4(address)), Some(kept @ 0..=32)) => {
                let mask = u32::MAX.checked_shl(32 - kept).unwrap_or(0);
                IpAddr::V4((address.to_bits() & mask).into())
            }
            (Ok(IpAddr::V6(address)), Some(kept @ 0..=128)) => {
                let mask = u128::MAX.checked_shl(128 - kept).unwrap_or(0);
                IpAddr::V6((address.to_bits() & mask).into())
            }
            _ => return Datum::Null,
        };
        Datum::from(format!("{masked}/{bits}"))
    })
}
