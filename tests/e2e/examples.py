# SPDX-License-Identifier: Apache-2.0
"""Every skill of examples/: built, packaged with its golden calls, installed, promoted and called.

77, which ctest counts as skipped, where no compiler is.

usage: examples.py PALYRA
"""

import http.server
import os
import subprocess
import sys
import threading
import unittest
from pathlib import Path

from palyra import ALLOW_FLAG, Installation
from toolchains import ROOT, SECONDS, TOOLCHAINS, exit_status

PROGRAM = None
EXAMPLES = ROOT / "examples"
API_KEY = "wk_live_0123456789abcdef"


class Weather:
    """A weather service on a port of 127.0.0.1 that wants a key."""

    def __init__(self):
        asked = self.asked = []

        class Service(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, self.headers["Host"], self.headers["X-Api-Key"]))
                if self.headers["X-Api-Key"] != API_KEY:
                    self.send_error(401)
                elif self.path != "/v1/now?city=Z%C3%BCrich":
                    self.send_error(404)
                else:
                    # What a service should not do: it repeats the key.
                    body = f'{{"celsius": 7.5, "key": "{API_KEY}"}}'.encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Examples(unittest.TestCase):
    def setUp(self):
        if TOOLCHAINS["c"]() is None:
            self.skipTest("no clang-19 with lld-19")
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.key = self.home.file("demo.palyra-key")
        self.home.ok("skills", "package", "keygen", "-o", self.key, "--no-passphrase")
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "demo", "--key", self.key)

    def package(self, name):
        """The artifact, from the source as it lies in examples/."""
        built = subprocess.run([EXAMPLES / name / "build.sh"], capture_output=True, timeout=SECONDS, check=False)
        self.assertEqual(built.returncode, 0, built.stderr.decode())
        artifact = self.home.file(Path(name).name + ".palyra-skill")
        packed = self.home.ok("skills", "package", "build", str(EXAMPLES / name), "--signing-key", self.key, "-o", artifact)
        return artifact, {each["status"] for each in packed["examples"]}

    def promoted(self, name, *options):
        artifact, statuses = self.package(name)
        self.home.ok("skills", "install", artifact)
        self.home.ok("skills", "promote", "demo." + Path(name).name, "--yes", *options, **ALLOW_FLAG)
        return statuses

    def call(self, tool, arguments="{}"):
        document = self.home.ok("run", tool, "--input", arguments)
        return document.get("output", document.get("output_text"))

    def refusal(self, tool, arguments="{}"):
        refused = self.home.run("run", tool, "--input", arguments, "--json")
        self.assertEqual(refused.status, 9, refused)
        return refused.error()["message"]

    def test_the_note_keeper_keeps_notes_and_sees_who_was_first(self):
        self.assertEqual(self.promoted("note-keeper"), {"pass"})
        note = '{"title":"Einkäufe","text":"milk\\n\\"bread\\"","version":0}'
        self.assertEqual(self.call("demo.notes.keep", note), {"version": 1})
        self.assertIn("somebody has changed 'Einkäufe' since version 0", self.refusal("demo.notes.keep", note))
        self.assertEqual(self.call("demo.notes.read", '{"title":"Einkäufe"}'), {"text": 'milk\n"bread"', "version": 1})
        for number in range(12):
            self.call("demo.notes.keep", f'{{"title":"note {number:02}","text":"{"x" * 5000}"}}')
        self.assertEqual(self.call("demo.notes.list")["titles"], ["Einkäufe"] + [f"note {n:02}" for n in range(12)])
        long = self.call("demo.notes.read", '{"title":"note 03"}')
        self.assertEqual(len(long["text"]), 5000)

    def test_the_weather_client_uses_a_key_that_it_never_sees(self):
        weather = Weather()
        self.addCleanup(weather.close)
        self.home.environment["PALYRA_SECRETS__PASSPHRASE_FILE"] = self.home.file("passphrase", "correct horse battery\n")
        statuses = self.promoted("api-client", "--allow-address", f"weather.example.com=127.0.0.1:{weather.port}")
        self.assertEqual(statuses, {"pass"})
        self.assertIn("the service was not asked", self.refusal("demo.weather.now", '{"city":"Zürich"}'))
        self.assertEqual(weather.asked, [])
        self.home.ok("secrets", "set", "global/weather", stdin=API_KEY.encode())
        self.assertEqual(self.call("demo.weather.now", '{"city":"Zürich"}'), {"city": "Zürich", "celsius": 7.5})
        self.assertEqual(weather.asked, [("/v1/now?city=Z%C3%BCrich", "weather.example.com", API_KEY)])
        self.assertIn("the service knows no 'Atlantis'", self.refusal("demo.weather.now", '{"city":"Atlantis"}'))

    def test_readings_go_from_one_skill_to_the_other(self):
        self.assertLessEqual(self.promoted("channel-pipeline/collector"), {"not_run"})
        self.promoted("channel-pipeline/reporter")
        self.assertEqual(self.call("demo.pipeline.report"), {"readings": 0, "senders": []})
        for value in (20, 21.5, 23):
            self.call("demo.pipeline.collect", f'{{"sensor":"roof","value":{value}}}')
        self.home.ok("channel", "send", "readings", "no reading")
        self.home.ok("channel", "send", "readings", '{"value":1}')
        self.assertEqual(self.call("demo.pipeline.report"),
                         {"readings": 4, "mean": 16.375, "senders": ["demo.collector"] * 3 + ["operator"]})
        self.assertEqual(self.call("demo.pipeline.report")["readings"], 0)

    def test_an_ordinary_program_is_a_tool(self):
        if not Path("/usr/lib/wasm32-wasi/libc.a").exists():
            self.skipTest("no libc for wasm32-wasi")
        self.assertEqual(self.promoted("word-tally"), {"pass"})
        arguments = '{"text":"One fish two fish\\nred fish, blue fish","top":2}'
        self.assertEqual(self.call("demo.words.tally", arguments), "      4 fish\n      1 blue\n")
        self.assertIn("there are no words", self.refusal("demo.words.tally", '{"text":"","top":1}'))

    def test_lines_are_found_in_the_folder_that_the_operator_maps(self):
        abi = (ROOT / "src/capability/abi_table.cc").read_text()
        if "make-directory" not in abi:
            self.skipTest("this palyra has no files")
        self.home.file("var/log/app.log", "start\nerror: disk\nstop\n")
        self.home.file("var/log/web.log", "GET /\nan error\n")
        self.home.file("var/secret.log", "error: not yours\n")
        statuses = self.promoted("log-grep", "--map-root", f"logs={self.home.file('var/log')}")
        self.assertEqual(statuses, {"pass"})  # with a folder that is empty
        self.assertEqual(self.call("demo.logs.grep", '{"contains":"error"}'),
                         {"files": 2, "lines": [{"file": "app.log", "line": 2, "text": "error: disk"},
                                                {"file": "web.log", "line": 2, "text": "an error"}]})
        self.assertEqual(len(self.call("demo.logs.grep", '{"contains":"error","limit":1}')["lines"]), 1)
        os.symlink("../secret.log", self.home.home / "var/log/zlink.log")
        self.assertNotIn("not yours", str(self.home.run("run", "demo.logs.grep", "--input", '{"contains":"error"}')))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    RESULT = unittest.main(verbosity=2, exit=False).result
    sys.exit(exit_status(RESULT))
