#!/usr/bin/env python3
"""Writes 2,000 real user agents, with what their packages say of them, to the file named as the first argument.

    python3 crates/instant-funnel-tower/tests/fetch-user-agents.py /tmp/user-agents.tsv
    FUNNEL_USER_AGENTS=/tmp/user-agents.tsv cargo test -p instant-funnel-tower --test user_agents

Three packages of PyPI, fetched by pip and not kept: crawler-user-agents (MIT; crawlers, monitors, libraries, agents,
each with tags), fake-useragent (Apache-2.0; browsers as a counter of real traffic saw them) and device_detector (MIT; its
tests hold pages opened inside apps). Which: 750, 250 and 1,000, the first by the SHA-256 of the string, so that nobody
chooses them. A line is `tags <TAB> pattern <TAB> user agent`.
"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

PACKAGES = ["crawler-user-agents==1.67.0", "fake-useragent==2.2.0"]
# Its tests are in the source distribution alone.
SOURCES = "device_detector==6.5.1"
ROBOTS, BROWSERS, IN_APP = 750, 250, 1_000


def member(folder, wheel, name):
    (path,) = pathlib.Path(folder).glob(wheel)
    return zipfile.ZipFile(path).read(name).decode()


def in_apps(folder):
    """The pages that the package's tests say an app opened, as far as the app calls itself a browser."""
    (path,) = pathlib.Path(folder).glob("device_detector-*.tar.gz")
    found = set()
    with tarfile.open(path) as source:
        for member in source.getmembers():
            if "/tests/" not in member.name or not member.name.endswith(".yml"):
                continue
            for entry in re.split(r"(?m)^-\s", source.extractfile(member).read().decode()):
                text = re.search(r"""user_agent: ["']?(Mozilla/.*?)["']?\s*$""", entry, re.MULTILINE)
                if text and re.search(r"type: mobile app\s*$", entry, re.MULTILINE):
                    found.add(text[1].replace("\t", " "))
    return found


def first_by_hash(lines, count):
    lines = sorted(lines, key=lambda line: hashlib.sha256(line.rsplit("\t", 1)[1].encode()).digest())
    if len(lines) < count:
        sys.exit(f"only {len(lines)} user agents, {count} wanted")
    return lines[:count]


def main():
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder]
        subprocess.run(pip + PACKAGES, check=True)
        source = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:", "--dest", folder]
        subprocess.run(source + [SOURCES], check=True)
        robots = json.loads(member(folder, "crawler_user_agents*.whl", "crawleruseragents/crawler-user-agents.json"))
        browsers = member(folder, "fake_useragent*.whl", "fake_useragent/data/browsers.jsonl").splitlines()
        apps = in_apps(folder)
    robots = {
        text: f"{','.join(entry.get('tags', []))}\t{entry['pattern']}\t{text}"
        for entry in robots
        for text in entry["instances"]
    }
    browsers = {json.loads(line)["useragent"] for line in browsers}
    lines = first_by_hash(robots.values(), ROBOTS)
    lines += first_by_hash({f"browser\t\t{text}" for text in browsers}, BROWSERS)
    lines += first_by_hash({f"in-app\t\t{text}" for text in apps}, IN_APP)
    pathlib.Path(sys.argv[1]).write_text("".join(line + "\n" for line in lines))
    print(f"{len(lines)} user agents in {sys.argv[1]}")


if __name__ == "__main__":
    main()
