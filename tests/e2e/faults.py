# SPDX-License-Identifier: Apache-2.0
"""Kills the program, or fails its system call, at every system call that changes a file: the state is the old one or
the new one, at once and without repair, and an error is reported as one.

usage: faults.py PALYRA
PALYRA_TEST_SCALE=0.1 tries every tenth point, 1 (the default) all of them.
"""

import os
import re
import shutil
import subprocess
import sys
import unittest
from collections import Counter
from pathlib import Path

import state_audit
from state_audit import Violation, expect
from traced import SYNCS, Command, Traced, cache_only, journal_name_only

PROGRAM = None
STRIDE = max(1, round(1 / float(os.environ.get("PALYRA_TEST_SCALE", "1"))))
KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"  # a public key of RFC 8032
FAULTS = ("signal=SIGKILL", "error=ENOSPC", "error=EIO")
# Damage and bugs are not what happened.
DISHONEST = re.compile(r"trust\.|state\.(object|audit|schema|sqlite)|.*internal")
# An update that asks nobody.
AUTOMATIC = {"PALYRA_POLICY__UPDATES": "auto", "PALYRA_POLICY__MIN_RELEASE_AGE_HOURS": "0"}


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        works = shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
        assert works and works.returncode == 0, f"strace must be able to trace here: {works}"

    def setUp(self):
        self.home = Traced(PROGRAM)
        self.addCleanup(self.home.close)
        self.violations = []
        self.judge = None  # of the answer and of the state, old, new or half
        self.key = self.home.file("acme.palyra-key")
        made = self.home.make_skill("hello")
        manifest = Path(self.home.file("hello/skill.toml"))
        manifest.write_text(manifest.read_text() + '\n[config.properties.greeting]\ntype = "string"\n')
        os.remove(made)
        self.old = self.version("1.0.0")
        self.new = self.version("1.1.0")

    def version(self, number):
        manifest = Path(self.home.file("hello/skill.toml"))
        manifest.write_text(re.sub(r'(?m)^version = ".*"$', f'version = "{number}"', manifest.read_text()))
        package = self.home.file(f"{number}.palyra-skill")
        os.rename(self.home.make_skill("hello"), package)
        return package

    def prepare(self, *commands):
        for command in commands:
            self.must(Command(*command))
        self.home.keep("before")

    def prepare_installed(self, *commands):
        self.prepare(("trust", "init"), ("trust", "add", "acme", "--key", self.key), *commands)

    def prepare_active(self, *commands):
        self.prepare_installed(("skills", "install", self.old, "--promote", "--yes"), *commands)

    def prepare_updated(self, *commands):
        self.prepare_active(("skills", "install", self.new, "--promote", "--yes"), *commands)

    def must(self, command):
        result = self.home.start(command)
        self.assertEqual(result.status, 0, f"{command}: {result}")

    def try_all(self, *words, between=(), types=None, **environment):
        """Every fault at every point of the command. `between` are the commands that it may have done half of."""
        command = Command(*words, types=types, **environment)
        before = self.home.observe()
        self.home.put_back("before")
        points = self.home.points(command)
        after = self.home.observe()
        self.assertNotEqual(before, after)
        self.home.put_back("before")
        states = {before: "old", after: "new"}
        for half in between:
            self.must(Command(*half))
            states[self.home.observe()] = "half"
        for number, fault in enumerate(FAULTS):
            self.try_fault(command, fault, points[(len(str(command)) + number) % STRIDE::STRIDE], states)
        print(f"{command}: {len(points)} points, {len(self.violations)} violations", flush=True)
        self.assertEqual(self.violations, [])

    def try_fault(self, command, fault, points, states):
        ends = Counter()
        for point in points:
            self.home.put_back("before")
            try:
                ends[self.try_one(command, fault, point, states)] += 1
            except (Violation, AssertionError) as violation:
                self.violations.append(f"{command}, {fault} at {point}: {violation}"[:3000])
                print(self.violations[-1][:1500], flush=True)
        print(f"{command}: {fault} at {len(points)} points: " + ", ".join(f"{count} {end}" for end, count in sorted(ends.items())), flush=True)

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
        elif fault.startswith("error") and not re.search(r"write\([02]<.*\(INJECTED\)", trace):  # else nobody can be told
            code = result.error()["code"]
            expect(not DISHONEST.match(code), f"it was reported as {code}")
        if self.judge and result.status > 0 and result.out.endswith(b"\n"):
            self.judge(result, state)
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
            again = self.home.start(command)
            expect(again.status == 0, f"again: {again}")
            expect(states.get(self.home.observe()) == "new", "the same command again does not make the new state")
        expect(not state_audit.unfinished_files(self.home.state), str(state_audit.unfinished_files(self.home.state)))

    def test_trust_init(self):
        self.prepare()
        self.try_all("trust", "init")

    def test_trust_add(self):
        self.prepare(("trust", "init"))
        self.try_all("trust", "add", "acme", "--key", self.key)

    def test_trust_remove(self):
        self.prepare_active()
        self.try_all("trust", "remove", "acme", "--yes")

    def test_trust_rotate(self):
        new_key, statement = self.home.file("new.palyra-key"), self.home.file("acme.palyra-rotation")
        self.home.ok("skills", "package", "keygen", "-o", new_key, "--no-passphrase")
        self.prepare_active(("trust", "rotate", "acme", "--old-key", self.key, "--new-key", new_key, "--signing-key", self.key,
                             "--signing-key", new_key, "-o", statement))
        self.try_all("trust", "rotate", "--apply", statement, "--yes")

    def test_trust_revoke_by_the_operator(self):
        self.prepare_active()
        self.try_all("trust", "revoke", "--skill", "acme.hello", "--yes")

    def test_trust_revoke_by_the_publisher(self):
        revocations = self.home.file("acme.palyra-revocations")
        self.prepare_active(("trust", "revoke", "--issuer", "acme", "--list-version", "1", "--expires", "+90d", "--skill", "acme.hello@1.0.0",
                             "--signing-key", self.key, "-o", revocations))
        self.try_all("trust", "revoke", "--apply", revocations)

    def test_trust_recover_a_backup(self):
        backup = self.home.file("backup")
        self.prepare_active(("state", "backup", backup))
        self.damage()
        self.try_all("trust", "recover", "--from", backup, types="recover")

    def test_trust_recover_nothing(self):
        self.prepare_active()
        self.damage()
        self.try_all("trust", "recover", "--empty", types="recover")

    def damage(self):
        with open(self.home.state / "trust.db", "r+b") as file:
            file.truncate(10_000)
        self.home.keep("before")

    def test_install(self):
        self.prepare_installed()
        self.try_all("skills", "install", self.old)

    def test_promote(self):
        self.prepare_installed(("skills", "install", self.old))
        self.try_all("skills", "promote", "acme.hello", "--yes")

    def test_install_and_promote_an_update(self):
        self.prepare_active()
        self.try_all("skills", "install", self.new, "--promote", "--yes", between=[("skills", "install", self.new)])

    def test_update(self):
        self.prepare_active()
        self.judge = self.judge_update
        self.try_all("skills", "update", self.new, between=[("skills", "install", self.new)], **AUTOMATIC)

    @staticmethod
    def judge_update(result, state):
        """What the system stops has failed; waiting is for what a person must decide."""
        for each in result.document()["updates"]:
            expect(each["status"] == "failed" or (each["status"] == "activated" and state == "new"), f"it {each['status']}: {result}")

    def test_rollback(self):
        self.prepare_updated()
        self.try_all("skills", "rollback", "acme.hello", "--yes")

    def test_disable(self):
        self.prepare_active()
        self.try_all("skills", "disable", "acme.hello")

    def test_enable(self):
        self.prepare_active(("skills", "disable", "acme.hello"))
        self.try_all("skills", "enable", "acme.hello")

    def test_quarantine(self):
        self.prepare_active()
        self.try_all("skills", "quarantine", "acme.hello")

    def test_remove(self):
        self.prepare_active()
        self.try_all("skills", "remove", "acme.hello")

    def test_config_set(self):
        self.prepare_active()
        self.try_all("skills", "config", "set", "acme.hello", "greeting", "hello")

    def test_gc(self):
        mallory = self.home.file("mallory.palyra-key")
        self.home.ok("skills", "package", "keygen", "-o", mallory, "--no-passphrase")
        self.home.make_skill("other", "acme", mallory)
        self.home.file("other/assets/large", bytes(1 << 20))
        mismatch = self.home.make_skill("other", "acme", mallory)
        self.prepare_updated()
        self.home.start(Command("skills", "install", mismatch))  # keeps it, and reports the mismatch
        self.must(Command("skills", "remove", "acme.hello@1.0.0"))
        self.home.keep("before")
        self.try_all("skills", "gc", PALYRA_QUARANTINE__MAX_BYTES=str(1 << 20))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
