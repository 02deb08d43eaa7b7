"""Times the same three questions over the same events here, in SQLite and in DuckDB, in one run.

    pip install duckdb
    python3 crates/nrql/benches/versus.py [events]

Prints a Markdown table: the median and, in brackets, the least of the runs, in milliseconds. CPU is the time that one
run of `nrql` on one thread had a core: it does not count what other programs took meanwhile.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

import duckdb

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
QUESTIONS = {
    "funnel": """
        SELECT count(*) FILTER (a), count(*) FILTER (a AND b), count(*) FILTER (a AND b AND c),
               count(*) FILTER (a AND b AND c AND d)
        FROM (SELECT bool_or(funnelStep = 'landing') a, bool_or(funnelStep = 'provision') b,
                     bool_or(funnelStep = 'claim') c, bool_or(funnelStep = 'paid') d FROM e GROUP BY journeyId)""",
    "uniqueCount by facet": "SELECT funnelStep, count(DISTINCT journeyId) FROM e GROUP BY funnelStep",
    "count in 60 buckets": "SELECT (time - 1781913600000) // 1440000, count(*) FROM e GROUP BY 1",
}


def cell(times):
    if isinstance(times, list):
        return f"{times[0]:.1f} ({times[1]:.1f})"
    return f"{times:.1f}" if times else "–"


def main():
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "events.csv")
        bench = ["cargo", "bench", "-q", "-p", "nrql", "--bench", "versus", "--", str(events), path]
        out = subprocess.run(bench, cwd=os.environ.get("NRQL_ROOT", ROOT), check=True, stdout=subprocess.PIPE, text=True).stdout
        report = json.loads(out.strip().splitlines()[-1])
        database = duckdb.connect()
        database.execute(f"SET threads = {report['threads']}")
        database.execute(
            "CREATE TABLE e AS SELECT * FROM read_csv(?, header = false, columns = "
            "{'time': 'BIGINT', 'journeyId': 'VARCHAR', 'funnelStep': 'VARCHAR', 'tier': 'VARCHAR'})",
            [path],
        )
    for name, sql in QUESTIONS.items():
        times = []
        for _ in range(11):
            start = time.perf_counter()
            database.execute(sql).fetchall()
            times.append((time.perf_counter() - start) * 1e3)
        times = sorted(times[1:])
        report[name]["DuckDB"] = [times[len(times) // 2], times[0]]
    print(f"{report['events']:,} events of {report['journeys']:,} journeys, {report['threads']} threads, "
          f"{report['bytes_per_event']:.0f} bytes an event, {report['events_per_second_in']:,.0f} events a second in, "
          f"DuckDB {duckdb.__version__}, load {os.getloadavg()[0]:.1f}\n")
    columns = ["nrql", "nrql, one thread", "CPU", "DuckDB", "SQLite"]
    print("| ms | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for name in QUESTIONS:
        cells = [cell(report[name].get(column)) for column in columns]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
