//! Units, by their codes in UCUM.

use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::Function;
use crate::node::{Arguments, Callable, Node, single};
use crate::value::Datum;

pub(in crate::function) const FUNCTIONS: &[Function] = &[Function::row(
    "convert",
    (3, 3),
    "convert(n, 'from', 'to')",
    "From one unit to another: bytes and bits with prefixes, times, lengths, masses, temperatures.",
    convert,
)];

fn convert<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let (from, to) = (args.needed(1)?, args.needed(2)?);
    let (source, target) = (build.constant_text(from, "the unit")?, build.constant_text(to, "the unit")?);
    let wrong = |expected| EvalError::invalid(from.span, format!("expected {expected}"));
    let (factor, offset) = factor(&source, &target).map_err(wrong)?;
    Ok(Node::Call(Box::new(Convert { factor, offset }), vec![build.first(args)?]))
}

#[derive(Debug)]
struct Convert {
    factor: f64,
    offset: f64,
}

impl Callable for Convert {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let number = single(args.get(0)).number();
        number.map_or(Datum::Null, |number| Datum::finite(number * self.factor + self.offset))
    }
}

/// Code, kind of quantity, how many base units one is.
const UNITS: &[(&str, u8, f64)] = &[
    ("ns", 0, 1e-9),
    ("us", 0, 1e-6),
    ("ms", 0, 1e-3),
    ("s", 0, 1.0),
    ("min", 0, 60.0),
    ("h", 0, 3_600.0),
    ("d", 0, 86_400.0),
    ("wk", 0, 604_800.0),
    ("mo", 0, 2_629_800.0),
    ("a", 0, 31_557_600.0),
    ("m", 1, 1.0),
    ("mm", 1, 1e-3),
    ("cm", 1, 1e-2),
    ("km", 1, 1e3),
    ("[in_i]", 1, 0.0254),
    ("[ft_i]", 1, 0.3048),
    ("[yd_i]", 1, 0.9144),
    ("[mi_i]", 1, 1_609.344),
    ("g", 2, 1.0),
    ("mg", 2, 1e-3),
    ("kg", 2, 1e3),
    ("t", 2, 1e6),
    ("[oz_av]", 2, 28.349_523_125),
    ("[lb_av]", 2, 453.592_37),
];

const PREFIXES: &[(&str, f64)] = &[
    ("", 1.0),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("Ki", 1_024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
];

/// Kind of quantity, scale and zero point.
fn unit(code: &str) -> Option<(u8, f64, f64)> {
    match code {
        "K" => return Some((4, 1.0, 0.0)),
        "Cel" => return Some((4, 1.0, 273.15)),
        "[degF]" => return Some((4, 5.0 / 9.0, 459.67 * 5.0 / 9.0)),
        _ => {}
    }
    if let Some((_, kind, scale)) = UNITS.iter().find(|(name, ..)| *name == code) {
        return Some((*kind, *scale, 0.0));
    }
    let (rest, bits) = match (code.strip_suffix("By"), code.strip_suffix("bit")) {
        (Some(rest), _) => (rest, 8.0),
        (None, Some(rest)) => (rest, 1.0),
        (None, None) => return None,
    };
    let (_, scale) = PREFIXES.iter().find(|(prefix, _)| *prefix == rest)?;
    Some((3, bits * scale, 0.0))
}

/// Factor and offset from one unit to another, or what is wrong in words.
fn factor(from: &str, to: &str) -> Result<(f64, f64), String> {
    let find = |code: &str| {
        unit(code).ok_or_else(|| format!("a unit such as 's', 'ms', 'By', 'MiBy' or 'Cel', not '{code}'"))
    };
    let (from_kind, from_scale, from_zero) = find(from)?;
    let (to_kind, to_scale, to_zero) = find(to)?;
    if from_kind != to_kind {
        return Err(format!("units of the same quantity, not '{from}' and '{to}'"));
    }
    Ok((from_scale / to_scale, (from_zero - to_zero) / to_scale))
}
