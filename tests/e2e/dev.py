# SPDX-License-Identifier: Apache-2.0
"""`palyra dev`: builds, waits, builds again after a change, and Ctrl-C ends it.

usage: dev.py PALYRA
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from palyra import Installation

WAITING = "waiting for a change; Ctrl-C ends it\n"


class Watching:
    def __init__(self, home, *arguments):
        self.process = subprocess.Popen([home.program, "dev", *arguments], stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.PIPE, env=home.environment, cwd=home.home)

    def until_waiting(self):
        """What was said on standard error until it waits."""
        lines = []
        for line in self.process.stderr:
            if line == WAITING:
                return "".join(lines)
            lines.append(line)
        raise AssertionError("".join(lines))

    def end(self):
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def main(program):
    home = Installation(program)
    home.ok("init", "hello", "--lang", "wat", "--publisher", "acme")
    manifest = Path(home.file("hello/skill.toml"))
    good = manifest.read_text()

    watching = Watching(home, "hello", "--builds", "3")
    assert "error" not in watching.until_waiting()
    manifest.write_text(good + "nonsense = 1\n")
    said = watching.until_waiting()
    assert "manifest.unknown_key" in said, said  # and it goes on
    manifest.write_text(good)
    status, out, err = watching.end()
    assert status == 0, err
    assert out.count("acme.hello: builds, 1 examples: pass\n") == 2, out

    for number in (signal.SIGINT, signal.SIGTERM):
        watching = Watching(home, "hello")
        watching.until_waiting()
        os.kill(watching.process.pid, number)
        status, out, err = watching.end()
        assert (status, err) == (0, ""), (status, err)

    # The last build's failure is the program's when it ends by itself.
    manifest.write_text(good + "nonsense = 1\n")
    result = home.run("dev", "hello", "--builds", "1", "--json")
    assert result.status == 2 and result.document() == {"builds": 1}, result
    assert home.run("dev", "none").status == 2
    assert not home.state.exists(), "a skill in development needs no state"
    home.close()
    print("built, waited, built again, was interrupted")


if __name__ == "__main__":
    main(sys.argv[1])
