//! One attribute of one segment.

use super::dictionary::Dictionary;
use crate::value::{Datum, Value};

/// Values of an attribute. Shorter than the segment when the last rows lack it.
#[derive(Clone, Debug)]
pub(crate) enum ColumnData {
    /// Codes of texts; 0 is NULL.
    Codes(Vec<u32>),
    /// Whole numbers, and which rows have one.
    Ints(Vec<i64>, Vec<bool>),
    /// Numbers; NaN is NULL.
    Floats(Vec<f64>),
    /// 0 false, 1 true, 2 NULL.
    Bools(Vec<u8>),
    /// Values of several types.
    Mixed(Vec<Value>),
}

impl ColumnData {
    fn for_datum(datum: &Datum<'_>) -> Self {
        match datum {
            Datum::Text(_) => Self::Codes(Vec::new()),
            Datum::Int(_) => Self::Ints(Vec::new(), Vec::new()),
            Datum::Float(_) => Self::Floats(Vec::new()),
            Datum::Bool(_) => Self::Bools(Vec::new()),
            _ => Self::Mixed(Vec::new()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Codes(codes) => codes.len(),
            Self::Ints(values, _) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Bools(values) => values.len(),
            Self::Mixed(values) => values.len(),
        }
    }

    fn pad(&mut self, rows: usize) {
        match self {
            Self::Codes(codes) => codes.resize(rows, 0),
            Self::Ints(values, present) => {
                values.resize(rows, 0);
                present.resize(rows, false);
            }
            Self::Floats(values) => values.resize(rows, f64::NAN),
            Self::Bools(values) => values.resize(rows, 2),
            Self::Mixed(values) => values.resize(rows, Value::Null),
        }
    }

    /// Puts a value at `row`, which is not before the end; an attribute set twice in a row keeps the first.
    pub(super) fn set(slot: &mut Option<Self>, row: usize, datum: &Datum<'_>, dictionary: &mut Dictionary) {
        if datum.is_null() {
            return;
        }
        let column = slot.get_or_insert_with(|| Self::for_datum(datum));
        if column.len() > row {
            return;
        }
        column.pad(row);
        match (&mut *column, datum) {
            (Self::Codes(codes), Datum::Text(text)) => codes.push(dictionary.intern(text).unwrap_or(0)),
            (Self::Ints(values, present), Datum::Int(number)) => {
                values.push(*number);
                present.push(true);
            }
            (Self::Floats(values), Datum::Float(number)) => values.push(*number),
            (Self::Floats(values), Datum::Int(number)) if fits(*number) => values.push(*number as f64),
            (Self::Bools(values), Datum::Bool(value)) => values.push(u8::from(*value)),
            (Self::Mixed(values), _) => values.push(datum.clone().into_value()),
            _ => {
                column.widen(datum, dictionary);
                Self::set(slot, row, datum, dictionary);
            }
        }
    }

    /// Makes room for a value of another type.
    fn widen(&mut self, datum: &Datum<'_>, dictionary: &Dictionary) {
        let rows = self.len();
        if let (Self::Ints(values, present), Datum::Float(_)) = (&*self, datum)
            && values.iter().all(|number| fits(*number))
        {
            let floats =
                values.iter().zip(present).map(|(n, there)| if *there { *n as f64 } else { f64::NAN });
            *self = Self::Floats(floats.collect());
            return;
        }
        *self = Self::Mixed((0..rows).map(|row| self.get(row, dictionary).into_value()).collect());
    }

    #[inline]
    pub(crate) fn get<'a>(&'a self, row: usize, dictionary: &'a Dictionary) -> Datum<'a> {
        match self {
            Self::Codes(codes) => {
                let text = codes.get(row).and_then(|code| dictionary.get(*code));
                text.map_or(Datum::Null, Datum::Text)
            }
            Self::Ints(values, present) => match present.get(row) {
                Some(true) => Datum::Int(values[row]),
                _ => Datum::Null,
            },
            Self::Floats(values) => values.get(row).map_or(Datum::Null, |number| Datum::finite(*number)),
            Self::Bools(values) => match values.get(row) {
                Some(value @ (0 | 1)) => Datum::Bool(*value == 1),
                _ => Datum::Null,
            },
            Self::Mixed(values) => values.get(row).map_or(Datum::Null, Datum::from),
        }
    }

    /// Forgets the values of the first `rows` rows.
    pub(super) fn cut(&mut self, rows: usize) {
        let rows = rows.min(self.len());
        match self {
            Self::Codes(codes) => drop(codes.drain(..rows)),
            Self::Ints(values, present) => {
                values.drain(..rows);
                present.drain(..rows);
            }
            Self::Floats(values) => drop(values.drain(..rows)),
            Self::Bools(values) => drop(values.drain(..rows)),
            Self::Mixed(values) => drop(values.drain(..rows)),
        }
    }

    pub(super) fn shrink(&mut self) {
        match self {
            Self::Codes(codes) => codes.shrink_to_fit(),
            Self::Ints(values, present) => {
                values.shrink_to_fit();
                present.shrink_to_fit();
            }
            Self::Floats(values) => values.shrink_to_fit(),
            Self::Bools(values) => values.shrink_to_fit(),
            Self::Mixed(values) => values.shrink_to_fit(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Codes(codes) => codes.capacity() * 4,
            Self::Ints(values, present) => values.capacity() * 8 + present.capacity(),
            Self::Floats(values) => values.capacity() * 8,
            Self::Bools(values) => values.capacity(),
            Self::Mixed(values) => values.iter().map(|value| value.heap_bytes() + size_of::<Value>()).sum(),
        }
    }
}

/// Whether a whole number survives as a double.
fn fits(number: i64) -> bool {
    number.unsigned_abs() <= 1 << 53
}
