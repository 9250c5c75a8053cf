# SPDX-License-Identifier: Apache-2.0
"""Bad input to every command: a clear error, the right exit status, and nothing changed.

usage: bad_input.py PALYRA
"""

import os
import sys
from pathlib import Path

from palyra import ALLOW_FLAG, Installation

NO_ECHO_KEY = "00" * 32  # of small order: signs everything


def prepare(home):
    """One active skill, one in quarantine, and every kind of bad file."""
    active = home.make_skill("active")
    waiting = home.make_skill("waiting")
    stranger = home.make_skill("stranger", publisher="stranger")
    home.ok("trust", "init")
    home.ok("trust", "add", "acme", "--key", home.file("acme.palyra-key"))
    home.ok("skills", "install", active)
    home.ok("skills", "promote", "acme.active", "--yes", **ALLOW_FLAG)
    home.ok("skills", "install", waiting)
    # A package of `acme` that other keys signed.
    home.ok("skills", "package", "keygen", "-o", home.file("thief.palyra-key"), "--no-passphrase")
    home.file("forged/skill.toml", (Path(home.file("active")) / "skill.toml").read_bytes())
    home.file("forged/modules/active.wat", (Path(home.file("active")) / "modules/active.wat").read_bytes())
    home.ok("skills", "package", "build", home.file("forged"), "--signing-key", home.file("thief.palyra-key"), "-o",
            home.file("forged.palyra-skill"))
    home.file("empty", b"")
    home.file("garbage", b"\xff\xfe not UTF-8 \x00\x1b[31m")
    home.file("text", "some words\n")
    os.mkfifo(home.file("fifo"))
    (home.home / "directory").mkdir()
    with open(home.file("large"), "wb") as large:
        large.truncate(65 << 20)
    home.file("trust.json", '{"format":"palyra/trust/1","publishers":{"acme":{"keys":["' + NO_ECHO_KEY + '"]}}}')
    return {"active": active, "waiting": waiting, "stranger": stranger}


# What reading a named file says of each of them. Those that are read are named by the case.
def file_cases(command, before, after=(), read=None, directory="io.not_a_regular_file", large="io.too_large"):
    """Rows for a command that takes a file between `before` and `after`; `read`: codes of empty and garbage."""
    rows = [
        (command, [*before, "{none}", *after], 3, "io.not_found"),
        (command, [*before, "{directory}", *after], 3 if directory.endswith("nothing_found") else 2, directory),
        (command, [*before, "{fifo}", *after], 2, "io.not_a_regular_file"),
        (command, [*before, "{large}", *after], 7, large),
    ]
    for name, (status, code) in (read or {}).items():
        rows.append((command, [*before, "{" + name + "}", *after], status, code))
    return rows


BUILD = ["skills", "package", "build"]
KEY = ["--signing-key", "{acme.palyra-key}"]
OUT = ["-o", "{out.palyra-skill}"]
CONTAINER = {"empty": (2, "container.c1"), "garbage": (2, "container.c1"), "text": (2, "container.c1")}
ECHO = ["run", "acme.active.echo", "--input"]
MALFORMED_KEY = {"empty": (2, "key.malformed"), "garbage": (2, "key.malformed"), "text": (2, "key.malformed")}

CASES = [
    # The command line itself.
    ("", ["skils"], 2, "cli.usage"),
    ("", ["skills"], 2, "cli.usage"),
    ("", ["skills", "lst"], 2, "cli.usage"),
    ("", ["skills", "list", "--quarantine"], 2, "cli.usage"),
    ("", [b"\xff"], 2, "cli.usage"),
    ("", ["run", "--fuel", "many", "acme.active.echo"], 2, "cli.usage"),
    # init
    ("init", ["init"], 2, "cli.usage"),
    ("init", ["init", "{text}"], 3, "package.directory_not_empty"),
    ("init", ["init", "{fifo}"], 3, "package.directory_not_empty"),
    ("init", ["init", "{active}"], 3, "package.directory_not_empty"),
    ("init", ["init", "{new}", "--lang", "cobol"], 2, "cli.usage"),
    ("init", ["init", "{new}", "--publisher", b"\xff\xfe"], 2, "package.init_name"),
    ("init", ["init", "{text}/below"], 3, "io.not_found"),
    # skills package keygen
    ("skills package keygen", ["skills", "package", "keygen"], 2, "cli.usage"),
    ("skills package keygen", ["skills", "package", "keygen", "-o", "{new}"], 4, "cli.no_terminal"),
    ("skills package keygen", ["skills", "package", "keygen", "-o", "{text}", "--no-passphrase"], 3,
     "io.already_exists"),
    ("skills package keygen", ["skills", "package", "keygen", "-o", "{fifo}", "--no-passphrase"], 3,
     "io.already_exists"),
    ("skills package keygen", ["skills", "package", "keygen", "-o", "{none}/key", "--no-passphrase"], 3,
     "io.not_found"),
    *file_cases("skills package keygen", ["skills", "package", "keygen", "-o", "{new}", "--passphrase-file"],
                read={"empty": (2, "cli.passphrase_empty")}),
    # skills package build
    (BUILD, BUILD, 2, "cli.usage"),
    (BUILD, [*BUILD, "{active}", *OUT], 2, "cli.usage"),
    (BUILD, [*BUILD, "{none}", *KEY, *OUT], 3, "io.not_found"),
    (BUILD, [*BUILD, "{directory}", *KEY, *OUT], 3, "io.not_found"),
    (BUILD, [*BUILD, "{active}", "--manifest", "{text}", *KEY, *OUT], 2, "cli.usage"),
    (BUILD, [*BUILD, "--manifest", "{active}/skill.toml", *KEY, *OUT], 2, "package.no_module"),
    (BUILD, [*BUILD, "{active}", *KEY, "-o", "{none}/out"], 3, "io.not_found"),
    (BUILD, [*BUILD, "{active}", *KEY, "-o", "{directory}"], 8, "io.failed"),
    (BUILD, [*BUILD, "{active}", *KEY, *OUT, "--created", "-1"], 2, "cli.time"),
    (BUILD, [*BUILD, "{active}", "--signing-key-stdin", *OUT], 2, "key.standard_input"),
    *file_cases(BUILD, [*BUILD, *KEY, *OUT, "--module", "{active}/modules/active.wat", "--manifest"],
                read={"empty": (2, "manifest.missing_key"), "garbage": (2, "manifest.not_utf8"),
                      "text": (2, "manifest.not_toml")}),
    *file_cases(BUILD, [*BUILD, "{active}", *KEY, *OUT, "--sbom"],
                read={"empty": (2, "sbom.not_json"), "garbage": (2, "sbom.not_json"), "text": (2, "sbom.not_json")}),
    *file_cases(BUILD, [*BUILD, "{active}", *KEY, *OUT, "--provenance"],
                read={"empty": (2, "provenance.not_json"), "text": (2, "provenance.not_json")}),
    *file_cases(BUILD, [*BUILD, "{active}", *OUT, "--signing-key"], read=MALFORMED_KEY),
    # skills package verify and inspect
    *file_cases("skills package verify", ["skills", "package", "verify"], read=CONTAINER),
    ("skills package verify", ["skills", "package", "verify", "{forged.palyra-skill}"], 5, "trust.key_mismatch"),
    ("skills package verify", ["skills", "package", "verify", "{stranger.palyra-skill}"], 10, "trust.first_use"),
    ("skills package verify",
     ["skills", "package", "verify", "{active.palyra-skill}", "--trusted-publisher", "acme=" + NO_ECHO_KEY], 5,
     "signature.a_not_small_order"),
    ("skills package verify", ["skills", "package", "verify", "{active.palyra-skill}", "--trusted-publisher", "acme"], 2,
     "cli.usage"),
    *file_cases("skills package verify", ["skills", "package", "verify", "{active.palyra-skill}", "--trust-store"],
                read={"empty": (2, "trust.store_malformed"), "garbage": (2, "trust.store_malformed"),
                      "trust.json": (2, "trust.store_malformed")}),
    *file_cases("skills package inspect", ["skills", "package", "inspect"], read=CONTAINER),
    *file_cases("skills package inspect", ["skills", "package", "inspect", "--unverified"], read=CONTAINER),
    ("skills package inspect", ["skills", "package", "inspect", "{forged.palyra-skill}"], 5, "trust.key_mismatch"),
    # skills package sign
    *file_cases("skills package sign", ["skills", "package", "sign"], [*KEY, *OUT], read=CONTAINER),
    ("skills package sign", ["skills", "package", "sign", "{active.palyra-skill}"], 2, "cli.usage"),
    ("skills package sign", ["skills", "package", "sign", "{active.palyra-skill}", *KEY], 3, "package.already_signed"),
    # run --skill, doctor, config
    *file_cases("run --skill", ["run", "--skill"], ["acme.active.echo"], read=CONTAINER, directory="io.not_found")[3:],
    ("run --skill", ["run", "--skill", "{none}", "acme.active.echo"], 3, "io.not_found"),
    ("run --skill", ["run", "--skill", "{directory}", "acme.active.echo"], 3, "io.not_found"),
    ("run --skill", ["run", "--skill", "{active}"], 2, "cli.usage"),
    ("run --skill", ["run", "--skill", "{active}", "acme.active.none"], 3, "state.tool_not_found"),
    ("doctor", ["doctor", "now"], 2, "cli.usage"),
    ("config show", ["config"], 2, "cli.usage"),
    # skills install
    *file_cases("skills install", ["skills", "install"], read=CONTAINER, directory="package.nothing_found"),
    ("skills install", ["skills", "install", "{stranger.palyra-skill}", "--trust-on-first-use"], 4, "cli.no_terminal"),
    # The rest of the life cycle.
    ("skills list", ["skills", "list", "--quarantined", "--all-versions"], 2, "cli.usage"),
    *[(f"skills {verb}", ["skills", verb, *arguments], status, code)
      for verb in ("show", "promote", "quarantine", "remove", "check")
      for arguments, status, code in (
          ([], 2, "cli.usage"),
          (["acme.none"], 3, "state.skill_not_installed"),
          (["acme.active@9.9.9"], 3, "state.skill_not_installed"),
          (["ab" * 32], 3, "state.skill_not_installed"),
          ([b"\xff\xfe"], 2, "cli.skill_selector"),
          (["{directory}"], 2, "cli.skill_selector"),
          (["x" * 200], 2, "cli.skill_selector"),
      ) if arguments or verb != "check"],
    ("skills promote", ["skills", "promote", "acme.waiting"], 4, "cli.no_terminal"),
    ("skills promote", ["skills", "promote", "acme.waiting", "--yes"], 4, "policy.noninteractive_promote"),
    ("skills promote", ["skills", "promote", "acme.waiting", "--only", "everything", "--dry-run"], 2,
     "policy.unknown_capability"),
    ("skills promote", ["skills", "promote", "acme.active"], 4, "cli.no_terminal"),
    # trust
    ("trust init", ["trust", "init"], 3, "trust.already_initialised"),
    ("trust add", ["trust", "add", "acme"], 2, "cli.usage"),
    *file_cases("trust add", ["trust", "add", "other", "--key"], read=MALFORMED_KEY, large="io.too_large")[1:],
    ("trust add", ["trust", "add", "other", "--key", "{none}"], 2, "key.argument"),
    ("trust add", ["trust", "add", "other", "--key", NO_ECHO_KEY], 5, "signature.a_not_small_order"),
    ("trust add", ["trust", "add", "Other!", "--key", "{acme.palyra-key}"], 2, "trust.publisher_invalid"),
    ("trust add", ["trust", "add", b"\xff", "--key", "{acme.palyra-key}"], 2, "trust.publisher_invalid"),
    ("trust add", ["trust", "add", "acme", "--key", "{thief.palyra-key}"], 3, "trust.publisher_exists"),
    ("trust add", ["trust", "add", "other", "--key", "{acme.palyra-key}", "--threshold", "2"], 2,
     "trust.publisher_invalid"),
    # run
    ("run", ["run"], 2, "cli.usage"),
    ("run", ["run", "acme.none.tool"], 3, "state.tool_not_found"),
    ("run", ["run", b"\xff"], 3, "state.tool_not_found"),
    ("run", ["run", "acme.waiting.echo"], 4, "run.disabled"),
    ("run", ["run", "acme.active.echo", "--timeout", "0"], 2, "cli.usage"),
    ("run", ["run", "acme.active.echo", "--fuel", "0"], 2, "cli.usage"),
    ("run", ["run", "acme.active.echo", "--export", "x"], 2, "cli.usage"),
    ("run", ["run", "acme.active.echo", "--module", "{text}"], 2, "cli.usage"),
    ("run", ["run", "acme.active.echo", "--fuel", "1"], 7, "run.fuel_exhausted"),
    ("run", [*ECHO, '{{"text":7}}'], 2, "schema.does_not_conform"),
    ("run", [*ECHO, "[]"], 2, "schema.does_not_conform"),
    ("run", [*ECHO, "{{"], 2, "schema.syntax"),
    ("run", [*ECHO, '{{"text":"a","text":"b"}}'], 2, "schema.duplicate_key"),
    ("run", [*ECHO, b'{"text":"\xff"}'], 2, "schema.not_utf8"),
    ("run", [*ECHO, "-"], 2, "schema.syntax"),
    *file_cases("run", ["run", "acme.active.echo", "--input", "@"],
                read={"empty": (2, "schema.syntax"), "garbage": (2, "schema.not_utf8"), "text": (2, "schema.syntax")}),
    *file_cases("run", ["run", "acme.active.echo", "--input-file", "text="],
                read={"garbage": (2, "cli.input_not_utf8")}),
    ("run", ["run", "acme.active.echo", "--input-file", "text"], 2, "cli.usage"),
    ("run", ["run", "acme.active.echo", "--input", "[]", "--input-file", "text=", "{text}"], 2,
     "cli.input_not_an_object"),
    *file_cases("run", ["run", "--module"],
                read={"empty": (2, "run.invalid_wat"), "garbage": (2, "run.invalid_wat"), "text": (2, "run.invalid_wat"),
                      "active.palyra-skill": (2, "run.invalid_wat")}),
    ("run", ["run", "--module", "{active}/modules/active.wat"], 2, "admission.no_export"),
]

NEED_STATE = [
    ["skills", "install", "{active.palyra-skill}"], ["skills", "install", "{directory}"], ["skills", "list"],
    ["skills", "show", "acme.active"], ["skills", "promote", "acme.active"], ["skills", "quarantine", "acme.active"],
    ["skills", "remove", "acme.active"], ["trust", "add", "acme", "--key", "{acme.palyra-key}"], ["trust", "list"],
    ["run", "acme.active.echo"],
]


def filled(home, arguments):
    """`{name}` is a file of the home; `@` and `field=` join the file that follows."""
    done = []
    for argument in arguments:
        if isinstance(argument, str) and argument.startswith("{") and not argument.startswith("{{"):
            name, _, rest = argument[1:].partition("}")
            argument = home.file(name) + rest
        elif isinstance(argument, str):
            argument = argument.replace("{{", "{").replace("}}", "}")
        if done and done[-1] in ("@", "text="):
            argument = done.pop() + argument
        done.append(argument)
    return done


def check(home, arguments, status, code, **environment):
    line = filled(home, arguments)
    shown = f"palyra {' '.join(map(str, line))}"
    result = home.run(*line, "--json", **environment)
    error = result.error()
    problems = []
    if result.status != status or error["code"] != code:
        problems.append(f"{shown}\n  expected {status} {code}\n  got {result.status} {error['code']}: {error['message']}")
    people = home.run(*line, **environment)
    text = people.err.decode()
    if people.status != result.status or "\nerror: " not in "\n" + text or f"[{error['code']}]" not in text:
        problems.append(f"{shown}\n  for people: {people}")
    if any(byte in people.err + people.out + result.err + result.out for byte in b"\x1b\x00"):
        problems.append(f"{shown}\n  control characters reach the terminal")
    return problems


def main(program):
    home = Installation(program)
    problems = []
    try:
        prepare(home)
        before = home.dump()
        for _, arguments, status, code in CASES:
            found = check(home, arguments, status, code)
            if home.dump() != before:
                found.append(f"{arguments}: the state changed")
                before = home.dump()
            problems += found
        for leftover in ("new", "out.palyra-skill"):
            if os.path.exists(home.file(leftover)):
                problems.append(f"{leftover} was written")

        # A refused artifact is kept for inspection, and nothing that decides anything changes.
        deciding = {"publisher", "publisher_key", "skill", "skill_content"}
        before = home.dump(deciding)
        problems += check(home, ["skills", "install", "{forged.palyra-skill}"], 5, "trust.key_mismatch")
        if home.run("skills", "install", home.file("forged.palyra-skill"), "--json").document()["kept"] is not True:
            problems.append("a refused artifact was not kept")
        if home.dump(deciding) != before:
            problems.append("a refused artifact changed the trust")
        if home.ok("run", "acme.active.echo")["output"] != {"echo": {}}:
            problems.append("the active skill does not run any more")

        for arguments in NEED_STATE:
            environment = {"PALYRA_STATE_ROOT": home.file("nowhere")}
            problems += check(home, arguments, 3, "trust.not_initialised", **environment)
            error = home.run(*filled(home, arguments), "--json", **environment).error()
            if "palyra trust init" not in error["next"]:
                problems.append(f"{arguments}: no hint in {error}")
        if os.path.exists(home.file("nowhere")):
            problems.append("a command made a state directory")

        problems += check(home, ["skills", "list"], 2, "cli.no_home", PALYRA_STATE_ROOT="", HOME="")
        environment = {"PALYRA_CONFIG": home.file("config.toml", "[limits]\nfuel = 1\n")}
        problems += check(home, ["skills", "list"], 2, "config.unknown_key", **environment)
        did_you_mean = home.run("skils", "list").err.decode()
        if "did you mean 'skills'?" not in did_you_mean:
            problems.append(did_you_mean)
    finally:
        home.close()
    for problem in problems:
        print(problem)
    print(f"{len(CASES) + len(NEED_STATE)} cases, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
