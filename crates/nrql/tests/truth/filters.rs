//! WHERE, with NRQL's treatment of missing values.

use super::Case;

#[test]
fn filters() {
    super::run(CASES);
}

pub(crate) const CASES: &[Case] = &[
    (
        "SELECT count(*) FROM InstantFunnel WHERE funnelStep = 'claim'",
        "SELECT count(*) FROM e WHERE funnelStep = 'claim'",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE funnelStep = 'Claim'", "SELECT 0"),
    (
        "SELECT count(*) FROM InstantFunnel WHERE tier != 'free'",
        "SELECT count(*) FROM e WHERE tier IS NOT 'free'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE NOT (tier = 'free')",
        "SELECT count(*) FROM e WHERE tier IS NOT 'free'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE NOT tier = 'free' AND NOT service = 'db'",
        "SELECT count(*) FROM e WHERE tier IS NOT 'free' AND service IS NOT 'db'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE tier != 'free' AND tier IS NOT NULL",
        "SELECT count(*) FROM e WHERE tier <> 'free'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE tier IN ('free', 'pro')",
        "SELECT count(*) FROM e WHERE tier IN ('free', 'pro')",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE tier NOT IN ('free', 'pro')",
        "SELECT count(*) FROM e WHERE tier IS NULL OR tier NOT IN ('free', 'pro')",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE retries IN (1, 2, 3.0)",
        "SELECT count(*) FROM e WHERE retries IN (1, 2, 3)",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE retries = 3", "SELECT count(*) FROM e WHERE retries = 3"),
    ("SELECT count(*) FROM InstantFunnel WHERE retries = '3'", "SELECT 0"),
    ("SELECT count(*) FROM InstantFunnel WHERE code = 200", "SELECT 0"),
    (
        "SELECT count(*) FROM InstantFunnel WHERE numeric(code) = 200",
        "SELECT count(*) FROM e WHERE code = '200'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE numeric(code) >= 404",
        "SELECT count(*) FROM e WHERE code IN ('404', '500')",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE retries > 3", "SELECT count(*) FROM e WHERE retries > 3"),
    (
        "SELECT count(*) FROM InstantFunnel WHERE retries >= 3 AND retries < 6",
        "SELECT count(*) FROM e WHERE retries >= 3 AND retries < 6",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE NOT retries > 3",
        "SELECT count(*) FROM e WHERE retries IS NULL OR retries <= 3",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE duration <= 10.5",
        "SELECT count(*) FROM e WHERE duration <= 10.5",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE duration < retries",
        "SELECT count(*) FROM e WHERE duration < retries",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE duration * 2 > 5000 + retries",
        "SELECT count(*) FROM e WHERE duration * 2 > 5000 + retries",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE tier IS NULL", "SELECT count(*) FROM e WHERE tier IS NULL"),
    (
        "SELECT count(*) FROM InstantFunnel WHERE tier IS NOT NULL",
        "SELECT count(*) FROM e WHERE tier IS NOT NULL",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE nothing IS NULL", "SELECT count(*) FROM e"),
    ("SELECT count(*) FROM InstantFunnel WHERE nothing = 'x'", "SELECT 0"),
    ("SELECT count(*) FROM InstantFunnel WHERE renewal IS TRUE", "SELECT count(*) FROM e WHERE renewal = 1"),
    ("SELECT count(*) FROM InstantFunnel WHERE renewal IS FALSE", "SELECT count(*) FROM e WHERE renewal = 0"),
    (
        "SELECT count(*) FROM InstantFunnel WHERE renewal IS NOT TRUE",
        "SELECT count(*) FROM e WHERE renewal IS NULL OR renewal = 0",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE renewal = true", "SELECT count(*) FROM e WHERE renewal = 1"),
    ("SELECT count(*) FROM InstantFunnel WHERE renewal = 'true'", "SELECT 0"),
    ("SELECT count(*) FROM InstantFunnel WHERE renewal", "SELECT count(*) FROM e WHERE renewal = 1"),
    (
        "SELECT count(*) FROM InstantFunnel WHERE note LIKE 'slow%'",
        "SELECT count(*) FROM e WHERE note LIKE 'slow%'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE note LIKE '%Start'",
        "SELECT count(*) FROM e WHERE note LIKE '%start'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE note LIKE 'slow%i%'",
        "SELECT count(*) FROM e WHERE note = 'slow Finish'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE note LIKE 'über GUT'",
        "SELECT count(*) FROM e WHERE note = 'ÜBER gut'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE note NOT LIKE '%slow%'",
        "SELECT count(*) FROM e WHERE note IS NULL OR note NOT LIKE '%slow%'",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE note LIKE 'it_s fine'", "SELECT 0"),
    (
        "SELECT count(*) FROM InstantFunnel WHERE note = 'it\\'s fine'",
        "SELECT count(*) FROM e WHERE note = 'it''s fine'",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE note = ''", "SELECT count(*) FROM e WHERE note = ''"),
    (
        "SELECT count(*) FROM InstantFunnel WHERE note RLIKE r'GET .*/\\d+'",
        "SELECT count(*) FROM e WHERE note GLOB 'GET */[0-9]*'",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE note RLIKE 'slow'", "SELECT 0"),
    (
        "SELECT count(*) FROM InstantFunnel WHERE note NOT RLIKE 'GET.*'",
        "SELECT count(*) FROM e WHERE note IS NULL OR note NOT LIKE 'GET%'",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE retries LIKE '%3%'", "SELECT 0"),
    ("SELECT count(*) FROM InstantFunnel WHERE tier > 'free'", "SELECT count(*) FROM e WHERE tier > 'free'"),
    (
        "SELECT count(*) FROM InstantFunnel WHERE tier = 'free' OR tier = 'pro' AND funnelStep = 'paid'",
        "SELECT count(*) FROM e WHERE tier = 'free' OR tier = 'pro' AND funnelStep = 'paid'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE (tier = 'free' OR tier = 'pro') AND funnelStep = 'paid'",
        "SELECT count(*) FROM e WHERE (tier = 'free' OR tier = 'pro') AND funnelStep = 'paid'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE (tier OR service) = 'db'",
        "SELECT count(*) FROM e WHERE coalesce(tier, service) = 'db'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE tier = 'pro' WHERE funnelStep = 'paid'",
        "SELECT count(*) FROM e WHERE tier = 'pro' AND funnelStep = 'paid'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE lower(note) = 'slow start'",
        "SELECT count(*) FROM e WHERE note = 'Slow start'",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE length(note) > 8",
        "SELECT count(*) FROM e WHERE length(note) > 8",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE journeyId IN (SELECT uniques(journeyId, 10000) FROM InstantFunnel WHERE funnelStep = 'paid' AND tier = 'pro')",
        "SELECT count(*) FROM e WHERE journeyId IN (SELECT journeyId FROM e WHERE funnelStep = 'paid' AND tier = 'pro')",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE teamId IN (SELECT latest(teamId) FROM InstantFunnel WHERE tier = 'hobby' FACET teamId LIMIT MAX)",
        "SELECT count(*) FROM e WHERE teamId IN (SELECT teamId FROM e WHERE tier = 'hobby')",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE journeyId = (SELECT latest(journeyId) FROM InstantFunnel FACET tier ORDER BY average(duration) LIMIT 1)",
        "SELECT count(*) FROM e WHERE journeyId = (SELECT journeyId FROM e WHERE journeyId IS NOT NULL AND tier = (SELECT tier FROM e WHERE tier IS NOT NULL GROUP BY tier ORDER BY avg(duration) DESC LIMIT 1) ORDER BY t DESC LIMIT 1)",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE retries != (SELECT max(retries) FROM InstantFunnel FACET service LIMIT 1)",
        "SELECT count(*) FROM e WHERE retries IS NOT 9",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE retries IN (SELECT min(retries) FROM InstantFunnel FACET teamId, tier LIMIT MAX)",
        "SELECT count(*) FROM e WHERE retries IN (SELECT min(retries) FROM e WHERE teamId IS NOT NULL AND tier IS NOT NULL GROUP BY teamId, tier)",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE duration > (SELECT average(duration) FROM InstantFunnel)",
        "SELECT count(*) FROM e WHERE duration > (SELECT avg(duration) FROM e)",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE teamId NOT IN (SELECT teamId FROM Team LIMIT MAX)",
        "SELECT count(*) FROM e WHERE teamId IS NULL OR teamId NOT IN (SELECT teamId FROM team)",
    ),
    ("SELECT count(*) FROM InstantFunnel WHERE eventType() = 'InstantFunnel'", "SELECT count(*) FROM e"),
    ("SELECT count(*) FROM InstantFunnel, Team WHERE eventType() = 'Team'", "SELECT count(*) FROM team"),
    (
        "SELECT count(*), uniqueCount(teamId) FROM InstantFunnel, Team",
        "SELECT count(*), count(DISTINCT teamId) FROM (SELECT teamId FROM e UNION ALL SELECT teamId FROM team)",
    ),
    (
        "SELECT count(*) FROM InstantFunnel WHERE timestamp < $T - 86400000",
        "SELECT count(*) FROM e WHERE t < $T - 86400000",
    ),
];
