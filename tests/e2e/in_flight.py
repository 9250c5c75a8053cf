# SPDX-License-Identifier: Apache-2.0
"""What is taken away while a request with a secret is under way: the secret, then the skill.

usage: in_flight.py PALYRA
"""

import http.server
import subprocess
import sys
import threading
import time
import unittest

from palyra import ALLOW_FLAG, Installation

PROGRAM = None
VALUE = "sk_live_0123456789/+abc"
MODULE = r"""(module
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "open" (func $open (param i32 i32 i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "secret" (func $secret (param i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "send" (func $send (param i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "response-read" (func $read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "/v1")
  (func (export "get") (result i32) (local $request i32) (local $status i32)
    (local.set $request (call $open (i32.const 10000) (i32.const 0) (i32.const 0) (i32.const 3)))
    (drop (call $secret (local.get $request) (i32.const 20000)))
    (local.set $status (call $send (local.get $request)))
    (if (i32.lt_s (local.get $status) (i32.const 0)) (then (return (i32.sub (i32.const 0) (local.get $status)))))
    (call $write (i32.const 100) (call $read (local.get $request) (i32.const 100) (i32.const 1000)))))
"""
MANIFEST = """manifest_version = 3
publisher = "acme"
skill_id = "acme.slow"
version = "1.0.0"
name = "Slow"
[[entrypoints.tools]]
id = "acme.slow.get"
name = "Get"
description = "Says what the server says."
export = "get"
input_schema = { type = "object" }
[[capabilities.http]]
scheme = "http"
host = "api.example.com"
port = 80
path_prefix = "/v1"
secret = "global/token"
secret_placement = "bearer"
[[capabilities.secrets]]
scope = "global"
key_names = ["token"]
"""


class SlowServer:
    """Answers when it is told to."""

    def __init__(self):
        asked = self.asked = []
        came = self.came = threading.Event()
        answer = self.answer = threading.Event()

        class Slow(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.headers["Authorization"])
                came.set()
                answer.wait(60)
                try:
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b"hello")
                except BrokenPipeError:  # the caller was stopped
                    pass

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.answer.set()
        self.server.shutdown()
        self.server.server_close()


class InFlight(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.server = SlowServer()
        self.addCleanup(self.server.close)
        self.home.environment["PALYRA_SECRETS__PASSPHRASE_FILE"] = self.home.file("passphrase", "correct horse\n")
        self.home.file("slow/skill.toml", MANIFEST)
        self.home.file("slow/modules/slow.wat", MODULE)
        self.home.ok("skills", "package", "keygen", "-o", "key", "--no-passphrase")
        self.home.ok("skills", "package", "build", "slow", "--signing-key", "key", "-o", "slow.palyra-skill")
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", "key")
        self.home.ok("skills", "install", "slow.palyra-skill")
        self.home.ok("skills", "promote", "acme.slow", "--yes", "--allow-address",
                     f"api.example.com=127.0.0.1:{self.server.port}", **ALLOW_FLAG)
        self.home.ok("secrets", "set", "global/token", stdin=VALUE.encode())
        self.call = subprocess.Popen([self.home.program, "run", "acme.slow.get"], cwd=self.home.home,
                                     env=self.home.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.call.communicate)
        self.addCleanup(self.call.kill)
        self.assertTrue(self.server.came.wait(60))

    # S13
    def test_a_secret_that_is_removed_ends_with_the_request_that_carries_it(self):
        self.home.ok("secrets", "remove", "global/token")
        self.server.answer.set()
        out, err = self.call.communicate(timeout=60)
        self.assertEqual((self.call.returncode, out), (0, b"hello"), err)
        after = self.home.run("run", "acme.slow.get", "--json")
        self.assertEqual(after.status, 9, after)
        self.assertEqual(self.server.asked, [f"Bearer {VALUE}"])

    # S13
    def test_a_skill_that_is_quarantined_is_stopped_in_its_request(self):
        began = time.monotonic()
        self.home.ok("skills", "quarantine", "acme.slow")
        out, err = self.call.communicate(timeout=60)  # the server says nothing
        self.assertLess(time.monotonic() - began, 10, "the promise is five seconds")
        self.assertNotEqual(self.call.returncode, 0, err)
        self.assertEqual(out, b"")
        self.assertEqual(self.home.run("run", "acme.slow.get", "--json").status, 4)
        self.assertEqual(len(self.server.asked), 1)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
