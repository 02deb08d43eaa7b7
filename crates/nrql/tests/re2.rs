//! RLIKE and capture against RE2 itself, on random patterns and texts.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests fail by panicking")]

use std::io::Write;
use std::process::{Command, Stdio};

use nrql::{Datum, Store, Value};
use serde_json::{Value as Json, json};

const PATTERNS: usize = 20_000;
const TEXTS: usize = 3;
const NOW: i64 = 1_000_000;

/// `NRQL_RE2_PYTHON` names a Python that has `google-re2` from PyPI.
#[test]
fn regular_expressions_match_as_re2_says() {
    let Ok(python) = std::env::var("NRQL_RE2_PYTHON") else {
        println!(
            "NRQL_RE2_PYTHON is unset: set it to a Python with google-re2 to compare {PATTERNS} patterns with RE2"
        );
        return;
    };
    let mut random = Random(0x5eed_0000_0000_0002);
    let cases: Vec<(String, Vec<String>)> = (0..PATTERNS)
        .map(|_| (pattern(&mut random), (0..TEXTS).map(|_| text(&mut random)).collect()))
        .collect();
    let theirs = re2(&python, &cases);
    let (mut wrong, mut refused, mut valid) = (Vec::new(), Vec::new(), 0);
    for ((pattern, texts), theirs) in cases.iter().zip(&theirs) {
        let ours = captured(pattern, texts);
        match (ours, theirs["matches"].as_array()) {
            (Ok(ours), Some(theirs)) => {
                valid += 1;
                for ((ours, theirs), text) in ours.iter().zip(theirs).zip(texts) {
                    if ours != theirs {
                        wrong.push(format!("{pattern:?} over {text:?}: here {ours}, RE2 {theirs}"));
                    }
                }
            }
            (Ok(_), None) => wrong.push(format!("{pattern:?} is taken, RE2 says {}", theirs["error"])),
            (Err(reason), Some(_)) => refused.push(format!("{pattern:?}: {reason}")),
            (Err(_), None) => {}
        }
    }
    println!(
        "{valid} of {PATTERNS} patterns are RE2's and taken, {} of RE2's are refused with a reason",
        refused.len()
    );
    refused.iter().take(5).for_each(|line| println!("refused: {line}"));
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(25)].join("\n"));
    assert!(valid > PATTERNS / 3, "too few patterns are valid to say anything");
    assert!(
        refused.len() * 50 < valid,
        "more than 2 % of RE2's patterns are refused:\n{}",
        refused[..20].join("\n")
    );
}

/// What the pattern's groups capture in each text, or null where it does not match.
fn captured(pattern: &str, texts: &[String]) -> Result<Vec<Json>, String> {
    let mut store = Store::default();
    for (place, text) in texts.iter().enumerate() {
        store.append("T", NOW - 1_000 + place as i64, [("t", Datum::from(text.as_str()))]);
    }
    let text = format!(
        "SELECT capture(t, r'{pattern}') AS c, if(t RLIKE r'{pattern}', 1, 0) AS m FROM T ORDER BY timestamp"
    );
    let query = nrql::parse(&text).map_err(|error| error.to_string())?;
    let answer = nrql::evaluate(&query, &store, NOW).map_err(|error| error.to_string())?;
    let row = |row: &nrql::Row| {
        let groups = match &row.values[0] {
            Value::Null => return Json::Null,
            Value::List(groups) => groups.iter().map(Value::to_json).collect(),
            one => vec![one.to_json()],
        };
        assert_eq!(row.values[1], Value::Int(1), "{pattern} captures and does not match");
        Json::from(groups)
    };
    Ok(answer.rows.iter().map(row).collect())
}

fn re2(python: &str, cases: &[(String, Vec<String>)]) -> Vec<Json> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ask_re2.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines: String = cases
        .iter()
        .map(|(pattern, texts)| format!("{}\n", json!({ "pattern": pattern, "texts": texts })))
        .collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{python} {script} failed");
    let answers: Vec<Json> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), cases.len());
    answers
}

struct Random(u64);

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const LETTERS: &[&str] = &[
    "a", "b", "c", "A", "k", "K", "ſ", "K", "é", "λ", "1", "7", "_", "-", " ", "\t", "\n", "\u{b}", "]", "{",
    "}", "&", "<", "+", ".", ",", "2", "{,2}",
];

fn text(random: &mut Random) -> String {
    (0..random.below(7)).map(|_| random.of(LETTERS)).collect()
}

const PLAIN: &[&str] =
    &["a", "b", "c", "k", "K", "é", "1", "_", "-", " ", "&", "<", "{", "}", "]", "{,2}", "{a}", ",", "λ"];
const CLASSES: &[&str] = &[
    ".",
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    r"\pL",
    r"\PL",
    r"\pN",
    r"\p{Lu}",
    r"\P{Lu}",
    r"\p{^Lu}",
    r"\p{Greek}",
    r"\pC",
    "[ab]",
    "[^ab]",
    "[a-c]",
    "[^[]",
    "[]a]",
    "[^]a]",
    "[a&&b]",
    "[[:alpha:]]",
    "[^[:space:]]",
    "[[:^digit:]_]",
    r"[\d-]",
    r"[^\w ]",
    "[a-]",
    "[-a]",
    "[a--b]",
    "[[:upper:]--]",
    r"[\pL1]",
    r"[^\PL]",
    "[[a]",
    r"[\]\-a]",
    r"[\x41-\x{5a}]",
    "[^a\n]",
    "[[:word:]&&]",
    "[+--]",
    "[~~a]",
];
const ESCAPES: &[&str] = &[
    r"\<", r"\>", r"\.", r"\+", r"\_", r"\101", r"\x6b", r"\x{e9}", r"\n", r"\t", r"\v", r"\Qa.b\E",
    r"\Q{\E", r"\-", r"\141", r"\0",
];
const ANCHORS: &[&str] = &["^", "$", r"\b", r"\B", r"\A", r"\z"];
const REPEATS: &[&str] = &["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{2,3}?", "{0}"];
const OPENINGS: &[&str] =
    &["(", "(?:", "(?P<x>", "(?<y>", "(?i:", "(?s:", "(?U:", "(?im:", "(?-i:", "(?i-s:"];
/// What is mostly wrong, or read in another way than it looks.
const ODD: &[&str] = &[
    "(",
    ")",
    "|",
    "*",
    "[",
    "**",
    "{1001}",
    "{01}",
    "{2}{2}",
    "(?=a)",
    "(?x)",
    r"\1",
    r"\8",
    r"\Z",
    r"\C",
    "[z-a]",
    "[[:foo:]]",
    r"\p{Foo}",
    r"\pX",
    "(?P=x)",
    "(?P<>a)",
    "(?",
    "(?i)",
    "(?U)",
    "(?s)",
    "(?m)",
    "(?)",
    r"\x{110000}",
    r"\xg",
    "[a",
    "(?i-)",
    r"[\8]",
    "\\",
];

fn pattern(random: &mut Random) -> String {
    // The whole is a group, so that there is always one to capture.
    let mut inside = String::new();
    let depth = 3;
    for _ in 0..=random.below(4) {
        piece(random, depth, &mut inside);
    }
    if random.below(4) == 0 {
        let odd = random.of(ODD);
        let places: Vec<usize> = inside.char_indices().map(|(at, _)| at).chain([inside.len()]).collect();
        inside.insert_str(places[random.below(places.len())], odd);
    }
    format!("({inside})")
}

fn piece(random: &mut Random, depth: usize, out: &mut String) {
    match random.below(if depth == 0 { 10 } else { 14 }) {
        0..=3 => out.push_str(random.of(PLAIN)),
        4..=6 => out.push_str(random.of(CLASSES)),
        7 | 8 => out.push_str(random.of(ESCAPES)),
        9 => return out.push_str(random.of(ANCHORS)),
        10 | 11 => {
            out.push_str(random.of(OPENINGS));
            for _ in 0..=random.below(2) {
                piece(random, depth - 1, out);
            }
            if random.below(3) == 0 {
                out.push('|');
                piece(random, depth - 1, out);
            }
            out.push(')');
        }
        12 => {
            piece(random, depth - 1, out);
            out.push('|');
            return piece(random, depth - 1, out);
        }
        _ => {
            out.push_str("(?i)");
            return piece(random, depth - 1, out);
        }
    }
    if random.below(3) == 0 {
        out.push_str(random.of(REPEATS));
    }
}
