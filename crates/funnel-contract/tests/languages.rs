//! The generated code of other languages keeps and drops what the vectors say, and goes through the official SDK.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod contracts;
mod tools;

use std::process::Command;

use funnel_contract::{ContractFile, Target};

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

#[test]
fn typescript_keeps_and_drops_what_ten_thousand_vectors_of_each_contract_say() {
    let wanted = ["typescript", "@types/node", "@opentelemetry/sdk-logs"];
    let Some(node) = wanted.iter().map(|package| tools::node(package)).collect::<Option<Vec<_>>>() else {
        return tools::left_out("the generated TypeScript");
    };
    for (name, text) in contracts::ALL {
        let contract = ContractFile::parse(text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let vectors = tools::generated(&contract, Target::TypeScript, folder.path());
        std::fs::write(folder.path().join("package.json"), "{\"type\": \"module\"}").unwrap();
        std::fs::write(folder.path().join("tsconfig.json"), TSCONFIG).unwrap();
        std::os::unix::fs::symlink(tools::folder().join("node_modules"), folder.path().join("node_modules"))
            .unwrap();
        let mut compile = Command::new(&node[0]);
        let compiled =
            compile.current_dir(folder.path()).arg("node_modules/typescript/bin/tsc").output().unwrap();
        assert!(compiled.status.success(), "{name}: {}", String::from_utf8_lossy(&compiled.stdout));
        let test = target_test(&contract);
        let mut command = Command::new(&node[0]);
        command.current_dir(folder.path()).args(["--test", "--test-reporter=tap", &test]);
        let output = command.env("FUNNEL_VECTORS", vectors).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("# pass 4"), "{name}: {said}");
    }
}

/// As strict as the compiler can be.
const TSCONFIG: &str = r#"{"compilerOptions": {
    "strict": true, "noUncheckedIndexedAccess": true, "noPropertyAccessFromIndexSignature": true,
    "exactOptionalPropertyTypes": true, "noUnusedLocals": true, "noUnusedParameters": true,
    "target": "es2022", "module": "nodenext", "types": ["node"], "skipLibCheck": true
}}"#;

fn target_test(contract: &ContractFile) -> String {
    Target::TypeScript.file_name(contract).replace(".ts", ".test.js")
}

#[test]
fn go_keeps_and_drops_what_ten_thousand_vectors_of_each_contract_say() {
    let modules = tools::folder().join("go");
    let is_there = Command::new("go").arg("version").output().is_ok() && modules.join("go.sum").exists();
    if !is_there {
        return tools::left_out("the generated Go");
    }
    // One module for all, so that the packages of others are compiled once.
    let folder = tempfile::tempdir().unwrap();
    for file in ["go.mod", "go.sum"] {
        std::fs::copy(modules.join(file), folder.path().join(file)).unwrap();
    }
    let go = |arguments: &[&str]| {
        let mut command = Command::new("go");
        command.current_dir(folder.path()).args(arguments).env("GOFLAGS", "-mod=mod");
        command.env("FUNNEL_VECTORS", "../ten-thousand.jsonl").output().unwrap()
    };
    for (name, text) in contracts::ALL {
        let contract = ContractFile::parse(text).unwrap();
        tools::generated(&contract, Target::Go, folder.path());
        let package = contract.event.to_ascii_lowercase();
        std::fs::create_dir_all(folder.path().join(&package)).unwrap();
        for part in ["", "_checks", "_recorder", "_test"] {
            let file = format!("{}{part}.go", tools::stem(&contract));
            std::fs::rename(folder.path().join(&file), folder.path().join(&package).join(&file)).unwrap();
        }
        let path = format!("./{package}");
        let formatted =
            Command::new("gofmt").current_dir(folder.path()).args(["-l", &path]).output().unwrap();
        assert!(formatted.stdout.is_empty(), "{name}: gofmt would change {:?}", formatted.stdout);
        for arguments in [&["vet", &path][..], &["test", "-count=1", &path]] {
            let output = go(arguments);
            let said = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {arguments:?}: {said}");
        }
    }
}
