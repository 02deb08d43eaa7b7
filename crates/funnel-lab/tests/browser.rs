//! The page in a real browser. Needs Chromium, Node.js and npm; without them the test prints so and passes, except
//! where `CI` is `true`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may, and says what it leaves out"
)]

mod support;

use std::path::PathBuf;
use std::process::Command;

use funnel_contract::ContractFile;
use rusqlite::Connection;

use self::support::*;

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

/// Chromium, Node.js and the folder of the scripts, with what they need installed; `None` without the programs.
fn browser() -> Option<(String, String, PathBuf)> {
    static INSTALLED: std::sync::Mutex<bool> = std::sync::Mutex::new(false);
    let (chromium, node) = (program(&["chromium", "chromium-browser", "google-chrome"]), program(&["node"]));
    let (Some(chromium), Some(node), Some(npm)) = (chromium, node, program(&["npm"])) else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs chromium, node and npm");
        println!("skipped: the page is not looked at without chromium, node and npm");
        return None;
    };
    let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let mut installed = INSTALLED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !*installed {
        let run =
            Command::new(npm).args(["ci", "--no-audit", "--no-fund"]).current_dir(&scripts).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        *installed = true;
    }
    Some((chromium, node, scripts))
}

/// Runs a script of `tests/browser` against the lab's page.
async fn drive(lab: &funnel_lab::Lab, script: &'static str, more: &[(&'static str, String)]) {
    let Some((chromium, node, scripts)) = browser() else { return };
    let mut command = Command::new(node);
    command.args(["--experimental-websocket", script]).current_dir(scripts);
    command.env("CHROMIUM", chromium).env("PAGE", lab.page_url()).env("OTLP", lab.otlp_url());
    command.envs(more.iter().cloned());
    let driven = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(driven.status.success(), "{}\n{}", said(&driven.stdout), said(&driven.stderr));
    println!("{}", said(&driven.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_works_in_a_browser() {
    let folder = Folder::new("browser");
    let shop = ContractFile::parse(include_str!("../../../contracts/shop.toml")).unwrap();
    let lab = funnel_lab::Lab::builder().contract_file(&shop).db(folder.db()).start().await.unwrap();
    seed(&lab).await;
    let expected = funnel(&Connection::open(folder.db()).unwrap());
    assert!(expected.windows(2).all(|pair| pair[0] > pair[1]) && expected[3] > 0, "{expected:?}");
    drive(&lab, "page.mjs", &[("FUNNEL", serde_json::json!(expected).to_string())]).await;
    lab.shutdown().await;
}

/// Landings, three bad events and a refused request, and a journey with long values.
async fn seed_many(lab: &funnel_lab::Lab, landings: u64) {
    seed(lab).await;
    let landings = (10_000..10_000 + landings).map(|number| step("landing", number, &[]));
    assert_eq!(export(lab, landings.collect()).await.status, 200);
    let mut long = record(&[("a.key.that.is.quite.long.".repeat(8).as_str(), "x".repeat(600).as_str())]);
    long.severity_text = "INFO".to_owned();
    let bad = vec![
        step("claim", 30_001, &[("tier", "A b")]),
        step("landing", 30_002, &[("tier", "pro")]),
        step("landing", 30_003, &[("surprise", "x")]),
        long,
    ];
    assert_eq!(export(lab, bad).await.status, 200);
    assert_eq!(send(lab.otlp_addr(), "POST", "/v1/logs", &[JSON], b"{").await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_and_queries_can_be_worked_with_in_a_browser() {
    let lab = lab().await;
    // More than a query answers with.
    seed_many(&lab, 5_100).await;
    drive(&lab, "views.mjs", &[]).await;
    lab.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_view_works_by_keyboard_in_print_and_in_forced_colours() {
    let lab = lab().await;
    seed_many(&lab, 1_250).await;
    drive(&lab, "walk.mjs", &[]).await;
    lab.shutdown().await;
}

/// Six weeks of journeys; people claim more often than agents, and the newest final week is the best.
async fn seed_weeks(lab: &funnel_lab::Lab) {
    const HOUR: u64 = 3_600 * 1_000_000_000;
    let mut records = Vec::new();
    for week in 0..6_u64 {
        for number in 0..200_u64 {
            let id = journey(week * 1_000 + number);
            let is_agent = number % 2 == 0;
            let actor = if is_agent { "agent_mcp" } else { "human_dashboard" };
            let one_in = if week == 2 { 4 } else { 10 } * if is_agent { 2 } else { 1 };
            let mut taken = vec![("landing", vec![])];
            if number % 10 != 9 {
                taken.push(("provision", vec![("tier", "anonymous")]));
            }
            if taken.len() == 2 && (number / 2) % one_in == 0 {
                taken.push(("claim", vec![("tier", "free")]));
            }
            for (at, (name, mut more)) in taken.into_iter().enumerate() {
                more.extend([("journeyId", id.as_str()), ("actor", actor)]);
                let mut record = step(name, (week * 1_000 + number) * 4 + at as u64, &more);
                record.time_unix_nano -= (week * 7 + 2) * 24 * HOUR + (number % 24) * HOUR - at as u64 * HOUR;
                records.push(record);
            }
        }
    }
    assert_eq!(export(lab, records).await.status, 200);
    assert_eq!(lab.counts().bad, 0, "{:#?}", lab.events(Some(funnel_lab::EventVerdict::Bad), 1).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_questions_are_answered_within_three_clicks() {
    let window = std::time::Duration::from_secs(90 * 86_400);
    let lab = funnel_lab::Lab::builder().accept_age(window).max_age(window).start().await.unwrap();
    seed_weeks(&lab).await;
    drive(&lab, "tasks.mjs", &[]).await;
    lab.shutdown().await;
}
