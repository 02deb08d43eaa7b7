"""Answers for each line of JSON on standard input what RE2 makes of its pattern and texts."""

import json
import sys

import re2

options = re2.Options()
options.log_errors = False
for line in sys.stdin:
    case = json.loads(line)
    try:
        pattern = re2.compile(case["pattern"], options)
    except re2.error as error:
        print(json.dumps({"error": str(error)}))
        continue
    matches = [pattern.fullmatch(text) for text in case["texts"]]
    groups = [match and [group or "" for group in match.groups()] for match in matches]
    print(json.dumps({"matches": groups}))
