//! The display form of a recorded event.

use std::fmt;

use super::{RecordedEvent, RecordedValue};

/// What differs from one run to the next.
const RANDOM: [&str; 7] =
    ["eventId", "journeyId", "journeyStart", "fingerprintKeyId", "span.id", "teamId", "trace.id"];

/// The step and a line for each attribute, by key. In the alternate form (`{event:#}`) what differs from one run to the
/// next (times, ids, traces) is `…`, so that a snapshot of it stays the same.
///
/// ```
/// use instant_funnel::testing::capture;
/// use instant_funnel::{JourneyId, Provision};
///
/// let events = capture(|funnel| funnel.record(Provision::new("db").journey(JourneyId::new())));
/// let snapshot = "provision at …
///   cohort = real
///   eventId = …
///   funnelStep = provision
///   journeyId = …
///   newrelic.event.type = InstantFunnel
///   service = db
///   serviceName = test
/// ";
/// assert_eq!(format!("{:#}", events[0]), snapshot);
/// ```
impl fmt::Display for RecordedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at ", self.step)?;
        if f.alternate() {
            f.write_str("…")?;
        } else {
            utc(f, self.time_unix_nano / 1_000_000)?;
        }
        f.write_str("\n")?;
        for (key, value) in &self.attributes {
            if f.alternate() && RANDOM.contains(key) {
                writeln!(f, "  {key} = …")?;
            } else {
                writeln!(f, "  {key} = {value}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for RecordedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
        }
    }
}

/// The bytes are left out: nobody reads them.
impl fmt::Debug for RecordedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedEvent")
            .field("step", &self.step)
            .field("attributes", &self.attributes)
            .field("time_unix_nano", &self.time_unix_nano)
            .field("observed_time_unix_nano", &self.observed_time_unix_nano)
            .field("trace", &self.trace)
            .finish_non_exhaustive()
    }
}

/// Milliseconds since 1970 as `2025-11-24T16:00:00.123Z`.
fn utc(f: &mut fmt::Formatter<'_>, millis: u64) -> fmt::Result {
    let (days, in_day) = (millis / 86_400_000, millis % 86_400_000);
    // Days since 0000-03-01, so that a leap day is the last of its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hours, minutes) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (seconds, millis) = (in_day / 1_000 % 60, in_day % 1_000);
    write!(f, "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::Landing;
    use crate::testing::Recorder;

    #[test]
    fn times_are_dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_077_926_399, "2004-02-27T23:59:59.000Z"),
            (1_764_000_000, "2025-11-24T16:00:00.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            let (funnel, recorder) = Recorder::with_clock(move || UNIX_EPOCH + Duration::from_secs(seconds));
            funnel.record(Landing::new().at(UNIX_EPOCH + Duration::from_secs(seconds.max(1))));
            let shown = recorder.take().remove(0).to_string();
            assert!(seconds == 0 || shown.starts_with(&format!("landing at {expected}\n")), "{shown}");
        }
    }

    #[test]
    fn a_failed_assertion_prints_one_readable_event() {
        let (funnel, recorder) = Recorder::with_clock(|| UNIX_EPOCH + Duration::from_secs(1_764_000_000));
        funnel.record(Landing::new());
        let event = recorder.take().remove(0);
        type Assertion = fn(&RecordedEvent);
        let assertions: [Assertion; 3] = [
            |event| drop(event.assert_step("paid").to_string()),
            |event| drop(event.assert_attribute("cohort", "synthetic").to_string()),
            |event| drop(event.assert_absent("cohort").to_string()),
        ];
        for assert in assertions {
            let panic = std::panic::catch_unwind(|| assert(&event)).unwrap_err();
            let text = panic.downcast_ref::<String>().unwrap();
            assert!(text.lines().count() < 12, "{text}");
            assert!(text.contains("landing at 2025-11-24T16:00:00.000Z\n  cohort = real"), "{text}");
        }
    }
}
