//! The message for each kind of broken file, kept in `mistakes.txt`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

use funnel_contract::ContractFile;

/// `UPDATE_MISTAKES=1` writes the messages anew; read their difference before you keep it.
#[test]
fn every_mistake_is_told_with_its_place_and_what_would_be_right() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mistakes.txt");
    let kept = std::fs::read_to_string(path).unwrap();
    let (mut told, mut count) = (String::new(), 0);
    for case in kept.split("### ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap();
        let (file, _) = rest.split_once("---\n").unwrap();
        let error = match ContractFile::parse(file) {
            Err(error) => error,
            Ok(contract) => panic!("{name} is taken: {contract:?}"),
        };
        assert!(!error.mistakes.is_empty(), "{name}");
        told += &format!("### {name}\n{file}---\n{error}\n\n");
        count += 1;
    }
    assert!(count >= 40, "{count}");
    if std::env::var_os("UPDATE_MISTAKES").is_some() {
        std::fs::write(path, told).unwrap();
    } else {
        assert!(
            kept == told,
            "tests/mistakes.txt has drifted; run with UPDATE_MISTAKES=1 and read the difference"
        );
    }
}

/// Cut anywhere, with any character in place of another: an error or a contract, never a panic.
#[test]
fn no_file_is_too_broken() {
    let whole = include_str!("../../../contracts/instant-funnel.toml");
    for end in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)).step_by(3) {
        let _ = ContractFile::parse(&whole[..end]);
    }
    for (at, letter) in whole.char_indices().step_by(2) {
        for put in ["\"", "[", "é", "0", "}"] {
            let broken = format!("{}{put}{}", &whole[..at], &whole[at + letter.len_utf8()..]);
            if let Err(error) = ContractFile::parse(&broken) {
                assert!(error.mistakes.iter().all(|one| one.line >= 1 && one.column >= 1));
            }
        }
    }
}
