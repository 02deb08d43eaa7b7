//! The windows of TIMESERIES.

use super::TimeRange;
use crate::ast::Interval;

/// More windows than these are refused.
pub(crate) const MAX_WINDOWS: i64 = 366;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Windows of equal width at equal distances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) begin: i64,
    pub(crate) width: i64,
    pub(crate) step: i64,
    pub(crate) count: usize,
}

impl Windows {
    /// One window over the whole range.
    pub(crate) fn whole(range: TimeRange) -> Self {
        Self { begin: range.begin, width: range.millis(), step: range.millis().max(1), count: 1 }
    }

    /// Lays the windows back from the end of the range; a part of one at the beginning is left out, and a range shorter
    /// than one is widened to it.
    pub(crate) fn laid(range: TimeRange, width: Interval, slide: Option<Interval>) -> Result<Self, String> {
        let width = match width {
            Interval::Every(period) => period.millis(),
            Interval::Millis(millis) => i64::try_from(millis).unwrap_or(i64::MAX),
            Interval::Auto | Interval::Max if slide.is_some() => {
                return Err(
                    "SLIDE BY needs an explicit window: TIMESERIES with a number and a unit".to_owned()
                );
            }
            Interval::Auto => auto(range.millis()),
            Interval::Max => finest(range.millis()),
        };
        let slack = (range.millis() - width).max(0);
        let step = match slide {
            None => width,
            Some(Interval::Every(period)) => period.millis(),
            Some(Interval::Millis(millis)) => i64::try_from(millis).unwrap_or(i64::MAX),
            Some(Interval::Auto) => (width / 10).max(finest(slack)).max(1),
            Some(Interval::Max) => finest(slack),
        };
        let count = slack / step + 1;
        if count > MAX_WINDOWS {
            return Err(format!("TIMESERIES asks for {count} buckets; {MAX_WINDOWS} are allowed"));
        }
        let begin = range.end.saturating_sub(width).saturating_sub((count - 1) * step);
        Ok(Self { begin, width, step, count: count.unsigned_abs() as usize })
    }

    /// Begin and end of a window.
    pub(crate) fn bounds(&self, index: usize) -> (i64, i64) {
        let begin = self.begin + self.step * index as i64;
        (begin, begin + self.width)
    }

    /// What the windows cover together, gaps included.
    pub(crate) fn range(&self) -> TimeRange {
        TimeRange { begin: self.begin, end: self.bounds(self.count - 1).1 }
    }

    /// The first and last window that a time falls in; none when first > last.
    pub(crate) fn holding(&self, millis: i64) -> (usize, usize) {
        let offset = millis - self.begin;
        let last = (offset / self.step).min(self.count as i64 - 1);
        let first = if offset < self.width { 0 } else { (offset - self.width) / self.step + 1 };
        (first.unsigned_abs() as usize, last.unsigned_abs() as usize)
    }
}

/// What a bare TIMESERIES and AUTO choose. Only the widths for a day, a week and ten days are known of New Relic.
fn auto(range: i64) -> i64 {
    let pick = |ladder: &[i64]| ladder.iter().copied().find(|width| range <= width * 60);
    if range <= HOUR {
        pick(&[SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND]).unwrap_or(MINUTE)
    } else if range <= DAY {
        pick(&[MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE]).unwrap_or(30 * MINUTE)
    } else if range <= 7 * DAY {
        6 * HOUR
    } else if range <= MAX_WINDOWS * DAY {
        DAY
    } else {
        7 * DAY * (range / (7 * DAY * MAX_WINDOWS) + 1)
    }
}

/// The finest width that keeps within the allowed number: whole seconds, above a minute whole minutes.
fn finest(range: i64) -> i64 {
    let least = range.div_euclid(MAX_WINDOWS) + 1;
    let unit = if least <= MINUTE { SECOND } else { MINUTE };
    (least + unit - 1) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::{Period, Unit};

    fn range(millis: i64) -> TimeRange {
        TimeRange { begin: 1_000_000, end: 1_000_000 + millis }
    }

    #[test]
    fn known_widths() {
        let width = |millis, step| Windows::laid(range(millis), step, None).unwrap().width;
        assert_eq!(width(HOUR, Interval::Auto), MINUTE);
        assert_eq!(width(DAY, Interval::Auto), 30 * MINUTE);
        assert_eq!(width(7 * DAY, Interval::Auto), 6 * HOUR);
        assert_eq!(width(10 * DAY, Interval::Auto), DAY);
        assert_eq!(width(DAY, Interval::Max), 4 * MINUTE);
    }

    #[test]
    fn a_partial_first_bucket_is_left_out() {
        let step = Interval::Every(Period { amount: 5, unit: Unit::Minute });
        let windows = Windows::laid(range(12 * MINUTE), step, None).unwrap();
        assert_eq!((windows.begin, windows.count), (1_000_000 + 2 * MINUTE, 2));
    }

    #[test]
    fn sliding_windows_overlap_and_steps_wider_than_a_window_leave_gaps() {
        let every = |amount, unit| Interval::Every(Period { amount, unit });
        let slide = |step| Windows::laid(range(10 * MINUTE), every(2, Unit::Minute), Some(step)).unwrap();
        let windows = slide(every(1, Unit::Minute));
        assert_eq!(windows.count, 9);
        assert_eq!(windows.holding(1_000_000 + 150_000), (1, 2));
        let gaps = slide(every(4, Unit::Minute));
        let (first, last) = gaps.holding(gaps.begin + 3 * MINUTE);
        assert!(first > last);
    }

    #[test]
    fn a_range_shorter_than_a_bucket_is_widened_to_one() {
        let step = Interval::Every(Period { amount: 1, unit: Unit::Day });
        let windows = Windows::laid(range(HOUR), step, None).unwrap();
        assert_eq!(
            (windows.count, windows.range().millis(), windows.range().end),
            (1, DAY, 1_000_000 + HOUR)
        );
    }

    #[test]
    fn too_many_are_refused() {
        let every = |amount, unit| Interval::Every(Period { amount, unit });
        assert!(Windows::laid(range(DAY), every(1, Unit::Minute), None).is_err());
        assert!(Windows::laid(range(HOUR), Interval::Auto, Some(Interval::Auto)).is_err());
    }
}
