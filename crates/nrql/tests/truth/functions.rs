//! Aggregates, arithmetic and row functions.

use super::Case;

#[test]
fn functions() {
    super::run(CASES);
}

pub(crate) const CASES: &[Case] = &[
    ("SELECT count(*) FROM InstantFunnel", "SELECT count(*) FROM e"),
    ("SELECT count(tier) FROM InstantFunnel", "SELECT count(tier) FROM e"),
    ("SELECT count(nothing) FROM InstantFunnel", "SELECT 0"),
    ("SELECT sum(duration) FROM InstantFunnel", "SELECT sum(duration) FROM e"),
    ("SELECT sum(retries) FROM InstantFunnel", "SELECT sum(retries) FROM e"),
    ("SELECT sum(tier) FROM InstantFunnel", "SELECT 0"),
    ("SELECT average(duration) FROM InstantFunnel", "SELECT avg(duration) FROM e"),
    ("SELECT average(tier) FROM InstantFunnel", "SELECT NULL"),
    (
        "SELECT average(retries) FROM InstantFunnel WHERE funnelStep = 'paid'",
        "SELECT avg(retries) FROM e WHERE funnelStep = 'paid'",
    ),
    ("SELECT min(duration), max(duration) FROM InstantFunnel", "SELECT min(duration), max(duration) FROM e"),
    ("SELECT min(retries), max(retries) FROM InstantFunnel", "SELECT min(retries), max(retries) FROM e"),
    ("SELECT max(note) FROM InstantFunnel", "SELECT NULL"),
    ("SELECT uniqueCount(journeyId) FROM InstantFunnel", "SELECT count(DISTINCT journeyId) FROM e"),
    ("SELECT uniqueCount(retries) FROM InstantFunnel", "SELECT count(DISTINCT retries) FROM e"),
    ("SELECT uniqueCount(duration) FROM InstantFunnel", "SELECT count(DISTINCT duration) FROM e"),
    ("SELECT uniqueCount(renewal) FROM InstantFunnel", "SELECT count(DISTINCT renewal) FROM e"),
    (
        "SELECT uniqueCount(tier, service) FROM InstantFunnel",
        "SELECT count(*) FROM (SELECT DISTINCT tier, service FROM e WHERE tier IS NOT NULL AND service IS NOT NULL)",
    ),
    (
        "SELECT uniqueCount(journeyId, tier) FROM InstantFunnel",
        "SELECT count(*) FROM (SELECT DISTINCT journeyId, tier FROM e WHERE tier IS NOT NULL AND journeyId IS NOT NULL)",
    ),
    (
        "SELECT uniqueCount(lower(note)) FROM InstantFunnel WHERE note NOT LIKE '%über%'",
        "SELECT count(DISTINCT lower(note)) FROM e WHERE note <> 'ÜBER gut'",
    ),
    (
        "SELECT uniqueCount(tier OR 'none') FROM InstantFunnel",
        "SELECT count(DISTINCT coalesce(tier, 'none')) FROM e",
    ),
    (
        "SELECT latest(journeyId) FROM InstantFunnel",
        "SELECT journeyId FROM e WHERE journeyId IS NOT NULL ORDER BY t DESC LIMIT 1",
    ),
    (
        "SELECT earliest(journeyId) FROM InstantFunnel",
        "SELECT journeyId FROM e WHERE journeyId IS NOT NULL ORDER BY t LIMIT 1",
    ),
    (
        "SELECT latest(duration) FROM InstantFunnel WHERE tier = 'pro'",
        "SELECT duration FROM e WHERE tier = 'pro' AND duration IS NOT NULL ORDER BY t DESC LIMIT 1",
    ),
    (
        "SELECT latest(renewal) FROM InstantFunnel",
        "SELECT renewal FROM e WHERE renewal IS NOT NULL ORDER BY t DESC LIMIT 1",
    ),
    (
        "SELECT earliest(teamId), latest(timestamp) FROM InstantFunnel",
        "SELECT (SELECT teamId FROM e WHERE teamId IS NOT NULL ORDER BY t LIMIT 1), max(t) FROM e",
    ),
    (
        "SELECT stdvar(retries) FROM InstantFunnel",
        "SELECT avg(retries * retries) - avg(retries) * avg(retries) FROM e",
    ),
    (
        "SELECT stddev(duration) FROM InstantFunnel",
        "SELECT sqrt(avg((duration - m) * (duration - m))) FROM e, (SELECT avg(duration) m FROM e)",
    ),
    ("SELECT stddev(tier) FROM InstantFunnel", "SELECT 0"),
    (
        "SELECT median(duration) FROM InstantFunnel",
        "WITH s AS (SELECT duration d, row_number() OVER (ORDER BY duration) - 1 i, count(*) OVER () n FROM e WHERE duration IS NOT NULL) SELECT avg(d) FROM s WHERE i IN (floor((n - 1) * 0.5), ceil((n - 1) * 0.5))",
    ),
    (
        "SELECT percentile(retries, 0, 50, 100) FROM InstantFunnel",
        "WITH s AS (SELECT retries r, row_number() OVER (ORDER BY retries) - 1 i, count(*) OVER () n FROM e WHERE retries IS NOT NULL) SELECT min(r), avg(CASE WHEN i IN (floor((n - 1) * 0.5), ceil((n - 1) * 0.5)) THEN r END), max(r) FROM s",
    ),
    (
        "SELECT percentile(duration, 90) FROM InstantFunnel",
        "WITH s AS (SELECT duration d, row_number() OVER (ORDER BY duration) - 1 i, count(*) OVER () n FROM e WHERE duration IS NOT NULL), p AS (SELECT (n - 1) * 0.9 p FROM s LIMIT 1) SELECT a.d + (b.d - a.d) * (p - floor(p)) FROM s a, s b, p WHERE a.i = floor(p) AND b.i = ceil(p)",
    ),
    (
        "SELECT percentage(count(*), WHERE funnelStep = 'paid') FROM InstantFunnel",
        "SELECT 100.0 * sum(funnelStep = 'paid') / count(*) FROM e",
    ),
    (
        "SELECT percentage(sum(retries), WHERE tier = 'free') FROM InstantFunnel",
        "SELECT 100.0 * sum(CASE WHEN tier = 'free' THEN retries END) / sum(retries) FROM e",
    ),
    (
        "SELECT percentage(uniqueCount(journeyId), WHERE funnelStep = 'claim') FROM InstantFunnel",
        "SELECT 100.0 * count(DISTINCT CASE WHEN funnelStep = 'claim' THEN journeyId END) / count(DISTINCT journeyId) FROM e",
    ),
    (
        "SELECT filter(count(*), WHERE funnelStep = 'claim') FROM InstantFunnel",
        "SELECT sum(funnelStep = 'claim') FROM e",
    ),
    (
        "SELECT filter(uniqueCount(journeyId), WHERE funnelStep = 'claim') / filter(uniqueCount(journeyId), WHERE funnelStep = 'provision') FROM InstantFunnel",
        "SELECT 1.0 * count(DISTINCT CASE WHEN funnelStep = 'claim' THEN journeyId END) / count(DISTINCT CASE WHEN funnelStep = 'provision' THEN journeyId END) FROM e",
    ),
    (
        "SELECT filter(average(duration), WHERE tier = 'pro' AND funnelStep = 'paid') FROM InstantFunnel",
        "SELECT avg(duration) FROM e WHERE tier = 'pro' AND funnelStep = 'paid'",
    ),
    ("SELECT filter(average(duration), WHERE tier = 'nobody') FROM InstantFunnel", "SELECT NULL"),
    ("SELECT rate(count(*), 1 minute) FROM InstantFunnel", "SELECT count(*) / 10080.0 FROM e"),
    ("SELECT rate(sum(duration), 1 hour) FROM InstantFunnel", "SELECT sum(duration) / 168.0 FROM e"),
    ("SELECT rate(count(*)) FROM InstantFunnel", "SELECT count(*) / 604800.0 FROM e"),
    (
        "SELECT filter(rate(count(*), 1 day), WHERE tier = 'free') FROM InstantFunnel",
        "SELECT sum(tier = 'free') / 7.0 FROM e",
    ),
    (
        "SELECT derivative(retries, 1 day) FROM InstantFunnel",
        "SELECT 86400000.0 * sum((t - tm) * (retries - rm)) / sum((t - tm) * (t - tm)) FROM e, (SELECT avg(t) tm, avg(retries) rm FROM e WHERE retries IS NOT NULL) WHERE retries IS NOT NULL",
    ),
    (
        "SELECT histogram(retries, width: 10, buckets: 5) FROM InstantFunnel",
        "SELECT sum(retries < 2), sum(retries >= 2 AND retries < 4), sum(retries >= 4 AND retries < 6), sum(retries >= 6 AND retries < 8), sum(retries >= 8) FROM e",
    ),
    (
        "SELECT histogram(duration, 3000, 3, 500) FROM InstantFunnel",
        "SELECT sum(duration < 1500), sum(duration >= 1500 AND duration < 2500), sum(duration >= 2500) FROM e",
    ),
    (
        "SELECT histogram(retries, buckets: 4) FROM InstantFunnel",
        "SELECT sum(retries < 2.5), sum(retries >= 2.5 AND retries < 5), sum(retries >= 5 AND retries < 7.5), sum(retries >= 7.5) FROM e",
    ),
    (
        "SELECT histogram(retries, 3, start: 2, buckets: 3) FROM InstantFunnel WHERE tier = 'pro'",
        "SELECT sum(retries < 3), sum(retries = 3), sum(retries >= 4) FROM e WHERE tier = 'pro'",
    ),
    (
        "SELECT cdfPercentage(duration, 100, 1000, 5000) FROM InstantFunnel",
        "SELECT 100.0 * sum(duration <= 100) / count(duration), 100.0 * sum(duration <= 1000) / count(duration), 100.0 * sum(duration <= 5000) / count(duration) FROM e",
    ),
    (
        "SELECT apdex(duration, t: 1000) FROM InstantFunnel",
        "SELECT (sum(duration <= 1000) + sum(duration > 1000 AND duration <= 4000) / 2.0) / count(duration) FROM e",
    ),
    (
        "SELECT uniques(funnelStep) FROM InstantFunnel",
        "SELECT 'landing', 'provision', 'claim', 'paid' FROM e GROUP BY 1 HAVING false UNION ALL SELECT max(CASE WHEN n = 1 THEN s END), max(CASE WHEN n = 2 THEN s END), max(CASE WHEN n = 3 THEN s END), max(CASE WHEN n = 4 THEN s END) FROM (SELECT funnelStep s, row_number() OVER (ORDER BY min(t)) n FROM e GROUP BY 1)",
    ),
    (
        "SELECT uniques(service, 2) FROM InstantFunnel",
        "SELECT max(CASE WHEN n = 1 THEN s END), max(CASE WHEN n = 2 THEN s END) FROM (SELECT service s, row_number() OVER (ORDER BY min(t)) n FROM e WHERE service IS NOT NULL GROUP BY 1)",
    ),
    ("SELECT sum(duration) / count(duration) FROM InstantFunnel", "SELECT avg(duration) FROM e"),
    ("SELECT average(duration - retries) FROM InstantFunnel", "SELECT avg(duration - retries) FROM e"),
    (
        "SELECT sum(duration * 2 + retries / 4 - 1) FROM InstantFunnel",
        "SELECT sum(duration * 2 + retries / 4.0 - 1) FROM e",
    ),
    ("SELECT average(retries OR 0) FROM InstantFunnel", "SELECT avg(coalesce(retries, 0)) FROM e"),
    (
        "SELECT sum(numeric(code)) FROM InstantFunnel",
        "SELECT sum(CASE WHEN code <> 'x1' THEN CAST(code AS REAL) END) FROM e",
    ),
    ("SELECT count(numeric(code)) FROM InstantFunnel", "SELECT count(*) FROM e WHERE code <> 'x1'"),
    ("SELECT sum(1 / retries) FROM InstantFunnel", "SELECT sum(1.0 / retries) FROM e WHERE retries <> 0"),
    (
        "SELECT sum(if(tier = 'pro', 2, 1)) FROM InstantFunnel",
        "SELECT sum(CASE WHEN tier = 'pro' THEN 2 ELSE 1 END) FROM e",
    ),
    ("SELECT count(if(tier = 'pro', 2)) FROM InstantFunnel", "SELECT sum(tier = 'pro') FROM e"),
    (
        "SELECT sum(if(retries > 3 OR duration < 100, retries, -1)) FROM InstantFunnel",
        "SELECT sum(CASE WHEN retries > 3 OR duration < 100 THEN retries ELSE -1 END) FROM e",
    ),
    (
        "SELECT sum(abs(retries)), sum(round(duration)), sum(floor(duration)), sum(ceil(duration)) FROM InstantFunnel",
        "SELECT sum(abs(retries)), sum(round(duration)), sum(floor(duration)), sum(ceil(duration)) FROM e",
    ),
    ("SELECT sum(round(duration, 10)) FROM InstantFunnel", "SELECT sum(round(duration / 10) * 10) FROM e"),
    (
        "SELECT sum(sqrt(duration)), sum(pow(retries, 2)) FROM InstantFunnel",
        "SELECT sum(sqrt(duration)), sum(retries * retries) FROM e",
    ),
    (
        "SELECT sum(ln(duration)), sum(log2(duration)), sum(log10(duration)) FROM InstantFunnel",
        "SELECT sum(ln(duration)), sum(log2(duration)), sum(log10(duration)) FROM e WHERE duration > 0",
    ),
    ("SELECT sum(exp(retries)) FROM InstantFunnel", "SELECT sum(exp(retries)) FROM e"),
    (
        "SELECT sum(clamp_max(retries, 5)), sum(clamp_min(retries, 0)) FROM InstantFunnel",
        "SELECT sum(min(retries, 5)), sum(max(retries, 0)) FROM e",
    ),
    ("SELECT sum(mod(retries, 5)) FROM InstantFunnel", "SELECT sum(((retries % 5) + 5) % 5) FROM e"),
    ("SELECT sum(length(note)) FROM InstantFunnel", "SELECT sum(length(note)) FROM e"),
    (
        "SELECT uniqueCount(concat(funnelStep, '/', tier)) FROM InstantFunnel",
        "SELECT count(DISTINCT funnelStep || '/' || coalesce(tier, '')) FROM e",
    ),
    (
        "SELECT uniqueCount(substring(journeyId, 8, 3)) FROM InstantFunnel",
        "SELECT count(DISTINCT substr(journeyId, 9, 3)) FROM e",
    ),
    (
        "SELECT uniqueCount(substring(journeyId, -2)) FROM InstantFunnel",
        "SELECT count(DISTINCT substr(journeyId, -2)) FROM e",
    ),
    (
        "SELECT sum(position(note, 'a')) FROM InstantFunnel",
        "SELECT sum(CASE WHEN instr(note, 'a') > 0 THEN instr(note, 'a') - 1 END) FROM e",
    ),
    (
        "SELECT sum(numeric(capture(note, r'GET /api/v(?P<v>\\d)/.*'))) FROM InstantFunnel",
        "SELECT sum(CAST(substr(note, 11, 1) AS INTEGER)) FROM e WHERE note GLOB 'GET /api/v[0-9]/*'",
    ),
    (
        "SELECT count(aparse(note, '%/api/*/users/%')) FROM InstantFunnel",
        "SELECT sum(note LIKE '%/api/%/users/%') FROM e",
    ),
    (
        "SELECT funnel(journeyId, WHERE funnelStep = 'landing', WHERE funnelStep = 'provision', WHERE funnelStep = 'claim', WHERE funnelStep = 'paid') FROM InstantFunnel",
        "SELECT sum(a), sum(a AND b), sum(a AND b AND c), sum(a AND b AND c AND d) FROM (SELECT max(funnelStep = 'landing') a, max(funnelStep = 'provision') b, max(funnelStep = 'claim') c, max(funnelStep = 'paid') d FROM e WHERE journeyId IS NOT NULL GROUP BY journeyId)",
    ),
    (
        "SELECT funnel(teamId, WHERE funnelStep = 'claim' AND tier = 'free', WHERE renewal IS TRUE) FROM InstantFunnel",
        "SELECT sum(a), sum(a AND b) FROM (SELECT max(funnelStep = 'claim' AND coalesce(tier, '') = 'free') a, max(coalesce(renewal, 0)) b FROM e WHERE teamId IS NOT NULL GROUP BY teamId)",
    ),
    (
        "SELECT funnel(journeyId, WHERE tier IS NULL, WHERE retries > 5, WHERE duration < 1000) FROM InstantFunnel",
        "SELECT sum(a), sum(a AND b), sum(a AND b AND c) FROM (SELECT max(tier IS NULL) a, max(coalesce(retries, 0) > 5) b, max(coalesce(duration, 9999) < 1000) c FROM e WHERE journeyId IS NOT NULL GROUP BY journeyId)",
    ),
    (
        "SELECT bytecountestimate() / bytecountestimate(), aggregationendtime() FROM InstantFunnel",
        "SELECT 1, $T",
    ),
    (
        "SELECT percentage(count(*), WHERE 1 = 1), filter(count(*), WHERE 1 = 2) FROM InstantFunnel",
        "SELECT 100, 0",
    ),
];
