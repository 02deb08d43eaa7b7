#!/usr/bin/env python3
"""Writes 1,000 real user agents, with what their packages say of them, to the file named as the first argument.

    python3 crates/instant-funnel-tower/tests/fetch-user-agents.py /tmp/user-agents.tsv
    FUNNEL_USER_AGENTS=/tmp/user-agents.tsv cargo test -p instant-funnel-tower --test user_agents

Two packages of PyPI, fetched by pip and not kept: crawler-user-agents (MIT; crawlers, monitors, libraries, agents, each
with tags) and fake-useragent (Apache-2.0; browsers as a counter of real traffic saw them). Which 1,000: 750 and 250, the
first by the SHA-256 of the string, so that nobody chooses them. A line is `tags <TAB> pattern <TAB> user agent`.
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

PACKAGES = ["crawler-user-agents==1.67.0", "fake-useragent==2.2.0"]
ROBOTS, BROWSERS = 750, 250


def member(folder, wheel, name):
    (path,) = pathlib.Path(folder).glob(wheel)
    return zipfile.ZipFile(path).read(name).decode()


def first_by_hash(lines, count):
    lines = sorted(lines, key=lambda line: hashlib.sha256(line.rsplit("\t", 1)[1].encode()).digest())
    if len(lines) < count:
        sys.exit(f"only {len(lines)} user agents, {count} wanted")
    return lines[:count]


def main():
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder]
        subprocess.run(pip + PACKAGES, check=True)
        robots = json.loads(member(folder, "crawler_user_agents*.whl", "crawleruseragents/crawler-user-agents.json"))
        browsers = member(folder, "fake_useragent*.whl", "fake_useragent/data/browsers.jsonl").splitlines()
    robots = {
        text: f"{','.join(entry.get('tags', []))}\t{entry['pattern']}\t{text}"
        for entry in robots
        for text in entry["instances"]
    }
    browsers = {json.loads(line)["useragent"] for line in browsers}
    lines = first_by_hash(robots.values(), ROBOTS)
    lines += first_by_hash({f"browser\t\t{text}" for text in browsers}, BROWSERS)
    pathlib.Path(sys.argv[1]).write_text("".join(line + "\n" for line in lines))
    print(f"{len(lines)} user agents in {sys.argv[1]}")


if __name__ == "__main__":
    main()
