#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/error-codes.md lists exactly the codes of the sources, each raised by some test; docs/behaviours.md names tests
that exist; docs/threat-model.md has every attack row, with tests that exist and name the row."""
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

named = set(re.findall(r"\bTEST(?:_F|_P)?\((\w+),\s*(\w+)\)", text)) | set(re.findall(r"\bRC_GTEST(?:_FIXTURE)?_PROP\((\w+),\s*(\w+)", text))
for path in ROOT.glob("tests/e2e/*.py"):
    named |= {(path.stem, test) for test in re.findall(r"def (test_\w+)\(", path.read_text())}


def names_in(line):
    return re.findall(r"`(\w+)\.(\w+)`", line)


behaviours = re.findall(r"`([A-Z]\w+)\.(\w+)`", (ROOT / "docs/behaviours.md").read_text())
problems += [f"docs/behaviours.md names {suite}.{test}, which does not exist" for suite, test in behaviours if (suite, test) not in named]

# Every row of the catalogue of attacks: what holds, the tests, and the same id in a comment of a test.
LAST_ROWS = {"K": 24, "M": 20, "H": 24, "S": 14, "F": 14, "N": 6}
ROWS = [f"{letter}{number:02}" for letter, last in LAST_ROWS.items() for number in range(1, last + 1)]
LETTERS = "[" + "".join(LAST_ROWS) + "]"
rows = dict(re.findall(rf"^\| ({LETTERS}\d\d) \|(.*)$", (ROOT / "docs/threat-model.md").read_text(), re.M))
above = set()  # (row, suite, test) of every test below a comment that names rows
TEST = r"(?:(?:TEST(?:_F|_P)?|RC_GTEST(?:_FIXTURE)?_PROP)\((\w+),\s*(\w+)|def (test_\w+)\()"
for path in [*ROOT.glob("src/**/*_test.cc"), *ROOT.glob("tests/e2e/*.py")]:
    for comment, suite, test, function in re.findall(rf"^ *(?://|#) (.*\b{LETTERS}\d\d\b.*)\n(?: *(?://|#) .*\n)* *" + TEST, path.read_text(), re.M):
        above |= {(row, suite or path.stem, test or function) for row in re.findall(rf"\b{LETTERS}\d\d\b", comment)}
problems += [f"docs/threat-model.md lacks the row {row}" for row in ROWS if row not in rows]
problems += [f"docs/threat-model.md has the row {row}, which nobody knows" for row in rows if row not in ROWS]
for row, line in rows.items():
    if not any((row, suite, test) in above for suite, test in names_in(line)):
        problems.append(f"docs/threat-model.md names no test for {row} that has {row} in a comment above it")
    problems += [f"docs/threat-model.md names {suite}.{test} for {row}, which does not exist" for suite, test in names_in(line) if (suite, test) not in named]

print("\n".join(problems) or f"{len(declared)} codes documented and tested, {len(ROWS)} attack rows and the behaviours name existing tests")
sys.exit(1 if problems else 0)
