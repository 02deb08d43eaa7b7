#!/usr/bin/env python3
"""Checks that imports are in one order: std, then other crates, then this crate, with an empty line between.

    scripts/check-imports.py

Within a group rustfmt sorts. An import of a child module is written `self::child`, so that it is seen to be this crate's.
"""

import pathlib
import re
import subprocess
import sys

ORDER = ["std", "other crates", "this crate"]
STD = {"std", "core", "alloc", "proc_macro"}
OWN = {"crate", "self", "super"}
USE = re.compile(r"^(?:pub(?:\([^)]*\))? )?use (?:::)?(\w+)")


def group(name):
    return 0 if name in STD else 2 if name in OWN else 1


def faults(path):
    """Lines of the file at which a group begins out of order."""
    last, before_is_use, inside = -1, False, False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = USE.match(line)
        if found:
            now = group(found[1])
            if before_is_use and now != last:
                yield number, f"an empty line is missing before the imports of {ORDER[now]}"
            elif not before_is_use and last >= 0 and now <= last:
                yield number, f"the imports of {ORDER[now]} are in two places, or come after those of {ORDER[last]}"
            last, before_is_use, inside = now, True, not line.rstrip().endswith(";")
        elif inside:
            inside = not line.rstrip().endswith(";")
        elif line.startswith(("#[", "//")):
            # Belongs to the import that follows, if one does.
            continue
        else:
            before_is_use = False
            if line.strip():
                last = -1


def main():
    files = subprocess.run(["git", "ls-files", "*.rs"], check=True, capture_output=True, text=True).stdout.split()
    found = [f"{file}:{number}: {what}" for file in files for number, what in faults(pathlib.Path(file))]
    print("\n".join(found) or f"{len(files)} files, one order of imports")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
