//! Foreign programs, and what to do when one is missing.

use std::process::Command;

/// Whether `program` answers. Else says in one line what is left out; in CI that is a failure.
#[must_use]
pub fn have(program: &str, argument: &str, what: &str) -> bool {
    let there = Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success());
    assert!(
        there || std::env::var("CI").as_deref() != Ok("true"),
        "CI leaves nothing out, but {what} needs {program}"
    );
    if !there {
        // Not `eprintln!`, which the test runner would swallow.
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("left out: {what}; to have it, install {program}\n"),
        );
    }
    there
}
