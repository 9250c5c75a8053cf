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

from palyra import Installation
from toolchains import ROOT, SECONDS, TOOLCHAINS, exit_status

PROGRAM = None
SDK = ROOT / "sdk"
PROBES = Path(__file__).parent / "sdk"
PREFIX = "palyra:skill/"
# What is called otherwise or not at all by a wrapper, so that no probe imports it.
NOT_WRAPPED = {}


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

    def built(self, language, replace):
        """What the module imports that the build script of `init` makes of a skill whose source was replaced."""
        environment = TOOLCHAINS[language]()
        if environment is None:
            self.skipTest(f"no toolchain for {language}")
        home = Installation(PROGRAM)
        self.addCleanup(home.close)
        directory = home.home / "probe"
        home.ok("init", str(directory), "--lang", language, "--publisher", "acme")
        replace(directory)
        done = subprocess.run(["./build.sh"], cwd=directory, env={**home.environment, **environment}, capture_output=True,
                              timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return Binary(directory / "modules/probe.wasm").imports

    def check(self, language, replace):
        imports = self.built(language, replace)
        expected = {key: value for key, value in self.expected.items() if key not in NOT_WRAPPED.get(language, ())}
        self.assertEqual(imports, expected)

    def test_the_c_header_as_it_is_compiled(self):
        def replace(directory):
            used = ",\n  ".join(f"(void*){name}" for name in self.c_names.values())
            (directory / "src/greet.c").write_text(
                '#define PALYRA_SKILL_IMPLEMENTATION\n#include "palyra_skill.h"\n'
                f"void* volatile palyra_probe[] = {{\n  {used},\n}};\n"
                "PALYRA_TOOL(probe) { return palyra_probe[0] == 0; }\n")
        self.check("c", replace)

    def test_the_cpp_wrapper_as_it_is_compiled(self):
        self.check("cpp", lambda directory: shutil.copy(PROBES / "probe.cpp", directory / "src/greet.cpp"))

    def test_the_rust_crate_as_it_is_compiled(self):
        self.check("rust", lambda directory: shutil.copy(PROBES / "probe.rs", directory / "src/greet.rs"))

    def test_the_go_package_as_it_is_compiled(self):
        self.check("go", lambda directory: shutil.copy(PROBES / "probe.go", directory / "greet.go"))

    def test_the_assemblyscript_sdk_as_it_is_compiled(self):
        self.check("assemblyscript", lambda directory: shutil.copy(PROBES / "probe.ts", directory / "assembly/greet.ts"))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    RESULT = unittest.main(verbosity=2, exit=False).result
    sys.exit(exit_status(RESULT))
