//! The page in a real browser. Needs Chromium, Node.js and npm; without them the test prints so and passes, except
//! where `CI` is `true`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use funnel_contract::ContractFile;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::*;

/// The first of these programs that runs.
fn program(names: &[&str]) -> Option<String> {
    let given = std::env::var("CHROMIUM").ok().filter(|_| names.contains(&"chromium"));
    given.or_else(|| {
        let runs =
            |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success());
        names.iter().find(runs).map(|name| (*name).to_owned())
    })
}

async fn seed(lab: &funnel_lab::Lab) {
    let mut records = Vec::new();
    for number in 0..120 {
        let reached = if number % 40 == 0 {
            4
        } else {
            1 + usize::from(number % 3 == 0) + usize::from(number % 12 == 0)
        };
        let id = journey(number);
        let actor = if number % 2 == 0 { "agent_mcp" } else { "human_dashboard" };
        for (at, name) in ["landing", "provision", "claim", "paid"].into_iter().enumerate().take(reached) {
            let mut more = vec![("journeyId", id.as_str()), ("actor", actor)];
            match name {
                "landing" => {}
                "provision" => more.push(("tier", "anonymous")),
                _ => more.push(("tier", "free")),
            }
            let mut record = step(name, number * 4 + at as u64, &more);
            record.time_unix_nano -= (4_000 - 1_000 * at as u64) * 1_000_000_000;
            records.push(record);
        }
    }
    records.push(step("claim", 1_000, &[("tier", "<img src=x onerror=alert(1)>")]));
    let mut log = record(&[("note", "<script>window.hit=1</script>")]);
    log.severity_text = "INFO".to_owned();
    records.push(log);
    for (number, name) in [(2_000, "visit"), (2_000, "signup"), (2_001, "visit")] {
        let id = journey(number);
        let mut record = step(name, number * 2 + u64::from(name == "visit"), &[("journeyId", id.as_str())]);
        record.attributes[0] = pair("newrelic.event.type", text("ShopFunnel"));
        records.push(record);
    }
    assert_eq!(export(lab, records).await.status, 200);
}

/// The funnel, by SQL on the lab's file.
fn funnel(file: &Connection) -> Vec<i64> {
    let mut reached = Vec::new();
    let mut sql = String::new();
    for step in ["landing", "provision", "claim", "paid"] {
        let and = if sql.is_empty() { "" } else { " INTERSECT " };
        sql.push_str(&format!(
            "{and}SELECT DISTINCT journeyId FROM event WHERE funnelStep = '{step}' AND cohort = 'real'"
        ));
        reached.push(
            file.query_row(&format!("SELECT count(journeyId) FROM ({sql})"), [], |row| row.get(0)).unwrap(),
        );
    }
    reached
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_works_in_a_browser() {
    let (chromium, node) = (program(&["chromium", "chromium-browser", "google-chrome"]), program(&["node"]));
    let (Some(chromium), Some(node), Some(npm)) = (chromium, node, program(&["npm"])) else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs chromium, node and npm");
        println!("skipped: the page is not looked at without chromium, node and npm");
        return;
    };
    let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let installed =
        Command::new(npm).args(["ci", "--no-audit", "--no-fund"]).current_dir(&scripts).output().unwrap();
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));

    let folder = std::env::temp_dir().join(format!("funnel-lab-browser-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let shop = ContractFile::parse(include_str!("../../../contracts/shop.toml")).unwrap();
    let lab =
        funnel_lab::Lab::builder().contract_file(&shop).db(folder.join("lab.db")).start().await.unwrap();
    seed(&lab).await;
    let expected = funnel(&Connection::open(folder.join("lab.db")).unwrap());
    assert!(expected.windows(2).all(|pair| pair[0] > pair[1]) && expected[3] > 0, "{expected:?}");
    let (page, otlp) = (lab.page_url(), lab.otlp_url());
    let driven = tokio::task::spawn_blocking(move || {
        let mut script = Command::new(node);
        script.args(["--experimental-websocket", "page.mjs"]).current_dir(&scripts);
        script.env("CHROMIUM", chromium).env("PAGE", page).env("OTLP", otlp);
        script.env("FUNNEL", serde_json::json!(expected).to_string());
        if let Ok(folder) = std::env::var("FUNNEL_LAB_SCREENSHOTS") {
            // From the top of the repository, as it is written on the command line.
            script.env("SCREENSHOTS", Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder));
        }
        script.output().unwrap()
    });
    let driven = driven.await.unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(driven.status.success(), "{}\n{}", said(&driven.stdout), said(&driven.stderr));
    println!("{}", said(&driven.stdout));
    lab.shutdown().await;
    std::fs::remove_dir_all(&folder).unwrap();
}
