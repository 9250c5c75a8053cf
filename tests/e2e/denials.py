# SPDX-License-Identifier: Apache-2.0
"""What a skill is denied is recorded with what would allow it, in the same words wherever it is read; and whoever does
what it says finds it allowed.

usage: denials.py PALYRA
"""

import json
import shlex
import sys
import unittest

from palyra import ALLOW_FLAG, Installation

PROGRAM = None
# Each tool wants one grant by its name; it returns 0 when there is one.
WANTS = r"""(module
  (import "palyra:skill/call@1.0.0" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "palyra:skill/storage@1.0.0" "grant" (func $storage (param i32 i32) (result i32)))
  (import "palyra:skill/channel@1.0.0" "grant" (func $channel (param i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "grant" (func $http (param i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "open" (func $open (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "notes/") (data (i32.const 16) "results") (data (i32.const 32) "https://api.example.com")
  (data (i32.const 64) "/v2/x")
  (func $fails (param i32) (result i32) (i32.lt_s (local.get 0) (i32.const 0)))
  (func (export "storage") (result i32) (call $fails (call $storage (i32.const 0) (i32.const 6))))
  (func (export "channel") (result i32) (call $fails (call $channel (i32.const 16) (i32.const 7))))
  (func (export "origin") (result i32) (call $fails (call $http (i32.const 32) (i32.const 23))))
  (func (export "path") (result i32) (call $fails
    (call $open (call $http (i32.const 32) (i32.const 23)) (i32.const 0) (i32.const 64) (i32.const 5))))
  (func (export "handle") (result i32) (call $open (i32.const 7) (i32.const 0) (i32.const 64) (i32.const 5))))
"""
# Opens 100 requests for paths of 3,900 bytes of which each is another.
LONG = r"""(module
  (import "palyra:skill/call@1.0.0" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "open" (func $open (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "path") (result i32) (local $i i32)
    (memory.fill (i32.const 0) (i32.const 120) (i32.const 3900))
    (i32.store8 (i32.const 0) (i32.const 47))
    (loop $again
      (i32.store8 (i32.const 1) (i32.add (i32.const 65) (i32.rem_u (local.get $i) (i32.const 26))))
      (i32.store8 (i32.const 2) (i32.add (i32.const 65) (i32.div_u (local.get $i) (i32.const 26))))
      (drop (call $open (i32.const 10000) (i32.const 0) (i32.const 0) (i32.const 3900)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (i32.const 0)))
"""
TOOLS = ("storage", "channel", "origin", "path", "handle")
TOOL = """[[entrypoints.tools]]
id = "acme.wants.{0}"
name = "{0}"
description = "Wants {0}."
export = "{0}"
input_schema = {{ type = "object" }}
"""
HEAD = """manifest_version = 3
publisher = "acme"
skill_id = "acme.wants"
version = "{version}"
name = "Wants"
license = "Apache-2.0"
"""
ASKED = """storage = [{ prefix = "notes/" }]
channels = [{ name = "results", direction = "send" }]
http = [{ host = "api.example.com", methods = ["POST"], path_prefix = "/v1", max_response_bytes = 8_388_608 }]
"""
# Of each class something else: what a module imports is asked for, or it is not promoted.
OTHERS = {
    "storage": 'storage = [{ prefix = "other/" }]',
    "channel": 'channels = [{ name = "other" }]',
    "origin": 'http = [{ host = "other.example.com" }]',
}


class Denials(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.home.ok("skills", "package", "keygen", "-o", "key", "--no-passphrase")
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", "key")

    def write(self, version, asked):
        capabilities = f"[capabilities]\n{asked}" if asked else ""
        self.home.file("wants/skill.toml", HEAD.format(version=version) + capabilities + "".join(map(TOOL.format, TOOLS)))
        self.home.file("wants/modules/wants.wat", WANTS)

    def promoted(self, version, asked, *options):
        self.write(version, asked)
        self.home.ok("skills", "package", "build", "wants", "--signing-key", "key", "-o", f"{version}.palyra-skill")
        self.home.ok("skills", "install", f"{version}.palyra-skill")
        self.home.ok("skills", "promote", f"acme.wants@{version}", "--yes", *options, **ALLOW_FLAG)

    def denied(self, tool):
        """The one denial of a run that fails."""
        ran = self.home.run("run", f"acme.wants.{tool}", "--json")
        self.assertNotEqual(ran.status, 0, ran)
        denials = json.loads(ran.err.splitlines()[-1])["record"]["denials"]
        self.assertEqual(len(denials), 1, denials)
        return denials[0]

    def obey(self, denial):
        program, *words = shlex.split(denial["next"][0])
        self.assertEqual(program, "palyra")
        self.home.ok(*words, "--yes", **ALLOW_FLAG)

    def test_what_an_operator_withheld_is_granted_by_the_command_that_the_denial_names(self):
        texts = ["notes/", "results send", "https://api.example.com:443/v1 POST"]
        self.promoted("1.0.0", ASKED, *[word for text in texts for word in ("--deny", text)])
        for done, tool in enumerate(("storage", "channel", "origin")):
            denial = self.denied(tool)
            self.assertEqual(denial["code"].split(".")[1], "not_granted")
            self.assertEqual(denial["allowed"].split()[0], "no")
            kept = [word for text in texts[done + 1:] for word in ("--deny", text)]
            # The commands name what stays withheld: nothing is granted besides.
            self.assertEqual(sorted(shlex.split(denial["next"][0])), sorted(["palyra", "skills", "promote", "acme.wants@1.0.0", *kept]))
            self.obey(denial)
            self.assertEqual(self.home.run("run", f"acme.wants.{tool}").status, 0, tool)

    def test_what_a_manifest_never_asked_for_is_granted_by_the_line_that_the_denial_names(self):
        self.promoted("1.0.0", "\n".join(OTHERS.values()) + "\n")
        for step, tool in enumerate(OTHERS):
            denial = self.denied(tool)
            self.assertIn("its publisher has to ask for it (and may have to widen what is there) in skill.toml, under [capabilities]: ", denial["next"][0])
            line = denial["next"][0].partition("[capabilities]: ")[2]
            self.promoted(f"1.{step + 1}.0", "\n".join({**OTHERS, tool: line}.values()) + "\n")
            self.assertEqual(self.home.run("run", f"acme.wants.{tool}").status, 0, tool)

    def test_after_an_update_and_beside_a_refused_file_the_command_is_about_the_version_that_runs(self):
        self.promoted("1.0.0", ASKED)
        self.promoted("1.1.0", ASKED, "--deny", "notes/")
        self.write("1.1.0", ASKED + "# another content\n")
        self.home.file("wants/assets/other.txt", "another content")
        self.home.ok("skills", "package", "build", "wants", "--signing-key", "key", "-o", "other.palyra-skill")
        self.home.run("skills", "install", "other.palyra-skill")
        denial = self.denied("storage")
        self.assertEqual(denial["next"], ["palyra skills promote acme.wants@1.1.0"])
        self.obey(denial)
        self.assertEqual(self.home.run("run", "acme.wants.storage").status, 0)
        self.home.ok("skills", "promote", "acme.wants", "--deny", "notes/", "--yes", **ALLOW_FLAG)
        self.assertEqual(self.home.ok("skills", "show", "acme.wants")["skill"]["version"], "1.1.0")
        self.assertNotEqual(self.home.run("run", "acme.wants.storage").status, 0)

    def test_after_a_step_back_the_command_is_about_the_version_that_runs(self):
        self.promoted("1.0.0", ASKED, "--deny", "notes/")
        self.promoted("1.1.0", ASKED)
        self.home.ok("skills", "rollback", "acme.wants", "--yes", **ALLOW_FLAG)
        denial = self.denied("storage")
        self.assertEqual(denial["next"], ["palyra skills promote acme.wants@1.0.0"])
        self.obey(denial)
        self.assertEqual(self.home.run("run", "acme.wants.storage").status, 0)

    def test_an_older_version_that_waits_is_not_what_the_grants_of_a_skill_are_changed_of(self):
        self.write("0.9.0", ASKED)
        self.home.ok("skills", "package", "build", "wants", "--signing-key", "key", "-o", "old.palyra-skill")
        self.home.ok("skills", "install", "old.palyra-skill")
        self.promoted("1.0.0", ASKED)
        self.home.ok("skills", "promote", "acme.wants", "--deny", "notes/", "--yes", **ALLOW_FLAG)
        self.assertEqual(self.home.ok("skills", "show", "acme.wants")["skill"]["version"], "1.0.0")
        self.assertEqual(self.denied("storage")["next"], ["palyra skills promote acme.wants@1.0.0"])

    def test_no_advice_grants_a_path_beside_or_below_the_one_that_was_denied(self):
        admin = "https://api.example.com:443/v2/x/admin GET"
        self.promoted("1.0.0", 'http = [{ host = "api.example.com", path_prefix = "/v1" }, '
                      '{ host = "api.example.com", path_prefix = "/v2/x/admin" }]\n' +
                      "".join(line + "\n" for line in OTHERS.values() if "http" not in line), "--deny", admin)
        self.assertIn("its publisher has to ask for it", self.denied("path")["next"][0])

    # A guest that asks for as much as it can leaves its record all the same.
    def test_no_denials_are_too_many_or_too_long_for_the_record(self):
        self.home.file("long/skill.toml", HEAD.format(version="1.0.0").replace("acme.wants", "acme.long") +
                       f'[capabilities]\nhttp = [{{ host = "api.example.com", path_prefix = "/{"p" * 3000}" }}]\n' +
                       TOOL.format("path").replace("acme.wants", "acme.long"))
        self.home.file("long/modules/long.wat", LONG)
        self.home.ok("skills", "package", "build", "long", "--signing-key", "key", "-o", "long.palyra-skill")
        self.home.ok("skills", "install", "long.palyra-skill")
        self.home.ok("skills", "promote", "acme.long", "--yes", **ALLOW_FLAG)
        self.home.ok("run", "acme.long.path")
        run = self.home.ok("runs", "list")["runs"][0]["run_id"]
        denials = self.home.ok("runs", "show", run)["run"]["record"]["denials"]
        self.assertEqual(len(denials), 100)
        self.assertLess(max(len(json.dumps(each)) for each in denials), 4096)

    def test_a_request_outside_the_rules_names_what_is_allowed_and_the_rule_that_is_not(self):
        self.promoted("1.0.0", ASKED)
        denial = self.denied("path")
        self.assertEqual((denial["code"], denial["asked"], denial["allowed"], denial["capability"]),
                         ("http.not_granted", "GET https://api.example.com:443/v2/x", "https://api.example.com:443/v1 POST",
                          "https://api.example.com:443/v2/x GET"))
        self.assertIn('http = [{ host = "api.example.com", methods = ["GET"], path_prefix = "/v2/x" }]', denial["next"][0])

    def test_the_words_are_the_same_wherever_a_denial_is_read(self):
        self.promoted("1.0.0", ASKED, "--deny", "results send")
        denial = self.denied("channel")
        text = f"denied: {denial['code']}: {denial['asked']}; allowed: {denial['allowed']}\n  next: {denial['next'][0]}\n"
        run = self.home.ok("runs", "list")["runs"][0]["run_id"]
        self.assertEqual(self.home.ok("runs", "show", run)["run"]["record"]["denials"], [denial])
        self.assertIn(text, self.home.run("runs", "show", run).out.decode())
        self.assertIn(text, self.home.run("run", "acme.wants.channel").err.decode())
        self.assertIn(text, self.home.run("run", "acme.wants.channel", "-v").err.decode())

    def test_a_handle_that_nobody_gave_cannot_be_granted(self):
        self.promoted("1.0.0", ASKED)
        denial = self.denied("handle")
        self.assertEqual((denial["code"], denial["capability"], denial["next"]), ("handle.not_opened", "", []))

    def test_a_skill_that_is_being_written_is_told_how_to_go_on(self):
        self.write("1.0.0", ASKED)
        ran = self.home.run("run", "--skill", "wants", "acme.wants.storage")
        self.assertIn("next: the same command on a terminal, and yes to what it asks", ran.err.decode())
        ran = self.home.run("run", "--skill", "wants", "acme.wants.channel")
        self.assertIn("its mailboxes are left out", ran.err.decode())
        self.assertIn("next: install it and promote it: only then it has mailboxes", ran.err.decode())
        self.home.file("alone.wat", WANTS)
        ran = self.home.run("run", "--module", "alone.wat", "--export", "storage")
        self.assertIn("a module alone is granted nothing", ran.err.decode())


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
