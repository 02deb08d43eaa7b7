//! Nothing that is not the lab's is ever changed, and what is the lab's is its owner's alone.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use funnel_lab::{Lab, LabError, StoreError};
use rusqlite::Connection;

use self::support::*;

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

async fn refused(db: &Path) -> LabError {
    Lab::builder().db(db).start().await.expect_err("the file is not the lab's")
}

#[tokio::test]
async fn no_neighbour_of_the_database_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    for neighbour in ["Cargo.lock", "Cargo.toml", "Cargo.db", "Cargo.lock.lock", "Cargo~"] {
        std::fs::write(folder.path().join(neighbour), format!("this is {neighbour}")).unwrap();
    }
    let before = contents(folder.path());
    let lab = Lab::builder().db(folder.path().join("Cargo")).start().await.unwrap();
    export(&lab, vec![step("landing", 1, &[])]).await;
    lab.shutdown().await;
    let after = contents(folder.path());
    for (name, bytes) in before {
        assert_eq!(after[&name], bytes, "{name}");
    }
}

#[tokio::test]
async fn a_file_by_the_name_of_the_lock_keeps_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("lab.db-lock");
    std::fs::write(&lock, b"somebody's notes").unwrap();
    Lab::builder().db(folder.path().join("lab.db")).start().await.unwrap().shutdown().await;
    assert_eq!(std::fs::read(&lock).unwrap(), b"somebody's notes");
    // A link that was put there leads nowhere that the lab would go.
    let (target, planted) = (folder.path().join("target"), folder.path().join("other.db-lock"));
    symlink(&target, &planted).unwrap();
    refused(&folder.path().join("other.db")).await;
    assert!(!target.exists());
}

#[tokio::test]
async fn a_foreign_file_is_refused_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = |name: &str, sql: &str| {
        let path = folder.path().join(name);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        path
    };
    foreign("tables.db", "CREATE TABLE theirs (x)");
    foreign("empty.db", "VACUUM");
    foreign("marked.db", "PRAGMA application_id = 7; CREATE TABLE event (id)");
    foreign("log.db", "PRAGMA journal_mode = WAL; CREATE TABLE theirs (x)");
    foreign(
        "future.db",
        "PRAGMA application_id = 0x466c6162; PRAGMA user_version = 99; CREATE TABLE event (id)",
    );
    std::fs::write(
        folder.path().join("notes.txt"),
        "not a database at all, but long enough to be looked at ".repeat(9),
    )
    .unwrap();
    std::fs::write(folder.path().join("short"), "x").unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let files = ["tables.db", "empty.db", "marked.db", "log.db", "future.db", "notes.txt", "short"];
    let plain = |folder: &Path| {
        let mut all: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for name in files {
            all.insert(name.to_owned(), std::fs::read(folder.join(name)).unwrap());
        }
        all
    };
    let before = plain(folder.path());
    for name in files {
        let path = folder.path().join(name);
        let modified = path.metadata().unwrap().modified().unwrap();
        let error = refused(&path).await;
        assert!(matches!(error, LabError::Store(StoreError::Foreign { .. })), "{name}: {error}");
        assert_eq!(path.metadata().unwrap().modified().unwrap(), modified, "{name}");
        let read = funnel_lab::query_file(&path, "SELECT count(*) FROM InstantFunnel");
        assert!(read.is_err(), "{name}");
    }
    assert!(refused(&folder.path().join("folder")).await.to_string().contains("plain file"));
    assert_eq!(plain(folder.path()), before);
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names
        .retain(|name| !files.contains(&name.as_str()) && name != "folder" && !name.starts_with("future.db"));
    assert_eq!(names, Vec::<String>::new(), "and nothing was left beside them");
}

#[tokio::test]
async fn what_lies_beside_a_database_that_is_not_there_is_not_taken_for_its_own() {
    for ending in ["-wal", "-shm", "-journal"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("x{ending}"));
        std::fs::write(&path, b"somebody's").unwrap();
        let error = refused(&folder.path().join("x")).await;
        assert!(error.to_string().contains(ending), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"somebody's");
    }
}

#[tokio::test]
async fn one_file_is_one_lab_under_whichever_name() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real.db");
    symlink(&real, folder.path().join("dangling.db")).unwrap();
    refused(&folder.path().join("dangling.db")).await;
    let lab = Lab::builder().db(&real).start().await.unwrap();
    symlink(folder.path(), folder.path().join("folder")).unwrap();
    for other in ["dangling.db", "folder/real.db", "./real.db", "folder/folder/real.db"] {
        let error = refused(&folder.path().join(other)).await;
        assert!(matches!(error, LabError::Store(StoreError::Locked { .. })), "{other}: {error}");
    }
    lab.shutdown().await;
    std::fs::hard_link(&real, folder.path().join("second.db")).unwrap();
    let error = refused(&real).await;
    assert!(error.to_string().contains("second name"), "{error}");
}

#[tokio::test]
async fn the_file_and_what_sqlite_keeps_beside_it_are_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::builder().db(folder.path().join("lab.db")).start().await.unwrap();
    export(&lab, vec![step("landing", 1, &[])]).await;
    let mut modes = BTreeMap::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        modes.insert(entry.file_name().into_string().unwrap(), mode);
    }
    for name in ["lab.db", "lab.db-wal", "lab.db-shm", "lab.db-lock"] {
        assert_eq!(modes.get(name), Some(&0o600), "{name} of {modes:?}");
    }
    lab.shutdown().await;
}

#[tokio::test]
async fn an_empty_file_may_become_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made-by-mktemp");
    std::fs::write(&path, b"").unwrap();
    let lab = Lab::builder().db(&path).start().await.unwrap();
    export(&lab, vec![step("landing", 1, &[])]).await;
    lab.shutdown().await;
    assert!(Lab::builder().db("").start().await.unwrap_err().to_string().contains("--db"));
}

#[tokio::test]
async fn a_temporary_database_goes_with_its_lab() {
    let lab = lab().await;
    export(&lab, vec![step("landing", 1, &[])]).await;
    let page = get(&lab, "/api/page").await.json();
    let file = std::path::PathBuf::from(page["file"].as_str().unwrap());
    let folder = file.parent().unwrap().to_owned();
    assert!(file.exists());
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    lab.shutdown().await;
    assert!(!folder.exists(), "{}", folder.display());
}

#[tokio::test]
async fn a_killed_labs_file_is_still_known_as_the_labs() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::builder().db(folder.path().join("lab.db")).start().await.unwrap();
    export(&lab, vec![step("landing", 1, &[])]).await;
    // What a kill leaves: the file and its log, nothing of it checked in.
    let left = tempfile::tempdir().unwrap();
    for name in ["lab.db", "lab.db-wal"] {
        std::fs::copy(folder.path().join(name), left.path().join(name)).unwrap();
    }
    lab.shutdown().await;
    let lab = Lab::builder().db(left.path().join("lab.db")).start().await.unwrap();
    assert_eq!(lab.counts().good, 1);
    lab.shutdown().await;
}
