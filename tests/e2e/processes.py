# SPDX-License-Identifier: Apache-2.0
"""Two and sixty-four processes on one state directory: every change is in the log, every reader sees one moment of it.

usage: processes.py PALYRA
PALYRA_TEST_SCALE=0.1 runs a tenth of the commands, 1 (the default) all of them.
"""

import json
import os
import random
import re
import sys
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import state_audit
from palyra import ALLOW_FLAG, Installation
from state_audit import expect

PROGRAM = None
SCALE = float(os.environ.get("PALYRA_TEST_SCALE", "1"))
SKILLS = ("one", "two", "three", "four")
VERSIONS = ("1.0.0", "1.1.0", "1.2.0")
REVOCATIONS = 0.005  # of all commands
ENVIRONMENT = {**ALLOW_FLAG, "PALYRA_POLICY__UPDATES": "auto", "PALYRA_POLICY__MIN_RELEASE_AGE_HOURS": "0"}
# What a command may say when others were faster, or when the state of the moment does not allow it.
HONEST = {"state.busy", "state.changed", "state.skill_not_installed", "state.tool_not_found", "state.not_active", "state.not_disabled",
          "state.never_promoted", "state.no_earlier_version", "trust.rollback", "trust.revoked", "run.disabled", "run.stopped"}
# What a command that only looks may answer.
READING = {"skills list": ["state.busy"], "trust list": ["state.busy"],
           "skills package": ["state.busy", "trust.revoked", "trust.rollback"]}
ACTIVATE = ("skills.promoted", "skills.enabled", "skills.rolled_back")


def moments(tables):
    """After each row of the log: the status of every content root."""
    known, now, all_moments = {}, {}, []
    for row in sorted(tables["audit"], key=lambda row: row["generation"]):
        details = json.loads(row["details"])
        if row["event"] == "skills.revoked":
            now = {**now, **{version["content_root"]: "revoked" for version in details["versions"]}}
        elif row["event"].startswith("skills."):
            root, skill = details["content_root"], row["subject"].split("@")[0]
            now = dict(now)
            if row["event"] in ACTIVATE:
                now.update({other: "superseded" for other in now if known[other] == skill and now[other] == "active"})
            known[root] = skill
            now[root] = details["status"]
        all_moments.append(now)
    return all_moments


class Worker:
    """One caller after whose command comes the next."""

    def __init__(self, home, packages, seed):
        self.home = home
        self.packages = packages
        self.random = random.Random(seed)
        self.seen = []  # what each `skills list` said
        self.ends = Counter()

    def command(self):
        name = self.random.choice(SKILLS)
        skill, package = f"acme.{name}", self.random.choice(self.packages[name])
        if self.random.random() < REVOCATIONS:
            return ("trust", "revoke", "--skill", f"{skill}@{self.random.choice(VERSIONS)}", "--yes")
        return self.random.choice([
            ("skills", "install", package),
            ("skills", "install", package),
            ("skills", "promote", skill, "--yes"),
            ("skills", "promote", skill, "--yes"),
            ("skills", "update", package),
            ("skills", "rollback", skill, "--yes"),
            ("skills", "disable", skill),
            ("skills", "enable", skill),
            ("skills", "quarantine", skill),
            ("skills", "remove", skill),
            ("skills", "gc"),
            ("skills", "package", "verify", package),
            ("skills", "list", "--all-versions"),
            ("skills", "list", "--all-versions"),
            ("skills", "list", "--all-versions"),
            ("trust", "list"),
            ("run", f"{skill}.echo", "--input", '{"text":"hi"}'),
        ])

    def work(self, rounds):
        for _ in range(rounds):
            command = self.command()
            result = self.home.run(*command, "--json", **ENVIRONMENT)
            name = " ".join(command[:2]) if command[0] != "run" else "run"
            if result.status == 0:
                self.ends[name, "ok"] += 1
                if name == "skills list":
                    self.seen.append({skill["content_root"]: skill["status"] for skill in result.document()["skills"]})
                continue
            code = result.error()["code"]
            self.ends[name, code] += 1
            expect(code in HONEST, f"{command}: {result}")
            expect(code in READING.get(name, [code]), f"{command}: {result}")


class Processes(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.packages = {name: [self.version(name, number) for number in VERSIONS] for name in SKILLS}
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", self.home.file("acme.palyra-key"))
        for older, *_ in self.packages.values():
            self.home.ok("skills", "install", older, "--promote", "--yes", **ENVIRONMENT)

    def version(self, name, number):
        self.home.make_skill(name)
        manifest = Path(self.home.file(f"{name}/skill.toml"))
        manifest.write_text(re.sub(r'(?m)^version = ".*"$', f'version = "{number}"', manifest.read_text()))
        package = self.home.file(f"{name}-{number}.palyra-skill")
        os.rename(self.home.make_skill(name), package)
        return package

    def all_at_once(self, count, rounds):
        workers = [Worker(self.home, self.packages, seed) for seed in range(count)]
        with ThreadPoolExecutor(count) as pool:
            for done in [pool.submit(worker.work, rounds) for worker in workers]:
                done.result()  # what a worker expected in vain
        ends = sum((worker.ends for worker in workers), Counter())
        tables = state_audit.check(self.home.state)
        history = moments(tables)
        for worker in workers:
            self.explain(worker.seen, history)
        now = self.home.ok("skills", "list", "--all-versions")["skills"]
        self.assertEqual({skill["content_root"]: skill["status"] for skill in now}, history[-1])
        self.assertEqual(state_audit.unfinished_files(self.home.state), [])
        print(f"{count} processes: {sum(ends.values())} commands, {len(history)} changes, "
              f"{sum(len(worker.seen) for worker in workers)} lists, all explained by the log", flush=True)
        for (name, end), number in sorted(ends.items()):
            print(f"  {name}: {number} {end}", flush=True)
        self.assertLess(sum(number for (_, end), number in ends.items() if end == "state.busy"), sum(ends.values()) / 20)

    def explain(self, seen, history):
        """Each list is one moment of the log, and no later list shows an earlier one."""
        earliest = 0
        for listed in seen:
            fits = [moment for moment in range(earliest, len(history)) if history[moment] == listed]
            self.assertTrue(fits, f"no moment after {earliest} explains {listed}")
            earliest = fits[0]

    def test_two(self):
        self.all_at_once(2, max(20, round(400 * SCALE)))

    def test_sixty_four(self):
        self.all_at_once(64, max(2, round(20 * SCALE)))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
