//! `docs/analysts.md` shows each question of the pack with the answer that it gives here, and each alert condition.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::fmt::Write as _;

use dashboard_tests::alert::conditions;
use dashboard_tests::data::{NOW, events, store};
use dashboard_tests::pack::questions;

const ROWS: usize = 7;

fn between(page: &str, mark: &str, made: &str) -> String {
    let (open, close) = (format!("<!-- {mark}: "), format!("<!-- /{mark} -->"));
    let (head, rest) = page.split_once(&open).unwrap();
    let (note, rest) = rest.split_once("-->\n").unwrap();
    let (_, tail) = rest.split_once(&close).unwrap();
    format!("{head}{open}{note}-->\n{made}{close}{tail}")
}

fn answers() -> String {
    let store = store(&events(200_000));
    let mut out = String::new();
    for question in questions() {
        let answer = nrql::evaluate(&nrql::parse(&question.query).unwrap(), &store, NOW).unwrap();
        let table = answer.to_table();
        let mut shown: Vec<_> = table.lines().take(ROWS).map(str::trim_end).collect();
        if table.lines().count() > ROWS {
            shown.push("…");
        }
        let _ = write!(
            out,
            "\n### {}\n\n{} For the {}. `dashboards/nrql/{}.nrql`\n\n```nrql\n{}\n```\n\n```text\n{}\n```\n\n- How to read it: {}\n- Where it misleads: {}\n",
            question.title,
            question.question,
            question.reader,
            question.name,
            question.query.trim(),
            shown.join("\n"),
            question.read,
            question.misleads
        );
    }
    out + "\n"
}

fn alerts() -> String {
    let mut out = "\n| condition | opens, and what it cannot see |\n|---|---|\n".to_owned();
    for condition in conditions() {
        let _ = writeln!(out, "| {} | {} |", condition.name, condition.description());
    }
    out + "\n"
}

#[test]
fn the_page_shows_what_pack_and_conditions_say() {
    let path = dashboard_tests::dashboards().join("../docs/analysts.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let made = between(&between(&page, "questions", &answers()), "conditions", &alerts());
    if std::env::var_os("UPDATE_DASHBOARDS").is_some() {
        std::fs::write(&path, made).unwrap();
    } else {
        assert!(page == made, "run this test with UPDATE_DASHBOARDS=1 and look at the difference");
    }
}
