#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy-19 over the sources of a compile database, tests left out: GoogleTest's macros cost minutes a file.

A source is judged again only when it, a header it reads, its flags or .clang-tidy changed: what passed is remembered by
the digest of its preprocessed text in the user's cache. Usage: tidy.py BUILD_DIR
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "palyra-build/tidy"
TIDY = "clang-tidy-19"


def digest_of(entry, rules):
    words = [w for w in shlex.split(entry["command"]) if not w.endswith("/ccache")]
    flags = words[1 : words.index("-o")]
    text = subprocess.run([words[0], *flags, "-E", "-P", "-C", entry["file"]], capture_output=True, check=True).stdout
    # Nothing of where this checkout lies: flags, and __FILE__ in the text.
    portable = [f for f in flags if str(ROOT) not in f]
    text = text.replace(str(ROOT).encode(), b"")
    return hashlib.sha256(rules + "\0".join(portable).encode() + b"\0" + text).hexdigest()


def judge(entry, build, rules):
    passed = CACHE / digest_of(entry, rules)
    name = pathlib.Path(entry["file"]).relative_to(ROOT)
    if passed.exists():
        return name, "remembered", ""
    done = subprocess.run([TIDY, "-p", build, "--quiet", entry["file"]], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        passed.touch()
    return name, "ok" if done.returncode == 0 else "FAILED", done.stdout


def main():
    build = sys.argv[1]
    CACHE.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    rules = version + (ROOT / ".clang-tidy").read_bytes()
    database = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    entries = [e for e in database if f"{ROOT}/src/" in e["file"] and not e["file"].endswith("_test.cc")]
    entries = list({e["file"]: e for e in entries if f"{ROOT}/build/" not in e["file"]}.values())
    counts = {"ok": 0, "remembered": 0, "FAILED": 0}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, verdict, output in pool.map(lambda e: judge(e, build, rules), entries):
            counts[verdict] += 1
            if verdict != "remembered":
                print(f"{verdict} {name}\n{output}", end="", flush=True)
    print(f"clang-tidy: {counts['ok']} judged and clean, {counts['remembered']} unchanged, {counts['FAILED']} with findings")
    sys.exit(1 if counts["FAILED"] or not entries else 0)


main()
