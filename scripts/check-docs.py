#!/usr/bin/env python3
"""Checks the documents: internal links and anchors resolve, commands name what exists, quoted messages are in the source.

Rust blocks are compiled by `cargo test -p docs-tests`, `funnel` commands are parsed by `cargo test -p funnel-cli --test
documented`. `check-docs.py --self-test` shows that planted faults are found.
"""

import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
SHELL = re.compile(r"^```(?:sh|console|bash)?\n(.*?)^```", re.M | re.S)
INLINE = re.compile(r"`((?:cargo|scripts/|deploy/)[^`]+)`")


def tracked(*patterns):
    listed = subprocess.check_output(["git", "ls-files", "-z", *patterns], cwd=ROOT, text=True)
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def anchors(text):
    """The anchors that GitHub gives to headings."""
    found = set()
    for heading in re.findall(r"^#{1,6} (.*)$", FENCE.sub("", text), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.add(slug if slug not in found else f"{slug}-1")
    return found


def dead_links(page, text):
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists():
            yield f"the link {target} leads nowhere"
        elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text() if name else text):
            yield f"the anchor {target} is missing"


def commands(text):
    for block in SHELL.findall(text):
        yield from re.sub(r"\\\n\s*", "", block).splitlines()
    yield from INLINE.findall(FENCE.sub("", text))


def packages():
    found = {}
    for manifest in tracked("*Cargo.toml"):
        table = tomllib.loads(manifest.read_text())
        if "package" in table:
            found[table["package"]["name"]] = manifest.parent
    return found


def broken_command(line, known):
    """What is wrong with a command of this repository, as far as it can be seen without running it."""
    words = [word for word in line.split("#")[0].split() if not re.match(r"[A-Z_]+=", word)]
    while words and words[0] in ("$", "nice", "env"):
        words.pop(0)
    if not words:
        return None
    if re.match(r"(?:scripts|deploy)/", words[0]):
        path = words[0]
        return None if (ROOT / path).exists() or "_build" in path else f"{path} does not exist"
    if words[0] != "cargo":
        return None
    mine = words[: words.index("--")] if "--" in words else words
    folder = None
    for option, value in zip(mine, mine[1:]):
        if option in ("-p", "--package"):
            if value not in known:
                return f"there is no package {value}"
            folder = known[value]
        if option in ("--manifest-path", "--path") and not (ROOT / value).exists():
            return f"{value} does not exist"
    for option, value in zip(mine, mine[1:]):
        places = {"--test": "tests", "--bench": "benches", "--example": "examples"}
        if option in places and folder and not any((folder / places[option]).glob(f"{value}*")):
            return f"{folder.name} has no {option[2:]} {value}"
    return None


def untrue_messages(text, source):
    """Messages of docs/troubleshooting.md that no program prints."""
    for row in re.findall(r"^\| (``? .*? ``|`[^`]{25,}`) \|", text, re.M):
        for piece in row.strip("` ").split("…"):
            piece = re.sub(r"\s*\(doctor\)$", "", piece).strip()
            longest = max(re.split(r"https://|:443|does not answer in |HTTP \d+|`db`|`--db`", piece), key=len).strip(" ;,:`.")
            if len(longest) >= 20 and longest not in source:
                yield f"no program prints {longest!r}"


def self_test():
    page = ROOT / "README.md"
    assert list(dead_links(page, "[a](no-such-file.md)")) and list(dead_links(page, "# B\n[a](#c)"))
    assert not list(dead_links(page, "# A b\n[a](#a-b) [c](docs/lab.md)"))
    known = {"nrql": ROOT / "crates/nrql"}
    assert broken_command("cargo test -p nrkl", known) and broken_command("scripts/no-such.sh", known)
    assert broken_command("cargo test -p nrql --test no_such", known)
    assert not broken_command("FOO=1 cargo test -p nrql --test rules -- --nocapture", known)
    assert list(untrue_messages("| `a message that nobody ever prints` | x | y |", ""))


def main():
    self_test()
    if sys.argv[1:] == ["--self-test"]:
        return 0
    known = packages()
    source = "\n".join(path.read_text() for path in tracked("crates/*.rs"))
    source = re.sub(r"\\\n\s*", "", source).replace("{{", "{")
    bad = 0
    for page in tracked("*.md"):
        text = page.read_text()
        faults = list(dead_links(page, text))
        if page.name != "CHANGELOG.md":  # names what earlier versions had
            faults += [f"`{line.strip()}`: {why}" for line in commands(text) if (why := broken_command(line, known))]
        if page.name == "troubleshooting.md":
            faults += untrue_messages(text, re.sub(r"\{[a-z_:?]*\}", "…", source))
        for fault in faults:
            bad += 1
            print(f"{page.relative_to(ROOT)}: {fault}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
