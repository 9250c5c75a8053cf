# SPDX-License-Identifier: Apache-2.0
"""What `skills package build` and `sign` promise: expiry, thresholds, the same bytes again, true documents.

usage: packages.py PALYRA
"""

import hashlib
import json
import sys
import unittest
import zipfile

from palyra import ALLOW_FLAG, Installation

PROGRAM = None
MANIFEST = """manifest_version = 3
publisher = "acme"
skill_id = "acme.demo"
version = "1.0.0"
name = "Demo"
license = "Apache-2.0 OR MIT"
[[entrypoints.tools]]
id = "acme.demo.answer"
name = "Answer"
description = "Ends with the answer."
input_schema = { type = "object" }
"""
# `producers` as clang and lld write it: processed-by, one line
MODULE = r"""(module (@custom "producers" "\01\0cprocessed-by\01\05clang\0419.1")
  (func (export "run") (result i32) (i32.const 42)))
"""


class Packages(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.home.file("demo/skill.toml", MANIFEST)
        self.home.file("demo/modules/demo.wat", MODULE)
        self.home.file("demo/assets/a.txt", "a\n")
        for key in ("one", "two"):
            self.home.ok("skills", "package", "keygen", "-o", key, "--no-passphrase")

    def build(self, *options, output="demo.palyra-skill", **environment):
        return self.home.ok("skills", "package", "build", "demo", "--signing-key", "one", "-o", output, *options,
                            **environment)

    def trusting(self, *keys, threshold=1):
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", *[word for key in keys for word in ("--key", key)],
                     "--threshold", str(threshold))

    def refused(self, code, *arguments, **more):
        result = self.home.run(*arguments, "--json", **more)
        self.assertNotEqual(result.status, 0, result)
        self.assertEqual(result.error()["code"], code, result)
        return result

    def entries(self, name="demo.palyra-skill"):
        with zipfile.ZipFile(self.home.home / name) as archive:
            return {entry: archive.read(entry) for entry in archive.namelist()}

    def test_what_has_expired_is_neither_verified_nor_promoted(self):
        self.trusting("one")
        built = self.build("--created", "2020-01-01T00:00:00Z", "--not-after", "+30d")
        self.assertEqual(built["not_after"], "2020-01-31T00:00:00Z")
        self.refused("trust.expired", "skills", "package", "verify", "demo.palyra-skill")
        self.assertNotEqual(self.home.run("skills", "install", "demo.palyra-skill").status, 0)
        self.refused("trust.expired", "skills", "promote", "acme.demo", "--yes", **ALLOW_FLAG)
        self.assertNotEqual(self.home.run("run", "acme.demo.answer").status, 0)

    def test_what_will_expire_is_good_until_then(self):
        self.trusting("one")
        for when, shown in (("2100-01-01T00:00:00Z", "2100-01-01T00:00:00Z"), ("4102444800", "2100-01-01T00:00:00Z")):
            self.assertEqual(self.build("--not-after", when)["not_after"], shown)
            self.assertTrue(self.home.ok("skills", "package", "verify", "demo.palyra-skill")["verified"])
        self.assertNotIn("not_after", self.build())
        for bad in ("soon", "2020-13-01"):
            self.refused("cli.time", "skills", "package", "build", "demo", "--signing-key", "one", "-o", "x",
                         "--not-after", bad)
        self.refused("signature_shape.not_after_before_created", "skills", "package", "build", "demo",
                     "--signing-key", "one", "-o", "x", "--not-after", "2020-01-01T00:00:00Z")

    def test_a_publisher_with_two_of_two_keys_is_believed_when_both_have_signed(self):
        self.trusting("one", "two", threshold=2)
        self.build()
        self.refused("trust.threshold_not_met", "skills", "package", "verify", "demo.palyra-skill")
        self.home.run("skills", "install", "demo.palyra-skill")
        self.refused("trust.threshold_not_met", "skills", "promote", "acme.demo", "--yes", **ALLOW_FLAG)
        signed = self.home.ok("skills", "package", "sign", "demo.palyra-skill", "--signing-key", "two", "-o", "both")
        self.assertEqual(len(signed["signers"]), 2)
        self.assertTrue(self.home.ok("skills", "package", "verify", "both")["verified"])
        self.home.ok("skills", "install", "both")
        self.home.ok("skills", "promote", "acme.demo", "--yes", **ALLOW_FLAG)
        self.assertEqual(self.home.run("run", "acme.demo.answer").out, b'{"exit_code":42}\n')
        self.refused("package.already_signed", "skills", "package", "sign", "both", "--signing-key", "two")

    def test_two_builds_of_one_time_are_one_file(self):
        fixed = {"SOURCE_DATE_EPOCH": "1795305600"}
        first = self.build("--not-after", "+90d", **fixed)
        second = self.build("--not-after", "+90d", output="again", **fixed)
        self.assertEqual(first["file_sha256"], second["file_sha256"])
        self.assertEqual(first["not_after"], "2027-02-20T00:00:00Z")

    def test_its_documents_say_what_is_inside_and_of_what_it_was_made(self):
        self.build("--created", "2026-11-22")
        entries = self.entries()
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in entries.items()}
        sbom = json.loads(entries["sbom.cdx.json"])
        self.assertEqual((sbom["bomFormat"], sbom["specVersion"]), ("CycloneDX", "1.6"))
        self.assertRegex(sbom["serialNumber"], "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        components = {each["name"]: each for each in sbom["components"]}
        self.assertEqual(sorted(components), ["assets/a.txt", "modules/demo.wasm", "skill.toml"])
        for name, each in components.items():
            self.assertEqual(each["hashes"], [{"alg": "SHA-256", "content": digests[name]}])
        self.assertEqual(components["modules/demo.wasm"]["properties"],
                         [{"name": "palyra:producers:processed-by", "value": "clang 19.1"}])
        self.assertEqual(sbom["metadata"]["component"]["licenses"], [{"expression": "Apache-2.0 OR MIT"}])
        references = {sbom["metadata"]["component"]["bom-ref"], *(each["bom-ref"] for each in components.values())}
        self.assertEqual(len(references), 4)
        (dependency,) = sbom["dependencies"]
        self.assertEqual({dependency["ref"], *dependency["dependsOn"]}, references)

        provenance = json.loads(entries["provenance.json"])
        build = provenance["predicate"]["buildDefinition"]
        self.assertEqual(build["externalParameters"]["manifest"],
                         {"publisher": "acme", "skill_id": "acme.demo", "version": "1.0.0"})
        sources = {each["name"]: each["digest"]["sha256"] for each in build["resolvedDependencies"]}
        self.assertEqual(sources, {"assets/a.txt": digests["assets/a.txt"], "skill.toml": digests["skill.toml"],
                                   "modules/demo.wat": hashlib.sha256(MODULE.encode()).hexdigest()})
        self.assertEqual(provenance["predicate"]["runDetails"]["metadata"]["startedOn"], "2026-11-22T00:00:00Z")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
