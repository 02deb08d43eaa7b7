//! Rows, nested queries, JOIN, WITH.

use super::Case;

#[test]
fn shapes() {
    super::run(CASES);
}

pub(crate) const CASES: &[Case] = &[
    (
        "SELECT timestamp, journeyId FROM InstantFunnel LIMIT 20",
        "/* in order */ SELECT t, journeyId FROM e ORDER BY t DESC LIMIT 20",
    ),
    (
        "SELECT timestamp, tier FROM InstantFunnel WHERE funnelStep = 'paid' LIMIT 15 OFFSET 5",
        "/* in order */ SELECT t, tier FROM e WHERE funnelStep = 'paid' ORDER BY t DESC LIMIT 15 OFFSET 5",
    ),
    (
        "SELECT duration, journeyId FROM InstantFunnel WHERE tier = 'pro' ORDER BY duration DESC, timestamp LIMIT 12",
        "/* in order */ SELECT duration, journeyId FROM e WHERE tier = 'pro' ORDER BY duration DESC NULLS LAST, t LIMIT 12",
    ),
    (
        "SELECT retries, timestamp FROM InstantFunnel ORDER BY retries LIMIT 10",
        "/* in order */ SELECT retries, t FROM e ORDER BY retries NULLS LAST, t DESC LIMIT 10",
    ),
    (
        "SELECT note, upper(funnelStep), duration * 2 FROM InstantFunnel WHERE duration IS NOT NULL LIMIT 8",
        "/* in order */ SELECT note, upper(funnelStep), duration * 2 FROM e WHERE duration IS NOT NULL ORDER BY t DESC LIMIT 8",
    ),
    (
        "SELECT plan, seats FROM Team ORDER BY seats DESC, teamId LIMIT 30",
        "/* in order */ SELECT plan, seats FROM team ORDER BY seats DESC, teamId LIMIT 30",
    ),
    (
        "SELECT average(n) FROM (SELECT count(*) AS n FROM InstantFunnel FACET teamId LIMIT MAX)",
        "SELECT avg(n) FROM (SELECT count(*) n FROM e WHERE teamId IS NOT NULL GROUP BY teamId)",
    ),
    (
        "SELECT max(count), min(count) FROM (SELECT count(*) FROM InstantFunnel FACET teamId LIMIT MAX)",
        "SELECT max(n), min(n) FROM (SELECT count(*) n FROM e WHERE teamId IS NOT NULL GROUP BY teamId)",
    ),
    (
        "SELECT count(*) FROM (SELECT average(duration) AS d FROM InstantFunnel FACET teamId LIMIT MAX) WHERE d > 3100",
        "SELECT count(*) FROM (SELECT avg(duration) d FROM e WHERE teamId IS NOT NULL GROUP BY teamId) WHERE d > 3100",
    ),
    (
        "SELECT count(*), sum(n) FROM (SELECT uniqueCount(journeyId) AS n FROM InstantFunnel FACET teamId, tier LIMIT MAX) FACET tier",
        "SELECT tier, count(*), sum(n) FROM (SELECT tier, count(DISTINCT journeyId) n FROM e WHERE teamId IS NOT NULL AND tier IS NOT NULL GROUP BY teamId, tier HAVING count(journeyId) > 0) GROUP BY tier",
    ),
    (
        "SELECT max(total) FROM (SELECT sum(n) AS total FROM (SELECT count(*) AS n FROM InstantFunnel FACET teamId, tier LIMIT MAX) FACET teamId LIMIT MAX)",
        "SELECT max(total) FROM (SELECT sum(n) total FROM (SELECT teamId, count(*) n FROM e WHERE teamId IS NOT NULL AND tier IS NOT NULL GROUP BY teamId, tier) GROUP BY teamId)",
    ),
    (
        "SELECT average(n) FROM (SELECT count(*) AS n FROM InstantFunnel TIMESERIES 1 day)",
        "SELECT avg(n) FROM (SELECT count(*) n FROM e GROUP BY (t - ($T - 7 * 86400000)) / 86400000)",
    ),
    (
        "SELECT max(n) FROM (SELECT count(*) AS n FROM InstantFunnel TIMESERIES 1 hour) TIMESERIES 1 day",
        "SELECT $T - 7 * 86400000 + h / 24 * 86400000, max(n) FROM (SELECT (t - ($T - 7 * 86400000)) / 3600000 h, count(*) n FROM e GROUP BY 1) GROUP BY 1",
    ),
    (
        "SELECT percentage(count(*), WHERE claimed > landed) FROM (SELECT filter(min(timestamp), WHERE funnelStep = 'landing') AS landed, filter(min(timestamp), WHERE funnelStep = 'claim') AS claimed FROM InstantFunnel WHERE journeyId LIKE 'journey-00%' FACET journeyId LIMIT MAX)",
        "SELECT 100.0 * sum(coalesce(c > l, 0)) / count(*) FROM (SELECT min(CASE WHEN funnelStep = 'landing' THEN t END) l, min(CASE WHEN funnelStep = 'claim' THEN t END) c FROM e WHERE journeyId LIKE 'journey-00%' GROUP BY journeyId)",
    ),
    (
        "SELECT count(*) FROM (SELECT count(*) AS n FROM InstantFunnel FACET tier OR service) WHERE `tier OR service` = 'free'",
        "SELECT 1",
    ),
    (
        "FROM InstantFunnel JOIN (FROM Team SELECT latest(plan) AS plan FACET teamId LIMIT MAX) ON teamId SELECT count(*) FACET plan",
        "SELECT plan, count(*) FROM e JOIN team USING (teamId) GROUP BY 1",
    ),
    (
        "FROM InstantFunnel LEFT JOIN (FROM Team SELECT latest(plan) AS plan FACET teamId LIMIT MAX) ON teamId SELECT count(*), count(plan), uniqueCount(teamId)",
        "SELECT count(*), count(plan), count(DISTINCT e.teamId) FROM e LEFT JOIN team USING (teamId)",
    ),
    (
        "FROM InstantFunnel JOIN (FROM Team SELECT teamId AS id, seats LIMIT MAX) ON teamId = id SELECT sum(seats), average(duration) WHERE tier = 'pro'",
        "SELECT sum(seats), avg(duration) FROM e JOIN team USING (teamId) WHERE tier = 'pro'",
    ),
    (
        "FROM InstantFunnel JOIN (FROM Team SELECT latest(plan) AS plan FACET teamId LIMIT MAX) ON teamId SELECT count(*), uniqueCount(teamId) SINCE 1 day ago COMPARE WITH 1 day ago",
        "SELECT count(*), count(DISTINCT e.teamId) FROM e JOIN team USING (teamId) WHERE e.t >= $T - 86400000 UNION ALL SELECT count(*), count(DISTINCT e.teamId) FROM e JOIN team USING (teamId) WHERE e.t >= $T - 2 * 86400000 AND e.t < $T - 86400000",
    ),
    (
        "FROM InstantFunnel LEFT JOIN (FROM Team SELECT latest(plan) AS plan FACET teamId LIMIT MAX) ON teamId SELECT count(plan) FACET tier SINCE 1 day ago COMPARE WITH 3 days ago",
        "SELECT tier, count(plan) FROM e JOIN team USING (teamId) WHERE tier IS NOT NULL AND e.t >= $T - 86400000 GROUP BY 1 UNION ALL SELECT tier, count(plan) FROM e JOIN team USING (teamId) WHERE tier IS NOT NULL AND e.t >= $T - 4 * 86400000 AND e.t < $T - 3 * 86400000 GROUP BY 1",
    ),
    (
        "FROM InstantFunnel JOIN (FROM Team SELECT upper(teamId) AS name, seats LIMIT MAX) ON upper(teamId) = name SELECT sum(seats)",
        "SELECT sum(seats) FROM e JOIN team USING (teamId)",
    ),
    (
        "WITH lower(teamId) AS id FROM InstantFunnel JOIN (FROM Team SELECT latest(seats) AS seats FACET teamId LIMIT MAX) ON id = teamId SELECT sum(seats) FACET id LIMIT MAX",
        "SELECT teamId, sum(seats) FROM e JOIN team USING (teamId) GROUP BY 1",
    ),
    (
        "WITH duration / 1000 AS seconds SELECT average(seconds) FROM InstantFunnel WHERE seconds > 1",
        "SELECT avg(duration / 1000) FROM e WHERE duration > 1000",
    ),
    (
        "WITH lower(note) AS n, length(n) AS size SELECT sum(size) FROM InstantFunnel WHERE n LIKE 'slow%' FACET n",
        "SELECT lower(note), sum(length(note)) FROM e WHERE note LIKE 'slow%' GROUP BY 1",
    ),
    (
        "WITH aparse(note, 'GET /api/*/*/%') AS (version, kind) FROM InstantFunnel SELECT count(*) FACET version, kind",
        "SELECT substr(note, 10, 2), CASE WHEN note LIKE '%users%' THEN 'users' ELSE 'teams' END, count(*) FROM e WHERE note LIKE 'GET %' GROUP BY 1, 2",
    ),
    (
        "WITH (SELECT max(duration) FROM InstantFunnel) AS longest SELECT count(*) FROM InstantFunnel WHERE duration > longest / 2",
        "SELECT count(*) FROM e WHERE duration > (SELECT max(duration) FROM e) / 2",
    ),
    (
        "SELECT count(*) / (SELECT count(*) FROM InstantFunnel WHERE tier = 'free') FROM InstantFunnel",
        "SELECT 1.0 * count(*) / sum(tier = 'free') FROM e",
    ),
    ("SHOW EVENT TYPES", "SELECT 'InstantFunnel' UNION ALL SELECT 'Team'"),
    (
        "SELECT if(count(*) > 5, 'busy', 'calm'), round(average(duration)), latest(tier) OR 'none' FROM InstantFunnel WHERE funnelStep = 'landing'",
        "SELECT 'busy', round(avg(duration)), 'none' FROM e WHERE funnelStep = 'landing'",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE tier = 'nobody' FACET funnelStep", "SELECT 1 WHERE false"),
];
