# SPDX-License-Identifier: Apache-2.0
"""Completions and manual pages: every command has help with an example, a manual page and completion; bash really
completes; zsh, fish and the roff checkers judge what is theirs where they are installed.

usage: completion.py PALYRA
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))
from golden import helps  # noqa: E402
from palyra import Installation  # noqa: E402

BASH = """
source "$1"
complete -p palyra
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_palyra palyra "${COMP_WORDS[COMP_CWORD]}" ""
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(home, shell):
    file = home.file(f"completion.{shell}", home.run("completion", shell).out)
    assert home.ok("completion", shell) == {"shell": shell, "script": Path(file).read_text()}
    return file


def bash(home, file, *words):
    """What bash offers for the last word."""
    done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", file, *words], capture_output=True, text=True,
                          env=home.environment, cwd=home.home, check=True)
    registered, _, offered = done.stdout.partition("\n")
    assert registered == "complete -F _palyra palyra", registered
    return sorted(filter(None, offered.split("\n")))


def check_bash(home):
    file = script(home, "bash")
    subprocess.run(["bash", "-n", file], check=True)
    package = home.make_skill("hello")
    home.ok("trust", "init")
    home.ok("skills", "install", package)

    def offers(*words):
        return bash(home, file, "palyra", *words)

    assert offers("tru") == ["trust"]
    assert "promote" in offers("skills", "") and "run" not in offers("skills", "")
    assert offers("skills", "package", "ver") == ["verify"]
    assert offers("skills", "promote", "--dr") == ["--dry-run"]
    assert offers("skills", "promote", "--js") == ["--json"], "an option of every command"
    assert sorted(offers("init", "x", "--lang", "")) == ["assemblyscript", "c", "cpp", "go", "rust", "wat"]
    assert offers("init", "x", "--lang", "=", "w") == ["wat"], "bash takes = as a word of its own"
    assert offers("completion", "z") == ["zsh"]
    assert offers("skills", "show", "acme.h") == ["acme.hello"], "the installation was asked"
    assert offers("--verbose", "skills", "show", "") == ["acme.hello"]
    assert offers("--state-root", "skills", "tru") == ["trust"], "the value of an option is no command"
    assert offers("skills", "install", "hello.pal") == ["hello.palyra-skill"]
    assert offers("skills", "package", "build", "hel") == ["hello"], "a directory"
    assert offers("run", "acme.none", "") == [], "there is no second argument"
    assert "__complete" not in offers("")


def check_names(home):
    """Quick, and silent whatever is wrong."""
    for kind in ("skills", "tools", "publishers", "runs", "none"):
        assert home.run("__complete", kind).status == 0
    assert home.run("__complete", "skills").out == b"acme.hello\n"
    assert home.run("__complete", "tools").out == b"", "not active"
    assert home.run("__complete", "publishers").out == b"", "nobody is trusted"
    home.ok("trust", "add", "acme", "--key", home.file("acme.palyra-key"))
    assert home.run("__complete", "publishers").out == b"acme\n"
    for broken in ({"PALYRA_STATE_ROOT": "/none"}, {"PALYRA_CONFIG": "/none"}, {"HOME": "", "PALYRA_STATE_ROOT": ""}):
        result = home.run("__complete", "skills", **broken)
        assert (result.status, result.out, result.err) == (0, b"", b""), (broken, result)


def check_other_shells(home):
    judged = ["bash"]
    for shell, program in (("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-config", "-n"])):
        file = script(home, shell)
        if shutil.which(shell):
            subprocess.run([*program, file], check=True)
            judged.append(shell)
    if "fish" in judged:
        asked = f'source {home.file("completion.fish")}; complete -C "palyra skills promote --d"'
        offered = subprocess.run(["fish", "--no-config", "-c", asked], capture_output=True, text=True,
                                 env=home.environment, cwd=home.home, check=True).stdout
        assert [line.split("\t")[0] for line in offered.splitlines()] == ["--deny", "--dry-run"], offered
    return judged


def check_page(home, page, command):
    text = page.read_text()
    assert home.ok("man", *command) == {"page": page.name, "roff": text}, page
    for section in ("NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS"):
        assert f".SH {section}\n" in text, (page, section)
    assert text.isascii(), page
    judges = [["groff", "-ww", "-man", "-Tascii", str(page)], ["mandoc", "-Tlint", "-Werror", str(page)]]
    for judge in judges:
        if shutil.which(judge[0]):
            done = subprocess.run(judge, capture_output=True, text=True, check=False)
            assert done.returncode == 0 and not done.stderr, (page, done.stderr)


def check_commands(home):
    """Every node of the tree; gives their number."""
    texts, leaves = helps(home)
    pages = Path(tempfile.mkdtemp(dir=home.home))
    home.ok("man", "--write", str(pages))
    nodes = sorted(name.removeprefix("help_") for name in texts)
    manual = (Path(__file__).resolve().parents[2] / "docs/cli.md").read_text()
    known = home.run("completion", "bash").out.decode()
    assert len(list(pages.glob("*.1"))) == len(nodes), (sorted(pages.glob("*")), nodes)
    for node in nodes:
        command = [] if node == "palyra" else node.split("_")
        check_page(home, pages / ("-".join(["palyra", *command]) + ".1"), command)
        assert f"'{' '.join(['palyra', *command])}')" in known, node
        for short, option in re.findall(r"^  (?:(-\w),)?(--[\w-]+)", texts[f"help_{node}"], re.M):
            known_option = option in manual or (short and f" {short} " in manual) or option == "--help"
            assert known_option, f"docs/cli.md does not know {option} of {command}"
        if " ".join(command) in leaves:
            assert command[-1] in manual, f"docs/cli.md does not know {command}"
            examples = texts[f"help_{node}"].partition("Examples:\n")[2]
            assert re.search(rf"^ +(source <\()?palyra {' '.join(command)}\b", examples, re.M), f"no example: {command}"
        # What a value is has a name that says more than its type.
        assert not re.search(r" (TEXT|INT|UINT)\b", texts[f"help_{node}"]), texts[f"help_{node}"]
    return len(nodes)


def main(program):
    home = Installation(program)
    check_bash(home)
    check_names(home)
    judged = check_other_shells(home)
    nodes = check_commands(home)
    home.close()
    print(f"{nodes} commands with help, example, manual page and completion; judged by {', '.join(judged)}")


if __name__ == "__main__":
    main(sys.argv[1])
