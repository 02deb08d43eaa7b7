//! The contracts that a lab, or a report of its file, knows besides InstantFunnel.

use std::path::PathBuf;

use funnel_contract::ContractFile;
use instant_funnel_core::contract::CONTRACT;

use super::files::read;
use crate::failure::Failure;

/// Reads contract files whose events differ from each other and from InstantFunnel.
///
/// # Errors
/// [`Failure::CannotAsk`] with every mistake as `file:line:column: …`.
pub(crate) fn read_all(files: &[PathBuf]) -> Result<Vec<ContractFile>, Failure> {
    let mut contracts: Vec<ContractFile> = Vec::new();
    let mut wrong = Vec::new();
    for (at, path) in files.iter().enumerate() {
        let contract = match read(path) {
            Ok(contract) => contract,
            Err(Failure::Wrong(message) | Failure::CannotAsk(message)) => {
                wrong.push(message);
                continue;
            }
        };
        let other = contracts.iter().position(|known| known.event == contract.event);
        let taken = if contract.event == CONTRACT.event_name {
            Some("the lab always includes this contract; leave the file out".to_owned())
        } else {
            let file = other.map(|_| same(&files[..at], &contract.event));
            file.map(|file| format!("{file} has the same event; rename one of the two"))
        };
        match taken {
            None => contracts.push(contract),
            Some(why) => {
                let (line, column) = place(path);
                wrong.push(format!("{}:{line}:{column}: `{}`: {why}", path.display(), contract.event));
            }
        }
    }
    if wrong.is_empty() { Ok(contracts) } else { Err(Failure::CannotAsk(wrong.join("\n"))) }
}

/// The file before that has the event.
fn same(files: &[PathBuf], event: &str) -> String {
    let file = files.iter().find(|file| read(file).is_ok_and(|contract| contract.event == event));
    file.map_or_else(|| "another file".to_owned(), |file| file.display().to_string())
}

/// Line and column of the value of `event` in a file that is a valid contract.
fn place(path: &PathBuf) -> (usize, usize) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let found = text.lines().enumerate().find_map(|(line, text)| {
        let value = text.trim_start().strip_prefix("event")?.trim_start().strip_prefix('=')?.trim_start();
        Some((line + 1, text.chars().count() - value.chars().count() + 1))
    });
    found.unwrap_or((1, 1))
}
