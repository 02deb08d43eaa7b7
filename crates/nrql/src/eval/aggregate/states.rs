//! States of the numeric aggregates.

use super::State;
use crate::value::Value;

impl State for u64 {
    fn merge(&mut self, other: &Self) {
        *self += other;
    }
}

/// Number, sum and bounds.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, number: f64) {
        self.count += 1;
        self.sum += number;
        self.min = self.min.min(number);
        self.max = self.max.max(number);
    }
}

impl State for Tally {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// Mean and squared distance from it, updated so that no large sums cancel.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread {
    pub(super) count: f64,
    mean: f64,
    pub(super) squares: f64,
}

impl Spread {
    pub(super) fn add(&mut self, number: f64) {
        self.count += 1.0;
        let distance = number - self.mean;
        self.mean += distance / self.count;
        self.squares += distance * (number - self.mean);
    }
}

impl State for Spread {
    fn merge(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        let count = self.count + other.count;
        let distance = other.mean - self.mean;
        self.mean += distance * other.count / count;
        self.squares += other.squares + distance * distance * self.count * other.count / count;
        self.count = count;
    }
}

/// Every number, for exact percentiles.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers(pub(super) Vec<f64>);

impl State for Numbers {
    fn merge(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    fn heap(&self) -> usize {
        self.0.capacity() * 8
    }
}

/// Counts by place.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(pub(super) Vec<u64>);

impl Counts {
    pub(super) fn add(&mut self, place: usize, places: usize) {
        if self.0.len() < places {
            self.0.resize(places, 0);
        }
        self.0[place] += 1;
    }
}

impl State for Counts {
    fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine += theirs);
    }

    fn heap(&self) -> usize {
        self.0.capacity() * 8
    }
}

/// Sums for a least-squares line; times are taken from the first one seen, so that they stay small.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) count: f64,
    pub(super) origin: i64,
    t: f64,
    v: f64,
    tt: f64,
    tv: f64,
}

impl Line {
    pub(super) fn add(&mut self, time: i64, value: f64) {
        if self.count == 0.0 {
            self.origin = time;
        }
        let t = time.saturating_sub(self.origin) as f64;
        self.count += 1.0;
        self.t += t;
        self.v += value;
        self.tt += t * t;
        self.tv += t * value;
    }

    /// Slope per millisecond, and the value at the origin.
    pub(super) fn fit(&self) -> Option<(f64, f64)> {
        let spread = self.count * self.tt - self.t * self.t;
        if self.count < 2.0 || spread <= 0.0 {
            return None;
        }
        let slope = (self.count * self.tv - self.t * self.v) / spread;
        Some((slope, (self.v - slope * self.t) / self.count))
    }
}

impl State for Line {
    fn merge(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        if self.count == 0.0 {
            self.clone_from(other);
            return;
        }
        // The other's times, counted from this origin.
        let shift = other.origin.saturating_sub(self.origin) as f64;
        self.tt += other.tt + 2.0 * shift * other.t + other.count * shift * shift;
        self.tv += other.tv + shift * other.v;
        self.t += other.t + other.count * shift;
        self.v += other.v;
        self.count += other.count;
    }
}

/// The last two points.
#[derive(Clone, Debug, Default)]
pub(super) struct LastTwo {
    pub(super) points: Vec<(i64, u64, f64)>,
}

impl LastTwo {
    pub(super) fn add(&mut self, time: i64, order: u64, value: f64) {
        let newer = |a: &(i64, u64, f64), b: &(i64, u64, f64)| (a.0, a.1) < (b.0, b.1);
        let point = (time, order, value);
        if self.points.len() == 2 {
            if newer(&point, &self.points[0]) {
                return;
            }
            self.points[0] = point;
        } else {
            self.points.push(point);
        }
        self.points.sort_by_key(|point| (point.0, point.1));
    }
}

impl State for LastTwo {
    fn merge(&mut self, other: &Self) {
        other.points.iter().for_each(|point| self.add(point.0, point.1, point.2));
    }

    fn heap(&self) -> usize {
        self.points.capacity() * 24
    }
}

/// A value with its moment; the order of the scan decides between equal times.
#[derive(Clone, Debug, Default)]
pub(super) struct Dated {
    pub(super) moment: Option<(i64, u64)>,
    pub(super) value: Value,
    /// The row that the value still has to be read from.
    pub(super) pending: Option<u32>,
}

/// The newest.
#[derive(Clone, Debug, Default)]
pub(super) struct Newest(pub(super) Dated);

/// The oldest.
#[derive(Clone, Debug, Default)]
pub(super) struct Oldest(pub(super) Dated);

impl State for Newest {
    fn merge(&mut self, other: &Self) {
        if other.0.moment > self.0.moment {
            self.clone_from(other);
        }
    }

    fn heap(&self) -> usize {
        self.0.value.heap_bytes()
    }
}

impl State for Oldest {
    fn merge(&mut self, other: &Self) {
        if other.0.moment.is_some() && (self.0.moment.is_none() || other.0.moment < self.0.moment) {
            self.clone_from(other);
        }
    }

    fn heap(&self) -> usize {
        self.0.value.heap_bytes()
    }
}

/// Sums by upper edge, for cumulative buckets.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges(pub(super) Vec<(f64, f64)>);

impl Edges {
    pub(super) fn add(&mut self, edge: f64, count: f64) {
        match self.0.iter_mut().find(|(known, _)| *known == edge) {
            Some((_, sum)) => *sum += count,
            None => self.0.push((edge, count)),
        }
    }
}

impl State for Edges {
    fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(edge, count)| self.add(*edge, *count));
    }

    fn heap(&self) -> usize {
        self.0.capacity() * 16
    }
}
