//! The same questions in SQL, written apart from the queries.

use dashboard_tests::rows::DATE;

const REAL: &str = "kind = 'InstantFunnel' AND timestamp >= :since AND cohort = 'real'";

/// The SQL of a question, and how many of its first columns are the facet.
pub(crate) fn of(name: &str) -> (&'static str, usize) {
    let (sql, facets) = match name {
        "funnel" | "funnel-exact" => (funnel(&["landing", "provision", "claim", "paid"], "", ""), 0),
        "funnel-by-actor" => (funnel(&["landing", "provision", "claim", "paid"], "actor", ""), 1),
        "funnel-by-entry-actor" => (funnel(&["landing", "provision", "claim", "paid"], "entryActor", ""), 1),
        "kpi-claimed-per-provisioned" => (kpi("funnelStep = 'provision' AND tier = 'anonymous'", 1, "funnelStep = 'claim'", 7, false), 0),
        "kpi-claimed-per-provisioned-by-start" => (kpi("funnelStep = 'provision' AND tier = 'anonymous'", 1, "funnelStep = 'claim'", 7, true), 1),
        "kpi-paid-per-claimed" => (kpi("funnelStep = 'claim'", 7, "funnelStep = 'paid' AND coalesce(renewal, 0) = 0", 30, false), 0),
        "kpi-paid-per-claimed-by-start" => (kpi("funnelStep = 'claim'", 7, "funnelStep = 'paid' AND coalesce(renewal, 0) = 0", 30, true), 1),
        "claims-by-actor" => (format!("SELECT actor, count(DISTINCT journeyId) FROM event WHERE {REAL} AND funnelStep = 'claim' GROUP BY actor"), 1),
        "payments-by-tier" => (format!("SELECT tier, count(DISTINCT eventId), count(DISTINCT teamId) FROM event WHERE {REAL} AND funnelStep = 'paid' GROUP BY tier"), 1),
        "provisions-by-service" => (format!("SELECT service, count(DISTINCT eventId) FROM event WHERE {REAL} AND funnelStep = 'provision' GROUP BY service"), 1),
        "steps-over-time" => {
            let each = ["landing", "provision", "claim", "paid"].map(|step| format!("count(DISTINCT CASE funnelStep WHEN '{step}' THEN eventId END)"));
            (format!("SELECT {} FROM event WHERE {REAL}", each.join(", ")), 0)
        }
        "time-to-convert" => (TIME_TO_CONVERT.replace("REAL", REAL), 0),
        "drop-off" => (DROP_OFF.replace("REAL", REAL), 1),
        "duplicates" => ("SELECT funnelStep, count(*), count(DISTINCT eventId), count(*) - count(DISTINCT eventId) FROM event
            WHERE kind = 'InstantFunnel' AND timestamp >= :since GROUP BY funnelStep".to_owned(), 1),
        "freshness" => ("SELECT serviceName, funnelStep, max(timestamp), count(*) FROM event
            WHERE kind = 'InstantFunnel' AND timestamp >= :since GROUP BY serviceName, funnelStep".to_owned(), 2),
        "first-payments-against-renewals" => (format!("SELECT tier, count(DISTINCT CASE WHEN renewal = 0 THEN eventId END), count(DISTINCT CASE WHEN renewal = 1 THEN eventId END)
            FROM event WHERE {REAL} AND funnelStep = 'paid' GROUP BY tier"), 1),
        "conversion-by-start" => (format!("SELECT {DATE}, count(DISTINCT CASE funnelStep WHEN 'provision' THEN journeyId END),
            count(DISTINCT CASE funnelStep WHEN 'claim' THEN journeyId END),
            count(DISTINCT CASE WHEN funnelStep = 'paid' AND renewal = 0 THEN journeyId END)
            FROM event WHERE {REAL} AND journeyStart >= (SELECT min(timestamp) FROM event WHERE kind = 'InstantFunnel' AND timestamp >= :since) GROUP BY 1"), 1),
        "time-from-start" => (format!("SELECT funnelStep, avg((timestamp - journeyStart) / 3600000.0), max((timestamp - journeyStart) / 3600000.0), count(DISTINCT journeyId)
            FROM event WHERE {REAL} AND funnelStep <> 'landing' AND journeyStart IS NOT NULL GROUP BY funnelStep"), 1),
        "journeys-by-environment" => (format!("SELECT serviceName, env, count(DISTINCT journeyId), count(DISTINCT eventId) FROM event WHERE {REAL} GROUP BY serviceName, env"), 2),
        "bots-share" => ("SELECT funnelStep, 100.0 * sum(actor = 'prober') / count(*), 100.0 * sum(substr(actor, 1, 6) = 'agent_') / count(*), 100.0 * sum(actor = 'human_dashboard') / count(*)
            FROM event WHERE kind = 'InstantFunnel' AND timestamp >= :since GROUP BY funnelStep".to_owned(), 1),
        "journeys-not-carried" => (format!("SELECT funnelStep, 100.0 * sum(journeyId IS NULL) / count(*), 100.0 * sum(journeyStart IS NULL) / count(*), count(*) FROM event WHERE {REAL} GROUP BY funnelStep"), 1),
        "anomalies" => ("SELECT sum(journeyStart IS NOT NULL AND timestamp < journeyStart), sum(funnelStep = 'paid' AND teamId IS NULL), sum(eventId IS NULL), sum(cohort IS NULL)
            FROM event WHERE kind = 'InstantFunnel' AND timestamp >= :since".to_owned(), 0),
        "integration-errors" => ("SELECT category, name, message, count(*), max(timestamp) FROM event
            WHERE kind = 'NrIntegrationError' AND timestamp >= :since GROUP BY category, name, message".to_owned(), 3),
        "events-lost" => ("SELECT reason, sum(instant_analytics_emit_failed_total) FROM event
            WHERE kind = 'Metric' AND timestamp >= :since AND instant_analytics_emit_failed_total > 0 GROUP BY reason".to_owned(), 1),
        "reconciliation" => ("SELECT coalesce(funnelStep, step), count(DISTINCT eventId), sum(instant_conversion_funnel_total) FROM event
            WHERE timestamp >= :since AND coalesce(funnelStep, step) IS NOT NULL GROUP BY 1".to_owned(), 1),
        unknown => panic!("{unknown} has no SQL to be held against"),
    };
    (Box::leak(sql.into_boxed_str()), facets)
}

/// How many journeys have a row for the first step, for the first and second, and so on, by `facet`.
fn funnel(steps: &[&str], facet: &str, and: &str) -> String {
    let group = if facet.is_empty() { "journeyId".to_owned() } else { format!("{facet}, journeyId") };
    let flags = steps.iter().enumerate().map(|(at, step)| format!("max(funnelStep = '{step}') AS s{at}"));
    let flags = flags.collect::<Vec<_>>().join(", ");
    let counts = (0..steps.len()).map(|upto| {
        let all = (0..=upto).map(|at| format!("s{at}")).collect::<Vec<_>>();
        format!("coalesce(sum({}), 0)", all.join(" * "))
    });
    let counts = counts.collect::<Vec<_>>().join(", ");
    let (own, by, present) = if facet.is_empty() {
        (String::new(), String::new(), String::new())
    } else {
        (format!("{facet}, "), format!(" GROUP BY {facet}"), format!(" AND {facet} IS NOT NULL"))
    };
    format!(
        "SELECT {own}{counts} FROM (SELECT {group}, {flags} FROM event WHERE {REAL} AND journeyId IS NOT NULL{present} {and} GROUP BY {group}){by}"
    )
}

/// Journeys of `to_days` or older that took `from` within its days, and those of them that took `to` within its days; by
/// the day of the beginning if asked.
fn kpi(from: &str, from_days: i64, to: &str, to_days: i64, by_start: bool) -> String {
    const DAY: i64 = 86_400_000;
    let (own, by) = if by_start { ("day, ", " GROUP BY day") } else { ("", "") };
    // A journey of which events say different beginnings is in each of their days.
    let group = if by_start { "journeyId, day" } else { "journeyId" };
    format!(
        "WITH known AS (SELECT min(timestamp) AS oldest, max(timestamp) AS newest FROM event WHERE kind = 'InstantFunnel' AND timestamp >= :since),
        taken AS (SELECT journeyId, {DATE} AS day,
            max({from} AND timestamp <= journeyStart + {}) AS took_from, max({to} AND timestamp <= journeyStart + {}) AS took_to
            FROM event, known WHERE {REAL} AND journeyStart BETWEEN oldest AND newest - {} - 1 GROUP BY {group})
        SELECT {own}sum(coalesce(took_from, 0)), sum(coalesce(took_from * took_to, 0)) FROM taken{by}",
        from_days * DAY,
        to_days * DAY,
        to_days * DAY
    )
}

const TIME_TO_CONVERT: &str = "WITH took AS (SELECT (min(CASE funnelStep WHEN 'claim' THEN timestamp END) - min(CASE funnelStep WHEN 'provision' THEN timestamp END)) / 60000.0 AS minutes
    FROM event WHERE REAL AND journeyId IS NOT NULL GROUP BY journeyId),
    ranked AS (SELECT minutes, row_number() OVER (ORDER BY minutes) AS at, count(*) OVER () AS n FROM took WHERE minutes IS NOT NULL)
    SELECT (SELECT sum(minutes * (1 - abs(at - 1 - 0.5 * (n - 1)))) FROM ranked WHERE abs(at - 1 - 0.5 * (n - 1)) < 1),
    (SELECT sum(minutes * (1 - abs(at - 1 - 0.9 * (n - 1)))) FROM ranked WHERE abs(at - 1 - 0.9 * (n - 1)) < 1),
    (SELECT sum(minutes * (1 - abs(at - 1 - 0.99 * (n - 1)))) FROM ranked WHERE abs(at - 1 - 0.99 * (n - 1)) < 1), (SELECT count(*) FROM ranked)";

const DROP_OFF: &str = "SELECT CASE WHEN paid THEN 'paid' WHEN claim THEN 'claimed, not paid' WHEN provision THEN 'provisioned, not claimed' ELSE 'landed only' END, count(*)
    FROM (SELECT max(funnelStep = 'paid') AS paid, max(funnelStep = 'claim') AS claim, max(funnelStep = 'provision') AS provision
    FROM event WHERE REAL AND journeyId IS NOT NULL GROUP BY journeyId) GROUP BY 1";
