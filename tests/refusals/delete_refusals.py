#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that tests notice when a refusal is deleted.

Copies the sources, puts a switch before every refusal it finds in skills, state, capability, crypto and host ("if the
bytes are wrong, return an error"), builds the test binaries once, and runs them with one refusal switched off at a time
until one fails. A refusal that no test misses is a survivor; kept_by_design.txt names those that another check stands behind.

Usage: delete_refusals.py [--every N] [--work DIR] [--list]
--every N tries each Nth refusal only. Exit 1: a survivor, or a line of kept_by_design.txt that is none any more.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEPT = pathlib.Path(__file__).with_name("kept_by_design.txt")
COPIED = ("CMakeLists.txt", "CMakePresets.json", "cmake", "docs", "examples", "sdk", "src", "tests")
# Whose tests are asked, in this order; the nearest first.
LAYERS = {
    "crypto": ["crypto", "skills"],
    "capability": ["capability", "skills", "host", "app"],
    "skills": ["skills", "app"],
    "state": ["state", "state_threads", "state_vault", "app"],
    "host": ["host", "app"],
}
BINARIES = sorted({binary for binaries in LAYERS.values() for binary in binaries})
SECONDS = 180  # one binary; longer than any takes, a run that hangs without its refusal has noticed

SWITCH = """#pragma once
#include <cstdlib>
inline bool palyra_deleted(int number) {
  static const int deleted = [] { const char* text = std::getenv("PALYRA_DELETED"); return text ? std::atoi(text) : -1; }();
  return number == deleted;
}
"""

# What a refusal returns.
REFUSES = re.compile(
    r"return (fail\(|refuse\w*\(|std::unexpected\(\s*Error\(|call\.(deny|out_of_\w+|time_out|cancel)\(|"
    r"HostReturn::i32\(k[A-Z]|k(TooLarge|Invalid|Denied|Full|NotFound|Inval|Badf|Fault|Perm|Notcapable)\b)"
)
CHECK = re.compile(r"^( *)(PALYRA_TRY\((check|require)_\w+\(.*\);)$", re.M)


def closing(text, opening):
    """The index of the parenthesis that closes the one at `opening`, outside literals."""
    depth, at = 0, opening
    while at < len(text):
        if text[at] in "\"'" and not (text[at] == "'" and text[at - 1].isalnum()):
            quote = text[at]
            at += 1
            while text[at] != quote:
                at += 2 if text[at] == "\\" else 1
        elif text[at] == "(":
            depth += 1
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    raise ValueError("unbalanced parentheses")


def split_initialiser(condition):
    """("auto x = f();", "x > 1") for the condition of an if with an initialiser, else ("", condition)."""
    depth = 0
    for at in range(len(condition) - 1, -1, -1):
        depth += (condition[at] in ")]}") - (condition[at] in "([{")
        if condition[at] == ";" and depth == 0:
            return condition[: at + 1], condition[at + 1 :]
    return "", condition


def is_declaration(condition):
    return re.match(r"\s*(const\s+)?(auto\b|[\w:<>]+[*&]?\s+[*&]?\w+\s*=[^=])", condition) is not None


def refusals_of(text):
    """(position of the refusal, start and end of what is replaced, the replacement with @ for its number)."""
    found = []
    for match in re.finditer(r"\bif (?:constexpr )?\(", text):
        if "constexpr" in match.group():
            continue
        opening = match.end() - 1
        end = closing(text, opening)
        rest = text[end + 1 : end + 200].lstrip(" ")
        if rest.startswith("{"):
            rest = rest[1:].lstrip()
        if not REFUSES.match(rest):
            continue
        condition = text[opening + 1 : end]
        first, last = split_initialiser(condition)
        if is_declaration(last):
            continue
        found.append((match.start(), opening + 1, end, f"{first} !palyra_deleted(@) && ({last.strip()})"))
    for match in CHECK.finditer(text):
        new = "if (!palyra_deleted(@)) { " + match.group(2) + " }"
        found.append((match.start(2), match.start(2), match.end(2), new))
    return sorted(found)


def copy_sources(tree, but):
    """All but those files. What did not change keeps its time, so that a second run builds little."""
    tree.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source = ROOT / name
        for file in [source] if source.is_file() else source.rglob("*"):
            if file.is_file() and file not in but:
                write_if_changed(tree / file.relative_to(ROOT), file.read_bytes())
    if not (tree / "rust").exists():
        (tree / "rust").symlink_to(ROOT / "rust")


def guarded_sources():
    files = {layer: sorted((ROOT / "src" / layer).glob("*.cc")) for layer in LAYERS}
    return [(layer, f) for layer, all_files in files.items() for f in all_files if not f.name.endswith("_test.cc")]


def write_if_changed(target, content):
    if target.exists() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def switch_all(tree):
    """Every refusal as {layer, file, line, text}; the copies of the sources get their switches, numbered from 1."""
    refusals = []
    for layer, file in guarded_sources():
        text = file.read_text()
        changed, at = "", 0
        for position, start, end, replacement in refusals_of(text):
            if start < at:
                continue
            line = text.count("\n", 0, position) + 1
            shown = " ".join(text[position : end + 1].split())
            refusals.append({"layer": layer, "file": str(file.relative_to(ROOT)), "line": line, "text": shown})
            changed += text[at:start] + replacement.replace("palyra_deleted(@)", f"palyra_deleted({len(refusals)})")
            at = end
        write_if_changed(tree / file.relative_to(ROOT), (changed + text[at:]).encode())
    return refusals


def build(work):
    tree, out = work / "tree", work / "build"
    write_if_changed(work / "switch.h", SWITCH.encode())
    environment = {**os.environ, "CCACHE_BASEDIR": str(work), "CCACHE_NOHASHDIR": "1"}
    log = open(work / "build.log", "w", encoding="utf-8")
    steps = [
        ["cmake", "-S", tree, "-B", out, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", f"-DCMAKE_CXX_FLAGS=-Og -g0 -w -D_GLIBCXX_ASSERTIONS -include {work}/switch.h"],
        ["cmake", "--build", out, "--target", "palyra-worker", *(f"palyra_{binary}_test" for binary in BINARIES)],
    ]
    for step in steps:
        if subprocess.run(step, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False).returncode:
            log.close()
            sys.exit((work / "build.log").read_text()[-4000:])


def fails(work, binary, number):
    """Whether the tests of one binary fail without refusal `number` (0: with all of them)."""
    environment = {**os.environ, "PALYRA_DELETED": str(number), "PALYRA_TEST_SCALE": "0.02"}
    command = [work / "build" / "bin" / f"palyra_{binary}_test", "--gtest_fail_fast", "--gtest_brief=1"]
    try:
        run = subprocess.run(command, env=environment, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return True
    return run.returncode != 0


def key_of(refusal):
    return f"{refusal['file']}: {refusal['text']}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("--every", type=int, default=1)
    arguments.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "refusals")
    arguments.add_argument("--list", action="store_true")
    options = arguments.parse_args()
    work = options.work.resolve()
    copy_sources(work / "tree", but={file for _, file in guarded_sources()})
    refusals = switch_all(work / "tree")
    if options.list:
        for number, refusal in enumerate(refusals, 1):
            print(f"{number:4} {refusal['file']}:{refusal['line']}: {refusal['text']}")
        return
    build(work)
    for binary in BINARIES:
        if fails(work, binary, 0):
            sys.exit(f"palyra_{binary}_test fails with every refusal in place")
    kept = {line for line in KEPT.read_text().splitlines() if line and not line.startswith("#")} if KEPT.exists() else set()
    survivors, needless, begun = [], [], time.monotonic()
    tried = [(n, r) for n, r in enumerate(refusals, 1) if n % options.every == 0]
    for done, (number, refusal) in enumerate(tried, 1):
        missed = any(fails(work, binary, number) for binary in LAYERS[refusal["layer"]])
        if not missed and key_of(refusal) not in kept:
            survivors.append(refusal)
            print(f"SURVIVES {refusal['file']}:{refusal['line']}: {refusal['text']}", flush=True)
        if missed and key_of(refusal) in kept:
            needless.append(refusal)
            print(f"is tested, yet in {KEPT.name}: {key_of(refusal)}", flush=True)
        if done % 25 == 0:
            print(f"{done} of {len(tried)} in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    print(f"{len(tried)} of {len(refusals)} refusals deleted one at a time, {len(survivors)} survived")
    sys.exit(1 if survivors or needless or not tried else 0)


main()
