//! Durations and percentiles.

/// The most bars of a histogram.
const BARS: usize = 24;

/// How long journeys took, in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Durations {
    /// How many.
    pub count: u64,
    /// Half of them took no longer.
    pub median: i64,
    /// Nine in ten took no longer.
    pub p90: i64,
    /// `(from, to, count)` of bars that follow each other; each holds what took `from` or longer and less than `to`.
    pub histogram: Vec<(i64, i64, u64)>,
}

impl Durations {
    /// Nothing of no durations. A percentile is the least duration that so many took no longer than.
    pub(super) fn of(mut millis: Vec<i64>) -> Option<Self> {
        let count = millis.len();
        let mut rank = |share: f64| -> Option<i64> {
            let at = ((share * count as f64).ceil() as usize).clamp(1, count.max(1)) - 1;
            (at < count).then(|| *millis.select_nth_unstable(at).1)
        };
        let (median, p90) = (rank(0.5)?, rank(0.9)?);
        Some(Self { count: count as u64, median, p90, histogram: histogram(&millis) })
    }
}

/// Bars that double in length, since times to convert spread over seconds and weeks.
fn histogram(millis: &[i64]) -> Vec<(i64, i64, u64)> {
    let bar = |duration: i64| {
        let seconds = duration.max(0) / 1_000;
        (64 - (seconds as u64).leading_zeros() as usize).min(BARS - 1)
    };
    let mut counts = [0_u64; BARS];
    for duration in millis {
        counts[bar(*duration)] += 1;
    }
    let edge = |bar: usize| if bar == 0 { 0 } else { 1_000 << (bar - 1) };
    let first = counts.iter().position(|count| *count > 0).unwrap_or(0);
    let last = counts.iter().rposition(|count| *count > 0).unwrap_or(0);
    (first..=last)
        .map(|bar| (edge(bar), if bar == BARS - 1 { i64::MAX } else { edge(bar + 1) }, counts[bar]))
        .collect()
}
