//! Ranges and windows.

use super::Case;

#[test]
fn times() {
    super::run(CASES);
}

pub(crate) const CASES: &[Case] = &[
    (
        "SELECT count(*) FROM InstantFunnel SINCE 1 hour ago",
        "SELECT count(*) FROM e WHERE t >= $T - 3600000 AND t < $T",
    ),
    (
        "SELECT count(*) FROM InstantFunnel SINCE 3 days ago UNTIL 1 day ago",
        "SELECT count(*) FROM e WHERE t >= $T - 3 * 86400000 AND t < $T - 86400000",
    ),
    (
        "SELECT count(*) FROM InstantFunnel SINCE 1781913600000 UNTIL 1781950000000",
        "SELECT count(*) FROM e WHERE t >= 1781913600000 AND t < 1781950000000",
    ),
    (
        "SELECT count(*) FROM InstantFunnel SINCE today",
        "SELECT count(*) FROM e WHERE t >= $T / 86400000 * 86400000 AND t < $T",
    ),
    (
        "SELECT count(*) FROM InstantFunnel SINCE yesterday UNTIL today",
        "SELECT count(*) FROM e WHERE t >= $T / 86400000 * 86400000 - 86400000 AND t < $T / 86400000 * 86400000",
    ),
    (
        "SELECT count(*) FROM InstantFunnel SINCE today WITH TIMEZONE 'Asia/Tokyo'",
        "SELECT count(*) FROM e WHERE t >= ($T + 32400000) / 86400000 * 86400000 - 32400000 AND t < $T",
    ),
    (
        "SELECT count(*) FROM InstantFunnel SINCE '2026-06-18 06:00' UNTIL '2026-06-18 18:30:00'",
        "SELECT count(*) FROM e WHERE t >= 1000 * unixepoch('2026-06-18 06:00') AND t < 1000 * unixepoch('2026-06-18 18:30:00')",
    ),
    (
        "SELECT count(*) FROM InstantFunnel SINCE '2026-06-18 06:00 +0200' UNTIL now",
        "SELECT count(*) FROM e WHERE t >= 1000 * unixepoch('2026-06-18 04:00') AND t < $T",
    ),
    (
        "SELECT count(*) FROM InstantFunnel SINCE this hour",
        "SELECT count(*) FROM e WHERE t >= $T / 3600000 * 3600000 AND t < $T",
    ),
    (
        "SELECT count(*) FROM InstantFunnel SINCE last hour UNTIL this hour",
        "SELECT count(*) FROM e WHERE t >= $T / 3600000 * 3600000 - 3600000 AND t < $T / 3600000 * 3600000",
    ),
    (
        "SELECT count(*) FROM InstantFunnel TIMESERIES 1 day",
        "SELECT $T - 7 * 86400000 + (t - ($T - 7 * 86400000)) / 86400000 * 86400000, count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel TIMESERIES 6 hours",
        "SELECT $T - 7 * 86400000 + (t - ($T - 7 * 86400000)) / 21600000 * 21600000, count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel TIMESERIES",
        "SELECT $T - 7 * 86400000 + (t - ($T - 7 * 86400000)) / 21600000 * 21600000, count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*), average(duration) FROM InstantFunnel TIMESERIES 5 hours",
        "SELECT $T - 33 * 18000000 + (t - ($T - 33 * 18000000)) / 18000000 * 18000000, count(*), avg(duration) FROM e WHERE t >= $T - 33 * 18000000 GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel TIMESERIES 1 minute SINCE 1 hour ago",
        "SELECT $T - 3600000 + (t - ($T - 3600000)) / 60000 * 60000, count(*) FROM e WHERE t >= $T - 3600000 GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel TIMESERIES 300000 SINCE 1 hour ago",
        "SELECT $T - 3600000 + (t - ($T - 3600000)) / 300000 * 300000, count(*) FROM e WHERE t >= $T - 3600000 GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET tier TIMESERIES 1 day",
        "SELECT tier, $T - 7 * 86400000 + (t - ($T - 7 * 86400000)) / 86400000 * 86400000, count(*) FROM e WHERE tier IS NOT NULL GROUP BY 1, 2",
    ),
    (
        "SELECT uniqueCount(journeyId) FROM InstantFunnel FACET funnelStep TIMESERIES 2 days SINCE 6 days ago",
        "SELECT funnelStep, $T - 6 * 86400000 + (t - ($T - 6 * 86400000)) / 172800000 * 172800000, count(DISTINCT journeyId) FROM e WHERE t >= $T - 6 * 86400000 GROUP BY 1, 2",
    ),
    (
        "SELECT rate(count(*), 1 minute) FROM InstantFunnel TIMESERIES 1 day",
        "SELECT $T - 7 * 86400000 + (t - ($T - 7 * 86400000)) / 86400000 * 86400000, count(*) / 1440.0 FROM e GROUP BY 1",
    ),
    (
        "SELECT funnel(journeyId, WHERE funnelStep = 'landing', WHERE funnelStep = 'claim') FROM InstantFunnel TIMESERIES 1 day",
        "SELECT d, sum(a), sum(a AND b) FROM (SELECT $T - 7 * 86400000 + (t - ($T - 7 * 86400000)) / 86400000 * 86400000 d, max(funnelStep = 'landing') a, max(funnelStep = 'claim') b FROM e WHERE journeyId IS NOT NULL GROUP BY 1, journeyId) GROUP BY d",
    ),
    (
        "SELECT max(duration) FROM InstantFunnel TIMESERIES 2 hours SLIDE BY 1 hour SINCE 6 hours ago",
        "WITH RECURSIVE w(b) AS (SELECT $T - 6 * 3600000 UNION ALL SELECT b + 3600000 FROM w WHERE b + 3600000 <= $T - 2 * 3600000) SELECT b, max(duration) FROM w JOIN e ON t >= b AND t < b + 2 * 3600000 GROUP BY b",
    ),
    (
        "SELECT count(*) FROM InstantFunnel TIMESERIES 1 hour SLIDE BY 3 hours SINCE 7 hours ago",
        "WITH RECURSIVE w(b) AS (SELECT $T - 3600000 UNION ALL SELECT b - 10800000 FROM w WHERE b - 10800000 >= $T - 7 * 3600000) SELECT b, count(*) FROM w JOIN e ON t >= b AND t < b + 3600000 GROUP BY b",
    ),
    // Clocks in Berlin go forward on 29 March 2026, at one o'clock UTC: 84 days before these events.
    (
        "SELECT count(*) FROM InstantFunnel FACET hourOf(timestamp - 7257600000, numeric) WITH TIMEZONE 'Europe/Berlin'",
        "SELECT CAST(strftime('%H', (t - 7257600000) / 1000 + CASE WHEN t - 7257600000 >= 1774746000000 THEN 7200 ELSE 3600 END, 'unixepoch') AS INTEGER), count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*), uniqueCount(journeyId) FROM InstantFunnel FACET dayOfMonthOf(timestamp - 7257600000, numeric) WITH TIMEZONE 'Europe/Berlin'",
        "SELECT CAST(strftime('%d', (t - 7257600000) / 1000 + CASE WHEN t - 7257600000 >= 1774746000000 THEN 7200 ELSE 3600 END, 'unixepoch') AS INTEGER), count(*), count(DISTINCT journeyId) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET toDatetime(timestamp - 7257600000, 'yyyy-MM-dd HH XXX', 'Europe/Berlin') LIMIT MAX",
        "SELECT strftime('%Y-%m-%d %H ', (t - 7257600000) / 1000 + o, 'unixepoch') || CASE o WHEN 7200 THEN '+02:00' ELSE '+01:00' END, count(*) FROM (SELECT t, CASE WHEN t - 7257600000 >= 1774746000000 THEN 7200 ELSE 3600 END o FROM e) GROUP BY 1",
    ),
    // And back on 26 October 2025: 238 days before.
    (
        "SELECT count(*) FROM InstantFunnel FACET hourOf(timestamp - 20563200000, numeric) WITH TIMEZONE 'Europe/Berlin'",
        "SELECT CAST(strftime('%H', (t - 20563200000) / 1000 + CASE WHEN t - 20563200000 >= 1761440400000 THEN 3600 ELSE 7200 END, 'unixepoch') AS INTEGER), count(*) FROM e GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel SINCE 1 day ago COMPARE WITH 1 day ago",
        "SELECT count(*) FROM e WHERE t >= $T - 86400000 UNION ALL SELECT count(*) FROM e WHERE t >= $T - 2 * 86400000 AND t < $T - 86400000",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET tier SINCE 2 days ago COMPARE WITH 3 days ago",
        "SELECT tier, count(*) FROM e WHERE tier IS NOT NULL AND t >= $T - 2 * 86400000 GROUP BY 1 UNION ALL SELECT tier, count(*) FROM e WHERE tier IS NOT NULL AND t >= $T - 5 * 86400000 AND t < $T - 3 * 86400000 GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel TIMESERIES 1 hour SINCE 3 hours ago COMPARE WITH 1 day ago",
        "SELECT $T - 10800000 + (t - ($T - 10800000)) / 3600000 * 3600000, count(*) FROM e WHERE t >= $T - 10800000 GROUP BY 1 UNION ALL SELECT $T - 97200000 + (t - ($T - 97200000)) / 3600000 * 3600000, count(*) FROM e WHERE t >= $T - 97200000 AND t < $T - 86400000 GROUP BY 1",
    ),
    (
        "SELECT count(*) FROM InstantFunnel FACET hourOf(timestamp) SINCE 2 days ago WITH TIMEZONE 'Asia/Kolkata'",
        "SELECT CAST(strftime('%H', t / 1000 + 19800, 'unixepoch') AS INTEGER) || ':00', count(*) FROM e WHERE t >= $T - 2 * 86400000 GROUP BY 1",
    ),
];
