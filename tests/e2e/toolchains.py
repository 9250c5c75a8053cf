# SPDX-License-Identifier: Apache-2.0
"""Which languages skills can be compiled from on this machine, and with what; what the tests of the SDKs share."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 900  # the library of Rust, or of Go, may have to be compiled first


def first_of(*programs):
    return next((found for found in map(shutil.which, programs) if found), None)


def answer(*words, **environment):
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def clang():
    if not (shutil.which("clang-19") and shutil.which("wasm-ld-19")):
        return None
    return {}


def clang_with_libcxx():
    if clang() is None or not Path("/usr/include/wasm32-wasi/c++/v1/string").exists():
        return None
    return {}


def rust():
    """A compiler that has the target, or the source of its library."""
    target = "wasm32-unknown-unknown"
    for directory in dict.fromkeys([*os.environ["PATH"].split(os.pathsep), "/usr/bin"]):
        rustc, cargo = Path(directory, "rustc"), Path(directory, "cargo")
        if not (rustc.exists() and cargo.exists()):
            continue
        library = answer(rustc, "--print", "target-libdir", "--target", target)
        source = Path(answer(rustc, "--print", "sysroot") or "/none") / "lib/rustlib/src/rust/library/core"
        if Path(library or "/none").is_dir() or (source.is_dir() and shutil.which("wasm-ld-19")):
            own = {name: os.environ[name] for name in ("RUSTUP_HOME", "CARGO_HOME") if name in os.environ}
            home = os.path.expanduser("~")
            return {"RUSTC": str(rustc), "CARGO": str(cargo), "RUSTUP_HOME": f"{home}/.rustup", "CARGO_HOME": f"{home}/.cargo",
                    "CARGO_NET_OFFLINE": "true", **own}
    return None


def go():
    program = first_of("go", "/usr/local/go/bin/go")
    version = answer(program, "env", "GOVERSION", GOTOOLCHAIN="local") if program else ""
    numbers = version.removeprefix("go").split(".")
    if len(numbers) < 2 or not (numbers[0].isdigit() and numbers[1].isdigit()) or (int(numbers[0]), int(numbers[1])) < (1, 24):
        return None
    return {"GO": program, "GOCACHE": answer(program, "env", "GOCACHE"), "GOPROXY": "off", "GOTOOLCHAIN": "local"}


def assemblyscript():
    compiler = os.environ.get("ASC") or first_of("asc")
    return {"ASC": compiler} if compiler else None


# What a build script is told, or None where the toolchain is missing.
TOOLCHAINS = {
    "c": clang,
    "cpp": clang_with_libcxx,
    "rust": rust,
    "go": go,
    "assemblyscript": assemblyscript,
    "wat": dict,
}


def exit_status(result):
    """Of a test program: 77, which ctest counts as skipped, where every test was."""
    if not result.wasSuccessful():
        return 1
    return 77 if result.testsRun == len(result.skipped) else 0
