//! The generated code of other languages keeps and drops what the vectors say, and goes through the official SDK.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod contracts;
mod tools;

use funnel_contract::{ContractFile, Target};
use std::process::Command;

#[test]
fn python_keeps_and_drops_what_ten_thousand_vectors_of_each_contract_say() {
    let Some(python) = tools::python("opentelemetry.sdk._logs") else {
        return tools::left_out("the generated Python");
    };
    for (name, text) in contracts::ALL {
        let contract = ContractFile::parse(text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let vectors = tools::generated(&contract, Target::Python, folder.path());
        let mut command = Command::new(&python);
        command.current_dir(folder.path()).args(["-W", "error", "-m", "unittest", "discover"]);
        let output = command.env("FUNNEL_VECTORS", vectors).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("Ran 4 tests"), "{name}: {said}");
    }
}
