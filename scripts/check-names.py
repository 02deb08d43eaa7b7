#!/usr/bin/env python3
"""Fails when two crates of one dependency chain define a public type of the same name.

    scripts/check-names.py              checks every crate of the workspace
    scripts/check-names.py --list CRATE     prints the public types that a crate defines

A reader who meets `Stats` must not have to ask whose. A re-export keeps its one definition, so it is not counted.
"""

import re
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
from importlib import import_module  # noqa: E402

circles = import_module("check-circles")

KINDS = r"struct|enum|union|trait|type"


def public_types(root):
    """{name: file} of the types that a crate defines and shows."""
    crate = circles.Crate(root)
    shown = {}

    def show(module, seen):
        if module in seen or module not in crate.files:
            return
        seen.add(module)
        text = crate.text[crate.files[module]]
        for name in re.findall(rf"^pub\s+(?:{KINDS})\s+({circles.WORD})", text, re.MULTILINE):
            shown[name] = crate.files[module]
        for child in re.findall(rf"\bpub\s+mod\s+({circles.WORD})\s*;", text):
            show((*module, child), seen)
        for tree in re.findall(r"\bpub\s+use\s+([^;]+);", text):
            for path, name in circles.expand(tree):
                absolute = crate.absolute(module, path if name != "*" else path[:-1])
                if absolute is None:
                    continue
                if name == "*" or absolute in crate.files:
                    show(absolute, seen)
                elif (file := crate.defining(absolute)) is not None:
                    if re.search(rf"\b(?:{KINDS})\s+{absolute[-1]}\b", crate.text[file]):
                        shown[name] = file

    show((), set())
    return shown


def dependencies(manifest):
    """The crates of the workspace that a crate's users get with it."""
    tables = tomllib.loads(manifest.read_text())
    return set(tables.get("dependencies", {}))


def main():
    crates = {
        manifest.parent.name: manifest
        for manifest in sorted(circles.ROOT.glob("crates/*/Cargo.toml"))
        if (manifest.parent / "src/lib.rs").exists()
    }
    types = {name: public_types(manifest.parent / "src/lib.rs") for name, manifest in crates.items()}
    if len(sys.argv) == 3 and sys.argv[1] == "--list":
        print("\n".join(sorted(types[sys.argv[2]])))
        return 0
    direct = {name: dependencies(manifest) & set(crates) for name, manifest in crates.items()}

    def chain(name):
        found = set()
        waiting = [name]
        while waiting:
            for next_one in direct[waiting.pop()] - found:
                found.add(next_one)
                waiting.append(next_one)
        return found

    bad = 0
    for name in crates:
        for other in sorted(chain(name)):
            for both in sorted(set(types[name]) & set(types[other])):
                bad += 1
                print(f"`{both}` is a public type of {name} and of {other}, which it depends on")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
