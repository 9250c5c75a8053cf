# SPDX-License-Identifier: Apache-2.0
"""Secrets, from the operator's commands to a guest that uses one and never sees it.

usage: vault.py PALYRA
"""

import base64
import hashlib
import hmac
import json
import sys
import unittest

from palyra import ALLOW_FLAG, Installation

PROGRAM = None
VALUE = "sk_live_0123456789/+abc"
PASSPHRASE = "correct horse battery staple"

MODULE = r"""(module
  (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
  (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (import "palyra:skill/secret@1.0.0" "grant" (func $grant (param i32 i32) (result i32)))
  (import "palyra:skill/secret@1.0.0" "present" (func $present (param i32) (result i32)))
  (import "palyra:skill/secret@1.0.0" "hmac-sha256" (func $hmac (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "global/signing") (data (i32.const 32) "message")
  ;; 0, or what was answered instead.
  (func (export "sign") (result i32) (local $answer i32)
    (local.set $answer (call $hmac (call $grant (i32.const 0) (i32.const 14)) (i32.const 32) (i32.const 7) (i32.const 64)))
    (if (local.get $answer) (then (return (local.get $answer))))
    (call $write (i32.const 64) (i32.const 32)))
  (func (export "present") (result i32) (call $present (call $grant (i32.const 0) (i32.const 14))))
  (func (export "show") (result i32)
    (call $write (i32.const 1024) (call $read (i32.const 1024) (call $length) (i32.const 0)))))
"""
GRANTS = '''[[capabilities.secrets]]
scope = "global"
key_names = ["signing"]
uses = ["hmac-sha256"]
'''


def tool(name):
    return f'''[[entrypoints.tools]]
id = "acme.signer.{name}"
name = "{name}"
description = "Does {name}."
export = "{name}"
input_schema = {{ type = "object" }}
'''


class Secrets(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.home.environment["PALYRA_SECRETS__PASSPHRASE_FILE"] = self.home.file("passphrase", PASSPHRASE + "\n")
        key = self.home.file("acme.palyra-key")
        self.home.ok("skills", "package", "keygen", "-o", key, "--no-passphrase")
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", key)
        self.home.file("source/modules/signer.wat", MODULE)
        head = 'manifest_version = 3\npublisher = "acme"\nskill_id = "acme.signer"\nversion = "1.0.0"\nname = "Signer"\n'
        self.home.file("source/skill.toml", head + "".join(map(tool, ("sign", "present", "show"))) + GRANTS)
        self.package = self.home.file("signer.palyra-skill")
        self.home.ok("skills", "package", "build", self.home.file("source"), "--signing-key", key, "-o", self.package)
        self.home.ok("skills", "install", self.package, "--promote", "--yes", **ALLOW_FLAG)

    def set(self, value=VALUE, name="global/signing"):
        return self.home.ok("secrets", "set", name, stdin=value.encode() + b"\n")["secret"]

    def run_tool(self, name, arguments="{}"):
        return self.home.run("run", f"acme.signer.{name}", "--input", arguments, "--json")

    def test_a_tool_signs_with_a_secret_and_never_sees_it(self):
        self.assertEqual(self.run_tool("present").status, 0)
        self.assertEqual(self.run_tool("sign").status, 9)  # not set
        self.assertEqual(self.set()["version"], 1)
        document = self.run_tool("sign").document()
        expected = hmac.new(VALUE.encode(), b"message", hashlib.sha256).digest()
        self.assertEqual(base64.b64decode(document["output_base64"]), expected)
        self.assertEqual(document["record"]["grants_used"], ["global/signing"])

    # S03
    def test_a_secret_in_the_output_ends_the_run(self):
        self.set()
        honest = self.run_tool("show", '{"a":"nothing to hide"}')
        self.assertEqual(honest.document()["output_text"], '{"a":"nothing to hide"}')
        for spelled in (VALUE, VALUE[::-1], base64.b64encode(b"x" + VALUE.encode()).decode(), VALUE.encode().hex()):
            result = self.run_tool("show", json.dumps({"a": spelled}))
            self.assertEqual(result.status, 4, result)
            self.assertEqual(result.out, b"")
            self.assertIn("secret.in_output", result.error()["message"])
            self.assertNotIn(spelled.encode(), result.err)

    # S13
    def test_without_the_grant_there_is_no_secret(self):
        self.set()
        self.home.ok("skills", "quarantine", "acme.signer")
        self.assertEqual(self.run_tool("sign").status, 4)
        self.home.ok("skills", "promote", "acme.signer", "--deny", "global/signing", "--yes", **ALLOW_FLAG)
        result = self.run_tool("sign")
        self.assertEqual(result.status, 4, result)
        self.assertIn('secret grant "global/signing" answered it (not_found)', result.error()["message"])

    # S07
    def test_a_value_is_nowhere_in_the_clear(self):
        self.set()
        shown = [self.home.run("secrets", "list"), self.home.run("secrets", "list", "--json"), self.run_tool("sign"),
                 self.home.run("audit", "list", "--json"), self.home.run("runs", "list", "--json")]
        kept = [path.read_bytes() for path in self.home.state.rglob("*") if path.is_file()]
        for text in [each.out + each.err for each in shown] + kept:
            for spelled in (VALUE.encode(), base64.b64encode(VALUE.encode()), PASSPHRASE.encode()):
                self.assertNotIn(spelled, text)
        helped = self.home.run("secrets", "set", "--help").out
        self.assertNotIn(b"VALUE", helped)

    def test_the_vault_needs_its_passphrase(self):
        self.set()
        del self.home.environment["PALYRA_SECRETS__PASSPHRASE_FILE"]
        result = self.run_tool("sign")
        self.assertEqual(result.status, 4, result)
        self.assertEqual(result.error()["code"], "secret.passphrase_needed")
        self.assertIn("secrets.passphrase_file", result.error()["next"][0])
        wrong = self.home.file("wrong", "correct horse\n")
        result = self.home.run("secrets", "remove", "global/signing", "--passphrase-file", wrong, "--json")
        self.assertEqual(result.error()["code"], "secret.passphrase_wrong")
        self.assertEqual([each["name"] for each in self.home.ok("secrets", "list")["secrets"]], ["global/signing"])

    def test_another_passphrase_takes_the_place_of_the_first(self):
        self.set()
        after = self.home.file("after", "another one\n")
        self.home.ok("secrets", "change-passphrase", "--new-passphrase-file", after)
        self.assertEqual(self.run_tool("sign").error()["code"], "secret.passphrase_wrong")
        self.home.environment["PALYRA_SECRETS__PASSPHRASE_FILE"] = after
        self.assertEqual(self.run_tool("sign").status, 0)
        self.home.ok("secrets", "remove", "global/signing")
        self.assertEqual(self.home.ok("secrets", "list")["secrets"], [])
        self.assertEqual(self.run_tool("sign").status, 9)

    def test_a_person_types_value_and_passphrase_unseen(self):
        del self.home.environment["PALYRA_SECRETS__PASSPHRASE_FILE"]
        status, shown = self.home.talk("secrets", "set", "global/signing",
                                       answers=[("Value of global/signing:", VALUE), ("New passphrase", PASSPHRASE),
                                                ("The same again:", PASSPHRASE)])
        self.assertEqual(status, 0, shown)
        self.assertNotIn(VALUE, shown)
        self.assertNotIn(PASSPHRASE, shown)
        status, shown = self.home.talk("run", "acme.signer.sign", answers=[("Passphrase of the vault:", PASSPHRASE)])
        self.assertEqual(status, 0, shown)

    # S10
    def test_an_older_copy_of_the_vault_is_refused(self):
        self.set()
        older = (self.home.state / "vault").read_bytes()
        self.set("another value for the key")
        (self.home.state / "vault").write_bytes(older)
        self.assertEqual(self.run_tool("sign").error()["code"], "secret.vault_rolled_back")

    def test_a_short_value_is_kept_only_when_somebody_says_so(self):
        result = self.home.run("secrets", "set", "global/pin", "--json", stdin=b"1234")
        self.assertEqual(result.error()["code"], "secret.too_short")
        kept = self.home.run("secrets", "set", "global/pin", "--unscannable", stdin=b"1234")
        self.assertEqual(kept.status, 0, kept)
        self.assertIn(b"too short", kept.err)
        self.assertIn(b"not searched for", self.home.run("secrets", "list").out)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
