//! Addresses.

use std::net::Ipv4Addr;

use crate::function::entry::Function;
use crate::node::Arguments;
use crate::value::Datum;

pub(in crate::function) const FUNCTIONS: &[Function] = &[Function::plain(
    "cidrAddress",
    (1, 3),
    "cidrAddress(address[, bits[, cidr]])",
    "The network of an IPv4 address, as `10.0.0.0/24`, or without its length where the third argument is false. The length comes from the second argument, else from an address written `10.0.0.7/24`. NULL if the address or the length is not valid.",
    network,
)];

fn network<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let written = args.get(0);
    let Some(written) = written.text() else { return Datum::Null };
    let (address, own) = match written.split_once('/') {
        Some((address, bits)) => match bits.parse().ok().filter(|bits| *bits <= 32) {
            Some(bits) => (address, Some(bits)),
            None => return Datum::Null,
        },
        None => (written, None),
    };
    let bits: Option<u32> = if args.has(1) {
        let whole = |bits: &f64| bits.fract() == 0.0 && (0.0..=32.0).contains(bits);
        args.number(1).filter(whole).map(|bits| bits as u32)
    } else {
        own
    };
    let (Ok(address), Some(bits)) = (address.parse::<Ipv4Addr>(), bits) else { return Datum::Null };
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    let network = Ipv4Addr::from_bits(address.to_bits() & mask);
    if args.get(2) == Datum::Bool(false) {
        return Datum::from(network.to_string());
    }
    Datum::from(format!("{network}/{bits}"))
}
