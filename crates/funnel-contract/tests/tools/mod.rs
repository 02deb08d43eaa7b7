//! Programs of other languages that tests run, which `scripts/contract-tools.sh` fetches.

#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise, and says what it leaves out"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use funnel_contract::{ContractFile, OutputSpec, Target};

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Where the tools are.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("FUNNEL_CONTRACT_TOOLS")
        .map_or_else(|| repository().join("target/contract-tools"), PathBuf::from)
}

/// A Python that can import a module.
pub(crate) fn python(module: &str) -> Option<PathBuf> {
    let python = Some(folder().join("venv/bin/python")).filter(|python| python.exists())?;
    let has = Command::new(&python).args(["-c", &format!("import {module}")]).output().ok()?.status.success();
    has.then_some(python)
}

/// Node.js, when the package is there.
pub(crate) fn node(package: &str) -> Option<PathBuf> {
    folder().join("node_modules").join(package).exists().then(|| PathBuf::from("node"))
}

/// Says what is not tested for want of a tool. With `CI=true` that is a failure.
pub(crate) fn left_out(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "left out: {what}; run scripts/contract-tools.sh");
    println!("left out: {what}; run scripts/contract-tools.sh");
}

/// The generated files of a contract in a folder, with 10,000 vectors; the path of the vectors.
pub(crate) fn generated(contract: &ContractFile, target: Target, folder: &Path) -> PathBuf {
    let path = target.file_name(contract);
    for file in contract.generate_one(&OutputSpec { target, path }) {
        let to = folder.join(&file.path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, file.text).unwrap();
    }
    let vectors = folder.join("ten-thousand.jsonl");
    let lines = contract.vectors(17, 10_000).iter().map(|vector| vector.to_json() + "\n").collect::<String>();
    std::fs::write(&vectors, lines).unwrap();
    vectors
}

/// The name of a contract's files without their ending.
pub(crate) fn stem(contract: &ContractFile) -> String {
    Target::Go.file_name(contract).trim_end_matches(".go").to_owned()
}

/// What a program prints when it is given `input`.
pub(crate) fn answer(program: &Path, arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // Written beside the reading, so that neither side waits for the other.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?}: {said}", program.display());
    assert!(said.is_empty(), "{} {arguments:?}: {said}", program.display());
    String::from_utf8(output.stdout).unwrap()
}
