#!/usr/bin/env python3
"""Fails when files of one crate use each other in a circle.

    scripts/check-circles.py            checks every crate of the workspace
    scripts/check-circles.py --arrows CRATE     prints which file uses which

An arrow is a path in the source (`use crate::…`, `use super::…`, or written out) followed to the file that defines the
item: a re-export in a `mod.rs` or `lib.rs` is looked through. Test modules are left out. Arrows that may close a circle
are listed, each with its reason, in check-circles.allow.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = Path(__file__).with_suffix(".allow")

WORD = r"[A-Za-z_][A-Za-z0-9_]*"
BLANK = re.compile(
    r"""
      //[^\n]*
    | /\*.*?\*/
    | b?r(?P<hashes>\#*)".*?"(?P=hashes)
    | b?"(?:\\.|[^"\\])*"
    | b?'(?:\\.[^']*|[^'\\])'
    """,
    re.VERBOSE | re.DOTALL,
)


def code(text):
    """The source without comments, strings and characters."""
    return BLANK.sub(" ", text)


def without_tests(text):
    """The source without what is compiled for tests alone."""
    pieces, rest = [], text
    while match := re.search(r"#\[cfg\((?:test|all\(test\b[^\]]*)\)\]\s*(?:#\[[^\]]*\]\s*)*", rest):
        pieces.append(rest[: match.start()])
        rest = rest[match.end() :]
        end = re.search(r"[;{]", rest)
        if end is None:
            break
        if end.group() == ";":
            rest = rest[end.end() :]
            continue
        depth, at = 1, end.end()
        while depth and at < len(rest):
            depth += {"{": 1, "}": -1}.get(rest[at], 0)
            at += 1
        rest = rest[at:]
    return "".join(pieces) + rest


def expand(tree):
    """`a::{b, c::d as e}` as [(("a", "b"), "b"), (("a", "c", "d"), "e")]."""
    tree = tree.strip().removeprefix("::")
    if (brace := tree.find("{")) >= 0:
        prefix = [part.strip() for part in tree[:brace].split("::") if part.strip()]
        inner, depth, start = tree[brace + 1 : tree.rfind("}")], 0, 0
        branches = []
        for at, char in enumerate(inner + ","):
            depth += {"{": 1, "}": -1}.get(char, 0)
            if char == "," and depth == 0:
                branches.append(inner[start:at])
                start = at + 1
        return [
            ((*prefix, *path), name) for branch in branches if branch.strip() for path, name in expand(branch)
        ]
    path, _, alias = tree.partition(" as ")
    parts = tuple(part.strip() for part in path.split("::"))
    if parts[-1] == "self":
        parts = parts[:-1]
    return [(parts, alias.strip() or (parts[-1] if parts else ""))]


class Crate:
    def __init__(self, root):
        self.root = root
        self.files = {}  # module path -> file
        self.text = {}  # file -> code
        self.exports = {}  # module path -> {name: path}
        self.globs = {}  # module path -> [path]
        self.load((), root)

    def load(self, module, file):
        if not file.exists():
            return
        text = without_tests(code(file.read_text()))
        self.files[module], self.text[file] = file, text
        self.exports[module], self.globs[module] = {}, []
        for tree in re.findall(r"\bpub(?:\([^)]*\))?\s+use\s+([^;]+);", text):
            for path, name in expand(tree):
                if name == "*":
                    self.globs[module].append(path[:-1])
                else:
                    self.exports[module][name] = path
        folder = file.parent if file.name in ("lib.rs", "main.rs", "mod.rs") else file.with_suffix("")
        for name in re.findall(rf"\bmod\s+({WORD})\s*;", text):
            for child in (folder / f"{name}.rs", folder / name / "mod.rs"):
                self.load((*module, name), child)

    def absolute(self, module, path):
        """The path from the crate's root; None when it leads out of the crate."""
        if not path:
            return None
        if path[0] == "crate":
            return path[1:]
        if path[0] == "self":
            return (*module, *path[1:])
        if path[0] == "super":
            while path and path[0] == "super":
                module, path = module[:-1], path[1:]
            return (*module, *path)
        if (*module, path[0]) in self.files:
            return (*module, *path)
        return None

    def defining(self, path, depth=0):
        """The file that defines what an absolute path names."""
        module = ()
        for at, part in enumerate(path):
            if (*module, part) in self.files:
                module = (*module, part)
                continue
            exported = self.exports[module].get(part)
            if exported is not None and depth < 8:
                target = self.absolute(module, exported)
                return None if target is None else self.defining((*target, *path[at + 1 :]), depth + 1)
            if part != "*" and not self.defines(module, part):
                for glob in self.globs[module]:
                    target = self.absolute(module, glob)
                    if target in self.files and self.defines(target, part):
                        return self.files[target]
            break
        return self.files.get(module)

    def defines(self, module, name):
        kinds = r"struct|enum|union|trait|type|fn|const|static|mod|macro_rules!"
        text = self.text[self.files[module]]
        return re.search(rf"\b(?:{kinds})\s+(?:mut\s+)?{name}\b", text) is not None

    def arrows(self):
        """{(file, file): the path that is written there}."""
        found = {}
        for module, file in self.files.items():
            text = self.text[file]
            uses = []
            for public, tree in re.findall(r"\b(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", text):
                # A re-export of a child is a sign on the door, not a use.
                uses += [path for path, _ in expand(tree) if not (public and self.is_child(module, path))]
            body = re.sub(r"\buse\s+[^;]+;", " ", text)
            for written in re.findall(rf"\b(?:crate|super|self)(?:::{WORD})+|(?<![\w:.])({WORD})::({WORD})", body):
                if written[0]:
                    uses.append(tuple(written))
            for written in re.findall(rf"\b((?:crate|super|self)(?:::{WORD})+)", body):
                uses.append(tuple(written.split("::")))
            for path in uses:
                absolute = self.absolute(module, path)
                target = None if absolute is None else self.defining(absolute)
                if target is not None and target != file:
                    found.setdefault((file, target), "::".join(path))
        return found

    def is_child(self, module, path):
        return (*module, path[0]) in self.files or path[0] == "self"


def circles(arrows):
    """Strongly connected files, by Tarjan's algorithm."""
    graph = {}
    for source, target in arrows:
        graph.setdefault(source, []).append(target)
    index, low, stack, on_stack, result = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        for target in graph.get(node, []):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in on_stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = []
            while True:
                group.append(stack.pop())
                on_stack.discard(group[-1])
                if group[-1] == node:
                    break
            if len(group) > 1:
                result.append(sorted(group))

    sys.setrecursionlimit(10_000)
    for node in sorted(graph):
        if node not in index:
            visit(node)
    return result


def allowed():
    """`{(file, file)}` of the allow-list; a line without a reason is an error."""
    pairs = set()
    for number, line in enumerate(ALLOWED.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"(\S+) -> (\S+)\s+# (.+)", line)
        if match is None:
            sys.exit(f"{ALLOWED.name}:{number}: write `FILE -> FILE  # reason`")
        pairs.add((ROOT / match[1], ROOT / match[2]))
    return pairs


def roots():
    for manifest in sorted(ROOT.glob("crates/*/Cargo.toml")):
        for name in ("lib.rs", "main.rs"):
            if (root := manifest.parent / "src" / name).exists():
                yield manifest.parent.name, root


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--arrows":
        for name, root in roots():
            if name == sys.argv[2]:
                for (source, target), path in sorted(Crate(root).arrows().items()):
                    print(f"{source.relative_to(root.parent)} -> {target.relative_to(root.parent)}  ({path})")
        return 0
    permitted, used, bad = allowed(), set(), 0
    for name, root in roots():
        arrows = Crate(root).arrows()
        used |= permitted & set(arrows)
        left = {pair: path for pair, path in arrows.items() if pair not in permitted}
        for group in circles(left):
            bad += 1
            print(f"{name}: {len(group)} files use each other in a circle:")
            for (source, target), path in sorted(left.items()):
                if source in group and target in group:
                    print(f"  {source.relative_to(ROOT)} -> {target.relative_to(ROOT)}  ({path})")
    for source, target in sorted(permitted - used):
        bad += 1
        print(f"{ALLOWED.name}: {source.relative_to(ROOT)} -> {target.relative_to(ROOT)} is not in the source")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
