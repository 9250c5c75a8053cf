# SPDX-License-Identifier: Apache-2.0
"""What `palyra init` writes in each language: builds, passes its own test, is packaged, promoted and called.

A language whose toolchain is not here is skipped by name; 77 where none is, which ctest counts as skipped. ASC may name
the compiler of AssemblyScript.

usage: init.py PALYRA
"""

import os
import subprocess
import sys
import unittest

from palyra import ALLOW_FLAG, Installation
from toolchains import SECONDS, TOOLCHAINS, exit_status

PROGRAM = None


class Init(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)

    def script(self, directory, script, environment):
        done = subprocess.run([script], cwd=directory, env={**self.home.environment, **environment}, capture_output=True,
                              timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode() + done.stderr.decode())

    def whole_way(self, language):
        environment = TOOLCHAINS[language]()
        if environment is None:
            self.skipTest(f"no toolchain for {language}")
        directory = self.home.file("my-skill")
        written = self.home.ok("init", directory, "--lang", language, "--publisher", "acme")
        self.assertEqual(written["skill_id"], "acme.my-skill")
        if language != "wat":
            self.assertIn("./build.sh", written["next"])
            self.script(directory, "./build.sh", environment)
            print(f"{language}: {os.path.getsize(directory + '/modules/my-skill.wasm'):,} bytes", file=sys.stderr)
        self.script(directory, "./test.sh", {})
        package = self.home.make_skill("my-skill")
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", self.home.file("acme.palyra-key"))
        self.home.ok("skills", "install", package, "--promote", "--yes", **ALLOW_FLAG)
        if language == "wat":
            document = self.home.ok("run", written["tool_id"], "--input", written["sample_input"])
            self.assertEqual(document["output"], {"echo": {"text": "hello"}})
            return
        for who, shown in (("Ada", "Ada"), ("\\u00c7a \\ud83d\\ude00 \\\"q\\\" \\\\ \\n\\u0001", 'Ça 😀 "q" \\ \n\x01')):
            document = self.home.ok("run", written["tool_id"], "--input", f'{{"who":"{who}"}}')
            self.assertEqual(document["output"], {"greeting": f"Hello, {shown}!"})
            self.assertEqual(document["record"]["denials"], [])

    def test_c(self):
        self.whole_way("c")

    def test_cpp(self):
        self.whole_way("cpp")

    def test_rust(self):
        self.whole_way("rust")

    def test_go(self):
        self.whole_way("go")

    def test_assemblyscript(self):
        self.whole_way("assemblyscript")

    def test_wat(self):
        self.whole_way("wat")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    RESULT = unittest.main(verbosity=2, exit=False).result
    sys.exit(exit_status(RESULT))
