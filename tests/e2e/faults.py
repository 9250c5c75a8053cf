# SPDX-License-Identifier: Apache-2.0
"""Kills the program, or fails its system call, at every system call that changes a file: the state is the old one or
the new one, at once and without repair, and an error is reported as one.

usage: faults.py PALYRA
PALYRA_TEST_SCALE=0.1 tries every tenth point, 1 (the default) all of them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import state_audit
from palyra import ALLOW_FLAG, TIMEOUT_SECONDS, Installation, Result
from state_audit import Violation, expect

PROGRAM = None
STRIDE = max(1, round(1 / float(os.environ.get("PALYRA_TEST_SCALE", "1"))))
KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"  # a public key of RFC 8032

# What changes files. Opening does when it makes or empties one.
CALLS = ("open", "openat", "creat", "write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "truncate", "fallocate",
         "fsync", "fdatasync", "sync_file_range", "msync", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
         "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "fchown", "fchownat",
         "copy_file_range", "sendfile")
SYNCS = ("fsync", "fdatasync", "sync_file_range", "msync")
FAULTS = ("signal=SIGKILL", "error=ENOSPC", "error=EIO")
# Damage and bugs are not what happened.
DISHONEST = re.compile(r"trust\.|state\.(object|audit|schema|sqlite)|.*internal")
TIMES = {"time", "first_seen", "status_since", "digest", "previous", "trust_digest", "audit_digest", "record_digest"}
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [without_times(inner) for inner in value]
    return value


def journal_name_only(trace):
    """SQLite goes on when the name of the journal it has just made cannot be synced. It reports everything after that."""
    _, injected, rest = trace.partition("(INJECTED)")
    return bool(injected) and re.search(r"fdatasync\(\d+<\S*/state>\) = -1 E\w+ \([^)]*\) \(INJECTED\)", trace) is not None \
        and re.search(r"fdatasync\(\d+<\S*/state>\) += 0", rest) is not None


def cache_only(trace):
    """Compiled code, and the key that it is kept under, can be made again; without them a run compiles."""
    return re.search(r"<\S*/(\.cache|keys)(/\S*)?>\) = -1 E\w+ \([^)]*\) \(INJECTED\)", trace) is not None


class Traced(Installation):
    """An installation whose state and caches can be put back, and whose program runs under strace."""

    def __init__(self, program):
        super().__init__(program)
        self._kept = tempfile.TemporaryDirectory(prefix="palyra-kept-")
        self.log = Path(self._kept.name) / "trace"
        self.places = [self.state, self.home / ".cache"]

    def close(self):
        super().close()
        self._kept.cleanup()

    def keep(self, name):
        for place in self.places:
            if place.exists():
                shutil.copytree(place, Path(self._kept.name) / name / place.name, symlinks=True)

    def put_back(self, name):
        for place in self.places:
            shutil.rmtree(place, ignore_errors=True)
            kept = Path(self._kept.name) / name / place.name
            if kept.exists():
                shutil.copytree(kept, place, symlinks=True)

    def trace(self, options, arguments):
        command = ["strace", "-f", "-qq", "-y", "-s", "0", "-o", str(self.log), *options, self.program, *arguments, "--json"]
        done = subprocess.run(command, capture_output=True, cwd=self.home, env={**self.environment, **ALLOW_FLAG},
                              stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS, check=False)
        return Result(done.returncode, done.stdout, done.stderr)

    def points(self, arguments):
        """(call, number of the call in its thread) of every call that changes a file of ours, or prints."""
        result = self.trace(["-e", "trace=" + ",".join("?" + call for call in CALLS)], arguments)
        assert result.status == 0, result
        counts, points = Counter(), {}
        for line in self.log.read_text(errors="replace").splitlines():
            matched = LINE.match(line)
            if not matched:
                continue
            thread, call, rest = matched.groups()
            counts[thread, call] += 1
            makes = call not in ("open", "openat") or "O_CREAT" in rest or "O_TRUNC" in rest
            ours = str(self.home) in rest or (call in ("write", "writev") and rest.startswith("1<"))
            if makes and ours:
                points[call, counts[thread, call]] = None
        return list(points)

    def observe(self):
        """What a fresh process says of the state, and what the state's own rows say."""
        listed = self.run("skills", "list", "--all-versions", "--json")
        if listed.status == 3 and listed.error()["code"] == "trust.not_initialised":
            return "no state"
        expect(listed.status == 0, f"skills list: {listed}")
        trusted = self.run("trust", "list", "--json")
        expect(trusted.status == 0, f"trust list: {trusted}")
        skills = listed.document()["skills"]
        for skill in skills:
            shown = self.run("skills", "show", skill["content_root"], "--json")
            expect(shown.status == (3 if skill["status"] == "removed" else 0), f"skills show: {shown}")
        tables = state_audit.check(self.state)
        for root in {skill["content_root"] for skill in skills}:
            expect(root in {row["content_root"].hex() for row in tables["version"]}, f"{root} has no row")
        rows = {name: sorted(map(repr, without_times(rows))) for name, rows in tables.items()}
        return json.dumps([without_times(skills), without_times(trusted.document()), rows], sort_keys=True, default=repr)


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        works = shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
        assert works and works.returncode == 0, f"strace must be able to trace here: {works}"

    def setUp(self):
        self.home = Traced(PROGRAM)
        self.addCleanup(self.home.close)
        self.old = self.home.make_skill("hello")
        manifest = Path(self.home.file("hello/skill.toml"))
        manifest.write_text(re.sub(r'(?m)^version = ".*"$', 'version = "2.0.0"', manifest.read_text()))
        os.rename(self.old, self.home.file("old.palyra-skill"))
        self.old = self.home.file("old.palyra-skill")
        self.new = self.home.make_skill("hello")

    def prepare(self, *commands):
        for command in commands:
            self.home.ok(*command, **ALLOW_FLAG)
        self.home.keep("before")

    def prepare_installed(self, *commands):
        self.prepare(("trust", "init"), ("trust", "add", "acme", "--key", self.home.file("acme.palyra-key")), *commands)

    def try_all(self, *command, between=()):
        """Every fault at every point of `command`. `between` are the commands that it may have done half of."""
        before = self.home.observe()
        self.home.put_back("before")
        points = self.home.points(command)
        after = self.home.observe()
        self.assertNotEqual(before, after)
        self.home.put_back("before")
        states = {before: "old", after: "new"}
        for half in between:
            self.home.ok(*half, **ALLOW_FLAG)
            states[self.home.observe()] = "half"
        name = " ".join(word for word in command if "/" not in word)
        violations = []
        for number, fault in enumerate(FAULTS):
            chosen = points[(len(name) + number) % STRIDE::STRIDE]
            ends = Counter()
            for point in chosen:
                self.home.put_back("before")
                try:
                    ends[self.try_one(command, fault, point, states)] += 1
                except (Violation, AssertionError) as violation:
                    violations.append(f"{name}, {fault} at {point}: {violation}")
                    print(violations[-1][:1500], flush=True)
            print(f"{name}: {fault} at {len(chosen)} of {len(points)} points: "
                  + ", ".join(f"{count} {end}" for end, count in sorted(ends.items())), flush=True)
        print(f"{name}: {len(violations)} violations", flush=True)
        self.assertEqual(len(violations), 0, "\n".join(text[:3000] for text in violations))

    def try_one(self, command, fault, point, states):
        """How it ended: old, new or half, and what the command said."""
        call, number = point
        result = self.home.trace(["-e", f"trace=execve,{call}", "-e", f"inject={call}:{fault}:when={number}"], command)
        trace = self.home.log.read_text(errors="replace")
        happened = "(INJECTED)" in trace
        observed = self.home.observe()
        expect(observed in states, f"neither the old state nor the new: {result}\n{observed}\ninstead of\n" + "\n".join(states))
        state = states[observed]
        if result.status == 0:
            expect(state == "new", f"success was claimed, the state is the {state} one: {result}")
            expect(not happened or call not in SYNCS or journal_name_only(trace) or cache_only(trace), f"success was claimed without a sync: {trace}")
        elif fault.startswith("error") and not re.search(r"write\(2<.*\(INJECTED\)", trace):  # else nobody can be told
            code = result.error()["code"]
            expect(not DISHONEST.match(code), f"it was reported as {code}")
        self.go_on(command, state, states)
        said = "killed" if result.status < 0 else "reported" if result.status else "tolerated" if happened else "not reached"
        return f"{state} ({said})"

    def go_on(self, command, state, states):
        """A following normal command succeeds, and nothing lies about after it."""
        if state == "new":
            added = self.home.run("trust", "add", "stranger", "--key", KEY, "--json")
            expect(added.status == 0, f"trust add: {added}")
            state_audit.check(self.home.state)
        else:
            again = self.home.run(*command, "--json", **ALLOW_FLAG)
            expect(again.status == 0, f"again: {again}")
            expect(states.get(self.home.observe()) == "new", "the same command again does not make the new state")
        expect(not state_audit.unfinished_files(self.home.state), str(state_audit.unfinished_files(self.home.state)))

    def test_trust_init(self):
        self.prepare()
        self.try_all("trust", "init")

    def test_trust_add(self):
        self.prepare(("trust", "init"))
        self.try_all("trust", "add", "acme", "--key", self.home.file("acme.palyra-key"))

    def test_install(self):
        self.prepare_installed()
        self.try_all("skills", "install", self.old)

    def test_promote(self):
        self.prepare_installed(("skills", "install", self.old))
        self.try_all("skills", "promote", "acme.hello", "--yes")

    def test_install_and_promote_an_update(self):
        self.prepare_installed(("skills", "install", self.old, "--promote", "--yes"))
        self.try_all("skills", "install", self.new, "--promote", "--yes", between=[("skills", "install", self.new)])

    def test_quarantine(self):
        self.prepare_installed(("skills", "install", self.old, "--promote", "--yes"))
        self.try_all("skills", "quarantine", "acme.hello")

    def test_remove(self):
        self.prepare_installed(("skills", "install", self.old, "--promote", "--yes"))
        self.try_all("skills", "remove", "acme.hello")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
