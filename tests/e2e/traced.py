# SPDX-License-Identifier: Apache-2.0
"""Runs the program under strace, which ends it or fails its call at a chosen point; and says what is there after it."""

import json
import os
import pty
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import state_audit
from palyra import ALLOW_FLAG, TIMEOUT_SECONDS, Installation, Result
from state_audit import expect

# What changes files. Opening does when it makes or empties one.
CALLS = ("open", "openat", "creat", "write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "truncate", "fallocate",
         "fsync", "fdatasync", "sync_file_range", "msync", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
         "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "fchown", "fchownat",
         "copy_file_range", "sendfile")
SYNCS = ("fsync", "fdatasync", "sync_file_range", "msync")
TIMES = {"time", "first_seen", "status_since", "since", "created", "expires", "digest", "previous", "trust_digest", "audit_digest",
         "record_digest"}
COPY = re.compile(r',"damaged_copy":"[^"]*"')  # named by a recovery; one that died may have put it aside before
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [without_times(inner) for inner in value]
    return value


def journal_name_only(trace):
    """SQLite goes on when the name of the journal it has just made cannot be synced. It reports everything after that."""
    _, injected, rest = trace.partition("(INJECTED)")
    return bool(injected) and re.search(r"fdatasync\(\d+<\S*/state>\) = -1 E\w+ \([^)]*\) \(INJECTED\)", trace) is not None \
        and re.search(r"fdatasync\(\d+<\S*/state>\) += 0", rest) is not None


def cache_only(trace):
    """Compiled code, and the key that it is kept under, can be made again; without them a run compiles."""
    return re.search(r"<\S*/(\.cache|keys)(/\S*)?>\) = -1 E\w+ \([^)]*\) \(INJECTED\)", trace) is not None


def quick_directory():
    """Where syncing takes no time: the calls are the same. None where there is no such place."""
    memory = Path("/dev/shm")
    return str(memory) if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 256 << 20 else None


class Command:
    """What is typed, and with `types` what the person at the terminal answers."""

    def __init__(self, *arguments, types=None, **environment):
        self.arguments = arguments
        self.types = types
        self.environment = {**ALLOW_FLAG, **environment}

    def __str__(self):
        return " ".join(word for word in self.arguments if "/" not in word and len(word) < 40)


class Traced(Installation):
    """An installation whose state and caches can be put back, and whose program runs under strace."""

    def __init__(self, program):
        super().__init__(program, quick_directory())
        self._kept = tempfile.TemporaryDirectory(prefix="palyra-kept-", dir=quick_directory())
        self.log = Path(self._kept.name) / "trace"
        self.places = [self.state, self.home / ".cache"]

    def close(self):
        super().close()
        self._kept.cleanup()

    def keep(self, name):
        shutil.rmtree(Path(self._kept.name) / name, ignore_errors=True)
        for place in self.places:
            if place.exists():
                shutil.copytree(place, Path(self._kept.name) / name / place.name, symlinks=True)

    def put_back(self, name):
        for place in self.places:
            shutil.rmtree(place, ignore_errors=True)
            kept = Path(self._kept.name) / name / place.name
            if kept.exists():
                shutil.copytree(kept, place, symlinks=True)

    def start(self, command, prefix=()):
        """Runs it with --json; where it asks a person, standard input and standard error are a terminal."""
        words = [*prefix, self.program, *command.arguments, "--json"]
        options = {"cwd": self.home, "env": {**self.environment, **command.environment}}
        if command.types is None:
            done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS, check=False, **options)
            return Result(done.returncode, done.stdout, done.stderr)
        ours, terminal = pty.openpty()
        os.write(ours, command.types.encode() + b"\n")  # waits in the terminal until it is asked for
        with subprocess.Popen(words, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, **options) as process:
            os.close(terminal)
            out, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        shown = self._rest(ours).decode(errors="replace").splitlines()
        lines = [line[line.index('{"schema_version'):] for line in shown if '{"schema_version' in line]
        return Result(process.returncode, out, "\n".join(lines).encode())

    @staticmethod
    def _rest(terminal):
        shown = b""
        try:
            while piece := os.read(terminal, 65536):
                shown += piece
        except OSError:  # its other end is closed
            pass
        os.close(terminal)
        return shown

    def trace(self, options, command):
        return self.start(command, ["strace", "-f", "-qq", "-y", "-s", "0", "-o", str(self.log), *options])

    def points(self, command):
        """(call, number of the call in its thread) of every call that changes a file of ours, or prints."""
        result = self.trace(["-e", "trace=" + ",".join("?" + call for call in CALLS)], command)
        assert result.status == 0, result
        counts, points = Counter(), {}
        for line in self.log.read_text(errors="replace").splitlines():
            matched = LINE.match(line)
            if not matched:
                continue
            thread, call, rest = matched.groups()
            counts[thread, call] += 1
            makes = call not in ("open", "openat") or "O_CREAT" in rest or "O_TRUNC" in rest
            ours = str(self.home) in rest or (call in ("write", "writev") and rest.startswith("1<"))
            if makes and ours:
                points[call, counts[thread, call]] = None
        return list(points)

    def observe(self):
        """What a fresh process says of the state, and what the state's own rows say."""
        listed = self.run("skills", "list", "--all-versions", "--json")
        if listed.status != 0 and listed.error()["code"] in ("trust.not_initialised", "trust.store_damaged"):
            return listed.error()["code"]
        expect(listed.status == 0, f"skills list: {listed}")
        trusted = self.run("trust", "list", "--json")
        expect(trusted.status == 0, f"trust list: {trusted}")
        skills = listed.document()["skills"]
        tables = state_audit.check(self.state)
        for root in {skill["content_root"] for skill in skills}:
            expect(root in {row["content_root"].hex() for row in tables["version"]}, f"{root} has no row")
        rows = {name: sorted(COPY.sub("", repr(row)) for row in without_times(rows)) for name, rows in tables.items()}
        return json.dumps([without_times(skills), without_times(trusted.document()), rows], sort_keys=True, default=repr)
