#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tries every include of one layer's header from another layer, with the flags the build gives that layer.

No pair that docs/architecture.md forbids may be found by the preprocessor; each layer must find its own header, which
shows that the trial can succeed.
Usage: check_layers.py BUILD_DIR
"""
import json
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# docs/architecture.md, "may include"; what these reach is allowed too.
MAY_INCLUDE = {
    "base": [],
    "crypto": ["base"],
    "schema": ["base"],
    "capability": ["base"],
    "egress": ["capability", "base"],
    "files": ["capability", "base"],
    "runtime": ["capability", "crypto", "base"],
    "worker": ["runtime", "capability", "base"],
    "skills": ["crypto", "capability", "base"],
    "host": ["runtime", "capability", "base"],
    "state": ["skills", "capability", "crypto", "base"],
    "app": ["state", "skills", "host", "egress", "files", "schema", "runtime", "capability", "crypto", "base"],
    "cli": ["app"],
}
PROGRAMS = {"cli", "worker"}  # nobody includes a program


def reachable(layer):
    seen, todo = set(), list(MAY_INCLUDE[layer])
    while todo:
        lower = todo.pop()
        if lower not in seen:
            seen.add(lower)
            todo += MAY_INCLUDE[lower]
    return seen | {layer}


def preprocessor(commands, layer):
    """The command that compiles one source of the layer, turned into: does this text preprocess?"""
    source_dir = ROOT / "src" / layer
    for entry in commands:
        path = pathlib.Path(entry["file"])
        if path.parent == source_dir and not path.name.endswith("_test.cc"):
            words = shlex.split(entry["command"])
            compiler = next(i for i, w in enumerate(words) if "ccache" not in w)
            flags = [w for w in words[compiler + 1 :] if w.startswith(("-I", "-std", "-D"))]
            system = [words[i : i + 2] for i, w in enumerate(words) if w == "-isystem"]
            return [words[compiler], *flags, *sum(system, []), "-E", "-x", "c++", "-", "-o", "/dev/null"]
    sys.exit(f"no source of layer {layer} in the compile database")


def main():
    commands = json.loads((pathlib.Path(sys.argv[1]) / "compile_commands.json").read_text())
    on_disk = {p.name for p in (ROOT / "src").iterdir() if (p / "CMakeLists.txt").exists()}
    if on_disk != set(MAY_INCLUDE):
        sys.exit(f"layers on disk and in this table differ: {sorted(on_disk ^ set(MAY_INCLUDE))}")
    headers = {
        layer: next((ROOT / "src" / layer / "include" / "palyra" / layer).glob("*.h")).name
        for layer in MAY_INCLUDE
        if layer not in PROGRAMS
    }
    wrong = forbidden = 0
    for layer in MAY_INCLUDE:
        command = preprocessor(commands, layer)
        for other, header in headers.items():
            text = f"#include <palyra/{other}/{header}>\n"
            found = subprocess.run(command, input=text, text=True, capture_output=True, check=False).returncode == 0
            allowed = other in reachable(layer)
            forbidden += not allowed
            if found and not allowed or not found and other == layer:
                wrong += 1
                print(f"{layer} {'reaches' if found else 'does not reach'} <palyra/{other}/{header}>")
    print(f"{forbidden} forbidden pairs tried, {wrong} wrong")
    sys.exit(1 if wrong or not forbidden else 0)


main()
