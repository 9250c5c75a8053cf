# SPDX-License-Identifier: Apache-2.0
"""Requests of an installed skill, from its manifest to a server: at an address that an operator allowed, at a global
address in a network of its own, and nowhere else.

usage: egress.py PALYRA
"""

import http.server
import os
import shlex
import subprocess
import sys
import threading
import unittest

from palyra import ALLOW_FLAG, Installation

PROGRAM = None
# Asks for /v1/hello and answers with the body; a failure of the host is its result, without the sign.
GET = r"""(module
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "open" (func $open (param i32 i32 i32 i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "send" (func $send (param i32) (result i32)))
  (import "palyra:skill/http@1.0.0" "response-read" (func $read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "/v1/hello")
  (func (export "get") (result i32) (local $request i32) (local $status i32)
    (local.set $request (call $open (i32.const 10000) (i32.const 0) (i32.const 0) (i32.const 9)))
    (local.set $status (call $send (local.get $request)))
    (if (i32.lt_s (local.get $status) (i32.const 0)) (then (return (i32.sub (i32.const 0) (local.get $status)))))
    (call $write (i32.const 100) (call $read (local.get $request) (i32.const 100) (i32.const 1000))))
  (func (export "idle") (result i32) (call $write (i32.const 0) (i32.const 9))))
"""
MANIFEST = """manifest_version = 3
publisher = "acme"
skill_id = "acme.demo"
version = "1.0.0"
name = "Demo"
license = "Apache-2.0"
[[entrypoints.tools]]
id = "acme.demo.get"
name = "Get"
description = "Says what the server says."
export = "get"
input_schema = { type = "object" }
[[entrypoints.tools]]
id = "acme.demo.idle"
name = "Idle"
description = "Asks nobody."
export = "idle"
input_schema = { type = "object" }
[[capabilities.http]]
scheme = "http"
path_prefix = "/v1"
"""
# A server of global addresses that is not this machine: another network namespace behind a pair of interfaces. In
# `hosts` the name leads to it first, then to an address of this machine's own.
NAMESPACE = r"""
set -e
mount --bind {hosts} /etc/hosts
ip link set lo up
ip link add here type veth peer name there
unshare -n {python} -c '
import http.server, pathlib, sys
class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"from afar")
    def log_message(self, *words): pass
server = http.server.HTTPServer(("0.0.0.0", 80), Hello)
pathlib.Path(sys.argv[1]).touch()
server.serve_forever()' {ready} &
server=$!
trap 'kill $server' EXIT
until test -e {ready}; do :; done
ip link set there netns $server
ip addr add 11.22.33.1/24 dev here
ip link set here up
nsenter -t $server -n ip addr add 11.22.33.44/24 dev there
nsenter -t $server -n ip link set there up
{program} run acme.demo.get --json
echo '11.22.33.1 api.example.com' > {hosts}
{program} run acme.demo.get --json || true
"""


class Server:
    """Says hello on a port of 127.0.0.1, and remembers who asked for what."""

    def __init__(self):
        asked = self.asked = []

        class Hello(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.headers["Host"], self.path))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"hello")

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Egress(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.server = Server()
        self.addCleanup(self.server.close)

    def promoted(self, host="api.example.com", port=80, *options):
        self.home.file("demo/skill.toml", MANIFEST + f'host = "{host}"\nport = {port}\n')
        self.home.file("demo/modules/demo.wat", GET)
        self.home.ok("skills", "package", "keygen", "-o", "key", "--no-passphrase")
        self.home.ok("skills", "package", "build", "demo", "--signing-key", "key", "-o", "demo.palyra-skill")
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", "key")
        self.home.ok("skills", "install", "demo.palyra-skill")
        return self.home.ok("skills", "promote", "acme.demo", "--yes", *options, **ALLOW_FLAG)

    def test_an_address_that_an_operator_allows_is_connected_to_and_shown(self):
        plan = self.promoted("api.example.com", 80, "--allow-address", f"api.example.com=127.0.0.1:{self.server.port}")
        expected = [{"host": "api.example.com", "port": 80, "address": "127.0.0.1", "address_port": self.server.port}]
        self.assertEqual(plan["addresses"], expected)
        self.assertEqual(self.home.ok("skills", "show", "acme.demo")["skill"]["addresses"], expected)
        self.assertIn("DANGEROUS", self.home.run("skills", "show", "acme.demo").out.decode())
        ran = self.home.run("run", "acme.demo.get")
        self.assertEqual((ran.status, ran.out), (0, b"hello"), ran)
        self.assertEqual(self.server.asked, [("api.example.com", "/v1/hello")])

    # H23
    def test_a_name_of_this_machine_leads_nowhere_and_the_record_says_how_to_allow_it(self):
        self.promoted("localhost", self.server.port)
        ran = self.home.run("run", "acme.demo.get", "--json")
        self.assertEqual(ran.status, 9, ran)
        self.assertEqual(self.server.asked, [])
        run = self.home.ok("runs", "show", self.home.ok("runs", "list")["runs"][0]["run_id"])["run"]
        denial = run["record"]["denials"][0]
        self.assertEqual(denial["code"], "http.address_refused")
        self.assertIn("loopback", denial["asked"])
        self.assertEqual(denial["next"], [f"palyra skills promote acme.demo@1.0.0 --allow-address "
                                          f"'localhost:{self.server.port}=127.0.0.1:{self.server.port}'"])
        self.home.ok(*shlex.split(denial["next"][0])[1:], "--yes", **ALLOW_FLAG)
        self.assertEqual(self.home.run("run", "acme.demo.get").out, b"hello")

    def test_a_tool_that_sends_nothing_does_not_load_the_library(self):
        self.promoted("api.example.com", 80, "--allow-address", f"api.example.com=127.0.0.1:{self.server.port}")
        for tool, loads in (("idle", False), ("get", True)):
            trace = self.home.file(f"{tool}.trace")
            ran = self.home.run("run", f"acme.demo.{tool}", LD_DEBUG="files", LD_DEBUG_OUTPUT=trace)
            self.assertEqual(ran.status, 0, ran)
            text = "".join(path.read_text(errors="replace") for path in self.home.home.glob(f"{tool}.trace.*"))
            self.assertIn("libc.so.6", text)
            self.assertEqual("libcurl" in text, loads, tool)

    # H01: the rule as it is, without a binding: a global address is reached, a global one of this machine is not.
    @unittest.skipUnless(subprocess.run(["unshare", "-Urnm", "ip", "link"], capture_output=True, check=False).returncode == 0,
                         "no user namespaces here, or no ip")
    def test_a_global_address_is_reached_and_one_of_this_machine_is_not(self):
        self.promoted()
        hosts = self.home.file("hosts", "11.22.33.44 api.example.com\n")
        script = NAMESPACE.format(hosts=shlex.quote(hosts), python=shlex.quote(sys.executable),
                                  ready=shlex.quote(self.home.file("ready")), program=shlex.quote(self.home.program))
        done = subprocess.run(["unshare", "-Urnm", "sh", "-c", script], capture_output=True, cwd=self.home.home,
                              env={**self.home.environment, "PATH": os.environ["PATH"]}, timeout=120, check=False)
        said = done.stdout.decode() + done.stderr.decode()
        self.assertIn("from afar", said)
        self.assertEqual(said.count("from afar"), 1, said)
        self.assertIn("tool returned 6", said)
        self.assertIn("an address of this machine", str(self.home.ok("runs", "list", "--limit", "1")) + said)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
