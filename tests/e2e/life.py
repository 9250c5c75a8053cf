# SPDX-License-Identifier: Apache-2.0
"""What becomes of a skill after its promotion: switched off and on, rolled back, updated, told its settings, stopped in
the middle of a call, and swapped under Palyra's hands.

usage: life.py PALYRA
PALYRA_TEST_SCALE=0.1 does a tenth of the swap race.
"""

import hashlib
import json
import multiprocessing
import os
import random
import shlex
import subprocess
import sys
import time
import unittest
from pathlib import Path

from palyra import ALLOW_FLAG, Installation

PROGRAM = None
SCALE = float(os.environ.get("PALYRA_TEST_SCALE", "1"))
AUTO = {"PALYRA_POLICY__UPDATES": "auto", "PALYRA_POLICY__MIN_RELEASE_AGE_HOURS": "0"}
ECHO = r"""(module
  (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
  (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "run") (result i32)
    (drop (call $read (i32.const 0) (call $length) (i32.const 0)))
    (call $write (i32.const 0) (call $length))))"""
ENDLESS = '(module (func (export "run") (result i32) (loop $l (br $l)) (unreachable)))'
EXAMPLE = '[[entrypoints.tools.examples]]\nname = "echo"\ninput = { n = 1 }\noutput = { n = 1 }\n'
MOST_FUEL = str(10**11)
STOP_SECONDS = 5  # the promise


def answers(number):
    return f'(module (func (export "run") (result i32) (i32.const {number})))'


class Life(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.key = self.home.file("acme.palyra-key")
        self.home.ok("skills", "package", "keygen", "-o", self.key, "--no-passphrase")
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", self.key)

    def package(self, version, wat=ECHO, tool=EXAMPLE, rest="", name="demo", directory="packages", key=None):
        source = f"source/{name}-{version}"
        self.home.file(f"{source}/modules/{name}.wat", wat)
        self.home.file(f"{source}/skill.toml", f'''manifest_version = 3
publisher = "acme"
skill_id = "acme.{name}"
version = "{version}"
name = "Demo"
[[entrypoints.tools]]
id = "acme.{name}.echo"
name = "Echo"
description = "Answers with its arguments."
input_schema = {{ type = "object", properties = {{ n = {{ type = "integer" }} }}, additionalProperties = false }}
{tool}
{rest}''')
        output = self.home.file(f"{directory}/{name}-{version}.palyra-skill", b"")
        os.remove(output)
        self.home.ok("skills", "package", "build", self.home.file(source), "--signing-key", key or self.key, "-o", output)
        return output

    def promoted(self, version, **more):
        package = self.package(version, **more)
        self.home.ok("skills", "install", package, "--promote", "--yes", **ALLOW_FLAG)
        return package

    def code(self, *arguments, **environment):
        result = self.home.run(*arguments, "--json", **environment)
        return "ok" if result.status == 0 else result.error()["code"]

    def active(self, name="acme.demo"):
        listed = self.home.ok("skills", "list")["skills"]
        return next((skill["version"] for skill in listed if skill["skill_id"] == name and skill["status"] == "active"),
                    None)

    def test_a_skill_is_switched_off_and_on_and_back_to_what_it_was(self):
        self.promoted("1.0.0")
        self.promoted("1.1.0", rest='[capabilities]\nstorage = [{ prefix = "cache/" }]\n')
        self.promoted("1.2.0", wat=answers(7), tool="")
        self.home.ok("skills", "disable", "acme.demo")
        self.assertEqual(self.code("run", "acme.demo.echo"), "run.disabled")
        self.home.ok("skills", "enable", "acme.demo")
        self.assertEqual(self.home.ok("run", "acme.demo.echo")["output"], {"exit_code": 7})
        self.assertEqual(self.code("skills", "enable", "acme.demo"), "state.not_disabled")

        self.assertEqual(self.code("skills", "rollback", "acme.demo"), "cli.no_terminal")
        self.assertEqual(self.code("skills", "rollback", "acme.demo", "--yes"), "policy.noninteractive_promote")
        status, shown = self.home.talk("skills", "rollback", "acme.demo", answers=[("to go back to 1.1.0:", "no")])
        self.assertEqual(status, 130, shown)
        self.assertEqual(self.active(), "1.2.0")
        status, shown = self.home.talk("skills", "rollback", "acme.demo",
                                       answers=[("to go back to 1.1.0:", "acme.demo")])
        self.assertEqual(status, 0, shown)
        self.assertIn("new against the version it replaces", shown)
        self.assertIn("cache/", shown)
        self.assertEqual(self.home.ok("run", "acme.demo.echo")["record"]["grants_held"], ["cache/"])
        self.home.ok("skills", "rollback", "acme.demo", "--yes", **ALLOW_FLAG)
        self.assertEqual(self.active(), "1.0.0")
        self.assertEqual(self.code("skills", "rollback", "acme.demo", "--yes", **ALLOW_FLAG), "state.no_earlier_version")

        events = [row["event"] for row in self.home.ok("skills", "history", "acme.demo")["rows"]]
        self.assertEqual(events, ["skills.kept", "skills.promoted"] * 3 +
                         ["skills.disabled", "skills.enabled", "skills.rolled_back", "skills.rolled_back"])
        self.assertEqual(self.home.ok("skills", "show", "acme.demo")["history_rows"], len(events))
        self.assertEqual(self.code("skills", "history", "acme.none"), "state.skill_not_installed")
        self.assertEqual(self.home.ok("audit", "verify")["audit"]["rows"], len(events) + 2)

    def test_what_is_purged_is_gone_from_the_disk(self):
        self.promoted("1.0.0")
        objects = self.home.state / "objects"
        count = sum(path.is_file() for path in objects.rglob("*"))
        self.assertEqual(self.home.ok("skills", "gc", "--dry-run")["garbage"]["objects"], 0)
        self.home.ok("skills", "remove", "acme.demo")
        self.assertEqual(self.home.ok("skills", "gc", "--dry-run")["garbage"]["objects"], count)
        self.assertEqual(sum(path.is_file() for path in objects.rglob("*")), count)
        self.assertEqual(self.home.ok("skills", "gc")["garbage"]["objects"], count)
        self.assertEqual(sum(path.is_file() for path in objects.rglob("*")), 0)
        self.promoted("1.1.0")
        self.assertGreater(self.home.ok("skills", "remove", "acme.demo", "--purge")["purged"]["size_bytes"], 0)
        self.assertEqual(sum(path.is_file() for path in objects.rglob("*")), 0)

    def test_settings_are_set_by_the_operator_and_judged(self):
        self.promoted("1.0.0", rest='[config.properties.region]\ntype = "string"\nrequired = true\n'
                      'enum_values = ["eu", "us"]\n[config.properties.days]\ntype = "integer"\ndefault = 3\n')
        failed = self.home.run("run", "acme.demo.echo", "--json")
        self.assertEqual(failed.status, 4)
        self.assertEqual(failed.error()["code"], "run.setting_missing")
        self.assertIn("palyra skills config set acme.demo region VALUE", failed.error()["next"])
        self.assertEqual(self.code("skills", "config", "set", "acme.demo", "region", "asia"), "config.setting_invalid")
        self.assertEqual(self.code("skills", "config", "set", "acme.demo", "city", "x"), "config.setting_unknown")
        self.assertEqual(self.code("skills", "config", "set", "acme.demo", "region"), "cli.usage")
        self.home.ok("skills", "config", "set", "acme.demo", "region", "eu")
        self.assertEqual(self.home.run("run", "acme.demo.echo").status, 0)
        settings = {each["key"]: (each.get("value"), each["origin"])
                    for each in self.home.ok("skills", "config", "get", "acme.demo")["settings"]}
        self.assertEqual(settings, {"region": ("eu", "operator"), "days": (3, "default")})
        self.home.ok("skills", "config", "set", "acme.demo", "region", "--unset")
        self.assertEqual(self.code("run", "acme.demo.echo"), "run.setting_missing")

    def test_a_root_is_mapped_to_a_directory_of_the_operator(self):
        package = self.package("1.0.0", rest='[capabilities.filesystem]\nwrite_roots = ["notes"]\n')
        self.home.ok("skills", "install", package)
        notes = self.home.home / "notes"
        notes.mkdir()
        promote = ["skills", "promote", "acme.demo", "--yes"]
        for directory in ("notes", "/", str(self.home.state), str(self.home.home), str(self.home.home / "none")):
            self.assertEqual(self.code(*promote, "--map-root", f"notes={directory}", **ALLOW_FLAG), "policy.map_root",
                             directory)
        plan = self.home.ok(*promote, "--map-root", f"notes={notes}:ro", **ALLOW_FLAG)
        expected = [{"name": "notes", "directory": os.path.realpath(notes), "read_only": True}]
        self.assertEqual(plan["roots"], expected)
        self.assertEqual(self.home.ok("skills", "show", "acme.demo")["skill"]["roots"], expected)

    def test_updates_wait_or_go_on_as_the_policy_says_and_the_report_says_why(self):
        self.promoted("1.0.0")
        self.promoted("1.0.0", name="other")
        for version, rest in (("1.1.0", ""), ("1.2.0", '[capabilities]\nstorage = [{ prefix = "cache/" }]\n'),
                              ("1.3.0-dev.1", ""), ("9.0.0", "")):
            self.package(version, rest=rest, directory="new")
        self.package("1.0.0", name="stranger", directory="new")
        folder = self.home.file("new")
        self.assertEqual(self.code("skills", "update", folder, PALYRA_POLICY__UPDATES="off"), "policy.updates_off")

        young = self.home.ok("skills", "update", folder, PALYRA_POLICY__UPDATES="auto")
        self.assertEqual({Path(each["file"]).name: each["status"] for each in young["files"]},
                         {"demo-1.1.0.palyra-skill": "kept", "demo-1.2.0.palyra-skill": "kept",
                          "demo-1.3.0-dev.1.palyra-skill": "kept", "demo-9.0.0.palyra-skill": "kept",
                          "stranger-1.0.0.palyra-skill": "skipped"})
        waits = {each["skill"]["version"]: " ".join(each["reasons"]) for each in young["updates"]}
        self.assertEqual(set(waits), {"1.1.0", "1.2.0", "1.3.0-dev.1", "9.0.0"})
        for version, word in (("1.1.0", "release_age"), ("1.2.0", "cache/"), ("1.3.0-dev.1", "under development"),
                              ("9.0.0", "major version")):  # K18
            self.assertIn(word, waits[version])
        self.assertTrue(all(each["next"].startswith("palyra skills promote acme.demo@") for each in young["updates"]))
        self.assertEqual(self.active(), "1.0.0")
        listed = next(skill for skill in self.home.ok("skills", "list")["skills"] if skill["skill_id"] == "acme.demo")
        self.assertEqual(listed["updates"], ["9.0.0", "1.3.0-dev.1", "1.2.0", "1.1.0"])

        asked = self.home.ok("skills", "update", PALYRA_POLICY__MIN_RELEASE_AGE_HOURS="0")
        self.assertEqual({each["status"] for each in asked["updates"]}, {"waits"})  # nobody is there to be asked
        later = self.home.ok("skills", "update", **AUTO)
        self.assertEqual([(each["skill"]["version"], each["status"]) for each in later["updates"]][-1],
                         ("1.1.0", "activated"))
        shown = self.home.ok("skills", "show", "acme.demo")["skill"]
        self.assertEqual((shown["version"], shown["status_reason"]), ("1.1.0", "updated automatically"))
        self.assertIn("updated automatically",
                      json.dumps(self.home.ok("skills", "history", "acme.demo")["rows"][-1]["details"]))

    def test_on_a_terminal_an_update_is_asked_for(self):
        self.promoted("1.0.0")
        package = self.package("1.1.0", directory="new")
        status, shown = self.home.talk("skills", "update", package, "acme.demo",
                                       answers=[("let it run:", "acme.demo")])
        self.assertEqual(status, 0, shown)
        self.assertIn("release_age", shown)
        self.assertEqual(self.active(), "1.1.0")

    def test_what_the_audit_refuses_is_not_told_to_be_activated(self):
        self.promoted("1.0.0")
        strict = self.home.file("strict.toml", 'format = "palyra/audit-policy/1"\nmax_module_bytes = 4\n')
        package = self.package("1.1.0", directory="new")
        installed = self.home.run("skills", "install", package, "--promote", "--yes", "--json", **ALLOW_FLAG,
                                  PALYRA_POLICY__AUDIT_FILE=strict)
        self.assertEqual((installed.status, installed.error()["code"]), (4, "policy.audit_failed"))
        self.assertEqual(installed.document()["promotion"]["audit"]["status"], "fail")
        self.home.environment["PALYRA_POLICY__AUDIT_FILE"] = strict
        status, shown = self.home.talk("skills", "update", package, answers=[("let it run:", "acme.demo")])
        self.assertEqual(status, 4, shown)
        self.assertIn("policy.audit_failed", shown)
        self.assertNotIn("activated", shown)
        self.assertEqual(self.active(), "1.0.0")

    def test_the_command_that_goes_on_is_one_for_any_shell(self):
        rest = '[capabilities]\nhttp = [{ host = "a.example", path_prefix = "/it\'s" }]\n'
        self.home.ok("skills", "install", self.package("1.0.0", rest=rest))
        plan = self.home.ok("skills", "promote", "acme.demo", "--dry-run")
        asked = plan["grants"][0]["text"]
        self.home.ok("skills", "promote", "acme.demo", "--deny", asked, "--yes", **ALLOW_FLAG)
        waiting = self.home.ok("skills", "update", self.package("1.1.0", rest=rest, directory="new"))["updates"][0]
        words = shlex.split(waiting["next"])
        self.assertEqual(words[-2:], ["--deny", asked])
        self.assertIn("'\\''", waiting["next"])

    # K15
    def test_an_older_version_is_offered_in_vain_by_every_path(self):
        old = self.package("1.9.0")
        self.promoted("2.0.0")
        self.assertEqual(self.code("skills", "install", old), "trust.rollback")
        self.assertEqual(self.code("skills", "install", old, "--promote", "--yes", **ALLOW_FLAG), "trust.rollback")
        self.assertEqual(self.code("skills", "promote", "acme.demo@1.9.0", "--yes", **ALLOW_FLAG), "trust.rollback")
        offered = self.home.ok("skills", "update", old, **AUTO)
        self.assertEqual([each["status"] for each in offered["files"]], ["skipped"])
        self.assertEqual(offered["updates"], [])
        self.home.ok("skills", "remove", "acme.demo@2.0.0", "--purge")
        self.assertEqual(self.code("skills", "promote", "acme.demo@1.9.0", "--yes", **ALLOW_FLAG), "trust.rollback")
        self.assertEqual(self.code("skills", "package", "verify", old), "trust.rollback")
        self.home.ok("skills", "install", old, "--allow-downgrade", "--promote", "--yes", **ALLOW_FLAG)
        self.assertEqual(self.active(), "1.9.0")
        self.home.ok("skills", "install", self.package("1.8.0"), "--allow-downgrade")
        self.home.ok("skills", "promote", "acme.demo@1.8.0", "--allow-downgrade", "--yes", **ALLOW_FLAG)
        self.assertEqual(self.active(), "1.8.0")

    # K21
    def test_a_version_has_one_content_for_ever(self):
        self.promoted("1.0.0")
        waiting = self.package("1.1.0")
        self.home.ok("skills", "install", waiting)
        other = self.package("1.1.0", wat=answers(6), tool="", directory="others")
        self.assertEqual(self.code("skills", "install", other), "trust.equivocation")
        self.assertEqual(self.code("skills", "update", other), "trust.equivocation")
        root = self.home.ok("skills", "install", waiting)["skill"]["content_root"]
        self.home.ok("skills", "remove", root, "--purge")
        self.assertEqual(self.code("skills", "install", other), "trust.equivocation")
        self.assertEqual(self.active(), "1.0.0")

    def test_a_directory_is_installed_whole_and_the_worst_verdict_decides(self):
        self.package("1.0.0", name="one", directory="mixed")
        self.home.file("mixed/broken.palyra-skill", b"x")
        wrong = self.home.file("wrong.palyra-key")
        self.home.ok("skills", "package", "keygen", "-o", wrong, "--no-passphrase")
        self.package("1.0.0", name="two", directory="mixed", key=wrong)
        result = self.home.run("skills", "install", self.home.file("mixed"), "--json")
        self.assertEqual((result.status, result.error()["code"]), (5, "trust.key_mismatch"))
        self.assertEqual([each.get("code") for each in result.document()["artifacts"]],
                         ["container.c1", None, "trust.key_mismatch"])
        self.assertEqual(len(self.home.ok("skills", "list", "--quarantined")["skills"]), 2)

    def start_call(self, *more):
        call = subprocess.Popen([PROGRAM, "run", "acme.demo.echo", "--fuel", MOST_FUEL, "--json", *more],
                                cwd=self.home.home, env=self.home.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        deadline = time.monotonic() + 20
        while cpu_seconds(call.pid) < 0.2:  # it computes
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        return call

    def end_of(self, call):
        out, err = call.communicate(timeout=30)
        self.assertEqual(out, b"")
        return call.returncode, json.loads(err.decode().splitlines()[-1])["error"]["code"]

    def test_a_call_in_flight_is_stopped_when_another_process_decides_so(self):
        slowest = 0.0
        for number, stop in enumerate((["skills", "quarantine", "acme.demo"], ["skills", "remove", "acme.demo"],
                                       ["trust", "revoke", "--skill", "acme.demo", "--yes"])):
            self.promoted(f"1.{number}.0", wat=ENDLESS, tool="")
            call = self.start_call("--timeout", "60000")
            self.home.ok(*stop, **ALLOW_FLAG)
            decided = time.monotonic()
            self.assertEqual(self.end_of(call), (130, "run.stopped"), stop)
            slowest = max(slowest, time.monotonic() - decided)
            run = self.home.ok("runs", "list", "--limit", "1")["runs"][0]
            self.assertIn("run.stopped", json.dumps(run))
        self.assertLess(slowest, STOP_SECONDS)
        print(f"a call was stopped at most {slowest * 1000:.0f} ms after the decision of another process")

    def test_a_call_in_flight_ends_by_itself_when_its_version_is_switched_off_or_replaced(self):
        self.promoted("1.0.0", wat=ENDLESS, tool="")
        for step in (["skills", "disable", "acme.demo"], None):
            call = self.start_call("--timeout", "3000")
            if step:
                self.home.ok(*step)
            else:
                self.promoted("1.1.0")
            self.assertEqual(self.end_of(call), (124, "run.timed_out"))
            if step:
                self.home.ok("skills", "enable", "acme.demo")

    # K23
    def test_what_runs_hashes_to_its_row_whoever_swaps_files_meanwhile(self):
        rounds = max(1, int(10_000 * SCALE))
        running = self.promoted("1.0.0", wat=answers(5), tool="")
        other = self.package("1.1.0", wat=answers(6), tool="")
        artifacts = [Path(running).read_bytes(), Path(other).read_bytes()]
        digests = {hashlib.sha256(artifact).hexdigest() for artifact in artifacts}
        offered = self.home.file("offered.palyra-skill", artifacts[0])
        module = next(path for path in (self.home.state / "objects").rglob("*")
                      if path.is_file() and path.read_bytes().startswith(b"\0asm"))
        guest = module.read_bytes()
        evil = guest.replace(b"\x41\x05", b"\x41\x06")
        self.assertNotEqual(guest, evil)
        swaps = multiprocessing.Value("q", 0)
        swapper = multiprocessing.Process(target=swap_for_ever, daemon=True, args=(
            [(offered, [*artifacts, artifacts[0][:-9], artifacts[1] + b"x"]),
             (str(module), [guest, guest, evil, guest[:-1]])], swaps))
        swapper.start()
        counts = {}
        try:
            for number in range(rounds):
                if number % 2:
                    result = self.home.run("run", "acme.demo.echo", "--json")
                    if result.status == 0:
                        self.assertEqual(result.document()["output"], {"exit_code": 5})
                        seen = "ran what its row says"
                    else:
                        seen = result.error()["code"]
                        self.assertIn(seen, ("state.object_damaged", "state.object_missing"))
                else:
                    result = self.home.run("skills", "install", offered, "--json")
                    if result.status == 0:
                        self.assertIn(result.document()["skill"]["file_sha256"], digests)
                        seen = "kept a whole file"
                    else:
                        seen = result.error()["code"]
                        self.assertRegex(seen, r"^(container|content_root|signature|signature_shape)\.")
                counts[seen] = counts.get(seen, 0) + 1
        finally:
            swapper.terminate()
            swapper.join()
        for artifact in self.home.ok("skills", "list", "--all-versions")["skills"]:
            if artifact["names"] != "proven" or artifact.get("code"):
                continue
            digest = artifact["file_sha256"]
            stored = self.home.state / "objects" / "sha256" / digest[:2] / digest
            self.assertEqual(hashlib.sha256(stored.read_bytes()).hexdigest(), digest)
        self.assertGreater(counts["ran what its row says"], 0)
        self.assertGreater(counts["kept a whole file"], 0)
        self.assertGreater(swaps.value, rounds)
        print(f"{rounds} installs and runs while files were swapped {swaps.value} times: {counts}")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def swap_for_ever(files, swaps):
    """Each file becomes now this, now that: by renaming, and by writing over it."""
    choose = random.Random(23)
    while True:
        for path, contents in files:
            content = choose.choice(contents)
            if choose.random() < 0.3 and os.access(path, os.W_OK):
                with open(path, "r+b") as file:
                    file.write(content)
                    file.truncate()
            else:
                temporary = f"{path}.swap"
                with open(temporary, "wb") as file:
                    file.write(content)
                os.replace(temporary, path)
            swaps.value += 1
        time.sleep(0.0005)


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
