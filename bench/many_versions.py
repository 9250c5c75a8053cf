#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What ten thousand installed versions cost a command, beside ten: medians of interleaved rounds.

usage: many_versions.py DIRECTORY_OF_THE_PROGRAMS [--count N] [--rounds N] [--work DIR]
--work DIR keeps the states it makes, and uses those it finds. docs/performance.md says how to read the figures.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FEW = 10
TOOL = "bench.skill-3.echo"
COMMANDS = {
    "--version": ["--version"],
    "skills list": ["skills", "list"],
    "skills list --all-versions": ["skills", "list", "--all-versions"],
    "skills check": ["skills", "check"],
    "skills check bench.skill-3": ["skills", "check", "bench.skill-3"],
    "run, compiled before": ["run", TOOL, "--input", "{}"],
}


class State:
    """A home with `count` installed versions in it."""

    def __init__(self, programs, work, count):
        self.count = count
        self.home = work / str(count)
        self.palyra = programs / "palyra"
        self.environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PALYRA_STATE_ROOT": str(self.home / "state")}
        if not self.home.exists():
            self.fill(programs)
        self.call("run, compiled before")  # compiles

    def fill(self, programs):
        """In memory, where syncing is cheap, and then as it is to the disk."""
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
            subprocess.run([self.palyra, "init", f"{memory}/echo", "--lang", "wat", "--publisher", "bench"], check=True, capture_output=True)
            subprocess.run([programs / "palyra_fill_state", f"{memory}/state", str(self.count), f"{memory}/echo/modules/echo.wat"], check=True)
            shutil.copytree(f"{memory}/state", self.home / "state")
        print(f"{self.count} versions in {time.monotonic() - begun:.0f} s", file=sys.stderr)

    def call(self, name):
        """Milliseconds from before the process begins to after it has ended."""
        begun = time.monotonic()
        done = subprocess.run([self.palyra, *COMMANDS[name]], env=self.environment, capture_output=True, check=False)
        took = (time.monotonic() - begun) * 1000
        assert done.returncode == 0, (name, done)
        return took


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("programs", type=Path)
    arguments.add_argument("--count", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=21)
    arguments.add_argument("--work", type=Path)
    options = arguments.parse_args()
    work = (options.work or Path(tempfile.mkdtemp(prefix="palyra-bench-"))).resolve()
    try:
        states = [State(options.programs.resolve(), work, count) for count in (FEW, options.count)]
        times = {(name, state.count): [] for name in COMMANDS for state in states}
        for _ in range(options.rounds):
            for name in COMMANDS:
                for state in states:
                    times[name, state.count].append(state.call(name))
    finally:
        if not options.work:
            shutil.rmtree(work, ignore_errors=True)
    print(f"{'command, ms':<30}" + "".join(f"{count:>10}" for count in (FEW, options.count)))
    for name in COMMANDS:
        print(f"{name:<30}" + "".join(f"{statistics.median(times[name, count]):>10.1f}" for count in (FEW, options.count)))


main()
