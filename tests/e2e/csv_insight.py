#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole path on real data: C source -> module -> signed artifact -> quarantine -> promotion -> run; every figure of
the summary and of three queries is compared with csv_reference.py, and two builds are compared byte for byte.

Usage: csv_insight.py PALYRA
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/csv-insight"
CSV = ROOT / "examples/data/bike-trips.csv"
REFERENCE = [sys.executable, str(ROOT / "tests/e2e/csv_reference.py")]
PALYRA = sys.argv[1]


def run(*words, expect=0, **more):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False, **more)
    if done.returncode != expect:
        sys.exit(f"{words} ended {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def check_figures(work, env):
    def tool(name, *arguments):
        return run(PALYRA, "run", name, "--json", "--input-file", f"csv={CSV}", *arguments, env=env)

    (work / "summary.json").write_text(tool("demo.csv.summarize"))
    print(run(*REFERENCE, "summarize", CSV, work / "summary.json"), end="")
    record = json.loads((work / "summary.json").read_text())["result"]["record"]
    assert record["fuel_used"] > 12_000 and record["host_calls"], record
    for query in run(*REFERENCE, "list-queries").split():
        (work / "query.json").write_text(run(*REFERENCE, "print-query", query))
        arguments = {"query": json.loads((work / "query.json").read_text())}
        (work / "answer.json").write_text(tool("demo.csv.query", "--input", json.dumps(arguments)))
        print(run(*REFERENCE, "query", CSV, work / "query.json", work / "answer.json"), end="")


def main():
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        env = {
            **os.environ,
            "PALYRA_STATE_ROOT": str(work / "state"),
            "XDG_CONFIG_HOME": str(work / "config"),
            "PALYRA_POLICY__NONINTERACTIVE_PROMOTE": "true",
            "SOURCE_DATE_EPOCH": "1795305600",
        }
        run("sh", EXAMPLE / "build.sh")
        run(PALYRA, "skills", "package", "keygen", "-o", work / "key", "--no-passphrase", env=env)
        artifacts = [work / "one.palyra-skill", work / "two.palyra-skill"]
        for artifact in artifacts:
            run(PALYRA, "skills", "package", "build", EXAMPLE, "--signing-key", work / "key", "-o", artifact, env=env)
        assert artifacts[0].read_bytes() == artifacts[1].read_bytes(), "two builds differ"
        run(PALYRA, "trust", "init", env=env)
        # A first use is no verification, and nothing runs before it is promoted.
        report = json.loads(run(PALYRA, "skills", "package", "verify", "--json", artifacts[0], expect=10, env=env))
        fingerprint = report["result"]["signers"][0]["fingerprint"]
        run(PALYRA, "skills", "install", artifacts[0], "--trust-on-first-use", "--fingerprint", fingerprint, env=env)
        run(PALYRA, "run", "demo.csv.summarize", "--input", '{"asset":"sample.csv"}', expect=4, env=env)
        run(PALYRA, "skills", "promote", "demo.csv-insight", "--yes", env=env)
        check_figures(work, env)


main()
