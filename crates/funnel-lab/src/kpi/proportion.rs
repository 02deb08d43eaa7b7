//! Proportions with Wilson's confidence interval.

/// The 97.5 % point of the normal distribution, for intervals of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proportion {
    /// The part.
    pub part: u64,
    /// The whole; the part is never more.
    pub whole: u64,
}

impl Proportion {
    /// `part` of `whole`.
    #[must_use]
    pub fn of(part: u64, whole: u64) -> Self {
        Self { part, whole }
    }

    /// Between 0 and 1; nothing of an empty whole.
    #[must_use]
    pub fn rate(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    /// Wilson's interval at 95 %: where the true rate lies, if the journeys were drawn from many like them.
    ///
    /// ```
    /// let (low, high) = funnel_lab::kpi::Proportion::of(8, 10).interval().unwrap();
    /// assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4);
    /// ```
    #[must_use]
    pub fn interval(self) -> Option<(f64, f64)> {
        let rate = self.rate()?;
        let whole = self.whole as f64;
        let square = Z * Z;
        let middle = rate + square / (2.0 * whole);
        let half = Z * (rate * (1.0 - rate) / whole + square / (4.0 * whole * whole)).sqrt();
        let scale = 1.0 + square / whole;
        // At none and at all of them a bound is exact, and arithmetic may miss it by a hair.
        let low = if self.part == 0 { 0.0 } else { (middle - half) / scale };
        let high = if self.part == self.whole { 1.0 } else { (middle + half) / scale };
        Some((low, high))
    }

    /// The least whole that can say anything about `target`: with fewer, even a part of none does not show that the rate
    /// is below it.
    ///
    /// ```
    /// assert_eq!(funnel_lab::kpi::Proportion::least_whole(0.02), 189);
    /// assert_eq!(funnel_lab::kpi::Proportion::least_whole(0.20), 16);
    /// ```
    #[must_use]
    pub fn least_whole(target: f64) -> u64 {
        if target <= 0.0 {
            return 1;
        }
        // The upper bound at none of n is z² / (n + z²).
        (Z * Z * (1.0 - target) / target).floor() as u64 + 1
    }
}
