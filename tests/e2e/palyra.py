# SPDX-License-Identifier: Apache-2.0
"""Drives the real `palyra` in a throw-away installation; what the tests of this directory share."""

import hashlib
import json
import os
import pty
import select
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

TIMEOUT_SECONDS = 60


class Result:
    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def document(self):
        """The one JSON document on standard output."""
        document = json.loads(self.out)
        assert document["schema_version"] == 1 and document["command"], document
        return document["result"]

    def error(self):
        """The one JSON line on standard error, where what takes long is announced before it ("compiling x ...")."""
        lines = [line for line in self.err.decode().splitlines() if not line.endswith(" ...")]
        assert len(lines) == 1, self
        line = json.loads(lines[0])
        assert line["schema_version"] == 1, line
        error = line["error"]
        assert error["message"] and error["kind"], line
        assert isinstance(error["context"], list) and isinstance(error["next"], list), line
        return error

    def __repr__(self):
        return f"exit {self.status}\n--- out\n{self.out.decode(errors='replace')}--- err\n{self.err.decode(errors='replace')}"


class Installation:
    """A home directory of its own, and the program in it."""

    def __init__(self, program, parent=None):
        self.program = str(Path(program).resolve())
        self._directory = tempfile.TemporaryDirectory(prefix="palyra-e2e-", dir=parent)
        self.home = Path(self._directory.name)
        self.state = self.home / "state"
        self.environment = {
            "HOME": str(self.home),
            "PATH": f"{Path(self.program).parent}:/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "PALYRA_STATE_ROOT": str(self.state),
        }

    def close(self):
        self._directory.cleanup()

    def file(self, name, content=None):
        path = self.home / name
        if content is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def run(self, *arguments, stdin=b"", **environment):
        completed = subprocess.run([self.program, *arguments], input=stdin, capture_output=True, cwd=self.home,
                                   env={**self.environment, **environment}, timeout=TIMEOUT_SECONDS, check=False)
        return Result(completed.returncode, completed.stdout, completed.stderr)

    def ok(self, *arguments, **more):
        """Runs with --json, must end 0; gives the result."""
        result = self.run(*arguments, "--json", **more)
        assert result.status == 0, f"{arguments}: {result}"
        return result.document()

    def talk(self, *arguments, answers):
        """Runs on a terminal and types each answer when its question has appeared; gives status and what was shown."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            os.execve(self.program, [self.program, *arguments], {**self.environment, "TERM": "xterm"})
        shown = b""
        waiting = list(answers)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            ready, _, _ = select.select([terminal], [], [], 1)
            if not ready:
                continue
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # the program has ended
                break
            if not piece:
                break
            shown += piece
            if waiting and waiting[0][0].encode() in shown:
                os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        return os.waitstatus_to_exitcode(status), shown.decode(errors="replace")

    def dump(self, only=None):
        """One digest a table, and the objects: equal dumps are equal states."""
        if not self.state.exists():
            return "no state"
        contents = {}
        with sqlite3.connect(f"file:{self.state}/trust.db?mode=ro", uri=True) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in sorted(tables):
                if only is None or table in only:
                    rows = sorted(map(repr, database.execute(f'SELECT * FROM "{table}"')))
                    contents[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        database.close()
        if only is None:
            for path in sorted((self.state / "objects").rglob("*")):
                if path.is_file():
                    contents[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        return contents

    def make_skill(self, name, publisher="acme", key=None):
        """A skill from `init --lang wat`, packaged; gives the file. Makes the key unless one is given."""
        if key is None:
            key = self.file(f"{publisher}.palyra-key")
            if not os.path.exists(key):
                self.ok("skills", "package", "keygen", "-o", key, "--no-passphrase")
        directory = self.file(name)
        if not os.path.exists(directory):
            self.ok("init", directory, "--lang", "wat", "--publisher", publisher)
        package = self.file(f"{name}.palyra-skill")
        self.ok("skills", "package", "build", directory, "--signing-key", key, "-o", package)
        return package


ALLOW_FLAG = {"PALYRA_POLICY__NONINTERACTIVE_PROMOTE": "true"}
