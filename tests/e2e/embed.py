# SPDX-License-Identifier: Apache-2.0
"""The runtime as a package of other projects: the built tree is installed, its prefix moved, examples/embed built with
find_package(palyra) and nothing of this checkout, and a promoted tool called and refused.

usage: embed.py BUILD_DIR
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from palyra import ALLOW_FLAG, Installation

ROOT = Path(__file__).resolve().parents[2]
BUILD_DIR = None
# What must be alike in both builds: sanitizers are a matter of the whole program.
SHARED = re.compile(r"CMAKE_(CXX_COMPILER|BUILD_TYPE|CXX_FLAGS(_[A-Z]+)?|EXE_LINKER_FLAGS|MAKE_PROGRAM)")


def run(*words):
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    assert done.returncode == 0, f"{words} ended {done.returncode}\n{done.stdout}"


def cached():
    """Every variable of the build's cache."""
    text = (Path(BUILD_DIR) / "CMakeCache.txt").read_text()
    return {name: value for name, value in re.findall(r"^([\w-]+):\w+=(.*)$", text, re.M)}


class Embed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = Path(tempfile.mkdtemp(prefix="palyra-embed-"))
        cls.addClassCleanup(shutil.rmtree, cls.work)
        cls.prefix = cls.work / "moved/prefix"
        cls.cmake = cached()["CMAKE_COMMAND"]
        run(cls.cmake, "--install", BUILD_DIR, "--prefix", cls.work / "first")
        cls.prefix.parent.mkdir()
        (cls.work / "first").rename(cls.prefix)
        cls.build_example()

    @classmethod
    def build_example(cls):
        build = cls.work / "build"
        shared = [f"-D{name}={value}" for name, value in cached().items() if SHARED.fullmatch(name)]
        run(cls.cmake, "-S", ROOT / "examples/embed", "-B", build, "-G", cached()["CMAKE_GENERATOR"], *shared,
            f"-DCMAKE_PREFIX_PATH={cls.prefix}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
        run(cls.cmake, "--build", build)
        cls.program = build / "embed"

    def setUp(self):
        self.home = Installation(self.prefix / "bin/palyra")
        self.addCleanup(self.home.close)
        self.home.ok("trust", "init")

    def promote_echo(self):
        package = self.home.make_skill("hello")
        self.home.ok("trust", "add", "acme", "--key", "acme.palyra-key")
        self.home.ok("skills", "install", package)
        self.home.ok("skills", "promote", "acme.hello", "--yes", **ALLOW_FLAG)

    def embed(self, *arguments):
        """Status, output and errors of the example, in lines."""
        done = subprocess.run([self.program, *arguments], cwd=self.home.home, env=self.home.environment,
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()

    def call(self, *arguments):
        return self.embed("state", "acme.hello.echo", *arguments)

    def logged(self):
        return sorted(run.get("code") or "ok" for run in self.home.ok("runs", "list")["runs"])

    def test_two_threads_get_their_own_answers_and_a_quarantine_refuses_both(self):
        self.promote_echo()
        status, out, err = self.call('{"text":"one"}', '{"text":"two"}')
        self.assertEqual((status, out), (0, ['{"echo":{"text":"one"}}', '{"echo":{"text":"two"}}']), err)
        self.home.ok("skills", "quarantine", "acme.hello")
        status, out, err = self.call('{"text":"one"}', '{"text":"two"}')
        self.assertEqual((status, out), (1, []), err)
        refused = [line for line in err if line.startswith("embed: Disabled: run.disabled: ")]
        self.assertEqual(len(refused), 2, err)
        self.assertEqual(self.logged(), ["ok", "ok", "run.disabled", "run.disabled"])

    def test_one_bad_call_leaves_the_other_alone(self):
        self.promote_echo()
        status, out, err = self.call('{"text":5}', '{"text":"two"}')
        self.assertEqual((status, out), (1, ['{"echo":{"text":"two"}}']), err)
        self.assertTrue(err[0].startswith("embed: InvalidInput: "), err)

    def test_a_tool_or_a_state_that_is_not_there_is_an_error_of_the_call(self):
        status, out, err = self.embed("state", "acme.none.such", "{}", "{}")
        self.assertEqual((status, out), (1, []), err)
        self.assertTrue(err[0].startswith("embed: InvalidInput: state.tool_not_found: "), err)
        status, out, err = self.embed("elsewhere", "acme.none.such", "{}", "{}")
        self.assertEqual((status, out), (1, []), err)
        self.assertFalse((self.home.home / "elsewhere").exists())

    def test_the_package_names_no_place_but_its_own(self):
        for path in (self.prefix / "lib/cmake/palyra").iterdir():
            text = path.read_text()
            for place in (ROOT, Path(BUILD_DIR).resolve(), self.work):
                self.assertNotIn(str(place), text, path)

    def test_every_header_that_an_installed_one_includes_is_installed(self):
        include = self.prefix / "include"
        headers = list(include.rglob("*.h"))
        self.assertGreater(len(headers), 100)
        for header in headers:
            for wanted in re.findall(r"^#include <(palyra/[^>]+)>", header.read_text(), re.M):
                self.assertTrue((include / wanted).exists(), f"{header} includes {wanted}")

    def test_no_warning_is_asked_of_those_who_link(self):
        (command,) = json.loads((self.work / "build/compile_commands.json").read_text())
        own = cached()
        inherited = (own["CMAKE_CXX_FLAGS"] + " " + own[f"CMAKE_CXX_FLAGS_{own['CMAKE_BUILD_TYPE'].upper()}"]).split()
        asked = [word for word in command["command"].split() if word.startswith("-W") and word not in inherited]
        self.assertEqual(asked, [])


if __name__ == "__main__":
    BUILD_DIR = sys.argv.pop(1)
    unittest.main()
