# SPDX-License-Identifier: Apache-2.0
"""Artifacts of format 1: what becomes of them from verification to a call.

usage: legacy.py PALYRA
"""

import json
import sys
import unittest
from pathlib import Path

from palyra import ALLOW_FLAG, Installation

PROGRAM = None
VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "legacy"
INDEX = json.loads((VECTORS / "index.json").read_text())
ANSWER = str(VECTORS / "v01-exit-code.palyra-skill")
ECHO = str(VECTORS / "v02-echo-two-levels.palyra-skill")
FORGED = next(str(path) for path in VECTORS.glob("*-key-of-small-order.palyra-skill"))


class Legacy(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)

    def trusting(self, *names, threshold=1):
        self.home.ok("trust", "init")
        keys = [word for name in names for word in ("--key", INDEX["keys"][name]["public_key"])]
        self.home.ok("trust", "add", "acme", *keys, "--threshold", str(threshold))

    def refused(self, code, *arguments, **more):
        result = self.home.run(*arguments, "--json", **more)
        self.assertNotEqual(result.status, 0, result)
        self.assertEqual(result.error()["code"], code, result)
        return result

    def test_verification_says_that_it_is_legacy_and_what_is_not_signed(self):
        self.trusting("author")
        verified = self.home.ok("skills", "package", "verify", ANSWER)
        self.assertTrue(verified["verified"])
        self.assertEqual((verified["format"], verified["decision"]), (1, "allowlisted"))
        self.assertEqual(len(verified["payload_sha256"]), 64)
        self.assertIn("legacy format 1", verified["warnings"][0])
        shown = self.home.run("skills", "package", "verify", ANSWER).out.decode()
        self.assertIn("1 (legacy)", shown)
        self.assertIn("legacy format 1", shown)
        inspected = self.home.ok("skills", "package", "inspect", ECHO)
        self.assertIn("modules/wasm/echo.wasm", [entry["name"] for entry in inspected["entries"]])

    def test_it_is_installed_promoted_and_answers(self):
        self.trusting("author")
        for package, skill in ((ANSWER, "acme.answer"), (ECHO, "acme.echo_older")):
            installed = self.home.ok("skills", "install", package)
            self.assertEqual(installed["skill"]["status"], "quarantined")
            self.home.ok("skills", "promote", skill, "--yes", **ALLOW_FLAG)
        result = self.home.run("run", "acme.answer"); self.assertEqual(result.out, b"{\"exit_code\":42}\n", result)
        self.assertEqual(self.home.run("run", "acme.echo_older.echo", "--input", '{"n":7}').out, b'{"n":7}\n')

    def test_nobody_signs_it_again(self):
        self.home.ok("skills", "package", "keygen", "-o", "k", "--no-passphrase")
        before = Path(ANSWER).read_bytes()
        self.refused("package.legacy", "skills", "package", "sign", ANSWER, "--signing-key", "k", "-o", "again")
        self.assertFalse((self.home.home / "again").exists())
        self.assertEqual(Path(ANSWER).read_bytes(), before)

    def test_a_first_use_needs_a_person(self):
        self.home.ok("trust", "init")
        self.assertEqual(self.home.run("skills", "package", "verify", ANSWER).status, 10)
        self.refused("cli.no_terminal", "skills", "install", ANSWER, "--trust-on-first-use")
        self.assertEqual(self.home.ok("trust", "list")["publishers"], [])

    def test_a_publisher_of_two_signatures_cannot_be_met_by_the_one_it_has(self):
        self.trusting("author", "other", threshold=2)
        self.refused("trust.threshold_not_met", "skills", "package", "verify", ANSWER)

    def test_a_key_that_signs_everything_is_refused(self):
        self.trusting("author")
        self.refused("signature.a_not_small_order", "skills", "package", "verify", FORGED)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
