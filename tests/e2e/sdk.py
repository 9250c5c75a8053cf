# SPDX-License-Identifier: Apache-2.0
"""The SDK of every language declares the functions of the C header, which a unit test compares with the ABI table: each
by its module, name and type, as text, and where the toolchain is there as the compiled module imports them.

usage: sdk.py PALYRA
"""

import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from palyra import ALLOW_FLAG, Installation
from toolchains import ROOT, SECONDS, TOOLCHAINS, exit_status

PROGRAM = None
SDK = ROOT / "sdk"
PROBES = Path(__file__).parent / "sdk"
PREFIX = "palyra:skill/"
SOURCES = {"c": "src/greet.c", "cpp": "src/greet.cpp", "rust": "src/greet.rs", "go": "greet.go", "assemblyscript": "assembly/greet.ts"}
SUFFIXES = {"c": "c", "cpp": "cpp", "rust": "rs", "go": "go", "assemblyscript": "ts"}
KEEPER = """manifest_version = 3
publisher = "acme"
skill_id = "acme.keeper"
version = "1.0.0"
name = "Keeper"
[capabilities]
storage = [{ prefix = "notes/" }]
channels = [{ name = "jobs", direction = "both" }]
[[entrypoints.tools]]
id = "acme.keeper.run"
name = "Run"
description = "Keeps, sends and reads."
export = "keeper"
input_schema = { type = "object" }
"""


def wasm_type(text):
    """Of a parameter or result as C, Rust, Go or AssemblyScript spell it."""
    if "*" in text or "Pointer" in text:
        return "i32"
    return "i64" if "64" in text else "i32"


def signature(parameters, result):
    parameters = [each for each in parameters.split(",") if each.strip() not in ("", "void")]
    return tuple(wasm_type(each) for each in parameters), wasm_type(result)


def declared_in_c():
    """{(interface@version, name): (parameter types, result type)}, and the name in C for each."""
    text = (SDK / "c/palyra_skill.h").read_text()
    functions, names = {}, {}
    for match in re.finditer(r'PALYRA_IMPORT\("([a-z-]+)",\s*"([a-z0-9-]+)"\)\s*(\w+)\s+(\w+)\(([^)]*)\);', text):
        interface, name, result, c_name, parameters = match.groups()
        functions[f"{interface}@1.0.0", name] = signature(parameters, result)
        names[f"{interface}@1.0.0", name] = c_name
    return functions, names


def declared_in_rust():
    text = (SDK / "rust/src/abi.rs").read_text()
    functions = {}
    for block in re.finditer(r'wasm_import_module = "palyra:skill/([^"]+)"\)\]\nextern "C" \{(.*?)\n\}', text, re.DOTALL):
        pattern = r'link_name = "([a-z0-9-]+)"\]\s*pub fn \w+\(([^)]*)\) -> (\w+);'
        for name, parameters, result in re.findall(pattern, block[2]):
            functions[block[1], name] = signature(",".join(re.findall(r": ([^,]+)", parameters)), result)
    return functions


def declared_in_go():
    text = (SDK / "go/abi.go").read_text()
    pattern = r"//go:wasmimport palyra:skill/(\S+) (\S+)\n(?://go:noescape\n)?func \w+\(([^)]*)\) (\w+)"
    return {(module, name): signature(parameters, result) for module, name, parameters, result in re.findall(pattern, text)}


def declared_in_assemblyscript():
    text = (SDK / "assemblyscript/abi.ts").read_text()
    pattern = r'@external\("palyra:skill/([^"]+)", "([^"]+)"\)\nexport declare function \w+\(([^)]*)\): (\w+);'
    return {(module, name): signature(parameters, result) for module, name, parameters, result in re.findall(pattern, text)}


class Binary:
    """Reads the imports of a module, and no more than that."""

    def __init__(self, path):
        self.data = Path(path).read_bytes()
        self.at = 8
        self.types = []
        self.imports = {}
        while self.at < len(self.data):
            section, size = self.byte(), self.number()
            end = self.at + size
            if section == 1:
                self.types = [self.function_type() for _ in range(self.number())]
            elif section == 2:
                for _ in range(self.number()):
                    self.one_import()
            self.at = end

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def name(self):
        size = self.number()
        self.at += size
        return self.data[self.at - size:self.at].decode()

    def value_types(self):
        return tuple({0x7F: "i32", 0x7E: "i64"}.get(self.byte(), "?") for _ in range(self.number()))

    def function_type(self):
        assert self.byte() == 0x60
        return self.value_types(), self.value_types()

    def one_import(self):
        module, name = self.name(), self.name()
        assert self.byte() == 0, f"{module} {name} is no function"
        parameters, results = self.types[self.number()]
        if module.startswith(PREFIX):
            self.imports[module.removeprefix(PREFIX), name] = (parameters, results[0])


class Sdk(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.expected, self.c_names = declared_in_c()

    def test_every_language_declares_what_the_c_header_does(self):
        self.assertGreater(len(self.expected), 50)
        for language, declared in (("rust", declared_in_rust()), ("go", declared_in_go()),
                                   ("assemblyscript", declared_in_assemblyscript())):
            with self.subTest(language):
                self.assertEqual(declared, self.expected)

    def built(self, language, name, replace):
        """The directory of a skill from `init` whose source was replaced, once its build script has run."""
        environment = TOOLCHAINS[language]()
        if environment is None:
            self.skipTest(f"no toolchain for {language}")
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        directory = self.home.home / name
        self.home.ok("init", str(directory), "--lang", language, "--publisher", "acme")
        replace(directory)
        done = subprocess.run(["./build.sh"], cwd=directory, env={**self.home.environment, **environment},
                              capture_output=True, timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return directory

    def source(self, language, name):
        return lambda directory: shutil.copy(PROBES / f"{name}.{SUFFIXES[language]}", directory / SOURCES[language])

    def check(self, language, replace=None):
        directory = self.built(language, "probe", replace or self.source(language, "probe"))
        self.assertEqual(Binary(directory / "modules/probe.wasm").imports, self.expected)

    def keep(self, language):
        directory = self.built(language, "keeper", self.source(language, "keeper"))
        self.home.file("keeper/skill.toml", KEEPER)
        self.home.file("keeper/assets/notes.txt", "x" * 3000 + "the last line")
        key = self.home.file("acme.palyra-key")
        self.home.ok("skills", "package", "keygen", "-o", key, "--no-passphrase")
        self.home.ok("skills", "package", "build", str(directory), "--signing-key", key, "-o", self.home.file("keeper.palyra-skill"))
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", key)
        self.home.ok("skills", "install", "keeper.palyra-skill", "--promote", "--yes", **ALLOW_FLAG)
        document = self.home.ok("run", "acme.keeper.run")
        self.assertEqual(document["output_text"], "key 1\nkey 2\n" + "x" * 3000 + "the last line")
        self.assertEqual(document["record"]["denials"], [])
        keys = self.home.ok("storage", "list", "acme.keeper")["keys"]
        self.assertEqual([(each["key"], each["size_bytes"]) for each in keys], [("key 1", 5000)])

    def test_the_c_header_as_it_is_compiled(self):
        def replace(directory):
            used = ",\n  ".join(f"(void*){name}" for name in self.c_names.values())
            (directory / "src/greet.c").write_text(
                '#define PALYRA_SKILL_IMPLEMENTATION\n#include "palyra_skill.h"\n'
                f"void* volatile palyra_probe[] = {{\n  {used},\n}};\n"
                "PALYRA_TOOL(probe) { return palyra_probe[0] == 0; }\n")
        self.check("c", replace)

    def test_the_cpp_wrapper_as_it_is_compiled(self):
        self.check("cpp")

    def test_the_rust_crate_as_it_is_compiled(self):
        self.check("rust")

    def test_the_go_package_as_it_is_compiled(self):
        self.check("go")

    def test_the_assemblyscript_sdk_as_it_is_compiled(self):
        self.check("assemblyscript")

    def test_c_keeps_sends_and_reads(self):
        self.keep("c")

    def test_cpp_keeps_sends_and_reads(self):
        self.keep("cpp")

    def test_rust_keeps_sends_and_reads(self):
        self.keep("rust")

    def test_go_keeps_sends_and_reads(self):
        self.keep("go")

    def test_assemblyscript_keeps_sends_and_reads(self):
        self.keep("assemblyscript")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    RESULT = unittest.main(verbosity=2, exit=False).result
    sys.exit(exit_status(RESULT))
