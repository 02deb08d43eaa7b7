//! Keys and values of vectors.

use instant_funnel_core::contract::{Contract, Rule};
use instant_funnel_core::export::listed_texts;

use super::random::Random;
use super::value::VectorValue;

/// The largest integer that JavaScript holds exactly.
const SAFE: i64 = 9_007_199_254_740_991;
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const HEX: &str = "0123456789abcdef";

/// Keys that no contract has.
const STRANGE_KEYS: [&str; 8] =
    ["userName", "e-mail", "phone", "ip", "__proto__", "constructor", "toString", "a.b"];

/// What must never leave, and what looks like it.
const HOSTILE: [&str; 40] = [
    "jane@example.com",
    "Jane Doe",
    "jane-doe",
    "+1 415 555 0134",
    "tel-415-555-0134",
    "tel4155550134",
    "a415555",
    "a4155550",
    "4111111111111111",
    "c4111-1111-1111-1111",
    "203.0.113.77",
    "ip-203-0-113-77",
    "host_10_4_54_25",
    "10-1-2-3",
    "2001:db8::1",
    "a8-71-db-c2-65-b4",
    "mac-a871dbcefab4",
    "deadbeefcafe",
    "deadbeefcaf1",
    "078-05-1120",
    "AKIAIOSFODNN7EXAMPLE",
    "svc.AROAIOSFODNN7EXAMPLE",
    "ghp_fixture",
    "a-sk_live_x",
    "sk-abcdefghijklmnopqrstuv",
    "eyJhbGciOiJIUzI1NiJ9",
    "xoxb-fixture",
    "NRAK-FIXTURE",
    "eu01xxabcdefabcdefabcdefabcdNRAL",
    "d41d8cd98f00b204e98f9a98ecf8427e",
    "6f1f7a2e-1111-1111-8111-111111111111",
    "",
    " ",
    "a b",
    "a\n",
    "\u{430}nonymous",
    "ünicode",
    "a\u{0}b",
    "<script>alert(1)</script>",
    "'; drop table events; --",
];

pub(super) fn field(contract: &Contract, random: &mut Random) -> (String, VectorValue) {
    let Some(attribute) = random.pick(contract.attributes) else {
        return (String::new(), VectorValue::List);
    };
    let value = match random.below(10) {
        0..5 => valid(&attribute.rule, random),
        5..8 => near(valid(&attribute.rule, random), random),
        _ => stranger(random),
    };
    let key = match random.below(20) {
        0 => random.pick(&STRANGE_KEYS).copied().unwrap_or_default().to_owned(),
        1 => misspelt(attribute.key, random),
        _ => attribute.key.to_owned(),
    };
    (key, value)
}

/// A key in another spelling. No spelling of a raw field is one of these.
fn misspelt(key: &str, random: &mut Random) -> String {
    match random.below(3) {
        0 => key.to_ascii_uppercase(),
        1 => format!("{key}_"),
        _ => format!(" {key}"),
    }
}

/// A value that the rule passes, most of the time.
fn valid(rule: &Rule, random: &mut Random) -> VectorValue {
    if let Some(texts) = listed_texts(rule) {
        return VectorValue::Text(random.pick(&texts).copied().unwrap_or_default().to_owned());
    }
    VectorValue::Text(match rule {
        Rule::Bool => return VectorValue::Boolean(random.below(2) == 0),
        Rule::Integer { min, max } => return VectorValue::Integer(integer(*min, *max, random)),
        Rule::Instant { earliest } => return VectorValue::Integer(integer(*earliest, SAFE, random)),
        Rule::Number { min, max } => return number(*min, *max, random),
        Rule::Hex { min, max, .. } => random.text(HEX, *min, *max),
        Rule::Uuid { .. } => uuid(random),
        Rule::Version { .. } => {
            format!("{}.{}.{}", random.below(20), random.below(20), random.text(HEX, 1, 8))
        }
        _ => slug(random),
    })
}

fn integer(min: i64, max: i64, random: &mut Random) -> i64 {
    let (min, max) = (min.clamp(-SAFE, SAFE), max.clamp(-SAFE, SAFE));
    match random.below(4) {
        0 => min,
        1 => max,
        _ => random.between(min, max),
    }
}

/// Halves, which each language writes alike, or an integer, which is a number too.
fn number(min: f64, max: f64, random: &mut Random) -> VectorValue {
    let clamped = |value: f64| value.clamp(-1e12, 1e12);
    let whole = random.between(clamped(min).floor() as i64, clamped(max).ceil() as i64);
    if random.below(2) == 0 { VectorValue::Integer(whole) } else { VectorValue::Number(whole as f64 + 0.5) }
}

fn uuid(random: &mut Random) -> String {
    let version = random.pick(&["1", "3", "4", "5", "7", "8"]).copied().unwrap_or("4");
    let variant = random.pick(&["8", "9", "a", "b", "c"]).copied().unwrap_or("8");
    let mut hex = |count| random.text(HEX, count, count);
    format!("{}-{}-{version}{}-{variant}{}-{}", hex(8), hex(4), hex(3), hex(3), hex(12))
}

fn slug(random: &mut Random) -> String {
    let mut text = random.text(LOWER, 1, 10);
    for _ in 0..random.below(4) {
        let joint = random.pick(&["-", "_", ""]).copied().unwrap_or_default();
        let alphabet = random.pick(&[LOWER, HEX, "0123456789"]).copied().unwrap_or(LOWER);
        text = text + joint + &random.text(alphabet, 1, 6);
    }
    text
}

/// A value a little beside a valid one.
fn near(value: VectorValue, random: &mut Random) -> VectorValue {
    match value {
        VectorValue::Integer(value) => match random.below(4) {
            0 => VectorValue::Integer((value + 1).min(SAFE)),
            1 => VectorValue::Integer((value - 1).max(-SAFE)),
            2 => VectorValue::Text(value.to_string()),
            _ => VectorValue::Number(0.5),
        },
        VectorValue::Boolean(value) => match random.below(3) {
            0 => VectorValue::Text(value.to_string()),
            1 => VectorValue::Integer(i64::from(value)),
            _ => VectorValue::List,
        },
        VectorValue::Text(text) => VectorValue::Text(match random.below(6) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 => text + "\n",
            3 => format!(" {text}"),
            4 => text.chars().skip(1).collect(),
            _ => text.repeat(4),
        }),
        other => other,
    }
}

fn stranger(random: &mut Random) -> VectorValue {
    let name = "abcdefABCDEF0123456789._-";
    match random.below(8) {
        0 => VectorValue::Boolean(true),
        1 => VectorValue::Integer(random.between(-SAFE, SAFE)),
        2 => VectorValue::List,
        3 => VectorValue::Text(random.text(name, 1, 70)),
        4 => VectorValue::Text(random.text("0123456789abcdef_-", 1, 40)),
        _ => VectorValue::Text(random.pick(&HOSTILE).copied().unwrap_or_default().to_owned()),
    }
}
