#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of the program has a JSON Schema in docs/json, and every golden answer with --json conforms to its own.

usage: check_json.py PALYRA PALYRA_VALIDATE_JSON
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "docs/json"
GOLDEN = ROOT / "tests/golden"
SHARED = "shared.schema.json"
sys.path.insert(0, str(GOLDEN))
from golden import Installation, helps  # noqa: E402

# Documents that are no golden files: this program's own scripts, and what only a person at a terminal gets to see.
ASKED = [["completion", "bash"]]
TERMINAL_ONLY = {"trust-recover.schema.json"}

# What golden.py hides, as it could have been.
UNMASKED = [
    ("TIME", "2026-01-01T00:00:00Z"),
    ("HEX64", "0123456789abcdef" * 4),
    ("HEX32", "0123456789abcdef" * 2),
    ("HEX12", "0123456789ab"),
    ('"commit": MASKED', '"commit": "0123456789ab"'),
    ('": MASKED', '": 0'),
]


def file_name(command):
    return command.replace(" ", "-") + ".schema.json"


def bundled(schema, shared):
    """The schema with what it names of the shared file put into it: the validator follows no reference to a file."""
    text = json.dumps(schema).replace(SHARED + "#", "#")
    names, found = re.findall(r'"#/\$defs/(\w+)"', text), {}
    while names:
        name = names.pop()
        if name not in found:
            found[name] = shared["$defs"][name]
            names += re.findall(r'"#/\$defs/(\w+)"', json.dumps(found[name]))
    whole = json.loads(text)
    whole["$defs"] = {**whole.get("$defs", {}), **found}
    return json.dumps(whole)


def documents(text):
    """The documents of one golden file, of standard output and of standard error: each begins a line."""
    for masked, plain in UNMASKED:
        text = text.replace(masked, plain)
    return json.loads("[" + ",".join(re.findall(r"^\{\n.*?^\}$", text, re.S | re.M)) + "]")


def shown(program):
    """Name and document of everything there is to judge."""
    for path in sorted(GOLDEN.glob("*.json.txt")):
        for document in documents(path.read_text()):
            yield path.name, document
    home = Installation(program)
    for command in ASKED:
        yield " ".join(command), json.loads(home.run(*command, "--json").out)
    home.close()


def pairs(program, problems):
    """Name, schema, document."""
    shared = json.loads((SCHEMAS / SHARED).read_text())
    schemas = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.schema.json")}
    seen = set()
    for where, document in shown(program):
        name = "error.schema.json" if "error" in document else file_name(document["command"])
        seen.add(name)
        if name in schemas:
            yield f"{where} ({name})", bundled(schemas[name], shared), json.dumps(document)
        else:
            problems.append(f"{where}: docs/json lacks {name}")
    for name in sorted(set(schemas) - seen - TERMINAL_ONLY - {SHARED}):
        problems.append(f"no golden answer shows what docs/json/{name} describes")


def check_commands(program, problems):
    home = Installation(program)
    _, leaves = helps(home)
    home.close()
    listed = (ROOT / "docs/cli.md").read_text()
    for leaf in leaves:
        if not (SCHEMAS / file_name(leaf)).exists():
            problems.append(f"docs/json lacks {file_name(leaf)} of `palyra {leaf}`")
    for path in SCHEMAS.glob("*.schema.json"):
        if f"json/{path.name}" not in listed:
            problems.append(f"docs/cli.md does not name json/{path.name}")
    return len(leaves)


def main(program, validator):
    problems = []
    leaves = check_commands(program, problems)
    asked = list(pairs(program, problems))
    lines = "".join(f"{schema}\n{document}\n" for _, schema, document in asked)
    answers = subprocess.run([validator], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(answers) == len(asked), (len(answers), len(asked))
    problems += [f"{name}: {answer}" for (name, _, _), answer in zip(asked, answers) if answer]
    print("\n".join(problems))
    print(f"{len(asked)} documents, {leaves} commands, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
