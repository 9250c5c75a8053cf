#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/error-codes.md lists exactly the codes of the sources, each raised by some test; docs/behaviours.md names tests that exist."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
problems = []

declared = {}  # id -> constant
for path in [*ROOT.glob("src/**/*.h"), *ROOT.glob("src/**/*.cc")]:
    if path.name.endswith("_test.cc") or "testing" in path.parts:
        continue
    for name, code in re.findall(r"\bErrorCode\s+(k\w+)\s*\{\s*ErrorKind::k\w+,\s*\"([a-z0-9_.]+)\"", path.read_text()):
        if declared.setdefault(code, name) != name:
            problems.append(f"{code} has two constants: {declared[code]} and {name} ({path.relative_to(ROOT)})")

documented = re.findall(r"^\| `([a-z0-9_.]+)` \|", (ROOT / "docs/error-codes.md").read_text(), re.M)
problems += [f"docs/error-codes.md lacks {code}" for code in sorted(set(declared) - set(documented))]
problems += [f"docs/error-codes.md has {code}, the sources do not" for code in sorted(set(documented) - set(declared))]

tests = [*ROOT.glob("src/**/*_test.cc"), *ROOT.glob("src/**/testing/**/*.h"), *ROOT.glob("tests/e2e/*")]
indexes = [*ROOT.glob("tests/vectors/*/index.json"), *ROOT.glob("tests/corpora/*/index.json"), *ROOT.glob("tests/corpora/*/expected.json")]
text = "\n".join(p.read_text(errors="replace") for p in [*tests, *indexes] if p.is_file())
for code, name in sorted(declared.items()):
    area, _, reason = code.partition(".")
    if area == "container" and f'"{reason.upper()}"' in text:  # the ZIP corpus names rules: "C5"
        continue
    if not re.search(rf"\b{name}\b|{re.escape(code)}\b|\"{re.escape(reason)}\"|: {re.escape(reason)}\b", text):
        problems.append(f"no test raises {code} ({name})")

named = set(re.findall(r"TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", text)) | {
    tuple(m) for p in tests if p.is_file() for m in re.findall(r"RC_GTEST_PROP\((\w+),\s*(\w+)", p.read_text(errors="replace"))
}
for suite, test in re.findall(r"`([A-Z]\w+)\.(\w+)`", (ROOT / "docs/behaviours.md").read_text()):
    if (suite, test) not in named:
        problems.append(f"docs/behaviours.md names {suite}.{test}, which does not exist")

print("\n".join(problems) or f"{len(declared)} codes documented and tested, behaviours name existing tests")
sys.exit(1 if problems else 0)
