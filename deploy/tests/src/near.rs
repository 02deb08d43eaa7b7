//! Values on both sides of the contract's rules, close to them.

use instant_funnel_core::contract::Rule;
use opentelemetry_proto::tonic::common::v1::any_value::Value;

use crate::random::Random;

const PIECES: &[&str] = &[
    "a",
    "b",
    "db",
    "api",
    "free",
    "team",
    "prod",
    "fade",
    "beef",
    "deadbeef",
    "0",
    "7",
    "42",
    "2026",
    "415555",
    "4155550",
    "00",
    "a1",
    "0f",
    "b2",
    "c3",
    "-",
    "_",
    "-",
    "_",
    ".",
    ".",
    "--",
    "+",
    "Z",
    "QX",
    "10.0.0.1",
    "192.168.1",
    "eyJ",
    "x-1-2",
    "_3",
    "jane",
    "é",
    " ",
    "\n",
    "@",
    "NRAL",
];

/// Makes them.
#[derive(Debug)]
pub struct Near {
    random: Random,
    /// Beginnings of credentials, with how much must follow.
    prefixes: Vec<String>,
}

impl Near {
    /// `block` is the generated part of the collector's file; the beginnings of credentials are read from it.
    #[must_use]
    pub fn new(seed: u64, block: &str) -> Self {
        let heads = block.split("(?:^|[^A-Za-z0-9])(?:").skip(1);
        let inner = heads.filter_map(|head| head.split(")\"").next());
        let mut prefixes: Vec<_> = inner
            .flat_map(|inner| inner.split('|'))
            .map(|one| one.replace("[.]", ".").split('[').next().unwrap_or_default().to_owned())
            .collect();
        prefixes.sort();
        prefixes.dedup();
        assert!(prefixes.len() > 50, "{prefixes:?}");
        Self { random: Random::new(seed), prefixes }
    }

    /// A value that keeps `rule` on an event of that time, or just breaks it.
    pub fn value(&mut self, rule: &Rule, event_millis: i64) -> Value {
        let bounds = match *rule {
            Rule::Integer { min, max } => [min, max],
            Rule::Instant { earliest } => [earliest, event_millis + Rule::AHEAD_MILLIS],
            _ => return Value::StringValue(self.text(rule)),
        };
        let bound = *self.random.pick(&bounds);
        match self.random.below(8) {
            0 => Value::StringValue(bound.to_string()),
            1 => Value::DoubleValue(bound as f64),
            2 => Value::IntValue(*self.random.pick(&[0, -1, i64::MIN, i64::MAX])),
            3 => Value::IntValue(bounds[0] + self.random.below(1_000_000) as i64),
            _ => Value::IntValue(bound + *self.random.pick(&[-1, 0, 1])),
        }
    }

    /// A string that keeps `rule`, or just breaks it.
    pub fn text(&mut self, rule: &Rule) -> String {
        match rule {
            Rule::Const(text) => self.edited((*text).to_owned()),
            Rule::OneOf(texts) => {
                let text = (*self.random.pick(texts)).to_owned();
                self.edited(text)
            }
            Rule::Hex { min, max, .. } => {
                let digits = min + self.random.below(max - min + 1);
                let text = if self.random.one_in(8) {
                    format!("{:032}{:032}", self.random.number(), self.random.number())[..digits].to_owned()
                } else {
                    self.random.hex(digits)
                };
                self.edited(text)
            }
            Rule::Uuid { .. } => self.uuid(),
            Rule::UuidOrName { .. } if self.random.one_in(2) => self.uuid(),
            _ => self.words(),
        }
    }

    fn uuid(&mut self) -> String {
        let mut text = self.random.uuid();
        let version = format!("{:x}", self.random.below(16));
        let variant = format!("{:x}", self.random.below(16));
        text.replace_range(14..15, &version);
        if self.random.one_in(3) {
            text.replace_range(19..20, &variant);
        }
        if self.random.one_in(6) { self.edited(text) } else { text }
    }

    fn words(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.random.below(7) {
            if self.random.one_in(14) {
                let prefix = self.random.below(self.prefixes.len());
                text.push_str(&self.prefixes[prefix]);
                let tail = self.random.below(30);
                let tail = self.random.hex(tail);
                text.push_str(&if self.random.one_in(2) { tail.to_uppercase() } else { tail });
            } else {
                // Most pieces are of those that any rule takes.
                let among = if self.random.one_in(5) { PIECES.len() } else { 25 };
                text.push_str(PIECES[self.random.below(among)]);
            }
        }
        if self.random.one_in(30) {
            text = text.repeat(4);
        }
        text
    }

    /// Half of them as they are, the others with one character more, less or changed.
    fn edited(&mut self, mut text: String) -> String {
        let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
        match self.random.below(8) {
            0 if !ends.is_empty() => {
                text.remove(ends[self.random.below(ends.len())]);
            }
            1 => text.push_str(PIECES[self.random.below(PIECES.len())]),
            2 if !ends.is_empty() => {
                let at = ends[self.random.below(ends.len())];
                text.insert_str(at, PIECES[self.random.below(PIECES.len())]);
            }
            3 => text = text.to_uppercase(),
            _ => {}
        }
        text
    }
}
