//! Functions of a number.

use super::{Prepared, Rest};
use crate::function::Id;
use crate::value::Datum;

pub(super) fn call<'a>(id: Id, n: f64, rest: &Rest<'_, '_>, prepared: &Prepared) -> Datum<'a> {
    let result = match id {
        Id::Abs => n.abs(),
        Id::Ceil => n.ceil(),
        Id::Floor => n.floor(),
        Id::Round => match rest.number(0) {
            Some(step) if step > 0.0 => round_to(n, step),
            Some(_) => return Datum::Null,
            None => n.round(),
        },
        Id::Sqrt => n.sqrt(),
        Id::Exp => n.exp(),
        Id::Ln => n.ln(),
        Id::Log2 => n.log2(),
        Id::Log10 => n.log10(),
        Id::Log => rest.number(0).map_or_else(|| n.log10(), |base| n.log(base)),
        Id::Buckets => return bucket(n, prepared),
        Id::Convert => match prepared.scale {
            Some((factor, offset)) => n * factor + offset,
            None => return Datum::Null,
        },
        Id::Pow | Id::ClampMin | Id::ClampMax | Id::Mod | Id::GetCdfCount => {
            let Some(other) = rest.number(0) else { return Datum::Null };
            match id {
                Id::Pow => n.powf(other),
                Id::ClampMin => n.max(other),
                Id::ClampMax => n.min(other),
                Id::Mod => n - other * (n / other).floor(),
                _ => f64::from(u8::from(n <= other)),
            }
        }
        _ => return Datum::Null,
    };
    Datum::finite(result)
}

/// Rounds to a multiple; a step such as 0.01 has no exact double, so whole steps per unit are counted instead.
fn round_to(n: f64, step: f64) -> f64 {
    let per_unit = (1.0 / step).round();
    if step < 1.0 && (per_unit * step - 1.0).abs() < 1e-9 {
        (n * per_unit).round() / per_unit
    } else {
        (n / step).round() * step
    }
}

/// The label of the range that a number falls in, as the documents write them.
fn bucket<'a>(n: f64, prepared: &Prepared) -> Datum<'a> {
    let Some((ceiling, count)) = prepared.scale else { return Datum::Null };
    let width = ceiling / count;
    if n < 0.0 {
        return Datum::from("<0.0");
    }
    let index = (n / width).floor().min(count - 1.0);
    let from = index * width;
    if index >= count - 1.0 {
        return Datum::from(format!(">={from:?}"));
    }
    Datum::from(format!("{from:?} - {:?}", from + width))
}
