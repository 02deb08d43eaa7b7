//! What the data says about the way it came.

use serde_json::Value;

use super::types::{Check, Findings};
use crate::client::Client;
use crate::reconcile::{Counters, EventStore};

/// Below this, shares say nothing.
const ENOUGH: f64 = 20.0;

pub(super) fn queue(counters: &Counters) -> Check {
    let name = "queue";
    let (pending, oldest) = (counters.pending, counters.oldest_pending_s);
    if pending > 0 && oldest > 600 {
        return Check::broken(
            name,
            format!("{pending} events wait, the oldest for {} minutes", oldest / 60),
            "look at `instant_analytics_delivery_state` and at the service's log: the endpoint accepts nothing",
        );
    }
    Check::fine(name, format!("{pending} events wait"))
}

/// A question about the data of a day.
struct Question {
    name: &'static str,
    nrql: &'static str,
    judge: fn(&Value) -> Option<(String, &'static str)>,
}

fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap_or(0.0)
}

const QUESTIONS: &[Question] = &[
    Question {
        name: "raw copies",
        nrql: "SELECT count(*) AS raw FROM Log WHERE funnelStep IS NOT NULL SINCE 1 day ago",
        judge: |row| {
            let raw = number(row, "raw");
            (raw > 0.0).then(|| {
                (
                    format!("{raw} logs carry funnelStep: a sibling layer exports the raw fields of events"),
                    "hide the events from it: `.with_filter(instant_funnel::hide_funnel_events())`",
                )
            })
        },
    },
    Question {
        name: "duplicates",
        nrql: "SELECT count(*) AS copies, uniqueCount(eventId) AS distinct FROM InstantFunnel SINCE 1 day ago",
        judge: |row| {
            let (copies, distinct) = (number(row, "copies"), number(row, "distinct"));
            (copies > ENOUGH && copies > distinct * 1.1).then(|| {
                (format!("{copies} records for {distinct} events: more than a tenth are duplicates"), "check whether a proxy in front of the endpoint times out before it answers; count with uniqueCount(eventId)")
            })
        },
    },
    Question {
        name: "journeys",
        nrql: "SELECT filter(count(*), WHERE funnelStep = 'claim' AND journeyId IS NULL) AS lost, \
               filter(count(*), WHERE funnelStep = 'claim') AS all FROM InstantFunnel WHERE cohort = 'real' SINCE 1 day ago",
        judge: |row| {
            let (all, lost) = (number(row, "all"), number(row, "lost"));
            (all >= ENOUGH && lost > all / 5.0).then(|| {
                (
                    format!("{lost} of {all} claims have no journeyId: the journey is not carried to them"),
                    "carry it in the onboarding token, and read it back: docs/services.md, `Journey`",
                )
            })
        },
    },
    Question {
        name: "fingerprints",
        nrql: "SELECT uniqueCount(fingerprint) AS kinds, filter(count(*), WHERE fingerprint IS NOT NULL) AS all FROM InstantFunnel WHERE cohort = 'real' SINCE 1 day ago",
        judge: |row| {
            let (kinds, all) = (number(row, "kinds"), number(row, "all"));
            (all >= ENOUGH && kinds == 1.0).then(|| {
                (
                    format!(
                        "{all} events have the same fingerprint: all visitors appear to come from one network"
                    ),
                    "trust the proxy in front of the service, so that the caller's own address is read",
                )
            })
        },
    },
    Question {
        name: "volume",
        nrql: "SELECT filter(uniqueCount(eventId), WHERE funnelStep = 'provision') AS provisions, filter(uniqueCount(eventId), WHERE funnelStep = 'claim') AS claims FROM InstantFunnel WHERE cohort = 'real' SINCE 1 day ago",
        judge: |row| {
            let (provisions, claims) = (number(row, "provisions"), number(row, "claims"));
            if provisions == 0.0 && claims == 0.0 {
                return Some((
                    "no provision and no claim by a real person in a day: the KPIs cannot be computed"
                        .to_owned(),
                    "check that the services record events, and that ANALYTICS_COHORT does not set `cohort` to `synthetic`",
                ));
            }
            (provisions > ENOUGH * 5.0 && claims == 0.0).then(|| {
                (
                    format!("{provisions} provisions and no claim in a day"),
                    "check that the service with the claim step records it and sends to the same account",
                )
            })
        },
    },
];

pub(super) fn examine(store: &EventStore, findings: &mut Findings) {
    let client = Client::default();
    for question in QUESTIONS {
        let check = match store.rows(&client, question.nrql) {
            Err(error) => Check::warning(
                question.name,
                error.to_string(),
                "check the address, the account and the user key",
            ),
            Ok(rows) => match rows.first().and_then(question.judge) {
                Some((detail, remedy)) => Check::warning(question.name, detail, remedy),
                None => Check::fine(question.name, "nothing unusual in the last day"),
            },
        };
        findings.checks.push(check);
    }
    claims_without_provision(store, &client, findings);
}

/// Claims whose journey has no provision: only the ids on both sides can tell.
fn claims_without_provision(store: &EventStore, client: &Client, findings: &mut Findings) {
    let name = "claims without a provision";
    let nrql = "SELECT count(*) AS journeys, filter(count(*), WHERE p = 0) AS lost FROM (SELECT filter(count(*), WHERE funnelStep = 'provision') AS p, \
                filter(count(*), WHERE funnelStep = 'claim') AS c FROM InstantFunnel WHERE journeyId IS NOT NULL AND cohort = 'real' FACET journeyId LIMIT MAX) \
                WHERE c > 0 SINCE 7 days ago";
    let Ok(rows) = store.rows(client, nrql) else { return };
    let Some(row) = rows.first() else { return };
    let (journeys, lost) = (number(row, "journeys"), number(row, "lost"));
    findings.checks.push(if journeys >= ENOUGH && lost > journeys / 5.0 {
        Check::warning(
            name,
            format!("{lost} of {journeys} claimed journeys have no provision: the id changes on the way"),
            "seal the journey into the link or token at the provision, and open it at the claim",
        )
    } else {
        Check::fine(name, "claims and provisions share their journeys")
    });
}
