"""The funnel of `benches/engine.rs` in ClickHouse (chDB), over the same events, in the same run.

    pip install chdb
    python3 crates/funnel-lab/benches/engine.py [events]

Prints what the bench prints, then the median and the least of eleven runs of `windowFunnel` over a table in memory.
ClickHouse counts journeys by their highest step, so its counts leave journeys without a known beginning in.
"""

import os
import subprocess
import sys
import tempfile
import time

from chdb.session import Session

events = sys.argv[1] if len(sys.argv) > 1 else "1000000"
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "events.csv")
    bench = ["cargo", "bench", "-q", "-p", "funnel-lab", "--bench", "engine", "--", events, path]
    subprocess.run(bench, check=True)
    session = Session()
    session.query("CREATE DATABASE bench")
    session.query("CREATE TABLE bench.e (journey UInt32, step UInt8, ms UInt64, actor LowCardinality(String)) ENGINE = Memory")
    session.query(f"INSERT INTO bench.e SELECT * FROM file('{path}', 'CSV', 'journey UInt32, step UInt8, ms UInt64, actor String')")
    question = """
        SELECT actor, level, count() FROM (
            SELECT journey, any(actor) AS actor,
                windowFunnel(86400000)(ms, step = 0, step = 1, step = 2, step = 3) AS level
            FROM bench.e GROUP BY journey)
        GROUP BY actor, level"""
    times = []
    for _ in range(11):
        start = time.perf_counter()
        session.query(question)
        times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    print(f"chDB                 {times[5]:.1f} ms, the least {times[0]:.1f} ms")
