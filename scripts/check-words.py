#!/usr/bin/env python3
"""Refuses wording that readers had to read twice, in *.rs, *.md and *.js. docs/glossary.md has the words to use.

`check-words.py --self-test` shows that each pattern catches its example and leaves good text alone.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Pattern, an example that it must catch, and what to write.
PATTERNS = [
    (r"(?<![Tt]here )\b(?:is|are|was|were) no (?!longer\b|more\b|such\b)(?=\w)", "the value is no slug", "is not a …"),
    (r"\b[Aa] text\b(?!-)(?! (?:attribute|column|editor|field|file|form|format)\b)", "a text that fits", "a string"),
    (r"\b[Mm]end(?:s|ed|ing)?\b", "the method that mends it", "fix"),
    (r"\bunsaid\b", "unsaid=0", "suppressed, unreported"),
    (r"\basks nobody\b|\bnobody is asked for\b", "it asks nobody for a password", "has no authentication"),
    (r"\bto the brim\b", "claim may fill it to the brim", "the whole queue"),
    (r"\bFew and dear\b", "Few and dear", "rare and important"),
    (r"\bWhat adds up to what\b", "What adds up to what", "Reconciliation"),
    (r"\bholds as much as it may\b", "the lab holds as much as it may", "memory limit reached"),
    (r"\bbytes (?:is|are) told\b", "its bytes are told", "the number of bytes is reported"),
    (r"\btold apart\b", "keys that are told apart", "distinguished"),
    (r"\bsaid so that\b", "said so that it can be fixed", "reported with position and hint"),
    (r"\b(?:take|takes|give|gives) nothing without\b", "it takes nothing without TLS", "requires"),
    (r"\bcome again in a\b|\b(?:send|ask) again in a second\b", "send again in a second", "retry in 1 s"),
    (r"\bwhere (?:\w+ ){1,4}is due\b", "a number where text is due", "expected …, found …"),
    (r"\bthe books (?:do not )?close\b", "the books close", "the books balance"),
    (r"\b(?:is|are) none of (?:ours|yours|its)\b", "the file is none of ours", "does not belong to …"),
    (r"\bare the least\b", "20 journeys are the least", "at least … are needed"),
]
COMPILED = [(re.compile(pattern), advice) for pattern, _, advice in PATTERNS]

GOOD = [
    "there is no lab at this address",
    "the value is not a slug",
    "a text file, a text-based format",
    "an attribute that is no longer sent",
    "the recommended amendment",
]


def findings(text):
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, advice in COMPILED:
            if found := pattern.search(line):
                yield number, found.group(), advice


def self_test():
    for pattern, example, _ in PATTERNS:
        assert re.search(pattern, example), f"{pattern} misses {example!r}"
    for text in GOOD:
        assert not list(findings(text)), f"{text!r} is refused"


def main():
    self_test()
    if sys.argv[1:] == ["--self-test"]:
        return 0
    listed = subprocess.check_output(["git", "ls-files", "-z", "*.rs", "*.md", "*.js"], cwd=ROOT, text=True)
    bad = 0
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if name == "docs/glossary.md" or not path.is_file():
            continue
        for number, words, advice in findings(path.read_text()):
            bad += 1
            print(f"{name}:{number}: {words!r}: write {advice}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
