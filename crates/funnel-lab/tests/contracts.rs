//! A lab that knows other contracts: each event is judged by its own, stored, counted and reported.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use std::path::Path;

use funnel_contract::ContractFile;
use funnel_lab::{EventVerdict, Lab, LabBuilder, ReportQuestion, query_file, report_file_with};
use opentelemetry_proto::tonic::common::v1::any_value::Value::{BoolValue, DoubleValue, IntValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::{Value, json};

use self::support::*;

/// Beside those of the documentation, attributes that share a name with a column of the lab, with another contract's
/// attribute of another type, or with one in another letter case.
const SHOP: &str = r#"
event   = "ShopFunnel"
version = 1
counter = "shop_funnel_total"
steps   = ["visit", "signup", "activate", "subscribe"]
[attribute.plan]
rule = { one_of = ["trial", "pro"] }
on   = ["activate", "subscribe"]
[attribute.amount]
rule = { integer = [0, 1_000_000] }
on   = ["subscribe"]
[attribute.gift]
rule = "boolean"
[attribute.share]
rule = { number = [0, 1] }
[attribute.type]
rule = "slug"
[kpi.activated]
brief  = "Of the accounts, how many used a trial within a week."
from   = { step = "signup", within = "2 days" }
to     = { step = "activate", where = { plan = "trial" }, within = "7 days" }
target = 0.30
[kpi.paid]
from   = { step = "visit" }
to     = { step = "subscribe", where = { gift = false } }
"#;

const FLOW: &str = r#"
event   = "FlowTest"
version = 1
counter = "flow_test_total"
[attribute.amount]
rule = "version"
[attribute.giFt]
rule = { one_of = ["yes", "no"] }
"#;

fn file(text: &str) -> ContractFile {
    ContractFile::parse(text).unwrap()
}

fn both() -> LabBuilder {
    Lab::builder().contract_file(&file(SHOP)).contract_file(&file(FLOW))
}

fn event(kind: &str, number: u64, more: &[(&str, &str)]) -> LogRecord {
    let id = format!("{number:031x}f");
    let mut attributes = vec![
        ("newrelic.event.type", kind),
        ("serviceName", "api"),
        ("cohort", "real"),
        ("eventId", id.as_str()),
    ];
    attributes.extend_from_slice(more);
    record(&attributes)
}

fn shop(step: &str, number: u64, journey: &str, more: &[(&str, &str)]) -> LogRecord {
    let own = [&[("funnelStep", step), ("journeyId", journey)], more].concat();
    event("ShopFunnel", number, &own)
}

/// Three journeys through the shop, one step of InstantFunnel, one plain event; all good.
fn good() -> Vec<LogRecord> {
    let mut records = Vec::new();
    for number in 0..3 {
        let id = journey(number);
        records.push(shop("visit", 10 * number, &id, &[]));
        records.push(shop("signup", 10 * number + 1, &id, &[("type", "organic")]));
        if number < 2 {
            records.push(shop("activate", 10 * number + 2, &id, &[("plan", "trial")]));
        }
    }
    let mut paid = shop("subscribe", 3, &journey(0), &[("plan", "pro")]);
    paid.attributes.push(pair("amount", IntValue(990)));
    paid.attributes.push(pair("gift", BoolValue(false)));
    paid.attributes.push(pair("share", DoubleValue(0.25)));
    records.push(paid);
    // The same id as the shop's first visit: another contract, another event.
    records.push(step("landing", 0, &[("journeyId", &journey(7))]));
    records.push(event("FlowTest", 0, &[("amount", "1.10"), ("giFt", "yes")]));
    records
}

async fn count(lab: &Lab, nrql: &str) -> Value {
    lab.query(nrql).await.unwrap()["results"][0]["count"].clone()
}

#[tokio::test]
async fn each_event_is_judged_by_its_own_contract() {
    let lab = both().start().await.unwrap();
    let mut records = good();
    records.push(shop("landing", 100, &journey(9), &[]));
    records.push(shop("visit", 101, &journey(9), &[("plan", "trial")]));
    records.push(shop("visit", 0, &journey(0), &[]));
    // Without the mark, the step tells the contract; a misspelt mark is near its own.
    records.push(record(&[("funnelStep", "signup"), ("serviceName", "a"), ("cohort", "real")]));
    records.push(event("shopfunnel", 103, &[("funnelStep", "visit")]));
    records.push(event("SomethingElse", 104, &[("plan", "whatever")]));
    assert_eq!(export(&lab, records).await.status, 200);

    let counts = lab.counts_of("ShopFunnel").unwrap();
    assert_eq!((counts.total, counts.good, counts.bad, counts.duplicate), (14, 9, 4, 1));
    assert_eq!([0, 1, 2, 3].map(|at| counts.step(at)), [3, 3, 2, 1]);
    assert_eq!(lab.counts_of("InstantFunnel").unwrap().good, 1);
    assert_eq!(lab.counts_of("FlowTest").unwrap().good, 1);
    let all = lab.counts();
    assert_eq!((all.total, all.good, all.bad, all.duplicate, all.other), (17, 11, 4, 1, 1));
    assert_eq!([0, 1].map(|at| all.step(at)), [1, 0], "the steps of InstantFunnel");

    let mut broken: Vec<(String, String)> = Vec::new();
    for event in lab.events(Some(EventVerdict::Bad), 10).await.unwrap() {
        let problem = &event["problems"][0];
        broken.push((problem["key"].to_string(), problem["rule"].to_string()));
    }
    broken.reverse();
    let expected = [
        ("funnelStep", "one_of"),
        ("plan", "step"),
        ("newrelic.event.type", "no_event_type"),
        ("newrelic.event.type", "near_miss"),
    ];
    assert_eq!(broken, expected.map(|(key, rule)| (json!(key).to_string(), json!(rule).to_string())));

    let told = get(&lab, "/api/counts").await.json();
    assert_eq!(told["contracts"][1]["contract"], "ShopFunnel");
    assert_eq!(
        told["contracts"][1]["steps"],
        json!({"visit": 3, "signup": 3, "activate": 2, "subscribe": 1})
    );
    let page = get(&lab, "/api/page").await.json();
    assert_eq!(page["contracts"][1]["steps"][3], "subscribe");
    assert_eq!((&page["event"], &page["contracts"][2]["steps"]), (&json!("InstantFunnel"), &json!([])));
    let metrics = get(&lab, "/metrics").await.text();
    for line in [
        "funnel_lab_steps{contract=\"ShopFunnel\",step=\"signup\"} 3",
        "funnel_lab_steps{contract=\"InstantFunnel\",step=\"landing\"} 1",
        "funnel_lab_kpi_journeys{contract=\"ShopFunnel\",kpi=\"activated\",state=\"so_far\",of=\"whole\"} 3",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    // What goes is taken off its own contract.
    lab.reset().await.unwrap();
    assert_eq!(lab.counts_of("ShopFunnel").unwrap().total, 0);
}

#[tokio::test]
async fn a_contract_has_a_report_with_the_kpis_of_its_file() {
    let lab = both().start().await.unwrap();
    assert_eq!(export(&lab, good()).await.status, 200);
    let ask = async |pairs: &[(&str, &str)]| {
        lab.report(&ReportQuestion::parse(pairs.iter().copied()).unwrap()).await
    };
    let report = ask(&[("contract", "ShopFunnel"), ("by", "plan")]).await.unwrap();
    let steps = report["funnel"]["steps"].as_array().unwrap();
    let counts: Vec<&Value> = steps.iter().map(|step| &step["count"]).collect();
    assert_eq!(
        (&report["contract"], counts),
        (&json!("ShopFunnel"), vec![&json!(3), &json!(3), &json!(2), &json!(1)])
    );
    let [activated, paid] = [0, 1].map(|at| &report["kpis"][at]);
    assert_eq!((&activated["so_far"]["part"], &activated["so_far"]["whole"]), (&json!(2), &json!(3)));
    assert_eq!(activated["title"], "Of the accounts, how many used a trial within a week.");
    assert_eq!((&activated["target"], &activated["settles_after_ms"]), (&json!(0.3), &json!(604_800_000)));
    // Without bounds it is never final, and without a target there is nothing to judge.
    assert_eq!((&paid["so_far"]["part"], &paid["so_far"]["whole"]), (&json!(1), &json!(3)));
    assert_eq!((&paid["target"], &paid["verdict"]), (&Value::Null, &json!("no target")));
    assert_eq!((&paid["settles_after_ms"], &paid["mature"]["whole"]), (&Value::Null, &json!(0)));

    let usual = ask(&[]).await.unwrap();
    assert_eq!(
        (&usual["contract"], &usual["funnel"]["steps"][0]["count"]),
        (&json!("InstantFunnel"), &json!(1))
    );
    for (name, why) in [("FlowTest", "has no steps"), ("Nothing", "does not know the contract")] {
        let error = ask(&[("contract", name)]).await.unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("InstantFunnel, ShopFunnel"), "{error}");
    }
    let dimensions = get(&lab, "/api/dimensions?contract=ShopFunnel").await.json();
    assert!(dimensions.to_string().contains("\"gift\""), "{dimensions}");
    let followed = get(&lab, &format!("/api/journey?id={}", journey(0))).await.json();
    let events = followed["events"].as_array().unwrap();
    let steps: Vec<&Value> = events.iter().map(|event| &event["attributes"]["funnelStep"]).collect();
    assert_eq!(json!(steps), json!(["visit", "signup", "activate", "subscribe"]));
    assert_eq!(events[3]["attributes"]["amount"], 990);
    assert_eq!(events[3]["attributes"]["gift"], false);
}

/// What queries see of every contract: the same while the lab runs, after a start, without the contracts, and in the file.
async fn seen(lab: &Lab) -> Vec<Value> {
    let mut found = Vec::new();
    for nrql in QUERIES {
        found.push(lab.query(nrql).await.unwrap()["results"].clone());
    }
    found
}

const QUERIES: [&str; 3] = [
    "SELECT count(*), sum(amount), sum(share), filter(count(*), WHERE gift = false), uniques(type) FROM ShopFunnel",
    "SELECT amount, giFt, eventId, newrelic.event.type FROM FlowTest",
    "SELECT count(*) FROM InstantFunnel FACET funnelStep",
];

fn seen_in(file: &Path) -> Vec<Value> {
    QUERIES.map(|nrql| query_file(file, nrql).unwrap()["results"].clone()).into()
}

#[tokio::test]
async fn a_file_outlives_the_contracts_that_it_was_written_with() {
    let folder = Folder::new("contracts");
    let lab = both().db(folder.db()).start().await.unwrap();
    assert_eq!(export(&lab, good()).await.status, 200);
    let (counts, found) = (lab.counts(), seen(&lab).await);
    assert_eq!(found[0][0]["sum.amount"], 990.0);
    assert_eq!(found[1][0]["amount"], "1.10", "text that looks like a number stays text");
    lab.shutdown().await;

    // Without the contracts nothing is lost or judged again, and what comes is not of a contract.
    let lab = Lab::builder().db(folder.db()).start().await.unwrap();
    assert_eq!((lab.counts(), seen(&lab).await), (counts, found.clone()));
    assert!(lab.counts_of("ShopFunnel").is_none());
    assert_eq!(seen_in(&folder.db()), found);
    assert_eq!(export(&lab, vec![shop("visit", 500, &journey(50), &[("free", "text")])]).await.status, 200);
    assert_eq!(lab.counts().other, counts.other + 1);
    lab.shutdown().await;

    // With them again, in another order: their repeats are known, and what came between is left out of the figures.
    let lab = Lab::builder().contract_file(&file(FLOW)).contract_file(&file(SHOP));
    let lab = lab.db(folder.db()).start().await.unwrap();
    assert_eq!(lab.counts_of("ShopFunnel").unwrap().good, 9);
    assert_eq!(count(&lab, "SELECT count(*) FROM ShopFunnel").await, 10);
    assert_eq!(export(&lab, good()).await.status, 200);
    assert_eq!(lab.counts_of("ShopFunnel").unwrap().duplicate, 9);
    assert_eq!((lab.counts().good, lab.counts().duplicate), (11, 11));
    let question = ReportQuestion::parse([("contract", "ShopFunnel")]).unwrap();
    let report = lab.report(&question).await.unwrap();
    assert_eq!(report["funnel"]["steps"][0]["count"], 3);
    assert_eq!(report["left_out"]["unlinked_events"], 1);
    lab.shutdown().await;
    let offline = report_file_with(&folder.db(), &[file(SHOP)], &question).unwrap();
    assert_eq!(offline["funnel"], report["funnel"]);
}

#[tokio::test]
async fn the_oldest_go_from_each_contract() {
    let lab = both().max_events(100).start().await.unwrap();
    let shops = (0..150).map(|number| shop("visit", number, &journey(number), &[]));
    assert_eq!(export(&lab, shops.collect()).await.status, 200);
    let landings = (0..60).map(|number| step("landing", number, &[("journeyId", &journey(number))]));
    assert_eq!(export(&lab, landings.collect()).await.status, 200);
    for _ in 0..100 {
        if lab.counts().total <= 101 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(lab.counts_of("InstantFunnel").unwrap().step(0), 60);
    let left = lab.counts_of("ShopFunnel").unwrap().good;
    assert_eq!(lab.counts().total, 60 + left);
    assert_eq!(count(&lab, "SELECT count(*) FROM ShopFunnel").await, left);
    let report = lab.report(&ReportQuestion::parse([("contract", "ShopFunnel")]).unwrap()).await.unwrap();
    assert_eq!(report["funnel"]["steps"][0]["count"], left);
    // One that went is not a repeat when it comes again.
    assert_eq!(export(&lab, vec![shop("visit", 0, &journey(0), &[])]).await.status, 200);
    assert_eq!(lab.counts_of("ShopFunnel").unwrap().duplicate, 0);
}

#[tokio::test]
async fn a_file_of_an_older_lab_opens() {
    let folder = Folder::new("contracts-older");
    let lab = Lab::builder().db(folder.db()).start().await.unwrap();
    assert_eq!(export(&lab, vec![step("landing", 1, &[]), record(&[("note", "a log")])]).await.status, 200);
    let counts = lab.counts();
    lab.shutdown().await;
    let older = "ALTER TABLE event DROP COLUMN contract; PRAGMA user_version = 2;";
    rusqlite::Connection::open(folder.db()).unwrap().execute_batch(older).unwrap();

    let answer = query_file(&folder.db(), "SELECT count(*) FROM InstantFunnel").unwrap();
    assert_eq!(answer["results"][0]["count"], 1);
    let question = ReportQuestion::parse([("contract", "ShopFunnel")]).unwrap();
    let report = report_file_with(&folder.db(), &[file(SHOP)], &question).unwrap();
    assert_eq!(report["funnel"]["began"], 0);
    let lab = both().db(folder.db()).start().await.unwrap();
    assert_eq!(lab.counts(), counts);
    assert_eq!(export(&lab, good()).await.status, 200);
    assert_eq!(lab.counts_of("ShopFunnel").unwrap().good, 9);
}
