# SPDX-License-Identifier: Apache-2.0
"""A skill that is being written meets a server of this machine and a directory: `run --skill` and `dev`.

usage: development.py PALYRA
"""

import fcntl
import http.server
import os
import sys
import threading
import unittest
from pathlib import Path

from palyra import Installation

PROGRAM = None

# Asks api.example.com for /v1, and keeps the reply in the file "reply" of the root "out".
FETCH = r"""(module
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "grant" (func $grant (param i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "open" (func $request (param i32 i32 i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "send" (func $send (param i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "response-read" (func $read (param i32 i32 i32) (result i32)))
  (import "palyra:skill/files@1.0.0" "root" (func $root (param i32 i32) (result i32)))
  (import "palyra:skill/files@1.0.0" "open" (func $open (param i32 i32 i32 i32) (result i32)))
  (import "palyra:skill/files@1.0.0" "write" (func $put (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "http://api.example.com") (data (i32.const 32) "/v1") (data (i32.const 48) "out")
  (data (i32.const 64) "reply")
  (func (export "fetch") (result i32) (local $r i32) (local $f i32) (local $n i32)
    (local.set $r (call $request (call $grant (i32.const 0) (i32.const 22)) (i32.const 0) (i32.const 32) (i32.const 3)))
    (if (i32.ne (call $send (local.get $r)) (i32.const 200)) (then (return (i32.const 1))))
    (local.set $n (call $read (local.get $r) (i32.const 1024) (i32.const 4096)))
    (local.set $f (call $open (call $root (i32.const 48) (i32.const 3)) (i32.const 64) (i32.const 5) (i32.const 14)))
    (if (i32.lt_s (local.get $f) (i32.const 0)) (then (return (local.get $f))))
    (if (i32.lt_s (call $put (local.get $f) (i32.const 1024) (local.get $n)) (i32.const 0)) (then (return (i32.const 2))))
    (call $write (i32.const 1024) (local.get $n))))
"""

MANIFEST = """manifest_version = 3
publisher = "acme"
skill_id = "acme.fetch"
version = "0.1.0"
name = "Fetch"
[[entrypoints.tools]]
id = "acme.fetch.now"
name = "Fetch"
description = "Fetches a text and keeps it."
export = "fetch"
input_schema = { type = "object" }
[[entrypoints.tools.examples]]
name = "what the server says"
input = {}
output = "hello from here"
[[capabilities.http]]
scheme = "http"
host = "api.example.com"
methods = ["GET"]
[capabilities.filesystem]
write_roots = ["out"]
"""


class Server:
    """Says hello on a port of 127.0.0.1."""

    def __init__(self):
        asked = self.asked = []

        class Service(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, self.headers["Host"]))
                self.send_response(200)
                self.send_header("Content-Length", "15")
                self.end_headers()
                self.wfile.write(b"hello from here")

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
        self.address = f"api.example.com=127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Development(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.server = Server()
        self.addCleanup(self.server.close)
        self.home.file("fetch/skill.toml", MANIFEST)
        self.home.file("fetch/modules/fetch.wat", FETCH)
        self.out = Path(self.home.file("out"))
        self.out.mkdir()
        self.places = ["--map-root", f"out={self.out}", "--allow-address", self.server.address]

    def talk(self, *options, answers=("y", "y")):
        questions = list(zip(("May it send", "May it read, change"), answers))
        return self.home.talk("run", "--skill", "fetch", "acme.fetch.now", *options, answers=questions)

    def test_a_run_asks_the_server_and_writes_into_the_directory(self):
        status, shown = self.talk(*self.places)
        self.assertEqual(status, 0, shown)
        self.assertIn("hello from here", shown)
        self.assertEqual((self.out / "reply").read_text(), "hello from here")
        self.assertEqual([path for path, _ in self.server.asked], ["/v1"])
        self.assertFalse(self.home.state.exists(), "a skill in development needs no state")

    def test_without_a_directory_there_is_one_that_ends_with_the_call(self):
        passing = self.home.home / "passing"
        self.home.environment["TMPDIR"] = str(passing)
        status, shown = self.talk("--allow-address", self.server.address)
        self.assertNotEqual(status, 0, "there is no directory to make it in")
        passing.mkdir()
        status, shown = self.talk("--allow-address", self.server.address)
        self.assertEqual(status, 0, shown)
        self.assertEqual(os.listdir(passing), [])

    def test_what_a_killed_call_left_goes_with_the_next_one(self):
        passing = self.home.home / "passing"
        self.home.environment["TMPDIR"] = str(passing)
        for name in ("palyra-call-killed", "palyra-call-running", "palyra-call-young", "palyra-other"):
            (passing / name / "own").mkdir(parents=True)
            (passing / name / "own" / "file").write_text("x")
            if name != "palyra-call-young":
                os.utime(passing / name, (1, 1))
        running = os.open(passing / "palyra-call-running", os.O_RDONLY)
        fcntl.flock(running, fcntl.LOCK_EX)
        status, shown = self.talk("--allow-address", self.server.address)
        self.assertEqual(status, 0, shown)
        self.assertEqual(sorted(os.listdir(passing)), ["palyra-call-running", "palyra-call-young", "palyra-other"])
        os.close(running)

    def test_a_directory_for_reading_only_is_not_written(self):
        status, shown = self.talk("--map-root", f"out={self.out}:ro", "--allow-address", self.server.address)
        self.assertEqual(status, 9, shown)
        self.assertEqual(list(self.out.iterdir()), [])

    def test_what_was_not_granted_has_no_place(self):
        status, shown = self.talk(*self.places, answers=("n", "y"))
        self.assertEqual(status, 2, shown)
        self.assertIn("no requests to 'api.example.com' are granted", shown)
        status, shown = self.talk(*self.places, answers=("y", "n"))
        self.assertEqual(status, 2, shown)
        self.assertIn("no filesystem root 'out' is granted", shown)
        self.assertEqual(self.server.asked, [])

    def test_what_is_missing_is_named(self):
        self.assertIn("'api.example.com:80' is", self.talk("--allow-address", "other.example.com=127.0.0.1")[1])
        self.assertIn("'out' is", self.talk("--map-root", "other=/tmp")[1])
        without_tool = self.home.run("run", "--skill", "fetch", "--json")
        self.assertEqual((without_tool.status, without_tool.error()["code"]), (2, "cli.usage"), without_tool)
        self.assertIn("acme.fetch.now", without_tool.error()["next"][0])
        alone = self.home.run("run", "--skill", "fetch", "acme.fetch.now", *self.places, "--json")
        self.assertEqual(alone.error()["code"], "cli.no_terminal")

    def test_the_refusals_are_those_of_a_promotion(self):
        refusals = {("--map-root", "out=/"): "policy.map_root", ("--map-root", "other=/tmp"): "policy.map_root",
                    ("--map-root", f"out={self.home.home}"): "policy.map_root",
                    ("--allow-address", "api.example.com"): "policy.allow_address",
                    ("--allow-address", "other.example.com=127.0.0.1"): "policy.allow_address"}
        for options, code in refusals.items():
            status, shown = self.talk(*options)
            self.assertEqual(status, 2, shown)
            self.assertIn(code, shown)
            result = self.home.run("dev", "fetch", "--builds", "1", *options, "--json")
            self.assertEqual(result.status, 2, result)
            self.assertIn(f'"code":"{code}"', result.err.decode())
        alone = self.home.run("run", "acme.fetch.now", *self.places, "--json")
        self.assertEqual((alone.status, alone.error()["code"]), (2, "cli.usage"), alone)

    def test_examples_are_run_against_the_places_that_the_developer_names(self):
        with_places = self.home.ok("dev", "fetch", "--builds", "1", *self.places)
        self.assertEqual([each["status"] for each in with_places["examples"]], ["pass"])
        self.assertEqual((self.out / "reply").read_text(), "hello from here")
        without = self.home.ok("dev", "fetch", "--builds", "1")
        self.assertEqual([each["status"] for each in without["examples"]], ["not_run"])
        self.assertEqual(len(self.server.asked), 1)

    def test_a_recorded_reply_needs_no_server(self):
        recorded = '[[entrypoints.tools.examples.http]]\nmethod = "GET"\nurl = "http://api.example.com/v1"\n'
        manifest = MANIFEST.replace("[[capabilities.http]]", recorded + 'body = "hello from here"\n[[capabilities.http]]')
        self.home.file("fetch/skill.toml", manifest)
        self.assertEqual([each["status"] for each in self.home.ok("dev", "fetch", "--builds", "1")["examples"]], ["pass"])
        self.home.file("fetch/skill.toml", manifest.replace("/v1\"", "/v2\""))
        result = self.home.run("dev", "fetch", "--builds", "1", "--json")
        self.assertEqual(result.status, 9, result)
        failed = result.document()["examples"][0]
        self.assertIn("no recorded reply", failed["reason"])
        self.assertEqual((failed["expected"], failed["got"]),
                         ("GET http://api.example.com/v2", "GET http://api.example.com/v1"))
        self.assertEqual(self.server.asked, [])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
