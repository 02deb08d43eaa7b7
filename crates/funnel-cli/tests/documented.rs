//! Every `funnel …` command in the documents has options that the command accepts.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn every_documented_command_is_understood() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages = vec![root.join("README.md")];
    for folder in ["docs", "docs/adr", "docs/benchmarks"] {
        pages.extend(markdown(&root.join(folder)));
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for page in pages {
        for line in shell_lines(&std::fs::read_to_string(&page).unwrap()) {
            for arguments in funnel_calls(&line) {
                count += 1;
                let output = parsed(&arguments);
                if !output.status.success() {
                    let why = String::from_utf8_lossy(&output.stderr).into_owned();
                    wrong.push(format!("{}: {line}\n{why}", page.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 10, "only {count} commands were found");
}

#[test]
fn a_planted_mistake_is_found() {
    let calls = funnel_calls("PORT=1 funnel query 'a; b' --frmat json > out | tee x");
    assert_eq!(calls, [["query", "a; b", "--frmat", "json"]]);
    assert!(!parsed(&calls[0]).status.success());
}

/// With `--help` at the end clap checks every option before it, and nothing runs.
fn parsed(arguments: &[String]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_funnel")).args(arguments).arg("--help").output().unwrap()
}

fn markdown(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "md")).collect()
}

/// The lines of shell blocks, continued lines joined.
fn shell_lines(text: &str) -> Vec<String> {
    let (mut lines, mut open, mut joined) = (Vec::new(), false, String::new());
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) if !open => open = matches!(language.trim(), "sh" | "console" | "bash"),
            Some(_) => open = false,
            None if open => match line.strip_suffix('\\') {
                Some(start) => joined.push_str(start),
                None => lines.push(std::mem::take(&mut joined) + line),
            },
            None => {}
        }
    }
    lines
}

/// The arguments of each `funnel` in a line. Redirections, pipes and comments end a command.
fn funnel_calls(line: &str) -> Vec<Vec<String>> {
    let (mut calls, mut words) = (Vec::new(), Vec::<String>::new());
    let (mut word, mut quote, mut began) = (String::new(), None, false);
    let mut finish = |words: &mut Vec<String>| {
        if let Some(at) =
            words.iter().position(|word| !word.contains('=')).filter(|at| words[*at] == "funnel")
        {
            calls.push(words.drain(..).skip(at + 1).collect());
        }
        words.clear();
    };
    for character in line.chars().chain(['\n']) {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => (quote, began) = (Some(character), true),
            (None, ' ' | '\n' | '|' | '>' | '<' | ';' | '&') => {
                if began {
                    words.push(std::mem::take(&mut word));
                }
                began = false;
                if character != ' ' {
                    finish(&mut words);
                }
            }
            (None, '#') if !began => break,
            _ => {
                began = true;
                word.push(character);
            }
        }
    }
    finish(&mut words);
    calls
}
