//! Every query of the pack runs on seeded data and says what SQL says of the same file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use std::collections::BTreeMap;

use funnel_lab::{Lab, examples};
use rusqlite::Connection;
use serde_json::{Value, json};

use self::support::*;

/// A deterministic stream of numbers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const ACTORS: [&str; 4] = ["agent_claude", "agent_mcp", "human_dashboard", "unknown"];
const TIERS: [&str; 3] = ["free", "hobby", "pro"];

/// Journeys that end at every step, both cohorts, repeats and renewals.
async fn seed(lab: &Lab) {
    let mut dice = Dice(7);
    let mut records = Vec::new();
    let mut number = 0;
    for at in 0..400 {
        let id = journey(at);
        let (actor, tier) = (ACTORS[dice.roll(4) as usize], TIERS[dice.roll(3) as usize]);
        let synthetic = dice.roll(10) == 0;
        let reached = [1, 1, 2, 2, 3, 4][dice.roll(6) as usize];
        let mut time = now_nanos() - dice.roll(20 * 3_600) * 1_000_000_000 - 3_600_000_000_000;
        for name in ["landing", "provision", "claim", "paid"].into_iter().take(reached) {
            number += 1;
            let tier = if name == "provision" { "anonymous" } else { tier };
            let mut more = vec![("journeyId", id.as_str()), ("actor", actor)];
            match name {
                "landing" => {}
                "provision" => {
                    more.extend([("tier", tier), ("service", if at % 2 == 0 { "db" } else { "cache" })]);
                }
                _ => more.push(("tier", tier)),
            }
            let mut record = step(name, number, &more);
            record.time_unix_nano = time;
            if synthetic {
                record.attributes[3] = pair("cohort", text("synthetic"));
            }
            if name == "paid" {
                let renewal = dice.roll(3) == 0;
                record.attributes.push(pair(
                    "renewal",
                    opentelemetry_proto::tonic::common::v1::any_value::Value::BoolValue(renewal),
                ));
            }
            if dice.roll(8) == 0 {
                records.push(record.clone());
            }
            records.push(record);
            time += (1 + dice.roll(3_000)) * 1_000_000_000;
        }
    }
    let sent = records.len() as u64;
    assert_eq!(export(lab, records).await.status, 200);
    assert_eq!(lab.counts().total, sent);
    assert_eq!((lab.counts().bad, lab.counts().good), (0, number));
}

fn rows<const N: usize>(file: &Connection, sql: &str) -> BTreeMap<String, [i64; N]> {
    let mut statement = file.prepare(sql).unwrap();
    let read = statement.query_map([], |row| {
        let mut values = [0; N];
        for (at, value) in values.iter_mut().enumerate() {
            *value = row.get(at + 1)?;
        }
        Ok((row.get(0)?, values))
    });
    read.unwrap().collect::<Result<_, _>>().unwrap()
}

fn facets<const N: usize>(answer: &Value, names: [&str; N]) -> BTreeMap<String, [i64; N]> {
    let facet = |row: &Value| match &row["facet"] {
        Value::Array(keys) => keys.iter().map(|key| key.as_str().unwrap()).collect::<Vec<_>>().join("/"),
        key => key.as_str().unwrap().to_owned(),
    };
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|row| (facet(row), names.map(|name| row[name].as_i64().unwrap()))).collect()
}

/// How many journeys have a row for the first condition, for the first and second, and so on.
fn funnel(file: &Connection, conditions: &[&str], and: &str) -> Vec<i64> {
    (1..=conditions.len())
        .map(|upto| {
            let steps: Vec<String> = conditions[..upto]
                .iter()
                .map(|condition| {
                    format!(
                        "SELECT DISTINCT journeyId FROM event WHERE cohort = 'real' AND {condition} {and}"
                    )
                })
                .collect();
            let sql = format!("SELECT count(*) FROM ({})", steps.join(" INTERSECT "));
            file.query_row(&sql, [], |row| row.get(0)).unwrap()
        })
        .collect()
}

#[tokio::test]
async fn every_query_of_the_pack_agrees_with_sql() {
    let folder = std::env::temp_dir().join(format!("funnel-lab-pack-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let lab = Lab::builder().db(folder.join("lab.db")).start().await.unwrap();
    seed(&lab).await;
    let file = Connection::open(folder.join("lab.db")).unwrap();
    let steps =
        ["funnelStep = 'landing'", "funnelStep = 'provision'", "funnelStep = 'claim'", "funnelStep = 'paid'"];
    let mut checked = 0;
    for example in examples::all() {
        let answer =
            lab.query(example.query()).await.unwrap_or_else(|error| panic!("{}: {error}", example.name));
        let raw = &answer["rawResponse"]["results"][0]["steps"];
        match example.name {
            "funnel" => assert_eq!(*raw, json!(funnel(&file, &steps, ""))),
            "funnel-by-actor" => {
                let facets = answer["rawResponse"]["facets"].as_array().unwrap();
                assert_eq!(facets.len(), ACTORS.len());
                for facet in facets {
                    let and = format!("AND actor = '{}'", facet["name"].as_str().unwrap());
                    assert_eq!(facet["results"][0]["steps"], json!(funnel(&file, &steps, &and)), "{and}");
                }
            }
            "claims-by-actor" => {
                let sql = "SELECT actor, count(DISTINCT journeyId) FROM event
                    WHERE cohort = 'real' AND funnelStep = 'claim' GROUP BY actor";
                assert_eq!(facets(&answer, ["claims"]), rows(&file, sql));
            }
            "payments-by-tier" => {
                let sql = "SELECT tier, count(DISTINCT eventId), count(DISTINCT teamId) FROM event
                    WHERE cohort = 'real' AND funnelStep = 'paid' GROUP BY tier";
                assert_eq!(facets(&answer, ["payments", "teams"]), rows(&file, sql));
            }
            "provisions-by-service" => {
                let sql = "SELECT service, count(DISTINCT eventId) FROM event
                    WHERE cohort = 'real' AND funnelStep = 'provision' GROUP BY service";
                assert_eq!(facets(&answer, ["provisions"]), rows(&file, sql));
            }
            "steps-over-time" => {
                for (step, count) in rows::<1>(
                    &file,
                    "SELECT funnelStep, count(DISTINCT eventId) FROM event
                    WHERE cohort = 'real' GROUP BY funnelStep",
                ) {
                    let buckets = answer["results"].as_array().unwrap().iter();
                    assert_eq!(
                        buckets.map(|row| row[&step].as_i64().unwrap()).sum::<i64>(),
                        count[0],
                        "{step}"
                    );
                }
            }
            "time-to-convert" => {
                let sql = "SELECT 'all', count(*) FROM (SELECT journeyId FROM event WHERE cohort = 'real'
                    GROUP BY journeyId HAVING sum(funnelStep = 'provision') > 0 AND sum(funnelStep = 'claim') > 0)";
                assert_eq!(answer["results"][0]["journeys"], json!(rows::<1>(&file, sql)["all"][0]));
                let slowest: f64 = file
                    .query_row(
                        "SELECT max(minutes) FROM (SELECT (min(CASE funnelStep WHEN 'claim' THEN timestamp END)
                            - min(CASE funnelStep WHEN 'provision' THEN timestamp END)) / 60000.0 AS minutes
                            FROM event WHERE cohort = 'real' GROUP BY journeyId)",
                        [],
                        |row| row.get(0),
                    )
                    .unwrap();
                let high = answer["results"][0]["minutes"]["99"].as_f64().unwrap();
                assert!(high > 0.0 && high <= slowest, "{high} of at most {slowest}");
            }
            "drop-off" => {
                let sql = "SELECT CASE WHEN paid THEN 'paid' WHEN claim THEN 'claimed, not paid'
                    WHEN provision THEN 'provisioned, not claimed' ELSE 'landed only' END AS ended, count(*)
                    FROM (SELECT max(funnelStep = 'paid') AS paid, max(funnelStep = 'claim') AS claim,
                    max(funnelStep = 'provision') AS provision FROM event WHERE cohort = 'real' GROUP BY journeyId)
                    GROUP BY ended";
                assert_eq!(facets(&answer, ["journeys"]), rows(&file, sql));
            }
            "duplicates" => {
                let sql =
                    "SELECT funnelStep, count(*), count(DISTINCT eventId), count(*) - count(DISTINCT eventId)
                    FROM event GROUP BY funnelStep";
                assert_eq!(facets(&answer, ["events", "distinct", "repeats"]), rows(&file, sql));
                let repeats: i64 = rows::<3>(&file, sql).values().map(|row| row[2]).sum();
                assert_eq!(repeats as u64, lab.counts().duplicate, "and with the lab's own verdicts");
            }
            "freshness" => {
                let sql = "SELECT serviceName || '/' || funnelStep, max(timestamp), count(*) FROM event
                    GROUP BY serviceName, funnelStep";
                assert_eq!(facets(&answer, ["last event", "events"]), rows(&file, sql));
            }
            "first-payments-against-renewals" => {
                let sql = "SELECT tier, count(DISTINCT CASE WHEN renewal IS NOT 1 THEN eventId END),
                    count(DISTINCT CASE renewal WHEN 1 THEN eventId END) FROM event
                    WHERE cohort = 'real' AND funnelStep = 'paid' GROUP BY tier";
                assert_eq!(facets(&answer, ["first payments", "renewals"]), rows(&file, sql));
            }
            // Held against SQL in `dashboards/tests`, where every query of the pack is.
            _ => assert!(answer["results"].is_array()),
        }
        assert!(!example.title().is_empty() && example.question().ends_with(['?', '.']), "{}", example.name);
        assert!(example.query().len() < 4_096, "{} is longer than New Relic takes", example.name);
        checked += 1;
    }
    let folder_holds =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../dashboards/nrql")).unwrap();
    let files =
        folder_holds.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "nrql"));
    assert_eq!(files.count(), checked, "each file of the pack is an example of the console");
    lab.shutdown().await;
    std::fs::remove_dir_all(&folder).unwrap();
}
