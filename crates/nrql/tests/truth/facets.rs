//! FACET: keys, choice and order.

use super::Case;

#[test]
fn facets() {
    super::run(CASES);
}

pub(crate) const CASES: &[Case] = &[
    ("SELECT count(*) FROM InstantFunnel FACET funnelStep", "SELECT funnelStep, count(*) FROM e GROUP BY 1"),
    (
        "SELECT count(*) FROM InstantFunnel FACET tier",
        "SELECT tier, count(*) FROM e WHERE tier IS NOT NULL GROUP BY 1",
    ),
    (
        "SELECT count(*), average(duration) FROM InstantFunnel FACET tier, funnelStep",
        "SELECT tier, funnelStep, count(*), avg(duration) FROM e WHERE tier IS NOT NULL GROUP BY 1, 2",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET tier, service, code",
        "SELECT tier, service, code, count(*) FROM e WHERE tier IS NOT NULL AND service IS NOT NULL AND code IS NOT NULL GROUP BY 1, 2, 3",
    ),
    (
        "SELECT uniqueCount(journeyId) FROM InstantFunnel FACET funnelStep",
        "SELECT funnelStep, count(DISTINCT journeyId) FROM e GROUP BY 1",
    ),
    (
        "SELECT uniqueCount(teamId, tier) FROM InstantFunnel FACET funnelStep",
        "SELECT funnelStep, count(DISTINCT CASE WHEN tier IS NOT NULL THEN teamId || '/' || tier END) FROM e WHERE teamId IS NOT NULL GROUP BY 1",
    ),
    (
        "SELECT sum(retries), min(duration), max(duration) FROM InstantFunnel FACET service",
        "SELECT service, sum(retries), min(duration), max(duration) FROM e WHERE service IS NOT NULL GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET retries",
        "SELECT retries, count(*) FROM e WHERE retries IS NOT NULL GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET renewal",
        "SELECT renewal, count(*) FROM e WHERE renewal IS NOT NULL GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE duration < 20 FACET duration",
        "SELECT CAST(duration AS INTEGER), count(*) FROM e WHERE duration < 20 GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE duration < 5 FACET string(duration)",
        "SELECT CASE WHEN duration = CAST(duration AS INTEGER) THEN CAST(CAST(duration AS INTEGER) AS TEXT) ELSE CAST(duration AS TEXT) END, count(*) FROM e WHERE duration < 5 GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET tier OR 'none'",
        "SELECT coalesce(tier, 'none'), count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET tier OR service OR funnelStep",
        "SELECT coalesce(tier, service, funnelStep), count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET upper(tier) AS 'Tier'",
        "SELECT upper(tier), count(*) FROM e WHERE tier IS NOT NULL GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET concat(funnelStep, '-', tier)",
        "SELECT funnelStep || '-' || coalesce(tier, ''), count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET if(retries > 5, 'many', 'few')",
        "SELECT CASE WHEN retries > 5 THEN 'many' ELSE 'few' END, count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET CASES(WHERE tier = 'pro' AS 'Pro', WHERE funnelStep = 'landing' AS 'Landing')",
        "SELECT CASE WHEN tier = 'pro' THEN 'Pro' ELSE 'Landing' END, count(*) FROM e WHERE tier = 'pro' OR funnelStep = 'landing' GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET CASES(WHERE retries > 5 AS 'many', WHERE retries > 0 AS 'some') OR funnelStep",
        "SELECT CASE WHEN retries > 5 THEN 'many' WHEN retries > 0 THEN 'some' ELSE funnelStep END, count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET CASES(WHERE duration < 1000 AS 'fast', WHERE duration >= 1000 AS 'slow') AS 'speed', tier",
        "SELECT CASE WHEN duration < 1000 THEN 'fast' ELSE 'slow' END, tier, count(*) FROM e WHERE duration IS NOT NULL AND tier IS NOT NULL GROUP BY 1, 2",
    ),
    (
        "SELECT average(duration) FROM InstantFunnel FACET tuple(tier, service)",
        "SELECT tier, service, avg(duration) FROM e WHERE tier IS NOT NULL AND service IS NOT NULL GROUP BY 1, 2",
    ),
    (
        "SELECT average(duration) FROM InstantFunnel FACET teamId LIMIT MAX",
        "SELECT teamId, avg(duration) FROM e WHERE teamId IS NOT NULL GROUP BY 1 HAVING avg(duration) IS NOT NULL",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET buckets(duration, 5000, 5)",
        "SELECT CASE WHEN duration >= 4000 THEN '>=4000.0' ELSE printf('%.1f - %.1f', floor(duration / 1000) * 1000, floor(duration / 1000) * 1000 + 1000) END, count(*) FROM e WHERE duration IS NOT NULL GROUP BY 1",
    ),
    (
        "SELECT latest(journeyId), earliest(journeyId) FROM InstantFunnel FACET tier",
        "SELECT tier, (SELECT journeyId FROM e b WHERE b.tier = a.tier AND journeyId IS NOT NULL ORDER BY t DESC LIMIT 1), (SELECT journeyId FROM e b WHERE b.tier = a.tier AND journeyId IS NOT NULL ORDER BY t LIMIT 1) FROM e a WHERE tier IS NOT NULL GROUP BY tier",
    ),
    (
        "SELECT percentage(count(*), WHERE funnelStep = 'paid') FROM InstantFunnel FACET tier",
        "SELECT tier, 100.0 * sum(funnelStep = 'paid') / count(*) FROM e WHERE tier IS NOT NULL GROUP BY 1",
    ),
    (
        "SELECT filter(count(*), WHERE renewal IS TRUE) FROM InstantFunnel FACET tier",
        "SELECT tier, sum(coalesce(renewal, 0)) FROM e WHERE tier IS NOT NULL GROUP BY 1",
    ),
    (
        "SELECT funnel(journeyId, WHERE funnelStep = 'claim', WHERE funnelStep = 'paid') FROM InstantFunnel FACET tier",
        "SELECT tier, sum(a), sum(a AND b) FROM (SELECT tier, max(funnelStep = 'claim') a, max(funnelStep = 'paid') b FROM e WHERE journeyId IS NOT NULL AND tier IS NOT NULL GROUP BY tier, journeyId) GROUP BY tier",
    ),
    (
        "SELECT median(retries) FROM InstantFunnel FACET funnelStep",
        "WITH s AS (SELECT funnelStep f, retries r, row_number() OVER (PARTITION BY funnelStep ORDER BY retries) - 1 i, count(*) OVER (PARTITION BY funnelStep) n FROM e WHERE retries IS NOT NULL) SELECT f, avg(r) FROM s WHERE i IN (floor((n - 1) * 0.5), ceil((n - 1) * 0.5)) GROUP BY f",
    ),
    (
        "SELECT stddev(retries) FROM InstantFunnel FACET tier",
        "SELECT tier, sqrt(avg(retries * retries) - avg(retries) * avg(retries)) FROM e WHERE tier IS NOT NULL GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET teamId LIMIT 7",
        "/* in order */ SELECT teamId, count(*) n FROM e WHERE teamId IS NOT NULL GROUP BY 1 ORDER BY n DESC, teamId LIMIT 7",
    ),
    (
        "SELECT max(duration) FROM InstantFunnel FACET teamId LIMIT 9",
        "/* in order */ SELECT teamId, max(duration) n FROM e WHERE teamId IS NOT NULL GROUP BY 1 ORDER BY n DESC, teamId LIMIT 9",
    ),
    (
        "SELECT sum(duration) FROM InstantFunnel FACET teamId LIMIT 5",
        "/* in order */ SELECT teamId, sum(duration) FROM e WHERE teamId IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, teamId LIMIT 5",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET teamId ORDER BY max(duration) LIMIT 6",
        "/* in order */ SELECT teamId, n FROM (SELECT teamId, count(*) n, max(duration) m FROM e WHERE teamId IS NOT NULL GROUP BY 1 ORDER BY m DESC, teamId LIMIT 6) ORDER BY n DESC, teamId",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET teamId LIMIT 4 OFFSET 3",
        "/* in order */ SELECT teamId, count(*) n FROM e WHERE teamId IS NOT NULL GROUP BY 1 ORDER BY n DESC, teamId LIMIT 4 OFFSET 3",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET hourOf(timestamp)",
        "SELECT CAST(strftime('%H', t / 1000, 'unixepoch') AS INTEGER) || ':00', count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET dayOfMonthOf(timestamp, numeric)",
        "SELECT CAST(strftime('%d', t / 1000, 'unixepoch') AS INTEGER), count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET weekdayOf(timestamp, numeric)",
        "SELECT CAST(strftime('%w', t / 1000, 'unixepoch') AS INTEGER), count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET toDatetime(timestamp, 'yyyy-MM-dd HH')",
        "SELECT strftime('%Y-%m-%d %H', t / 1000, 'unixepoch'), count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET toDatetime(timestamp, 'MM/dd', 'Asia/Tokyo')",
        "SELECT strftime('%m/%d', t / 1000 + 32400, 'unixepoch'), count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET capture(note, r'GET /api/(?P<version>v\\d)/.*')",
        "SELECT substr(note, 10, 2), count(*) FROM e WHERE note LIKE 'GET /api/%' GROUP BY 1",
    ),
    (
        "SELECT count(*), sum(seats) FROM Team FACET plan",
        "SELECT plan, count(*), sum(seats) FROM team GROUP BY 1",
    ),
];
