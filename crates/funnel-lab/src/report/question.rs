//! The parameters of a report, from a query string or command-line options.

use jiff::civil;
use jiff::tz::TimeZone;

use super::bounds::{Every, midnight};
use super::error::ReportError;
use crate::kpi::{STEPS_MAX, StepOrder};

const SECOND: i64 = 1_000;
const DAY: i64 = 24 * 3_600 * SECOND;
/// How far back a report looks that is not told.
const SINCE: i64 = 90 * DAY;

/// What can be asked of a report.
///
/// | name | value | default |
/// |---|---|---|
/// | `since`, `until` | journeys that began in this period: `7d`, `24h`, `30m` ago, `2026-11-01` in the zone, or milliseconds since 1970 | 90 days ago, now |
/// | `zone` | an IANA time zone | `UTC` |
/// | `every` | `hour`, `day` or `week`: the pieces of the period | `day`, under two days `hour` |
/// | `window` | how long an attempt at the funnel may take, such as `7d` | any time |
/// | `order` | `ordered` or `any` | `ordered` |
/// | `steps` | some of the contract's steps, in any order, with commas; at most 32 | all |
/// | `by` | an attribute to break the funnel down by | none |
/// | `where` | `tier:free`, `tier:!free`, `tier:free,pro`; may be repeated | none |
/// | `cohort` | `real`, `synthetic` or `all` | `real` |
/// | `kpi` | the name of one key figure | all |
/// | `contract` | the event of a contract that the lab knows | `InstantFunnel` |
///
/// ```
/// use funnel_lab::ReportQuestion;
///
/// let question = ReportQuestion::parse([("since", "7d"), ("by", "tier")]).unwrap();
/// assert!(ReportQuestion::parse([("since", "lately")]).unwrap_err().to_string().contains("since"));
/// ```
#[derive(Debug, Clone)]
pub struct ReportQuestion {
    since: Option<When>,
    until: Option<When>,
    pub(super) zone: TimeZone,
    pub(super) every: Option<Every>,
    pub(super) window: Option<i64>,
    pub(super) order: StepOrder,
    pub(super) steps: Vec<String>,
    pub(super) by: Option<String>,
    /// Key, values, and whether they are those that it must not have.
    pub(super) filters: Vec<(String, Vec<String>, bool)>,
    pub(super) cohort: Option<String>,
    pub(super) kpi: Option<String>,
    pub(super) contract: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum When {
    Ago(i64),
    Millis(i64),
    Day(civil::Date),
}

impl Default for ReportQuestion {
    fn default() -> Self {
        Self {
            since: None,
            until: None,
            zone: TimeZone::UTC,
            every: None,
            window: None,
            order: StepOrder::InOrder,
            steps: Vec::new(),
            by: None,
            filters: Vec::new(),
            cohort: Some("real".to_owned()),
            kpi: None,
            contract: None,
        }
    }
}

impl ReportQuestion {
    /// Reads names and values; an empty value is as if it were not given.
    ///
    /// # Errors
    /// The name and what it takes, or the name that is given twice.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ReportError> {
        let mut question = Self::default();
        let mut given = Vec::new();
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            if name != "where" && given.contains(&name) {
                return Err(ReportError::new(format!("`{name}` is given twice")));
            }
            given.push(name);
            question.set(name, value)?;
        }
        Ok(question)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), ReportError> {
        let wrong = |takes: &str| Err(ReportError::new(format!("`{name}` takes {takes}")));
        match name {
            "since" | "until" => {
                let Some(when) = When::parse(value) else {
                    return wrong(
                        "a duration such as 7d, a date such as 2026-11-01, or milliseconds since 1970",
                    );
                };
                if name == "since" { self.since = Some(when) } else { self.until = Some(when) }
            }
            "zone" => match jiff::tz::db().get(value) {
                Ok(zone) => self.zone = zone,
                Err(_) => return wrong("an IANA time zone, such as UTC or Europe/Berlin"),
            },
            "every" => match Every::named(value) {
                Some(every) => self.every = Some(every),
                None => return wrong("hour, day or week"),
            },
            "window" => match duration(value) {
                Some(window) => self.window = Some(window),
                None => return wrong("a duration, such as 30m, 24h or 7d"),
            },
            "order" => match value {
                "ordered" => self.order = StepOrder::InOrder,
                "any" => self.order = StepOrder::Any,
                _ => return wrong("ordered or any"),
            },
            "steps" => {
                self.steps = value.split(',').map(str::to_owned).collect();
                if self.steps.len() > STEPS_MAX {
                    return wrong(&format!("at most {STEPS_MAX} steps"));
                }
            }
            "by" => self.by = Some(value.to_owned()),
            "cohort" => self.cohort = (value != "all").then(|| value.to_owned()),
            "kpi" => self.kpi = Some(value.to_owned()),
            "contract" => self.contract = Some(value.to_owned()),
            "where" => match value.split_once(':') {
                Some((key, values)) if !key.is_empty() => {
                    let (values, negated) =
                        values.strip_prefix('!').map_or((values, false), |rest| (rest, true));
                    let values = values.split(',').map(str::to_owned).collect();
                    self.filters.push((key.to_owned(), values, negated));
                }
                _ => return wrong("an attribute and its values, such as tier:free,pro or tier:!free"),
            },
            _ => {
                return Err(ReportError::new(format!(
                    "unknown parameter `{name}`; a report takes since, until, zone, every, window, order, steps, by, where, \
                     cohort, kpi and contract"
                )));
            }
        }
        Ok(())
    }

    /// The period, in milliseconds; the end is exclusive.
    pub(super) fn period(&self, now: i64) -> Result<(i64, i64), ReportError> {
        let since = self.since.unwrap_or(When::Ago(SINCE)).millis(now, &self.zone)?;
        let until = match self.until {
            // A journey that begins this very millisecond counts.
            None => now.saturating_add(1),
            Some(when) => when.millis(now, &self.zone)?,
        };
        if since >= until {
            return Err(ReportError::new("`since` must be before `until`"));
        }
        Ok((since, until))
    }

    pub(super) fn pieces(&self, since: i64, until: i64) -> Every {
        self.every.unwrap_or(if until - since < 2 * DAY { Every::Hour } else { Every::Day })
    }
}

impl When {
    fn parse(text: &str) -> Option<Self> {
        if let Some(ago) = duration(text) {
            return Some(Self::Ago(ago));
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().map(Self::Millis);
        }
        text.parse().ok().map(Self::Day)
    }

    fn millis(self, now: i64, zone: &TimeZone) -> Result<i64, ReportError> {
        match self {
            Self::Ago(ago) => Ok(now.saturating_sub(ago)),
            Self::Millis(millis) => Ok(millis),
            Self::Day(date) => {
                midnight(date, zone).ok_or_else(|| ReportError::new("a date is outside the supported range"))
            }
        }
    }
}

/// `90s`, `30m`, `24h`, `7d`, `2w` in milliseconds.
fn duration(text: &str) -> Option<i64> {
    let unit = match text.chars().next_back()? {
        's' => SECOND,
        'm' => 60 * SECOND,
        'h' => 3_600 * SECOND,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    let count: i64 = text.get(..text.len() - 1)?.parse().ok().filter(|count| *count > 0)?;
    count.checked_mul(unit)
}
