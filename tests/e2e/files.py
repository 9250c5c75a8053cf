# SPDX-License-Identifier: Apache-2.0
"""Files of the operator, from a guest's call to the directory that he chose.

usage: files.py PALYRA
"""

import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from palyra import ALLOW_FLAG, Installation

PROGRAM = None

# Copies the file "in.txt" of the root "logs" to "out.txt" of the root "work", and outputs it.
COPY = r"""(module
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (import "palyra:skill/files@1.0.0" "root" (func $root (param i32 i32) (result i32)))
  (import "palyra:skill/files@1.0.0" "open" (func $open (param i32 i32 i32 i32) (result i32)))
  (import "palyra:skill/files@1.0.0" "read" (func $read (param i32 i32 i32) (result i32)))
  (import "palyra:skill/files@1.0.0" "write" (func $put (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "logs") (data (i32.const 8) "work") (data (i32.const 16) "in.txt") (data (i32.const 32) "out.txt")
  (func (export "copy") (result i32) (local $f i32) (local $n i32)
    (local.set $f (call $open (call $root (i32.const 0) (i32.const 4)) (i32.const 16) (i32.const 6) (i32.const 1)))
    (if (i32.lt_s (local.get $f) (i32.const 0)) (then (return (local.get $f))))
    (local.set $n (call $read (local.get $f) (i32.const 1024) (i32.const 65536)))
    (drop (call $write (i32.const 1024) (local.get $n)))
    (local.set $f (call $open (call $root (i32.const 8) (i32.const 4)) (i32.const 32) (i32.const 7) (i32.const 14)))
    (if (i32.lt_s (local.get $f) (i32.const 0)) (then (return (local.get $f))))
    (local.set $n (call $put (local.get $f) (i32.const 1024) (local.get $n)))
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 0)) (then (local.get $n)) (else (i32.const 0))))
)"""

HEAD = 'manifest_version = 3\npublisher = "acme"\nskill_id = "acme.files"\nversion = "{version}"\nname = "Files"\n'
COPY_TOOL = '''[[entrypoints.tools]]
id = "acme.files.copy"
name = "copy"
description = "Copies a file."
export = "copy"
input_schema = { type = "object" }
[capabilities.filesystem]
read_roots = ["logs"]
write_roots = ["work"]
'''
PROGRAM_TOOL = '''[[entrypoints.tools]]
id = "acme.files.program"
name = "program"
description = "Runs a program on a file."
abi = "wasi"
wasi = { args = ["{path}", "/work/out.txt"], stdin = "{text}" }
input_schema = { type = "object", properties = { path = { type = "string" }, text = { type = "string" } } }
[capabilities.quotas]
fuel_budget = 5000000000
max_memory_bytes = 268435456
wall_clock_timeout_ms = 100000
[capabilities.filesystem]
read_roots = ["logs"]
write_roots = ["work"]
'''

REVERSE_TOOL = '''[[entrypoints.tools]]
id = "acme.files.reverse"
name = "reverse"
description = "Writes a text backwards."
abi = "wasi"
wasi = { args = ["{option}"], stdin = "{text}" }
input_schema = { type = "object", properties = { text = { type = "string" }, option = { type = "string" } } }
'''
NPM_COMMAND = Path(__file__).resolve().parents[1] / "corpora/npm/pipe_reverse.wasm"

C_PROGRAM = r"""
#include <dirent.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char** argv) {
  char line[256];
  FILE* in = fopen(argv[1], "r");
  FILE* out = fopen(argv[2], "w");
  if (argc != 3 || in == NULL || out == NULL) { perror("open"); return 3; }
  while (fgets(line, sizeof line, in) != NULL) if (strstr(line, "error") != NULL) { fputs(line, stdout); fputs(line, out); }
  fclose(in);
  fclose(out);
  while (fgets(line, sizeof line, stdin) != NULL) printf("stdin %s\n", line);
  DIR* directory = opendir("/logs");
  for (struct dirent* each; directory != NULL && (each = readdir(directory)) != NULL;) printf("entry %s\n", each->d_name);
  if (fopen("/logs/new.txt", "w") != NULL || fopen("/logs/../etc/passwd", "r") != NULL) return 4;
  FILE* asset = fopen("/assets/greeting.txt", "r");
  if (asset == NULL || fgets(line, sizeof line, asset) == NULL) return 5;
  printf("asset %s\n", line);
  return 0;
}
"""

GO_PROGRAM = r"""
package main

import ("bufio"; "fmt"; "io"; "os"; "strings")

func main() {
	in, err := os.Open(os.Args[1])
	if err != nil { fmt.Fprintln(os.Stderr, err); os.Exit(3) }
	out, err := os.Create(os.Args[2])
	if err != nil { fmt.Fprintln(os.Stderr, err); os.Exit(3) }
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if strings.Contains(lines.Text(), "error") { fmt.Println(lines.Text()); fmt.Fprintln(out, lines.Text()) }
	}
	if err := out.Close(); err != nil { os.Exit(3) }
	given, _ := io.ReadAll(os.Stdin)
	fmt.Printf("stdin %s\n", given)
	entries, err := os.ReadDir("/logs")
	if err != nil { fmt.Fprintln(os.Stderr, err); os.Exit(3) }
	for _, entry := range entries { fmt.Println("entry", entry.Name()) }
	if _, err := os.Create("/logs/new.txt"); err == nil { os.Exit(4) }
	if _, err := os.ReadFile("/logs/../etc/passwd"); err == nil { os.Exit(4) }
	asset, err := os.ReadFile("/assets/greeting.txt")
	if err != nil { os.Exit(5) }
	fmt.Printf("asset %s\n", asset)
}
"""


class Files(unittest.TestCase):
    def setUp(self):
        self.home = Installation(PROGRAM)
        self.addCleanup(self.home.close)
        self.key = self.home.file("acme.palyra-key")
        self.home.ok("skills", "package", "keygen", "-o", self.key, "--no-passphrase")
        self.home.ok("trust", "init")
        self.home.ok("trust", "add", "acme", "--key", self.key)
        self.logs = Path(self.home.file("logs/in.txt", "one\nerror two\nthree\nerror four\n")).parent
        self.work = Path(self.home.file("work/.keep", "")).parent

    def package(self, tool, modules, version="1.0.0"):
        source = f"source/{version}"
        for name, content in modules.items():
            self.home.file(f"{source}/{name}", content)
        self.home.file(f"{source}/skill.toml", HEAD.format(version=version) + tool)
        package = self.home.file(f"files-{version}.palyra-skill")
        self.home.ok("skills", "package", "build", self.home.file(source), "--signing-key", self.key, "-o", package)
        self.home.ok("skills", "install", package)

    def promote(self, *mapped):
        roots = [word for each in mapped for word in ("--map-root", each)]
        self.home.ok("skills", "promote", "acme.files", *roots, "--yes", **ALLOW_FLAG)

    def copy(self, **environment):
        return self.home.run("run", "acme.files.copy", "--input", "{}", "--json", **environment)

    # F05
    def test_a_tool_reads_and_writes_the_directories_that_its_operator_chose(self):
        self.package(COPY_TOOL, {"modules/copy.wat": COPY})
        self.promote(f"logs={self.logs}", f"work={self.work}")
        result = self.copy()
        self.assertEqual(result.status, 0, result)
        self.assertEqual((self.work / "out.txt").read_bytes(), (self.logs / "in.txt").read_bytes())
        record = json.dumps(json.loads(result.out))
        self.assertIn("work rw", record)
        self.assertIn("logs ro", record)

    def test_what_the_operator_did_not_allow_is_denied_with_the_way_to_allow_it(self):
        self.package(COPY_TOOL, {"modules/copy.wat": COPY})
        self.promote(f"logs={self.logs}", f"work={self.work}:ro")
        result = self.copy()
        self.assertEqual(result.status, 9, result)
        self.assertIn("tool returned -2", result.error()["message"])
        self.assertEqual(sorted(each.name for each in self.work.iterdir()), [".keep"])
        denial = json.loads(result.err.splitlines()[-1])["record"]["denials"][0]
        self.assertEqual((denial["code"], denial["allowed"]), ("files.read_only", "work ro"))
        self.assertEqual(denial["next"], ["palyra skills promote acme.files@1.0.0 --map-root work=DIR"])
        self.home.ok(*denial["next"][0].replace("DIR", str(self.work)).split()[1:], "--yes", **ALLOW_FLAG)
        self.assertEqual(self.copy().status, 0)

    def test_limits_are_the_operators(self):
        self.package(COPY_TOOL, {"modules/copy.wat": COPY})
        self.promote(f"logs={self.logs}", f"work={self.work}")
        for setting, value in (("MAX_BYTES_PER_ROOT", "10"), ("MAX_FILES_PER_ROOT", "1")):
            result = self.copy(**{f"PALYRA_FILES__{setting}": value})
            self.assertEqual(result.status, 9, result)
            self.assertIn("tool returned -4", result.error()["message"])
            self.assertIn(f"files.{setting.lower()}", result.err.decode())

    def test_a_root_without_a_directory_is_the_skills_own_until_it_is_purged(self):
        self.package(COPY_TOOL, {"modules/copy.wat": COPY})
        self.promote(f"logs={self.logs}")
        self.assertEqual(self.copy().status, 0)
        kept = list((self.home.state / "files" / "own").rglob("out.txt"))
        self.assertEqual([each.read_bytes() for each in kept], [(self.logs / "in.txt").read_bytes()])
        self.home.ok("skills", "remove", "acme.files@1.0.0")
        self.assertTrue(kept[0].exists())
        self.package(COPY_TOOL, {"modules/copy.wat": COPY}, "1.1.0")
        self.promote(f"logs={self.logs}")
        self.home.ok("skills", "remove", "acme.files@1.1.0", "--purge")
        self.assertFalse(kept[0].exists())
        self.assertTrue((self.logs / "in.txt").exists())

    # F02
    def test_a_directory_that_became_a_link_is_not_used(self):
        self.package(COPY_TOOL, {"modules/copy.wat": COPY})
        self.promote(f"logs={self.logs}", f"work={self.work}")
        outside = self.home.home / "outside"
        os.rename(self.work, outside)
        os.symlink(outside, self.work)
        result = self.copy()
        self.assertEqual(result.status, 9, result)
        self.assertIn("tool returned -6", result.error()["message"])
        self.assertFalse((outside / "out.txt").exists())

    # ---- Programs that were not written for Palyra

    def check_program(self, module):
        self.package(PROGRAM_TOOL, {"modules/program.wasm": module, "assets/greeting.txt": "hello"})
        self.promote(f"logs={self.logs}", f"work={self.work}")
        arguments = json.dumps({"path": "/logs/in.txt", "text": "given"})
        result = self.home.run("run", "acme.files.program", "--input", arguments)
        self.assertEqual(result.status, 0, result)
        self.assertEqual(result.out.decode().split("\n"),
                         ["error two", "error four", "stdin given", "entry in.txt", "asset hello", ""], result)
        self.assertEqual((self.work / "out.txt").read_text(), "error two\nerror four\n")
        self.assertFalse((self.logs / "new.txt").exists())

    def build(self, *command, **environment):
        built = subprocess.run(command, cwd=self.home.home, env={**os.environ, **environment}, capture_output=True, check=False)
        self.assertEqual(built.returncode, 0, built.stderr.decode())

    def test_a_c_program_finds_its_directories(self):
        compiler = shutil.which("clang-19")
        if compiler is None or not Path("/usr/include/wasm32-wasi").exists():
            self.skipTest("no compiler for wasm32-wasi")
        source = self.home.file("program.c", C_PROGRAM)
        module = self.home.file("program.wasm")
        self.build(compiler, "--target=wasm32-wasi", "-O1", source, "-o", module)
        self.check_program(Path(module).read_bytes())

    def test_a_go_program_finds_its_directories(self):
        go = shutil.which("go") or "/usr/local/go/bin/go"
        if not Path(go).exists():
            self.skipTest("no Go")
        source = self.home.file("go/main.go", GO_PROGRAM)
        module = self.home.file("go/program.wasm")
        self.build(go, "build", "-ldflags=-s -w", "-o", module, source, GOOS="wasip1", GOARCH="wasm", GOFLAGS="-mod=mod",
                   GOTOOLCHAIN="local", GO111MODULE="off")
        self.check_program(Path(module).read_bytes())

    def test_a_command_of_an_npm_package_is_a_tool_as_it_is(self):
        self.package(REVERSE_TOOL, {"modules/reverse.wasm": NPM_COMMAND.read_bytes()})
        self.promote()
        for text, reversed_text in (("Hello World!", "!dlroW olleH"), ("Zürich ≤ 3", "3 ≤ hcirüZ"), ("x" * 9000, "x" * 9000)):
            arguments = json.dumps({"text": text, "option": "--verbose"})
            result = self.home.run("run", "acme.files.reverse", "--input", "-", stdin=arguments.encode())
            self.assertEqual((result.status, result.out.decode()), (0, reversed_text + "\n"), result)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
