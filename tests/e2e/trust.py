# SPDX-License-Identifier: Apache-2.0
"""Whom an installation believes, as people change it: first use, rotation, revocation, recovery, and the log of it.

usage: trust.py PALYRA
"""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import unittest
from pathlib import Path

from palyra import ALLOW_FLAG, Installation

PROGRAM = None
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/formats/audit-log.md"
TRUST_TABLES = ("publisher", "publisher_key", "skill", "skill_content", "rotation", "retired_key", "revocation_list",
                "revocation_entry")


class TrustTest(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)

    def key(self, name):
        path = self.home.home / f"{name}.palyra-key"
        if not path.exists():
            self.home.ok("skills", "package", "keygen", "-o", str(path), "--no-passphrase")
        return str(path)

    def package(self, key, version="0.1.0", publisher="acme", created=None):
        """The skill `<publisher>.hello`, signed by the key of that name; made once."""
        package = self.home.file(f"{publisher}-{version}-{key}.palyra-skill")
        if Path(package).exists():
            return package
        directory = self.home.file(f"{publisher}/hello")
        if not Path(directory).exists():
            Path(directory).parent.mkdir(exist_ok=True)
            self.home.ok("init", directory, "--lang", "wat", "--publisher", publisher)
        manifest = Path(directory) / "skill.toml"
        manifest.write_text(re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', manifest.read_text()))
        when = ["--created", str(created)] if created is not None else []
        self.home.ok("skills", "package", "build", directory, "--signing-key", self.key(key), "-o", package, *when)
        return package

    def active(self):
        """acme is trusted by the operator with key `a`, and its skill runs."""
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", self.key("a"))
        self.install_and_promote(self.package("a"))

    def install_and_promote(self, package):
        self.home.ok("skills", "install", package)
        self.home.ok("skills", "promote", "acme.hello", "--yes", **ALLOW_FLAG)

    def refused(self, code, *arguments, **more):
        """Fails with this code; gives the error."""
        result = self.home.run(*arguments, "--json", **more)
        self.assertNotEqual(result.status, 0, result)
        error = result.error()
        self.assertEqual(error["code"], code, result)
        return error

    def status(self, selector="acme.hello"):
        return self.home.ok("skills", "show", selector)["skill"]["status"]

    def runs(self):
        return self.home.run("run", "acme.hello.echo", "--input", '{"text":"hi"}').status

    def trusted(self, publisher="acme"):
        """Fingerprints of the publisher's keys, or nothing."""
        for each in self.home.ok("trust", "list")["publishers"]:
            if each["publisher"] == publisher:
                return [key["fingerprint"] for key in each["keys"]]
        return []

    def fingerprint(self, key):
        package = self.package(key, version="9.9.9-dev.1", publisher="probe")
        document = self.home.run("skills", "package", "verify", package, "--json").document()
        return document["signers"][0]["fingerprint"]

    def events(self, area):
        return [row["event"] for row in reversed(self.home.ok("audit", "list", "--event", area)["rows"])]

    def trust_rows(self):
        return self.home.dump(only=TRUST_TABLES)


class FirstUse(TrustTest):
    # K01
    def test_without_a_person_no_first_use_is_pinned(self):
        package = self.package("mallory")
        self.home.ok("trust", "init")
        before = self.trust_rows()
        for command in (["skills", "install", package], ["skills", "install", package, "--trust-on-first-use"],
                        ["skills", "package", "verify", package], ["skills", "package", "inspect", package],
                        ["skills", "promote", "acme.hello", "--yes"]):
            self.home.run(*command, **ALLOW_FLAG)
            self.assertEqual(self.trust_rows(), before, command)
        self.assertEqual(self.trusted(), [])
        self.refused("trust.untrusted", "skills", "promote", "acme.hello", "--yes", **ALLOW_FLAG)

    # K03
    def test_a_pin_for_the_wrong_key_is_shown_removed_by_a_person_and_replaced_once(self):
        self.home.ok("trust", "init")
        self.home.ok("skills", "install", self.package("mallory"), "--fingerprint", self.fingerprint("mallory"))
        (pinned,) = self.home.ok("trust", "list", "--first-use")["publishers"]
        self.assertEqual((pinned["publisher"], pinned["source"]), ("acme", "tofu"))
        self.assertIn("uid ", pinned["pinned_by"])
        self.refused("trust.key_mismatch", "skills", "install", self.package("a", "0.2.0"))
        self.refused("trust.publisher_exists", "trust", "add", "acme", "--key", self.key("a"))

        error = self.refused("cli.no_terminal", "trust", "remove", "acme")
        self.assertIn("policy.noninteractive_promote", error["next"][1])
        self.refused("policy.noninteractive_promote", "trust", "remove", "acme", "--yes")
        status, shown = self.home.talk("trust", "remove", "acme", answers=[("trust it no more:", "yes")])
        self.assertEqual(status, 130, shown)
        self.assertEqual(self.trusted(), [self.fingerprint("mallory")])
        status, shown = self.home.talk("trust", "remove", "acme", answers=[("trust it no more:", "acme")])
        self.assertEqual(status, 0, shown)
        self.assertIn(self.fingerprint("mallory"), shown)
        self.assertEqual(self.trusted(), [])
        self.refused("trust.publisher_unknown", "trust", "remove", "acme", "--yes", **ALLOW_FLAG)

        self.home.ok("trust", "add", "acme", "--key", self.key("a"))
        self.assertEqual(self.home.ok("trust", "list", "--first-use")["publishers"], [])
        self.home.ok("skills", "install", self.package("a", "0.2.0"))
        self.assertEqual(self.events("trust"),
                         ["trust.initialised", "trust.publisher_removed", "trust.publisher_added"])

    # K03
    def test_a_reserved_name_is_pinned_by_no_first_use(self):
        self.home.ok("trust", "init")
        package = self.package("mallory", publisher="official")
        result = self.home.run("skills", "install", package, "--fingerprint", self.fingerprint("mallory"), "--json")
        self.assertEqual((result.status, result.error()["code"]), (5, "trust.untrusted"))
        self.assertIn("reserved", result.error()["message"])
        self.assertEqual(self.trusted("official"), [])
        self.home.ok("trust", "add", "official", "--key", self.key("real"))
        self.home.ok("skills", "install", self.package("real", "0.2.0", publisher="official"))
        self.refused("trust.publisher_exists", "trust", "add", "official", "--key", self.key("mallory"))

    def test_removing_a_publisher_stops_his_skills(self):
        self.active()
        removed = self.home.ok("trust", "remove", "acme", "--yes", **ALLOW_FLAG)
        self.assertEqual([each["skill_id"] for each in removed["stopped"]], ["acme.hello"])
        self.assertEqual((self.runs(), self.status()), (4, "quarantined"))
        # What was seen of him stays: the skill is his, and nothing below its highest version comes back.
        (skill,) = self.home.ok("trust", "list")["skills"]
        self.assertEqual((skill["skill_id"], skill["publisher"], skill["highest_version"]),
                         ("acme.hello", "acme", "0.1.0"))


class Mismatch(TrustTest):
    # K06
    def test_other_keys_of_a_known_publisher_are_refused_without_a_question(self):
        self.active()
        before = self.trust_rows()
        package = self.package("mallory", "0.2.0")
        result = self.home.run("skills", "install", package, "--trust-on-first-use", "--promote", "--json")
        self.assertEqual(result.status, 5, result)
        error = result.error()
        self.assertEqual(error["code"], "trust.key_mismatch")
        for key in ("a", "mallory"):
            self.assertIn(self.fingerprint(key), error["message"])
        self.assertIn("palyra trust rotate --apply", " ".join(error["next"]))
        status, shown = self.home.talk("skills", "install", package, "--trust-on-first-use", answers=[])
        self.assertEqual(status, 5, shown)
        self.assertNotIn("Type", shown)
        self.assertEqual(self.trust_rows(), before)
        self.refused("trust.key_mismatch", "skills", "promote", "acme.hello@0.2.0", "--yes", **ALLOW_FLAG)
        self.assertEqual((self.runs(), self.status()), (0, "active"))


class Rotation(TrustTest):
    def rotation(self, *more, name="acme-1.palyra-rotation", old="a", new="b"):
        output = self.home.file(name)
        self.home.ok("trust", "rotate", "acme", "--old-key", self.key(old), "--new-key", self.key(new), "--signing-key",
                     self.key(old), "--signing-key", self.key(new), "-o", output, *more)
        return output

    def test_a_statement_changes_the_keys_when_a_person_types_the_publishers_name(self):
        self.active()
        statement = self.rotation()
        before = self.trust_rows()
        self.refused("cli.no_terminal", "trust", "rotate", "--apply", statement)
        self.refused("policy.noninteractive_promote", "trust", "rotate", "--apply", statement, "--yes")
        self.assertEqual(self.home.talk("trust", "rotate", "--apply", statement, answers=[("new keys:", "y")])[0], 130)
        self.assertEqual(self.trust_rows(), before)
        status, shown = self.home.talk("trust", "rotate", "--apply", statement, answers=[("new keys:", "acme")])
        self.assertEqual(status, 0, shown)
        for key in ("a", "b"):
            self.assertIn(self.fingerprint(key), shown)
        self.assertEqual(self.trusted(), [self.fingerprint("b")])
        (record,) = self.home.ok("trust", "list")["rotations"]
        self.assertEqual((record["publisher"], record["sequence"]), ("acme", 1))
        self.assertEqual([key["fingerprint"] for key in record["retired_keys"]], [self.fingerprint("a")])

        # What ran goes on, the old key signs nothing new, and the new one does.
        self.assertEqual(self.runs(), 0)
        self.refused("trust.key_mismatch", "skills", "install", self.package("a", "0.2.0"))
        self.install_and_promote(self.package("b", "0.3.0"))
        self.assertEqual(self.runs(), 0)
        self.refused("trust.rotation_replay", "trust", "rotate", "--apply", statement, "--yes", **ALLOW_FLAG)
        self.assertIn("trust.keys_rotated", self.events("trust"))

    def test_a_chain_is_applied_whole_in_any_order_and_the_sequence_counts_on(self):
        self.active()
        first = self.rotation()
        self.home.ok("trust", "rotate", "--apply", first, "--yes", **ALLOW_FLAG)
        second = self.rotation(name="acme-2.palyra-rotation", old="b", new="c")
        third = self.rotation("--sequence", "3", name="acme-3.palyra-rotation", old="c", new="d")
        with open(second, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["sequence"], 2)
        self.refused("trust.rotation_gap", "trust", "rotate", "--apply", third, "--yes", **ALLOW_FLAG)
        rotated = self.home.ok("trust", "rotate", "--apply", third, second, "--yes", **ALLOW_FLAG)
        self.assertEqual((rotated["sequence"], self.trusted()), (3, [self.fingerprint("d")]))

    def test_signatures_are_added_one_by_one(self):
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", self.key("a"))
        statement = self.home.file("acme.palyra-rotation")
        made = self.home.ok("trust", "rotate", "acme", "--old-key", self.key("a"), "--new-key", self.key("b"),
                            "--new-key", self.key("c"), "--threshold", "2", "--signing-key", self.key("a"), "-o",
                            statement)
        self.assertEqual((made["old_signatures"], made["new_signatures"], made["sequence"]), (1, 0, 1))
        apply = ["trust", "rotate", "--apply", statement, "--yes"]
        self.refused("trust.rotation_new_threshold", *apply, **ALLOW_FLAG)
        self.home.ok("trust", "rotate", "--sign", statement, "--signing-key", self.key("b"))
        self.refused("trust.rotation_new_threshold", *apply, **ALLOW_FLAG)
        self.assertEqual(self.home.ok("trust", "rotate", "--sign", statement, "--signing-key",
                                      self.key("c"))["new_signatures"], 2)
        self.home.ok(*apply, **ALLOW_FLAG)
        self.assertEqual(sorted(self.trusted()), sorted([self.fingerprint("b"), self.fingerprint("c")]))

    def test_a_statement_for_later_waits(self):
        self.active()
        statement = self.rotation("--not-before", "+1d")
        self.refused("trust.rotation_not_before", "trust", "rotate", "--apply", statement, "--yes", **ALLOW_FLAG)
        self.refused("cli.time", "trust", "rotate", "acme", "--old-key", self.key("a"), "--new-key", self.key("b"),
                     "--signing-key", self.key("a"), "-o", self.home.file("x"), "--not-before", "tomorrow")

    def test_what_makes_no_sense_is_refused_before_anything_is_read(self):
        for arguments in ([], ["acme", "--apply", "x"], ["--apply", "x", "--signing-key", "k"], ["acme", "-o", "x"],
                          ["--sign", "x", "--sequence", "2"], ["--sign", "x", "--yes"],
                          ["acme", "--old-key", "k", "--new-key", "k"]):
            self.refused("cli.usage", "trust", "rotate", *arguments)
        self.assertFalse(self.home.state.exists())


class Revocation(TrustTest):
    def revocations(self, version, *what, created="-1h", expires="+90d", key="a"):
        output = self.home.file(f"acme-{version}.palyra-revocations")
        self.home.ok("trust", "revoke", "--issuer", "acme", "--list-version", str(version), f"--created={created}",
                     f"--expires={expires}", *what, "--signing-key", self.key(key), "-o", output)
        return output

    def test_an_operators_word_stops_what_runs_at_its_next_call(self):
        self.active()
        self.assertEqual(self.runs(), 0)
        what = ["trust", "revoke", "--skill", "acme.hello@0.1.0..0.1.9"]
        self.refused("cli.no_terminal", *what)
        self.refused("policy.noninteractive_promote", *what, "--yes")
        self.assertEqual(self.home.talk(*what, answers=[("to go on:", "no")])[0], 130)
        self.assertEqual(self.runs(), 0)
        status, shown = self.home.talk(*what, answers=[("to go on:", "revoke")])
        self.assertEqual(status, 0, shown)
        self.assertIn("acme.hello@0.1.0  revoked", shown)
        self.assertEqual((self.runs(), self.status()), (4, "revoked"))
        self.refused("trust.revoked", "skills", "install", self.package("a"))
        # Above the range nothing is revoked.
        self.install_and_promote(self.package("a", "0.2.0"))
        self.assertEqual(self.runs(), 0)
        content_root = self.home.ok("skills", "show", "acme.hello")["skill"]["content_root"]
        stopped = self.home.ok("trust", "revoke", "--content-root", content_root, "--yes", **ALLOW_FLAG)["stopped"]
        self.assertEqual([each["version"] for each in stopped], ["0.2.0"])
        self.assertEqual(self.runs(), 4)
        (list_,) = self.home.ok("trust", "list")["revocations"]
        self.assertEqual((list_["issuer"], list_["list_version"], len(list_["entries"])), ("operator", 2, 2))

    # K12
    def test_a_revoked_key_signs_nothing_more_whatever_date_it_writes(self):
        self.active()
        self.assertEqual(self.home.ok("trust", "revoke", "--fingerprint", self.fingerprint("a"), "--yes",
                                      **ALLOW_FLAG)["stopped"][0]["skill_id"], "acme.hello")
        self.assertEqual(self.runs(), 4)
        self.refused("trust.revoked", "skills", "install", self.package("a", "0.2.0", created=1_600_000_000))
        self.refused("key.fingerprint_unknown", "trust", "revoke", "--fingerprint", "ed25519:" + "0" * 64, "--yes",
                     **ALLOW_FLAG)

    # K13
    def test_an_expired_list_warns_and_then_stops_what_is_new(self):
        self.active()
        self.home.ok("trust", "revoke", "--apply", self.revocations(1, "--skill", "acme.other", expires="+1h"))
        self.assertNotIn(b"expired", self.home.run("trust", "list").err)
        self.home.ok("trust", "revoke", "--apply",
                     self.revocations(2, "--skill", "acme.other", created="-9d", expires="-2d"))
        self.assertIn(b"expired", self.home.run("trust", "list").err)
        self.home.ok("skills", "install", self.package("a", "0.2.0"))
        applied = self.home.run("trust", "revoke", "--apply",
                                self.revocations(3, "--skill", "acme.other", created="-30d", expires="-20d"))
        self.assertEqual(applied.status, 0, applied)
        self.assertIn(b"expired", applied.err)
        self.refused("trust.revocations_stale", "skills", "install", self.package("a", "0.3.0"))
        self.assertEqual((self.runs(), self.status()), (0, "active"))
        self.home.ok("trust", "revoke", "--apply", self.revocations(4, "--skill", "acme.other"))
        self.install_and_promote(self.package("a", "0.3.0"))

    # K14
    def test_an_older_list_unsays_nothing(self):
        self.active()
        older = self.revocations(1, "--skill", "acme.other")
        newer = self.revocations(2, "--skill", "acme.hello@..0.1.0")
        self.assertEqual(len(self.home.ok("trust", "revoke", "--apply", newer)["stopped"]), 1)
        self.assertEqual(self.runs(), 4)
        before = self.trust_rows()
        self.refused("trust.revocation_older", "trust", "revoke", "--apply", older)
        self.assertEqual(self.trust_rows(), before)
        later = self.revocations(3, "--skill", "acme.other")
        self.home.ok("trust", "revoke", "--apply", later)
        self.assertEqual((self.runs(), self.status()), (4, "revoked"))

    def test_a_publisher_speaks_for_himself_and_with_enough_keys_only(self):
        self.active()
        self.refused("trust.revocation_scope", "trust", "revoke", "--apply",
                     self.revocations(1, "--skill", "other.skill"))
        self.refused("trust.revocation_threshold", "trust", "revoke", "--apply",
                     self.revocations(1, "--skill", "acme.other", key="mallory"))
        signed = self.revocations(1, "--skill", "acme.other", key="mallory")
        self.home.ok("trust", "revoke", "--sign", signed, "--signing-key", self.key("a"))
        self.home.ok("trust", "revoke", "--apply", signed)

    def test_what_makes_no_sense_is_refused_before_anything_is_read(self):
        for arguments in (["--issuer", "acme", "--sign", "x"], ["--skill", "acme.a", "--expires", "+1d"],
                          ["--apply", "x", "--skill", "acme.a"], ["--apply", "x", "--yes"],
                          ["--skill", "acme.a", "-o", "x"], ["--issuer", "acme", "--skill", "acme.a"]):
            self.refused("cli.usage", "trust", "revoke", *arguments)
        for arguments in ([], ["--skill", "A"], ["--skill", "acme.a@"], ["--skill", "acme.a@1"],
                          ["--skill", "acme.a@2.0.0..1.0.0"], ["--content-root", "00"]):
            self.refused("cli.revocation", "trust", "revoke", *arguments)
        self.assertFalse(self.home.state.exists())


class Recovery(TrustTest):
    def damage(self):
        with open(self.home.state / "trust.db", "r+b") as database:
            database.truncate(100)

    def test_a_truncated_store_is_recovered_from_its_backup_by_a_person(self):
        self.active()
        backup = self.home.file("backup.db")
        self.home.ok("state", "backup", backup)
        self.home.ok("trust", "add", "later", "--key", self.key("b"))
        self.damage()
        error = self.refused("trust.store_damaged", "run", "acme.hello.echo")
        self.assertIn("palyra trust recover", " ".join(error["next"]))
        for more in ([], ["--yes"]):
            result = self.home.run("trust", "recover", "--from", backup, *more, "--json", **ALLOW_FLAG)
            self.assertEqual(result.error()["code"], "cli.usage" if more else "cli.no_terminal")
        status, shown = self.home.talk("trust", "recover", "--from", backup, answers=[("to go on:", "yes")])
        self.assertEqual(status, 130, shown)
        self.refused("trust.store_damaged", "trust", "list")
        status, shown = self.home.talk("trust", "recover", "--from", backup, answers=[("to go on:", "recover")])
        self.assertEqual(status, 0, shown)
        self.assertIn("cannot be used", shown)
        self.assertEqual(len(self.trusted()), 1)
        self.assertEqual(self.trusted("later"), [])
        self.assertEqual((self.runs(), self.status()), (4, "quarantined"))
        self.home.ok("audit", "verify")
        self.home.ok("skills", "promote", "acme.hello", "--yes", **ALLOW_FLAG)
        self.assertEqual(self.runs(), 0)

    def test_an_empty_store_forgets_and_says_so_before(self):
        self.active()
        self.damage()
        status, shown = self.home.talk("trust", "recover", "--empty", answers=[("to go on:", "recover")])
        self.assertEqual(status, 0, shown)
        self.assertIn("will look new", shown)
        self.assertEqual(self.home.ok("trust", "list")["publishers"], [])
        self.assertEqual(self.home.ok("skills", "list")["skills"], [])
        self.home.ok("audit", "verify")

    # K05
    def test_an_older_copy_is_refused_until_a_person_recovers_it(self):
        self.active()
        kept = self.home.file("kept.db")
        shutil.copyfile(self.home.state / "trust.db", kept)
        self.home.ok("trust", "revoke", "--skill", "acme.hello", "--yes", **ALLOW_FLAG)
        shutil.copyfile(kept, self.home.state / "trust.db")
        error = self.refused("trust.store_damaged", "run", "acme.hello.echo")
        self.assertIn("palyra trust recover", " ".join(error["next"]))
        self.refused("trust.store_damaged", "trust", "list")
        status, shown = self.home.talk("trust", "recover", "--from", kept, answers=[("to go on:", "recover")])
        self.assertEqual(status, 0, shown)
        self.assertEqual((self.runs(), self.status()), (4, "quarantined"))

    def test_there_is_nothing_to_recover_where_there_never_was_a_store(self):
        self.refused("trust.not_initialised", "trust", "recover", "--empty")
        self.refused("cli.usage", "trust", "recover")


class Export(TrustTest):
    def test_exported_trust_judges_elsewhere(self):
        self.active()
        document = self.home.file("trust.json")
        self.home.ok("trust", "export", "-o", document)
        with open(document, encoding="utf-8") as file:
            exported = json.load(file)
        self.assertEqual((exported["format"], list(exported["publishers"])), ("palyra/trust/1", ["acme"]))
        self.assertEqual(self.home.ok("trust", "export")["trust"], exported)
        self.assertEqual(json.loads(self.home.run("trust", "export").out), exported)
        other = Installation(PROGRAM)
        self.addCleanup(other.close)
        other.ok("skills", "package", "verify", self.package("a"), "--trust-store", document)
        self.assertEqual(other.run("skills", "package", "verify", self.package("mallory", "0.2.0"), "--trust-store",
                                   document).status, 5)


class AuditLog(TrustTest):
    @classmethod
    def setUpClass(cls):
        text = DOCUMENT.read_text(encoding="utf-8")
        (cls.program,) = re.findall(r"```python\n(.*?)```", text, re.S)
        (cls.example,) = re.findall(r"```json\n(.*?)```", text, re.S)

    def judge(self, lines):
        """Whether the documented program, which knows nothing of ours, finds nothing wrong."""
        judged = subprocess.run([sys.executable, "-c", self.program], input="".join(lines).encode(), check=False,
                                capture_output=True)
        return judged.returncode == 0

    def exported(self):
        self.active()
        self.home.ok("trust", "revoke", "--skill", "acme.other", "--yes", **ALLOW_FLAG)
        self.home.ok("skills", "quarantine", "acme.hello")
        path = self.home.file("audit.ndjson")
        summary = self.home.ok("audit", "export", "-o", path)
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        self.assertEqual(summary["row_count"], len(lines))
        self.assertEqual(summary["head_sha256"], json.loads(lines[-1])["row_sha256"])
        return lines

    def test_the_example_of_the_documentation_is_a_good_chain(self):
        self.assertTrue(self.judge([self.example]))
        self.assertFalse(self.judge([self.example.replace("ann", "bob")]))

    def test_an_outsider_recomputes_the_chain_of_an_export_and_finds_every_change_of_it(self):
        lines = self.exported()
        self.assertGreaterEqual(len(lines), 6)
        self.assertTrue(self.judge(lines))
        self.assertEqual(self.home.run("audit", "export").out.decode(), "".join(lines))
        self.assertEqual(self.home.ok("audit", "export")["rows"], [json.loads(line) for line in lines])
        for number in range(len(lines)):
            row = json.loads(lines[number])
            for member, value in row.items():
                changed = {**row, member: value + 1 if isinstance(value, int) else self.other(value)}
                self.assertFalse(self.judge([*lines[:number], json.dumps(changed) + "\n", *lines[number + 1:]]),
                                 f"row {number + 1}: {member}")
            if number + 1 < len(lines):
                self.assertFalse(self.judge(lines[:number] + lines[number + 1:]), f"row {number + 1} deleted")
                swapped = [*lines[:number], lines[number + 1], lines[number], *lines[number + 2:]]
                self.assertFalse(self.judge(swapped), f"row {number + 1} moved")
            self.assertFalse(self.judge([*lines[:number + 1], lines[number], *lines[number + 1:]]),
                             f"row {number + 1} repeated")

    @staticmethod
    def other(text):
        return text[:-1] + ("0" if not text.endswith("0") else "1")

    def test_the_log_is_listed_by_event_subject_and_time(self):
        self.exported()
        everything = self.home.ok("audit", "list", "--limit", "1000")["rows"]
        self.assertEqual(everything[-1]["event"], "trust.initialised")
        self.assertEqual([row["generation"] for row in everything],
                         list(range(len(everything), 0, -1)))
        self.assertEqual(everything, self.home.ok("audit", "list", "--since", "-1d", "--limit", "1000")["rows"])
        self.assertEqual(self.home.ok("audit", "list", "--since", "+1d")["rows"], [])
        self.assertEqual(len(self.home.ok("audit", "list", "--limit", "2")["rows"]), 2)
        self.assertEqual([row["event"] for row in self.home.ok("audit", "list", "--subject", "acme.hello")["rows"]],
                         ["skills.quarantined", "skills.promoted", "skills.kept"])
        self.assertEqual([row["subject"] for row in self.home.ok("audit", "list", "--event", "skills.promoted")["rows"]],
                         ["acme.hello@0.1.0"])
        self.assertEqual(self.home.ok("audit", "list", "--event", "skill")["rows"], [])
        self.refused("cli.time", "audit", "list", "--since", "yesterday")

    def test_an_edited_log_is_found_here_and_elsewhere(self):
        lines = self.exported()
        database = sqlite3.connect(self.home.state / "trust.db")
        database.execute("UPDATE audit SET actor = 'nobody' WHERE generation = 2")
        database.commit()
        database.close()
        self.refused("state.audit_broken", "audit", "verify")
        edited = self.home.run("audit", "export").out.decode().splitlines(keepends=True)
        self.assertEqual(len(edited), len(lines))
        self.assertFalse(self.judge(edited))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
