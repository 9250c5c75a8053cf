# SPDX-License-Identifier: Apache-2.0
"""The way of a skill as a person types it: from `init` to an answer, and back out.

usage: journey.py PALYRA
"""

import base64
import json
import os
import sys
import unittest

from palyra import ALLOW_FLAG, Installation

PROGRAM = None


class Journey(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)

    def installed(self):
        package = self.home.make_skill("hello")
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", self.home.file("acme.palyra-key"))
        self.home.ok("skills", "install", package)
        return package

    def status_of(self, selector="acme.hello"):
        return self.home.ok("skills", "show", selector)["skill"]["status"]

    def test_a_skill_runs_from_the_typed_consent_until_its_quarantine(self):
        package = self.installed()
        self.assertEqual(self.home.run("run", "acme.hello.echo").status, 4)
        status, shown = self.home.talk("skills", "promote", "acme.hello", answers=[("let it run:", "acme.hello")])
        self.assertEqual(status, 0, shown)
        self.assertIn("examples pass", shown)
        self.assertIn("pass  acme.hello.echo  text", shown)
        result = self.home.run("run", "acme.hello.echo", "--input", '{"text":"hi"}', "-v")
        self.assertEqual(result.out, b'{"echo":{"text":"hi"}}\n')
        self.assertIn(b"fuel", result.err)
        document = self.home.ok("run", "acme.hello.echo", "--input", "-", stdin=b'{"text":"hi"}')
        self.assertEqual(document["output"], {"echo": {"text": "hi"}})
        self.assertGreater(document["record"]["fuel_used"], 0)
        self.assertEqual(self.home.ok("skills", "install", package)["skill"]["status"], "active")

        self.home.ok("skills", "quarantine", "acme.hello")
        self.assertEqual(self.home.run("run", "acme.hello.echo").status, 4)
        self.home.ok("skills", "remove", "acme.hello")
        self.assertEqual(self.home.run("run", "acme.hello.echo").status, 3)
        self.assertEqual(self.home.run("skills", "promote", "acme.hello", "--yes", **ALLOW_FLAG).status, 3)

    def test_another_word_than_the_skills_id_is_no_consent(self):
        self.installed()
        before = self.home.dump()
        status, shown = self.home.talk("skills", "promote", "acme.hello", answers=[("let it run:", "yes")])
        self.assertEqual(status, 130, shown)
        self.assertIn("[cli.not_confirmed]", shown)
        self.assertEqual(self.home.dump(), before)
        self.assertEqual(self.status_of(), "quarantined")

    def test_a_dry_run_shows_the_plan_and_changes_nothing(self):
        self.installed()
        before = self.home.dump()
        plan = self.home.ok("skills", "promote", "acme.hello", "--dry-run")
        self.assertEqual(plan["grants"], [])
        checks = {check["check"]: check["status"] for check in plan["verification"]["checks"]}
        self.assertEqual((checks["trust"], checks["admission"]), ("pass", "pass"))
        self.assertEqual((checks["audit"], checks["examples"]), ("pass", "pass"))
        self.assertEqual(self.home.dump(), before)

    def test_a_first_use_pins_exactly_the_key_that_was_shown(self):
        package = self.home.make_skill("hello")
        self.home.ok("trust", "init")
        verdict = self.home.run("skills", "package", "verify", package, "--json")
        self.assertEqual(verdict.status, 10)
        self.assertFalse(verdict.document()["verified"])
        self.assertEqual(self.home.ok("skills", "install", package)["skill"]["decision"], "first_use")
        self.assertEqual(self.home.ok("trust", "list")["publishers"], [])
        status, shown = self.home.talk("skills", "promote", "acme.hello", "--trust-on-first-use",
                                       answers=[("from now on:", "trust"), ("let it run:", "acme.hello")])
        self.assertEqual(status, 0, shown)
        (publisher,) = self.home.ok("trust", "list")["publishers"]
        self.assertEqual((publisher["publisher"], publisher["source"]), ("acme", "tofu"))
        self.assertIn(publisher["keys"][0]["fingerprint"], shown)
        self.assertEqual(self.home.run("run", "acme.hello.echo").status, 0)

    def test_a_fingerprint_pins_without_a_terminal_and_only_the_right_one(self):
        package = self.home.make_skill("hello")
        self.home.ok("trust", "init")
        fingerprint = self.home.run("skills", "package", "verify", package, "--json").document()["signers"][0]["fingerprint"]
        wrong = self.home.run("skills", "install", package, "--fingerprint", "ed25519:" + "0" * 64, "--json")
        self.assertNotEqual(wrong.status, 0)
        self.assertEqual(self.home.ok("trust", "list")["publishers"], [])
        installed = self.home.ok("skills", "install", package, "--fingerprint", fingerprint)
        self.assertTrue(installed["pinned"])
        self.assertEqual(installed["skill"]["status"], "quarantined")
        self.assertEqual(len(self.home.ok("trust", "list")["publishers"]), 1)

    def test_a_directory_is_searched_for_packages(self):
        self.home.ok("trust", "init")
        self.home.make_skill("one")
        self.home.make_skill("two")
        self.home.file("broken.palyra-skill", b"x")
        result = self.home.run("skills", "install", str(self.home.home), "--json")
        self.assertEqual(result.status, 2)
        self.assertEqual(result.error()["code"], "container.c1")
        self.assertEqual([artifact.get("code") for artifact in result.document()["artifacts"]],
                         ["container.c1", None, None])
        self.assertEqual(len(self.home.ok("skills", "list", "--quarantined")["skills"]), 2)

    def test_a_key_under_a_passphrase_signs_on_a_terminal_and_from_a_file(self):
        key = self.home.file("locked.palyra-key")
        status, shown = self.home.talk("skills", "package", "keygen", "-o", key,
                                       answers=[("new key:", "correct horse"), ("again:", "wrong horse")])
        self.assertEqual(status, 2, shown)
        self.assertIn("[cli.passphrases_differ]", shown)
        self.assertFalse(os.path.exists(key))
        status, shown = self.home.talk("skills", "package", "keygen", "-o", key,
                                       answers=[("new key:", "correct horse"), ("again:", "correct horse")])
        self.assertEqual(status, 0, shown)
        self.assertNotIn("correct horse", shown)
        passphrase = self.home.file("passphrase", "correct horse\n")
        self.home.ok("init", self.home.file("hello"), "--lang", "wat")
        build = ["skills", "package", "build", self.home.file("hello"), "--signing-key", key, "-o",
                 self.home.file("hello.palyra-skill")]
        self.assertEqual(self.home.run(*build, "--json").error()["code"], "key.passphrase_needed")
        self.home.ok(*build, "--passphrase-file", passphrase)
        wrong = self.home.file("wrong", "wrong horse\n")
        self.assertEqual(self.home.run(*build, "--passphrase-file", wrong, "--json").error()["code"],
                         "key.passphrase_wrong")

    def test_a_key_on_standard_input_signs_and_the_same_input_gives_the_same_bytes(self):
        self.home.ok("init", self.home.file("hello"), "--lang", "wat")
        packages = []
        for name in ("a.palyra-skill", "b.palyra-skill"):
            self.home.ok("skills", "package", "build", self.home.file("hello"), "--signing-key-stdin", "-o",
                         self.home.file(name), stdin=b"11" * 32 + b"\n", SOURCE_DATE_EPOCH="1795305600")
            with open(self.home.file(name), "rb") as package:
                packages.append(package.read())
        self.assertEqual(packages[0], packages[1])

    def test_a_wrong_golden_example_stops_the_build(self):
        self.home.make_skill("hello")
        manifest = self.home.file("hello/skill.toml")
        with open(manifest, encoding="utf-8") as file:
            text = file.read()
        self.home.file("hello/skill.toml", text.replace('output = { echo = { text = "hello" } }',
                                                        'output = { echo = { text = "goodbye" } }'))
        package = self.home.file("wrong.palyra-skill")
        build = ["skills", "package", "build", self.home.file("hello"), "--signing-key",
                 self.home.file("acme.palyra-key"), "-o", package]
        result = self.home.run(*build, "--json")
        self.assertEqual((result.status, result.error()["code"]), (9, "package.example_failed"))
        self.assertIn('expected {"echo":{"text":"goodbye"}}, got {"echo":{"text":"hello"}}',
                      result.error()["context"][0])
        self.assertFalse(os.path.exists(package))
        self.home.file("hello/skill.toml", text)
        self.assertEqual([example["status"] for example in self.home.ok(*build)["examples"]], ["pass"])

    def test_verification_runs_golden_examples_when_asked(self):
        package = self.home.make_skill("hello")
        plain = self.home.run("skills", "package", "verify", package, "--json")
        self.assertEqual((plain.status, plain.document().get("examples")), (10, None))
        asked = self.home.run("skills", "package", "verify", package, "--run-examples", "--json")
        self.assertEqual(asked.status, 10)
        self.assertEqual(asked.document()["examples"],
                         [{"tool": "acme.hello.echo", "name": "text", "status": "pass"}])
        checks = {check["check"]: check["status"] for check in asked.document()["checks"]}
        self.assertEqual(checks["examples"], "pass")

    def test_an_approval_is_asked_for_on_a_terminal(self):
        self.home.ok("init", self.home.file("hello"), "--lang", "wat", "--publisher", "acme")
        manifest = self.home.file("hello/skill.toml")
        with open(manifest, encoding="utf-8") as file:
            text = file.read()
        self.home.file("hello/skill.toml", text.replace('export = "echo"\n',
                                                        'export = "echo"\nrisk.requires_approval = true\n'))
        self.installed()
        self.home.ok("skills", "promote", "acme.hello", "--yes", **ALLOW_FLAG)
        self.assertEqual(self.home.run("run", "acme.hello.echo", "--json").error()["code"], "run.needs_approval")
        self.assertEqual(self.home.run("run", "acme.hello.echo", "--approve").status, 0)
        self.assertEqual(self.home.talk("run", "acme.hello.echo", answers=[("call it:", "no")])[0], 130)
        status, shown = self.home.talk("run", "acme.hello.echo", answers=[("call it:", "yes")])
        self.assertEqual(status, 0, shown)

    def test_what_a_stranger_wrote_cannot_reach_the_terminal(self):
        guest = self.home.file("rude.wat", r'''(module
          (import "palyra:skill/call@1.0.0" "output-write" (func $out (param i32 i32) (result i32)))
          (import "palyra:skill/call@1.0.0" "error-write" (func $error (param i32 i32) (result i32)))
          (memory (export "memory") 1) (data (i32.const 0) "\1b[31mred\07")
          (func (export "run") (result i32) (call $out (i32.const 0) (i32.const 9)))
          (func (export "fail") (result i32) (drop (call $error (i32.const 0) (i32.const 9))) (i32.const 1)))''')
        _, shown = self.home.talk("run", "--module", guest, answers=[])
        self.assertEqual(shown.strip(), r"\u{1b}[31mred\u{7}")
        result = self.home.run("run", "--module", guest, "--export", "fail")
        self.assertEqual(result.status, 9)
        self.assertNotIn(b"\x1b", result.err)
        # In a pipe the bytes are the tool's own.
        self.assertEqual(self.home.run("run", "--module", guest).out, b"\x1b[31mred\x07")

    def test_what_a_guest_says_of_its_progress_is_a_line_on_standard_error(self):
        guest = self.home.file("slow.wat", r'''(module
          (import "palyra:skill/call@1.0.0" "progress" (func $progress (param i64 i64 i32 i32) (result i32)))
          (memory (export "memory") 1) (data (i32.const 0) "half\1b")
          (func (export "run") (result i32)
            (loop (drop (call $progress (i64.const 1) (i64.const 2) (i32.const 0) (i32.const 5))) (br 0))
            (i32.const 0)))''')
        call = ["run", "--module", guest, "--timeout", "1500", "--fuel", "100000000000"]
        result = self.home.run(*call)
        self.assertEqual(result.status, 124, result)
        self.assertIn(b"half\\u{1b}  1/2\n", result.err)
        self.assertEqual(self.home.run(*call, "--json").error()["code"], "run.timed_out")  # one line, and no other
        _, shown = self.home.talk(*call, answers=[])
        self.assertIn("\r\x1b[Khalf\\u{1b}  1/2", shown)

    def test_a_skill_in_development_is_built_asks_on_the_terminal_and_leaves_nothing(self):
        directory = self.home.file("hello")
        self.home.ok("init", directory, "--lang", "wat", "--publisher", "acme")
        with open(self.home.file("hello/skill.toml"), "a", encoding="utf-8") as manifest:
            manifest.write('[[capabilities.storage]]\nprefix = "notes/"\n')
        os.rename(self.home.file("hello/modules/hello.wat"), self.home.file("hello/hello.wat"))
        self.home.file("hello/build.sh", "#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho making it\ncp hello.wat modules/\n")
        os.chmod(self.home.file("hello/build.sh"), 0o755)
        call = ["run", "--skill", directory, "acme.hello.echo", "--input", '{"text":"hi"}']
        result = self.home.run(*call)
        self.assertEqual((result.status, result.out), (0, b'{"echo":{"text":"hi"}}\n'), result)
        self.assertIn(b"making it", result.err)
        self.assertIn(b"granted nothing", result.err)
        self.assertEqual(self.home.ok(*call)["record"]["grants_held"], [])
        for answer, held in (("n", []), ("y", ["notes/"])):
            status, shown = self.home.talk(*call, "--json", answers=[("notes/", answer)])
            self.assertEqual(status, 0, shown)
            document = json.loads(next(line for line in shown.splitlines() if line.endswith("}}}")))
            self.assertEqual(document["result"]["record"]["grants_held"], held)
        self.assertFalse(os.path.exists(self.home.state))
        self.home.file("hello/build.sh", "#!/bin/sh\nexit 1\n")
        os.remove(self.home.file("hello/modules/hello.wat"))
        self.assertEqual(self.home.run(*call, "--json").error()["code"], "package.build_failed")

    def test_two_signatures_meet_a_threshold_of_two(self):
        package = self.home.make_skill("hello")
        second = self.home.file("second.palyra-key")
        keys = [self.home.ok("skills", "package", "verify", package, "--run-examples",
                             "--trusted-publisher", "acme=" + self.public_key("acme.palyra-key"))["signers"][0]["public_key"]]
        keys.append(self.home.ok("skills", "package", "keygen", "-o", second, "--no-passphrase")["public_key"])
        store = self.home.file("trust.json", json.dumps(
            {"format": "palyra/trust/1", "publishers": {"acme": {"keys": sorted(keys), "threshold": 2}}}))
        verify = ["skills", "package", "verify", package, "--trust-store", store]
        self.assertEqual(self.home.run(*verify, "--json").error()["code"], "trust.threshold_not_met")
        signed = self.home.ok("skills", "package", "sign", package, "--signing-key", second)
        self.assertEqual({signer["public_key"] for signer in signed["signers"]}, set(keys))
        self.assertEqual(self.home.ok(*verify)["decision"], "allowlisted")

    def public_key(self, name):
        with open(self.home.file(name), encoding="utf-8") as file:
            text = next(line.split(": ")[1] for line in file if line.startswith("public"))
        return base64.b64decode(text).hex()

    def test_a_file_becomes_a_string_argument(self):
        guest = self.home.file("echo.wat", r'''(module
          (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
          (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
          (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
          (memory (export "memory") 2)
          (func (export "run") (result i32)
            (drop (call $read (i32.const 0) (call $length) (i32.const 0)))
            (call $write (i32.const 0) (call $length))))''')
        data = self.home.file("data.csv", 'a,b\n1,"ü"\n')
        result = self.home.run("run", "--module", guest, "--input", '{"top":3}', "--input-file", f"csv={data}")
        self.assertEqual(json.loads(result.out), {"top": 3, "csv": 'a,b\n1,"ü"\n'})

    def test_a_backup_put_back_is_the_state_again(self):
        self.installed()
        copy = self.home.file("copy.db")
        made = self.home.ok("state", "backup", copy)
        self.assertEqual(os.stat(copy).st_mode & 0o777, 0o600)
        self.assertEqual(made["size_bytes"], os.path.getsize(copy))
        before = self.home.ok("skills", "list", "--all-versions")
        os.replace(copy, self.home.state / "trust.db")
        self.assertEqual(self.home.ok("skills", "list", "--all-versions"), before)
        again = self.home.run("state", "backup", str(self.home.state / "trust.db"), "--json")
        self.assertEqual((again.status, again.error()["code"]), (3, "io.already_exists"))

    def test_the_version_names_the_engine(self):
        version = self.home.ok("--version")
        self.assertTrue(version["engine"]["version"].startswith("48."))
        self.assertIn("bulk_memory", version["engine"]["features"])

    def test_every_command_has_help_with_an_example(self):
        for command in (["init"], ["skills", "package", "keygen"], ["skills", "package", "build"],
                        ["skills", "package", "verify"], ["skills", "package", "inspect"], ["skills", "install"],
                        ["skills", "list"], ["skills", "show"], ["skills", "promote"], ["skills", "quarantine"],
                        ["skills", "remove"], ["trust", "init"], ["trust", "add"], ["trust", "list"], ["state", "backup"], ["run"]):
            result = self.home.run(*command, "--help")
            self.assertEqual(result.status, 0, command)
            self.assertIn(b"palyra " + " ".join(command).encode(), result.out, command)
            self.assertIn(b"Examples:", result.out, command)
        self.assertFalse(os.path.exists(self.home.state))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
