//! The steps of `docs/contracts.md`: a lab with the contract, the service, a journey through it, and the funnel in the
//! report and on the page. The page is looked at where Chromium is installed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use funnel_contract::ContractFile;
use funnel_lab::{Lab, ReportQuestion};

const CONTRACT: &str = include_str!("../shop.toml");

struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The service, sending to a lab, and its address.
fn start(lab: &str) -> (Service, String) {
    let mut service = Command::new(env!("CARGO_BIN_EXE_shop-example"))
        .env("SHOP_ADDRESS", "127.0.0.1:0")
        .env("SHOP_KEY", "a key for a test, 32 bytes or more")
        .env("ANALYTICS_BACKEND", "otlp")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", lab)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (Service(service), address.trim().to_owned())
}

/// One visitor, whose browser keeps the cookie.
fn walk(shop: &str) {
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let first = ureq::get(format!("{shop}/from/ads")).header("user-agent", agent).call().unwrap();
    let cookie = first.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    for path in ["signup", "activate", "subscribe/990"] {
        let request = ureq::post(format!("{shop}/{path}")).header("user-agent", agent);
        assert_eq!(request.header("cookie", &cookie).send_empty().unwrap().status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_funnel_of_ones_own_is_on_the_page() {
    let contract = ContractFile::parse(CONTRACT).unwrap();
    let lab = Lab::builder().contract_file(&contract).start().await.unwrap();
    let (_service, shop) = start(&lab.otlp_url());
    tokio::task::spawn_blocking(move || walk(&shop)).await.unwrap();
    let counts = || lab.counts_of("ShopFunnel").unwrap();
    for _ in 0..200 {
        if counts().total == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((counts().good, counts().total), (4, 4), "{:?}", lab.events(None, 10).await);

    let question = ReportQuestion::parse([("contract", "ShopFunnel")]).unwrap();
    let report = lab.report(&question).await.unwrap();
    let steps = report["funnel"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 4);
    assert!(steps.iter().all(|step| step["count"] == 1), "{report}");
    assert_eq!(report["kpis"][0]["so_far"]["part"], 1);
    let amount = lab.query("SELECT sum(amount) FROM ShopFunnel").await.unwrap();
    assert_eq!(amount["results"][0]["sum.amount"], 990.0);

    let page = format!("{}#funnel?contract=ShopFunnel", lab.page_url());
    let shown = tokio::task::spawn_blocking(move || page_of(&page)).await.unwrap();
    let Some(shown) = shown else {
        println!("skipped: the page is not looked at without Chromium");
        return;
    };
    for part in ["data-step=\"visit\"", "data-step=\"subscribe\"", "data-kpi=\"activated\""] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}

/// What a browser makes of the page.
fn page_of(page: &str) -> Option<String> {
    let profile = std::env::temp_dir().join(format!("shop-example-{}", std::process::id()));
    let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(|name| {
        let mut browser = Command::new(name);
        browser.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--virtual-time-budget=8000",
            "--dump-dom",
        ]);
        browser.arg(format!("--user-data-dir={}", profile.display())).arg(page).output().ok()
    });
    let _ = std::fs::remove_dir_all(profile);
    found.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_module_is_what_the_contract_says() {
    let contract = ContractFile::parse(CONTRACT).unwrap();
    for file in contract.generate() {
        let there = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file.path);
        assert!(file.is_same(&std::fs::read_to_string(&there).unwrap()), "{}", there.display());
    }
}

#[test]
fn it_is_short() {
    let lines = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    let dependencies = include_str!("../Cargo.toml").split("[dependencies]").nth(1).unwrap();
    let dependencies = dependencies.split("\n\n").next().unwrap();
    let own = lines(CONTRACT) + lines(include_str!("../src/main.rs")) + lines(dependencies);
    assert!(own <= 60, "{own} lines");
}
