//! A plain `FACET entryActor` shows who began it, though the actor changes on the way.
//!
//! Agents provision, by a queue or by another service; people claim in another browser, by mail, some where another
//! journey had begun; a billing system pays, out of order and more than once; monitors walk the whole way. The driver
//! keeps a ledger. `FUNNEL_JOURNEYS=10000` is the long form; 600 are the default.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod driver;
mod services;

use std::collections::BTreeMap;
use std::time::Duration;

use funnel_lab::Lab;
use rusqlite::Connection;
use serde_json::Value;

use self::driver::{Ledger, drive};
use self::services::Services;

const JOURNEYS: u32 = 600;

/// Provisions, claims and payments.
type Counts = BTreeMap<String, [u64; 3]>;

fn journeys() -> u32 {
    std::env::var("FUNNEL_JOURNEYS").ok().map_or(JOURNEYS, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn facets_of_the_beginning_equal_the_drivers_ledger_in_nrql_and_in_sql() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lab.db");
    let lab = Lab::builder().db(&file).start().await.unwrap();
    let services = Services::start(&format!("{}/v1/logs", lab.otlp_url()));
    let (ledger, services) = tokio::task::spawn_blocking(move || {
        let ledger = drive(&services, journeys());
        services.flush(Duration::from_secs(120));
        (ledger, services)
    })
    .await
    .unwrap();
    assert_eq!(lab.counts().bad, 0);
    assert!(ledger.real.len() >= 4 && ledger.real.values().all(|counts| counts[0] > counts[1]), "{ledger:?}");
    assert!(ledger.real.values().all(|counts| counts[1] > counts[2] && counts[2] > 0), "{ledger:?}");

    assert_eq!(by_nrql(&lab, "real", "entryActor").await, ledger.real);
    assert_eq!(by_nrql(&lab, "synthetic", "entryActor").await, ledger.synthetic);
    let sql = Connection::open(&file).unwrap();
    assert_eq!(by_sql(&sql, "real"), ledger.real);
    assert_eq!(by_sql(&sql, "synthetic"), ledger.synthetic);

    // What the actor of the moment says: nobody who provisions ever claims, and nobody pays.
    let by_actor = by_nrql(&lab, "real", "actor").await;
    assert!(by_actor.iter().all(|(_, [_, _, paid])| *paid == 0), "{by_actor:?}");
    no_monitor_counts(&lab, &ledger).await;
    time_to_pay(&lab, &ledger).await;
    drop(services);
    lab.shutdown().await;
}

async fn by_nrql(lab: &Lab, cohort: &str, facet: &str) -> Counts {
    let nrql = format!(
        "SELECT funnel(journeyId, WHERE funnelStep = 'provision', WHERE funnelStep = 'claim', WHERE funnelStep = 'paid') \
         FROM InstantFunnel WHERE cohort = '{cohort}' AND {facet} IS NOT NULL FACET {facet} LIMIT 20 SINCE 1 day ago"
    );
    let answer = lab.query(&nrql).await.unwrap();
    let facets = answer["rawResponse"]["facets"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let counts = facets.iter().map(|facet| {
        let steps = facet["results"][0]["steps"].as_array().unwrap_or_else(|| panic!("{facet}"));
        let steps = [0, 1, 2].map(|at| steps[at].as_u64().unwrap());
        (facet["name"].as_str().unwrap().to_owned(), steps)
    });
    counts.filter(|(_, steps)| steps[0] > 0).collect()
}

fn by_sql(file: &Connection, cohort: &str) -> Counts {
    let of = |step: &str| {
        let mut statement = file
            .prepare(
                "SELECT \"entryActor\", count(DISTINCT \"journeyId\") FROM event \
                 WHERE cohort = ?1 AND \"funnelStep\" = ?2 GROUP BY 1",
            )
            .unwrap();
        let rows =
            statement.query_map([cohort, step], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?))).unwrap();
        let rows = rows.map(|row| row.map(|(actor, count)| (actor, count.unsigned_abs())));
        rows.map(Result::unwrap).collect::<BTreeMap<String, u64>>()
    };
    let [provision, claim, paid] = ["provision", "claim", "paid"].map(of);
    let counts =
        |actor: &String| [&provision, &claim, &paid].map(|step| step.get(actor).copied().unwrap_or(0));
    provision.keys().map(|actor| (actor.clone(), counts(actor))).collect()
}

/// A monitor's steps are synthetic to the payment, whoever took them and in whichever service.
async fn no_monitor_counts(lab: &Lab, ledger: &Ledger) {
    let count = async |condition: &str| {
        let nrql =
            format!("SELECT uniqueCount(journeyId) FROM InstantFunnel WHERE {condition} SINCE 1 day ago");
        number(&lab.query(&nrql).await.unwrap())
    };
    assert_eq!(count("cohort = 'real' AND entryActor = 'prober'").await, 0);
    let monitors: u64 = ledger.synthetic.values().map(|counts| counts[2]).sum();
    assert!(monitors > 0);
    assert_eq!(count("cohort = 'synthetic' AND funnelStep = 'paid'").await, monitors);
    assert_eq!(count("journeyStart IS NULL").await, 0, "every journey has a beginning");
}

/// Time to convert is arithmetic on one event.
async fn time_to_pay(lab: &Lab, ledger: &Ledger) {
    let nrql = "SELECT uniqueCount(journeyId) FROM InstantFunnel WHERE cohort = 'real' AND funnelStep = 'paid' \
                AND timestamp - journeyStart <= 7 * 86400000 AND timestamp >= journeyStart SINCE 1 day ago";
    let paid: u64 = ledger.real.values().map(|counts| counts[2]).sum();
    assert_eq!(number(&lab.query(nrql).await.unwrap()), paid);
}

/// The one number of an answer.
fn number(answer: &Value) -> u64 {
    answer["results"][0]
        .as_object()
        .unwrap()
        .values()
        .find_map(Value::as_u64)
        .unwrap_or_else(|| panic!("{answer}"))
}
