# SPDX-License-Identifier: Apache-2.0
"""What skills keep and tell each other, from a guest's call to the operator's commands.

usage: storage.py PALYRA
"""

import base64
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import unittest

from palyra import ALLOW_FLAG, Installation

PROGRAM = None

# "notes/" stands at 0, "last" at 16, "jobs" at 32, "results" at 48.
MODULE = r"""(module
  (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
  (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (import "palyra:skill/storage@1.0.0" "grant" (func $notes (param i32 i32) (result i32)))
  (import "palyra:skill/storage@1.0.0" "get" (func $get (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "palyra:skill/storage@1.0.0" "put" (func $put (param i32 i32 i32 i32 i32 i64) (result i64)))
  (import "palyra:skill/channel@1.0.0" "grant" (func $channel (param i32 i32) (result i32)))
  (import "palyra:skill/channel@1.0.0" "send" (func $send (param i32 i32 i32) (result i32)))
  (import "palyra:skill/channel@1.0.0" "receive" (func $receive (param i32 i32 i32) (result i32)))
  (memory (export "memory") 20)
  (data (i32.const 0) "notes/") (data (i32.const 16) "last") (data (i32.const 32) "jobs") (data (i32.const 48) "results")
  (func $arguments (result i32) (call $read (i32.const 1024) (call $length) (i32.const 0)))
  (func $show (param $n i32) (result i32)
    (if (i32.lt_s (local.get $n) (i32.const 0)) (then (return (local.get $n))))
    (call $write (i32.const 1024) (local.get $n)))
  ;; Keeps its arguments; the version is what it returns beyond 100, so that a test sees it.
  (func (export "put") (result i32) (local $n i32) (local $v i64)
    (local.set $n (call $arguments))
    (local.set $v (call $put (call $notes (i32.const 0) (i32.const 6)) (i32.const 16) (i32.const 4)
                         (i32.const 1024) (local.get $n) (i64.const -1)))
    (if (result i32) (i64.gt_s (local.get $v) (i64.const 0)) (then (i32.const 0)) (else (i32.wrap_i64 (local.get $v)))))
  (func (export "get") (result i32)
    (call $show (call $get (call $notes (i32.const 0) (i32.const 6)) (i32.const 16) (i32.const 4)
                      (i32.const 1024) (i32.const 1000000) (i32.const 0))))
  (func (export "ask") (result i32)
    (call $send (call $channel (i32.const 32) (i32.const 4)) (i32.const 1024) (call $arguments)))
  (func (export "answer") (result i32) (local $n i32)
    (local.set $n (call $receive (call $channel (i32.const 32) (i32.const 4)) (i32.const 1024) (i32.const 1000000)))
    (drop (call $send (call $channel (i32.const 48) (i32.const 7)) (i32.const 16) (i32.const 4)))
    (call $show (local.get $n)))
  (func (export "fail") (result i32)
    (drop (call $receive (call $channel (i32.const 32) (i32.const 4)) (i32.const 1024) (i32.const 1000000)))
    (i32.const 7)))
"""
TOOLS = ("put", "get", "ask", "answer", "fail")
GRANTS = '''[capabilities]
storage = [{ prefix = "notes/", max_bytes = 1000 }]
channels = [{ name = "jobs", direction = "both" }, { name = "results", direction = "send" }]
'''


def tool(name):
    return f'''[[entrypoints.tools]]
id = "acme.notes.{name}"
name = "{name}"
description = "Does {name}."
export = "{name}"
input_schema = {{ type = "object" }}
'''


class Storage(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.key = self.new_key("acme")
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", self.key)
        self.install("1.0.0")

    def new_key(self, name):
        key = self.home.file(f"{name}.palyra-key")
        self.home.ok("skills", "package", "keygen", "-o", key, "--no-passphrase")
        return key

    def install(self, version, key=None, grants=GRANTS):
        source = f"source/{version}"
        self.home.file(f"{source}/modules/notes.wat", MODULE)
        head = f'manifest_version = 3\npublisher = "acme"\nskill_id = "acme.notes"\nversion = "{version}"\nname = "Notes"\n'
        self.home.file(f"{source}/skill.toml", head + "".join(map(tool, TOOLS)) + grants)
        package = self.home.file(f"notes-{version}.palyra-skill")
        self.home.ok("skills", "package", "build", self.home.file(source), "--signing-key", key or self.key, "-o", package)
        self.home.ok("skills", "install", package, "--promote", "--yes", **ALLOW_FLAG)
        return package

    def run_tool(self, name, arguments="{}", *more, **environment):
        return self.home.run("run", f"acme.notes.{name}", "--input", arguments, *more, **environment)

    def must(self, name, arguments="{}"):
        result = self.run_tool(name, arguments)
        self.assertEqual(result.status, 0, result)
        return result.out.decode()

    # ---- Storage

    def test_what_a_call_keeps_the_next_one_finds_and_updates_too(self):
        self.must("put", '{"note":"milk"}')
        self.assertEqual(json.loads(self.must("get")), {"note": "milk"})
        self.install("1.1.0")
        self.assertEqual(json.loads(self.must("get")), {"note": "milk"})
        listed = self.home.ok("storage", "list")["skills"]
        self.assertEqual([(each["skill"], each["publisher"]) for each in listed], [("acme.notes", "acme")])
        self.assertEqual(listed[0]["prefixes"], [{"prefix": "notes/", "entries": 1, "used_bytes": 128 + 4 + 15}])
        one = self.home.ok("storage", "list", "acme.notes")
        self.assertEqual(one["keys"], [{"prefix": "notes/", "key": "last", "version": 1, "size_bytes": 15}])
        got = self.home.run("storage", "get", "acme.notes", "notes/", "last")
        self.assertEqual(got.out, b'{"note":"milk"}')

    def test_show_names_the_grants_that_no_run_used(self):
        self.assertEqual(self.home.ok("skills", "show", "acme.notes")["unused_grants"], [], "nothing ran yet")
        self.must("put", '{"note":"milk"}')
        self.must("ask", '{"job":1}')
        shown = self.home.ok("skills", "show", "acme.notes")
        self.assertEqual((shown["runs"], shown["unused_grants"]), (2, ["results send"]))
        self.assertIn(b"never used in 2 runs (palyra skills promote acme.notes --deny ...):\n  results send",
                      self.home.run("skills", "show", "acme.notes").out)
        self.install("1.1.0")
        self.assertEqual(self.home.ok("skills", "show", "acme.notes")["runs"], 0, "another version's runs")

    def test_a_put_over_the_limit_is_refused_and_the_record_says_which(self):
        result = self.run_tool("put", json.dumps({"note": "x" * 2000}), "--json")
        self.assertEqual(result.status, 9, result)
        self.assertIn("tool returned -4", result.error()["message"])
        self.assertIn("storage.max_bytes_per_skill", json.dumps(json.loads(result.err)))
        self.assertEqual(self.home.ok("storage", "list")["skills"], [])
        self.must("put", json.dumps({"note": "x" * 700}))
        small = self.run_tool("put", json.dumps({"note": "x" * 750}), PALYRA_STORAGE__MAX_BYTES_PER_SKILL="800")
        self.assertEqual(small.status, 9, small)

    def test_removing_keeps_what_a_skill_kept_and_purging_deletes_it(self):
        package = self.install("1.1.0")
        self.must("put", '{"note":"milk"}')
        removed = self.home.ok("skills", "remove", "acme.notes@1.0.0", "--purge")
        self.assertEqual(removed["purged_storage_bytes"], 0)  # 1.1.0 is there
        self.home.ok("skills", "remove", "acme.notes@1.1.0")
        self.assertEqual(len(self.home.ok("storage", "list")["skills"]), 1)
        self.home.ok("skills", "install", package, "--promote", "--yes", **ALLOW_FLAG)
        self.assertEqual(json.loads(self.must("get")), {"note": "milk"})
        purged = self.home.ok("skills", "remove", "acme.notes@1.1.0", "--purge")
        self.assertEqual(purged["purged_storage_bytes"], 128 + 4 + 15)
        self.assertEqual(self.home.ok("storage", "list")["skills"], [])

    # F10
    def test_another_publisher_of_the_name_finds_nothing_and_the_operator_sees_an_orphan(self):
        self.must("put", '{"note":"of the first"}')
        self.home.ok("skills", "remove", "acme.notes@1.0.0")
        self.home.ok("trust", "remove", "acme", "--yes", **ALLOW_FLAG)
        other = self.new_key("other")
        self.home.ok("trust", "add", "acme", "--key", other)
        self.install("2.0.0", key=other)
        self.assertEqual(self.run_tool("get").status, 9)
        self.must("put", '{"note":"of the second"}')
        first, second = self.home.ok("storage", "list")["skills"]
        self.assertIn("orphaned", first)
        self.assertNotIn("orphaned", second)
        orphan = self.home.ok("storage", "get", first["skill"], "notes/", "last")
        self.assertEqual(orphan["value"], '{"note":"of the first"}')
        export = self.home.file("orphan.ndjson")
        self.home.ok("storage", "export", first["skill"], "-o", export)
        with open(export, encoding="utf-8") as lines:
            self.assertEqual([json.loads(line)["value"] for line in lines], ['{"note":"of the first"}'])
        self.assertEqual(os.stat(export).st_mode & 0o777, 0o600)
        self.home.ok("storage", "clear", first["skill"], "--yes", **ALLOW_FLAG)
        self.assertEqual(json.loads(self.must("get")), {"note": "of the second"})
        self.assertEqual(len(self.home.ok("storage", "list")["skills"]), 1)

    def test_clearing_needs_a_person(self):
        self.must("put", '{"note":"milk"}')
        refused = self.home.run("storage", "clear", "acme.notes", "--yes", "--json")
        self.assertEqual((refused.status, refused.error()["code"]), (4, "policy.noninteractive_promote"))
        status, shown = self.home.talk("storage", "clear", "acme.notes", answers=[("acme.notes", "acme.other")])
        self.assertNotEqual(status, 0, shown)
        self.assertEqual(json.loads(self.must("get")), {"note": "milk"})
        status, shown = self.home.talk("storage", "clear", "acme.notes", answers=[("Type the skill", "acme.notes")])
        self.assertEqual(status, 0, shown)
        self.assertEqual(self.home.ok("storage", "list")["skills"], [])
        for words in (["list", "acme.notes"], ["get", "acme.notes", "notes/", "x"], ["clear", "acme.notes"]):
            missing = self.home.run("storage", *words, "--json")
            self.assertEqual((missing.status, missing.error()["code"]), (3, "storage.not_found"), missing)

    def test_damage_of_the_file_is_refused_with_its_code(self):
        self.must("put", '{"note":"milk"}')
        with sqlite3.connect(self.home.state / "storage.db") as database:
            database.execute("UPDATE entry SET value = x'00'")
        database.close()
        damaged = self.run_tool("get", "{}", "--json")
        self.assertEqual((damaged.status, damaged.error()["code"]), (5, "storage.damaged"), damaged)
        (self.home.state / "storage.db").write_bytes(b"x" * 5000)
        for command in (["run", "acme.notes.put"], ["storage", "list"], ["channel", "list"], ["channel", "receive", "jobs"]):
            result = self.home.run(*command, "--json")
            self.assertEqual((result.status, result.error()["code"]), (5, "storage.damaged"), result)
        self.home.ok("skills", "list")  # trust does not depend on it

    def test_a_skill_that_is_not_installed_keeps_nothing(self):
        status, shown = self.home.talk("run", "--skill", self.home.file("source/1.0.0"), "acme.notes.put",
                                       answers=[("notes/", "y")])
        self.assertEqual(status, 0, shown)
        self.assertEqual(self.home.ok("storage", "list")["skills"], [])

    # ---- Channels

    def test_a_message_goes_from_one_call_to_another_and_to_the_operator(self):
        self.must("ask", '{"job":1}')
        waiting = self.home.ok("channel", "list")["channels"]
        self.assertEqual([(each["channel"], each["messages"]) for each in waiting], [("jobs", 1)])
        envelope = json.loads(self.must("answer"))
        self.assertEqual((envelope["sender"], envelope["skill"], envelope["body"], envelope["hops"]),
                         ("skill", "acme.notes", '{"job":1}', 1))
        shown = self.home.ok("skills", "show", "acme.notes")
        self.assertIn(envelope["content_root"], json.dumps(shown))
        self.assertEqual(self.home.ok("channel", "list", "jobs")["messages"], [])
        answer = self.home.ok("channel", "receive", "results")["message"]
        self.assertEqual((answer["body"], answer["hops"]), ("last", 2))
        empty = self.home.run("channel", "receive", "results", "--json")
        self.assertEqual((empty.status, empty.error()["code"]), (3, "channel.empty"))

    def test_a_message_is_received_whole_and_a_name_is_known_by_its_likeness(self):
        body = "a line of a long message, " * 400
        self.home.ok("channel", "send", "jobs", body)
        mistyped = self.home.run("channel", "receive", "jbos", "--json")
        self.assertEqual(mistyped.error()["next"], ["did you mean 'jobs'?"])
        self.assertIn(body, self.home.run("channel", "receive", "jobs").out.decode())
        self.assertEqual(self.home.ok("channel", "list")["channels"], [])

    def test_what_a_failing_tool_received_comes_again(self):
        self.home.ok("channel", "send", "jobs", "from me")
        self.assertEqual(self.run_tool("fail").status, 9)
        self.assertEqual(self.home.ok("channel", "list")["channels"][0]["held"], 0)
        envelope = json.loads(self.must("answer"))
        self.assertEqual(envelope["body"], "from me")
        self.assertNotIn("skill", envelope)
        self.assertEqual(self.run_tool("answer").status, 9)  # none waits

    # N06
    def test_what_a_revoked_skill_sent_is_not_delivered(self):
        self.must("ask", '{"job":"evil"}')
        self.home.ok("channel", "send", "jobs", "good")
        self.install("1.1.0")
        root = self.home.ok("channel", "list", "jobs")["messages"][0]["content_root"]
        self.home.ok("trust", "revoke", "--content-root", root, "--yes", **ALLOW_FLAG)
        self.assertEqual(json.loads(self.must("answer"))["body"], "good")

    # N01
    def test_a_backup_brings_messages_and_secrets_into_a_new_directory(self):
        self.home.environment["PALYRA_SECRETS__PASSPHRASE_FILE"] = self.home.file("passphrase", "correct horse battery\n")
        self.home.ok("channel", "send", "jobs", "one")
        self.home.ok("secrets", "set", "global/key", stdin=b"0123456789abcdef")
        made = self.home.ok("state", "backup", "backup.db")
        self.assertEqual([os.path.basename(part) for part in made["parts"]], ["backup.db.storage", "backup.db.vault"])
        shutil.rmtree(self.home.state)
        self.home.ok("trust", "init")
        status, shown = self.home.talk("trust", "recover", "--from", "backup.db", answers=[("Type 'recover'", "recover")])
        self.assertEqual(status, 0, shown)
        self.assertIn("from the backup too: storage.db, vault", shown)
        self.assertEqual(self.home.ok("channel", "receive", "jobs")["message"]["body"], "one")
        self.assertEqual([each["name"] for each in self.home.ok("secrets", "list")["secrets"]], ["global/key"])

    def test_a_message_that_could_not_be_printed_comes_again(self):
        self.home.ok("channel", "send", "jobs", "one")
        for options in ((), ("--json",)):
            with open("/dev/full", "wb") as full:
                unprinted = subprocess.run([self.home.program, "channel", "receive", "jobs", *options], stdout=full,
                                           env=self.home.environment, stderr=subprocess.PIPE, check=False)
            self.assertNotEqual(unprinted.returncode, 0)
            self.assertIn(b"standard output takes no more", unprinted.stderr)
        self.assertEqual(self.home.ok("channel", "receive", "jobs")["message"]["body"], "one")
        self.assertEqual(self.home.run("channel", "receive", "jobs").status, 3)

    def test_the_operator_sends_in_his_own_name(self):
        self.home.ok("channel", "send", "jobs", "-", stdin=b"\xff\x00")
        envelope = json.loads(self.must("answer"))
        self.assertIn("uid", envelope["sender"])
        self.assertEqual(base64.b64decode(envelope["body_base64"]), b"\xff\x00")
        self.home.ok("channel", "send", "binary", "-", stdin=b"\xff\x00")
        self.assertIn(b"(base64) /wA=", self.home.run("channel", "receive", "binary").out)
        large = self.home.run("channel", "send", "jobs", "-", "--json", stdin=b"x" * 65537)
        self.assertEqual((large.status, large.error()["code"]), (7, "io.too_large"))
        named = self.home.run("channel", "send", "No Name", "x", "--json")
        self.assertEqual((named.status, named.error()["code"]), (2, "channel.invalid"))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
