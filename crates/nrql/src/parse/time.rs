//! Times and spans of time.

use super::{Parsed, Parser};
use crate::ast::{Day, Period, TimePoint, Unit};
use crate::calendar::DateTimeText;
use crate::lex::Kind;

/// Abbreviations that New Relic refuses.
const SHORT_UNITS: &[(&str, &str)] = &[
    ("ms", "milliseconds"),
    ("s", "seconds"),
    ("sec", "seconds"),
    ("secs", "seconds"),
    ("m", "minutes"),
    ("min", "minutes"),
    ("mins", "minutes"),
    ("h", "hours"),
    ("hr", "hours"),
    ("hrs", "hours"),
    ("d", "days"),
    ("w", "weeks"),
    ("wk", "weeks"),
    ("mo", "months"),
    ("q", "quarters"),
    ("y", "years"),
    ("yr", "years"),
];

impl Parser<'_> {
    /// `n unit`, when a unit follows the number.
    pub(super) fn period(&mut self) -> Parsed<Option<Period>> {
        let Kind::Word(word) = self.ahead(1).clone() else { return Ok(None) };
        let Some(unit) = Unit::from_word(&word) else { return self.wrong_unit(&word) };
        let Kind::Int(amount) = *self.kind() else {
            return Err(self.error("a whole number before the unit"));
        };
        if amount <= 0 {
            return Err(self.error("a number above 0"));
        }
        self.advance();
        self.advance();
        Ok(Some(Period { amount: amount.unsigned_abs(), unit }))
    }

    fn wrong_unit(&mut self, word: &str) -> Parsed<Option<Period>> {
        let lower = word.to_ascii_lowercase();
        let short = SHORT_UNITS.iter().find(|(short, _)| *short == lower).map(|(_, long)| *long);
        let near = || crate::suggest::nearest(word, Unit::ALL.iter().map(|unit| unit.word()));
        // A clause may follow a bare number.
        let clauses = [
            "select",
            "from",
            "where",
            "facet",
            "limit",
            "since",
            "until",
            "slide",
            "compare",
            "with",
            "order",
            "extrapolate",
            "offset",
            "predict",
            "raw",
            "by",
            "using",
            "timeseries",
            "join",
            "inner",
            "left",
        ];
        if clauses.contains(&lower.as_str()) {
            return Ok(None);
        }
        self.advance();
        let expected =
            "a unit: milliseconds, seconds, minutes, hours, days, weeks, months, quarters or years";
        let error = self.error(expected);
        Err(match (short, near()) {
            (Some(long), _) => {
                self.error_with(self.span(), expected, format!("units are written in full: {long}"))
            }
            (None, Some(near)) => self.error_with(self.span(), expected, format!("did you mean {near}?")),
            (None, None) => error,
        })
    }

    pub(super) fn required_period(&mut self, after: &str) -> Parsed<Period> {
        let error = self.error(format!("a number and a unit after {after}, as in 1 hour"));
        self.period()?.ok_or(error)
    }

    pub(super) fn time_point(&mut self, clause: &str) -> Parsed<TimePoint> {
        let span = self.span();
        match self.kind().clone() {
            Kind::Int(number) => {
                if let Some(period) = self.period()? {
                    if !self.is_word("ago") {
                        let hint = format!(
                            "a span of time before now is written {} {} AGO",
                            period.amount,
                            period.unit.word()
                        );
                        return Err(self.error_with(self.span(), "AGO", hint));
                    }
                    self.advance();
                    return Ok(TimePoint::Ago(period));
                }
                self.advance();
                Ok(TimePoint::Epoch(number))
            }
            Kind::Float(_) => Err(self.error("a whole number: fractions of a unit are not supported")),
            Kind::Text(text) => {
                let value = DateTimeText::parse(&text).map_err(|expected| self.error(expected))?;
                self.advance();
                Ok(TimePoint::DateTime { text, value, span })
            }
            Kind::Word(word) => self.named_time(clause, &word),
            _ => Err(self.error(format!("a time after {clause}, as in {clause} 1 hour AGO"))),
        }
    }

    fn named_time(&mut self, clause: &str, word: &str) -> Parsed<TimePoint> {
        let lower = word.to_ascii_lowercase();
        if lower == "now" {
            self.advance();
            return Ok(TimePoint::Now);
        }
        if let Some((_, day)) = Day::WORDS.iter().find(|(name, _)| *name == lower) {
            self.advance();
            let mut at = None;
            if self.eat_word("at") {
                let Kind::Text(text) = self.kind().clone() else {
                    return Err(self.error("a time of day in quotes after AT, as in AT '9:30'"));
                };
                at = Some(crate::calendar::clock_time(&text).map_err(|expected| self.error(expected))?);
                self.advance();
            }
            return Ok(TimePoint::Day { day: *day, at });
        }
        if lower == "this" || lower == "last" {
            self.advance();
            let unit = match self.kind() {
                Kind::Word(word) => Unit::from_word(word),
                _ => None,
            };
            let allowed = [Unit::Hour, Unit::Day, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year];
            let expected = || {
                self.error(format!("hour, week, month, quarter or year after {}", lower.to_ascii_uppercase()))
            };
            let unit = unit.filter(|unit| allowed.contains(unit)).ok_or_else(expected)?;
            self.advance();
            return Ok(if lower == "this" { TimePoint::This(unit) } else { TimePoint::Last(unit) });
        }
        let words = Day::WORDS.iter().map(|(name, _)| *name).chain(["now", "this", "last"]);
        let mut error = self.error(format!("a time after {clause}, as in {clause} 1 hour AGO"));
        error.hint = crate::suggest::nearest(word, words).map(|near| format!("did you mean {near}?"));
        Err(error)
    }
}
