"""Answers with ClickHouse and DuckDB what the engine of key figures is asked, from the events in a folder.

    answer.py FOLDER

FOLDER has events.csv (set, journey, row, step, ms, start, tier) and sets.csv (set, width, from_within, to_within, now).
Empty texts are absent values. Prints one line an answer, in no order.
"""

import sys
from pathlib import Path

import chdb
import duckdb

folder = Path(sys.argv[1])
events, sets = folder / "events.csv", folder / "sets.csv"

TYPES = "set UInt32, journey UInt32, row UInt32, step UInt8, ms Int64, start Nullable(Int64), tier String"
windows = duckdb.sql(f"SELECT DISTINCT width FROM '{sets}' ORDER BY 1").fetchall()
for (window,) in windows:
    # Equal times count in step order: eight ticks a millisecond leave room for the step.
    answer = chdb.query(f"""
        SELECT set, tier, level, count() FROM (
            SELECT set, journey,
                argMinIf(tier, (ms, step, row), tier != '') AS tier,
                windowFunnel({window * 8 + 7})(toUInt64(ms * 8 + step), step = 0, step = 1, step = 2, step = 3) AS level
            FROM file('{events}', 'CSVWithNames', '{TYPES}')
            WHERE set IN (SELECT set FROM file('{sets}', 'CSVWithNames') WHERE width = {window})
            GROUP BY set, journey)
        WHERE level > 0 GROUP BY set, tier, level
    """, "TSV")
    for line in answer.bytes().decode().splitlines():
        print("funnel", *line.split("\t"), sep=",")
    # Steps in another order than the contract's; windowFunnel itself takes equal times in the order of its conditions.
    answer = chdb.query(f"""
        SELECT set, level, count() FROM (
            SELECT set, journey, windowFunnel({window})(toUInt64(ms), step = 2, step = 0, step = 1) AS level
            FROM file('{events}', 'CSVWithNames', '{TYPES}')
            WHERE set IN (SELECT set FROM file('{sets}', 'CSVWithNames') WHERE width = {window})
            GROUP BY set, journey
            -- As in the engine, a journey whose beginning nobody knows is left out.
            HAVING countIf(step = 0 OR start IS NOT NULL) > 0)
        WHERE level > 0 GROUP BY set, level
    """, "TSV")
    for line in answer.bytes().decode().splitlines():
        print("turned", *line.split("\t"), sep=",")

db = duckdb.connect()
db.execute(f"CREATE TABLE sets AS FROM read_csv('{sets}')")
db.execute(f"""CREATE TABLE events AS FROM read_csv('{events}', types = {{'tier': 'VARCHAR', 'start': 'BIGINT'}})""")
db.execute("""CREATE TABLE journeys AS
    SELECT set, journey,
        coalesce(arg_min(start, (ms, step, row)) FILTER (start IS NOT NULL), min(ms) FILTER (step = 0)) AS began,
        arg_min(tier, (ms, step, row)) FILTER (tier IS NOT NULL AND tier != '') AS tier
    FROM events GROUP BY ALL""")
questions = {
    "unknown": "SELECT set, count(*) FROM journeys WHERE began IS NULL GROUP BY set",
    # What was taken in any order, all steps up to it.
    "any": """SELECT set, level, count(*) FROM (
            SELECT set, journey, CASE WHEN NOT bool_or(step = 0) THEN 0 WHEN NOT bool_or(step = 1) THEN 1
                WHEN NOT bool_or(step = 2) THEN 2 WHEN NOT bool_or(step = 3) THEN 3 ELSE 4 END AS level
            FROM events JOIN journeys USING (set, journey) WHERE began IS NOT NULL GROUP BY ALL)
        GROUP BY ALL""",
    # Claimed in time of those that provisioned in time with the tier `a`, by piece of 20 of their beginning.
    "kpi": """SELECT set, began // 20, count(*), count(*) FILTER (took_from), count(*) FILTER (took_from AND took_to),
            bool_and((began // 20 + 1) * 20 + greatest(from_within, to_within) <= now)
        FROM (
            SELECT j.set, j.journey, began, from_within, to_within, now,
                bool_or(step = 1 AND e.tier = 'a' AND ms <= began + from_within) AS took_from,
                bool_or(step = 2 AND ms <= began + to_within) AS took_to
            FROM journeys j JOIN events e USING (set, journey) JOIN sets USING (set)
            WHERE began IS NOT NULL AND began <= now GROUP BY ALL)
        GROUP BY 1, 2""",
    "mature": """SELECT set, count(*), count(*) FILTER (took_from), count(*) FILTER (took_from AND took_to) FROM (
            SELECT j.set, j.journey,
                bool_or(step = 1 AND e.tier = 'a' AND ms <= began + from_within) AS took_from,
                bool_or(step = 2 AND ms <= began + to_within) AS took_to
            FROM journeys j JOIN events e USING (set, journey) JOIN sets USING (set)
            WHERE began IS NOT NULL AND began < now - greatest(from_within, to_within) GROUP BY ALL)
        GROUP BY set""",
    # From a provision to the claim that the window of a provision first held, the earliest such provision.
    "times": """WITH reached AS (
            SELECT c.set, c.journey, min(c.ms) AS at, any_value(width) AS width
            FROM events c JOIN sets USING (set) JOIN events p
                ON p.set = c.set AND p.journey = c.journey AND p.step = 1 AND p.ms <= c.ms AND c.ms <= p.ms + width
            WHERE c.step = 2 GROUP BY ALL)
        SELECT r.set, r.at - min(p.ms) FROM reached r JOIN journeys USING (set, journey) JOIN events p
            ON p.set = r.set AND p.journey = r.journey AND p.step = 1 AND p.ms >= r.at - width AND p.ms <= r.at
        WHERE began IS NOT NULL GROUP BY r.set, r.journey, r.at""",
}
for name, question in questions.items():
    for row in db.execute(question).fetchall():
        print(name, *(str(int(value)) if value is not None else "" for value in row), sep=",")
