#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A person presses Ctrl-C, or whoever asked goes away: the call ends as at a deadline, wherever it is, and says so.

Usage: interrupt.py PALYRA
"""
import json
import os
import signal
import subprocess
import sys
import time

from palyra import ALLOW_FLAG, Installation

SPIN = '(module (func (export "run") (result i32) (loop $l (br $l)) (unreachable)))'
STARTS = '(module (func $s (loop $l (br $l))) (start $s) (func (export "run") (result i32) (i32.const 0)))'
# poll_oneoff of one clock, a minute from now.
SLEEPS = """(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\\01\\00\\00\\00")
  (func (export "run") (result i32)
    (i64.store (i32.const 24) (i64.const 60000000000))
    (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))"""
MOST_FUEL = str(10**11)
SECONDS = 20  # for what takes milliseconds


def leb(number):
    out = b""
    while True:
        byte, number = number & 0x7F, number >> 7
        out += bytes([byte | (0x80 if number else 0)])
        if not number:
            return out


def slow_to_compile(functions=20_000, additions=100):
    """A valid module that keeps a compiler busy for seconds."""

    def section(number, content):
        return bytes([number]) + leb(len(content)) + content

    body = b"\x00" + b"\x41\x01" + b"\x41\x02\x6a" * additions + b"\x0b"
    code = leb(functions) + (leb(len(body)) + body) * functions
    return (b"\0asm\1\0\0\0" + section(1, b"\x01\x60\x00\x01\x7f") + section(3, leb(functions) + b"\0" * functions)
            + section(7, b"\x01\x03run\x00\x00") + section(10, code))


def wait_until(what, holds):
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.005)


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().split(b"\0")
    except FileNotFoundError:
        return []


def is_compiling(pid):
    return any(b"compile" in command_of(child) for child in children_of(pid))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_waiting(pid):
    """In a host call: no worker, no running thread, and the guest's poll has been sleeping for a while."""
    with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
        return "nanosleep" in file.read() or "hrtimer" in file.read()


class Call:
    def __init__(self, installation, *arguments, **environment):
        self.process = subprocess.Popen([installation.program, "run", *arguments, "--json"], cwd=installation.home,
                                        env={**installation.environment, **environment}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end_with(self, number, when):
        """Sends the signal once `when` holds; gives exit status, error and the seconds it took."""
        wait_until(when.__name__, lambda: when(self.process.pid))
        sent = time.monotonic()
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, json.loads(err.splitlines()[-1])["error"], time.monotonic() - sent


def spins(pid):
    return not children_of(pid) and cpu_seconds(pid) > 0.15


def rests(pid):
    """The call has started and waits: its process has used next to nothing for a while."""
    before = cpu_seconds(pid)
    time.sleep(0.3)
    return not children_of(pid) and cpu_seconds(pid) - before < 0.1


def main():
    installation = Installation(sys.argv[1])
    slowest = 0.0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for name, text, when in (("spin.wat", SPIN, spins), ("start.wat", STARTS, spins), ("sleep.wat", SLEEPS, rests)):
            call = Call(installation, "--module", installation.file(name, text), "--timeout", "60000", "--fuel", MOST_FUEL)
            status, error, took = call.end_with(number, when)
            assert status == 130 and error["code"] == "run.cancelled" and error["kind"] == "Cancelled", (name, status, error)
            slowest = max(slowest, took)

    call = Call(installation, "--module", installation.file("slow.wasm", slow_to_compile()), "--timeout", "60000")
    wait_until("a worker that compiles", lambda: is_compiling(call.process.pid))
    worker = children_of(call.process.pid)[0]
    status, error, _ = call.end_with(signal.SIGINT, lambda pid: True)
    assert status == 130 and error["kind"] == "Cancelled", (status, error)
    assert not command_of(worker), "the worker outlived the call"

    call = Call(installation, "--module", installation.file("slow.wasm"), "--timeout", "300")
    _, err = call.process.communicate(timeout=SECONDS)
    error = json.loads(err.splitlines()[-1])["error"]
    assert call.process.returncode == 124 and error["kind"] == "TimedOut", (call.process.returncode, error)

    # An installed tool leaves a record of it.
    installation.ok("trust", "init")
    key = installation.file("acme.palyra-key")
    package = installation.make_skill("spinner")
    installation.file("spinner/modules/spinner.wat", SPIN.replace("run", "echo"))
    manifest = installation.home / "spinner" / "skill.toml"
    text = manifest.read_text()
    manifest.write_text(text[: text.index("[[entrypoints.tools.examples]]")] if "examples]]" in text else text)
    installation.ok("skills", "package", "build", installation.file("spinner"), "--signing-key", key, "-o", package)
    fingerprint = json.loads(installation.run("skills", "package", "verify", package, "--json").out)["result"]
    fingerprint = fingerprint["signed_by"][0] if "signed_by" in fingerprint else fingerprint["signers"][0]["fingerprint"]
    installation.ok("skills", "install", package, "--promote", "--trust-on-first-use", "--fingerprint", fingerprint, "--yes",
                    **ALLOW_FLAG)
    call = Call(installation, "acme.spinner.echo", "--input", '{"who":"x"}', "--timeout", "60000", "--fuel", MOST_FUEL)
    status, error, _ = call.end_with(signal.SIGINT, spins)
    assert status == 130 and error["kind"] == "Cancelled", (status, error)
    assert installation.ok("runs", "list")["runs"][0]["outcome"] != "ok"

    # Nobody reads the output: the program ends, and not as if all were well.
    read, write = os.pipe()
    os.close(read)
    quiet = subprocess.run([installation.program, "--help"], stdout=write, stderr=subprocess.DEVNULL, timeout=SECONDS,
                           env=installation.environment, check=False)
    assert quiet.returncode != 0, quiet
    installation.close()
    print(f"every interrupted call ended, the slowest {slowest * 1000:.0f} ms after its signal")


main()
