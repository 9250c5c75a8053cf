# SPDX-License-Identifier: Apache-2.0
"""What every command prints, word for word: a scenario is played in a fresh installation, once for people and once with
--json, and each answer compared with its file; so is every --help. A command of the program without a case fails.

usage: golden.py PALYRA [--update]
"""

import difflib
import functools
import json
import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import errors  # noqa: E402
from palyra import ALLOW_FLAG, Installation  # noqa: E402

FIXED = {"SOURCE_DATE_EPOCH": "1767225600", "COLUMNS": "100"}
AUTHOR = b"11" * 32
REVIEWER = b"22" * 32
HELLO = "acme.hello"
PASSPHRASE = ["--passphrase-file", "passphrase"]
BUILD = ["skills", "package", "build", "hello", "--signing-key-stdin", "-o", "hello.palyra-skill"]

# Keeps its arguments under notes/ as today, and answers with them.
NOTES = r"""(module
  (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
  (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (import "palyra:skill/storage@1.0.0" "grant" (func $notes (param i32 i32) (result i32)))
  (import "palyra:skill/storage@1.0.0" "put" (func $put (param i32 i32 i32 i32 i32 i64) (result i64)))
  (memory (export "memory") 1) (data (i32.const 0) "notes/") (data (i32.const 8) "today")
  (func (export "echo") (result i32)
    (drop (call $put (call $notes (i32.const 0) (i32.const 6)) (i32.const 8) (i32.const 5) (i32.const 64)
            (call $read (i32.const 64) (call $length) (i32.const 0)) (i64.const -1)))
    (call $write (i32.const 64) (call $length))))
"""


def prepare(home):
    """What the scenario finds when it begins."""
    home.ok("init", "weather", "--lang", "wat", "--publisher", "acme")
    manifest = Path(home.file("weather/skill.toml"))
    manifest.write_text(manifest.read_text() + '\n[[capabilities.storage]]\nprefix = "notes/"\n'
                        '\n[config.properties.region]\ntype = "string"\nrequired = true\n'
                        '\n[config.properties.days]\ntype = "integer"\n')
    home.ok("init", "notes", "--lang", "wat", "--publisher", "acme")
    manifest = Path(home.file("notes/skill.toml"))
    manifest.write_text(manifest.read_text().replace("Answers with its own arguments.", "Keeps a note.")
                        .partition("[entrypoints.tools.output")[0] + '\n[[capabilities.storage]]\nprefix = "notes/"\n')
    home.file("notes/modules/notes.wat", NOTES)
    home.ok("init", "next/hello", "--lang", "wat", "--publisher", "acme")
    manifest = Path(home.file("next/hello/skill.toml"))
    manifest.write_text(manifest.read_text().replace("0.1.0", "0.2.0"))
    home.ok("skills", "package", "keygen", "-o", "other.palyra-key", "--no-passphrase")
    home.file("stranger.palyra-skill", b"PK, but not really")
    home.file("wrong.toml", "[limits]\nfuel_budget = 1\nmax_instances = 0\n")
    home.file("good.toml", "limits.fuel_budget = 20000000\n[server]\nqueue = 8\n")
    home.file("spin.wat", '(module (func (export "run") (result i32) (loop (br 0)) (i32.const 0)))')
    home.file("strict.toml", 'format = "palyra/audit-policy/1"\nmax_module_bytes = 4\n')
    home.file("passphrase", "correct horse\n")


# Name, arguments, standard input, environment. In order: each finds what the ones before it left.
SCENARIO = [
    ("version", ["--version"]),
    ("no_command", []),
    ("unknown_command", ["skils"]),
    ("unknown_option", ["skills", "list", "--quarantine"]),
    ("not_initialised", ["skills", "list"]),
    ("doctor_without_state", ["doctor"]),
    ("config_show", ["config", "show"]),
    ("config_show_origin", ["config", "show", "--origin"], b"",
     {"PALYRA_CONFIG": "good.toml", "PALYRA_LIMITS__MAX_INSTANCES": "7", "PALYRA_LIMITS__FUEL_BUDGT": "1"}),
    ("config_out_of_range", ["config", "show"], b"", {"PALYRA_CONFIG": "wrong.toml"}),
    ("init", ["init", "hello", "--lang", "wat", "--publisher", "acme"]),
    ("init_cpp", ["init", "greeter", "--lang", "cpp", "--publisher", "acme"]),
    ("init_again", ["init", "hello", "--lang", "wat", "--publisher", "acme"]),
    ("keygen", ["skills", "package", "keygen", "-o", "made.palyra-key", "--no-passphrase"]),
    ("keygen_no_terminal", ["skills", "package", "keygen", "-o", "none.palyra-key"]),
    ("build", BUILD, AUTHOR),
    ("build_bad_key", BUILD, b"short"),
    ("build_weather", ["skills", "package", "build", "weather", "--signing-key-stdin", "-o", "weather.palyra-skill"],
     AUTHOR),
    ("verify_first_use", ["skills", "package", "verify", "hello.palyra-skill"]),
    ("verify_malformed", ["skills", "package", "verify", "stranger.palyra-skill"]),
    ("verify_run_examples", ["skills", "package", "verify", "hello.palyra-skill", "--run-examples"]),
    ("inspect_unverified", ["skills", "package", "inspect", "hello.palyra-skill", "--unverified"]),
    ("sign", ["skills", "package", "sign", "hello.palyra-skill", "--signing-key-stdin", "-o", "signed.palyra-skill"],
     REVIEWER),
    ("sign_again", ["skills", "package", "sign", "hello.palyra-skill", "--signing-key-stdin"], AUTHOR),
    ("trust_init", ["trust", "init"]),
    ("trust_init_again", ["trust", "init"]),
    ("trust_add", ["trust", "add", "acme", "--key", "{author}"]),
    ("trust_add_again", ["trust", "add", "acme", "--key", "made.palyra-key"]),
    ("trust_list", ["trust", "list"]),
    ("trust_export", ["trust", "export"]),
    ("trust_rotate_usage", ["trust", "rotate", "acme", "--sign", "x"]),
    ("trust_revoke_no_terminal", ["trust", "revoke", "--skill", "acme.other"]),
    ("trust_revoke_bad_range", ["trust", "revoke", "--skill", "acme.other@2.0.0..1.0.0"]),
    ("trust_remove_unknown", ["trust", "remove", "nobody"]),
    ("trust_recover_no_terminal", ["trust", "recover", "--empty"]),
    ("install", ["skills", "install", "hello.palyra-skill"]),
    ("install_missing", ["skills", "install", "none.palyra-skill"]),
    ("list_quarantined", ["skills", "list", "--quarantined"]),
    ("check_quarantined", ["skills", "check", HELLO]),
    ("run_quarantined", ["run", "acme.hello.echo"]),
    ("promote_no_terminal", ["skills", "promote", HELLO]),
    ("promote_dry_run", ["skills", "promote", HELLO, "--dry-run"]),
    ("promote", ["skills", "promote", HELLO, "--yes"], b"", ALLOW_FLAG),
    ("install_weather", ["skills", "install", "weather.palyra-skill"]),
    ("promote_weather", ["skills", "promote", "acme.weather", "--yes", "--deny", "{storage}"], b"", ALLOW_FLAG),
    ("list", ["skills", "list"]),
    ("show", ["skills", "show", HELLO]),
    ("show_unknown", ["skills", "show", "acme.none"]),
    ("show_meant", ["skills", "show", "acme.wether@0.1.0"]),
    ("verify_installed", ["skills", "verify", HELLO]),
    ("audit_skill", ["skills", "audit", HELLO]),
    ("check", ["skills", "check", HELLO]),
    ("check_all", ["skills", "check"]),
    ("audit_skill", ["skills", "audit", HELLO]),
    ("audit_skill_verbose", ["skills", "audit", HELLO, "-v"]),
    ("audit_skill_fails", ["skills", "audit", "hello.palyra-skill", "--policy", "strict.toml"]),
    ("audit_skill_all", ["skills", "audit", "--all"]),
    ("audit_skill_usage", ["skills", "audit", HELLO, "--all"]),
    ("run", ["run", "acme.hello.echo", "--input", '{"text":"hi"}']),
    ("run_verbose", ["run", "acme.hello.echo", "-v"]),
    ("run_unknown_tool", ["run", "acme.none.echo"]),
    ("run_meant_tool", ["run", "acme.helo.echo"]),
    ("run_bad_arguments", ["run", "acme.hello.echo", "--input", "[1"]),
    ("run_setting_missing", ["run", "acme.weather.echo"]),
    ("skills_config_get", ["skills", "config", "get", "acme.weather"]),
    ("skills_config_set", ["skills", "config", "set", "acme.weather", "region", "eu"]),
    ("skills_config_set_invalid", ["skills", "config", "set", "acme.weather", "days", "many"]),
    ("skills_config_set_unknown", ["skills", "config", "set", "acme.weather", "regin", "eu"]),
    ("run_development", ["run", "--skill", "hello", "acme.hello.echo"]),
    ("run_development_tool", ["run", "--skill", "hello", "acme.hello.none"]),
    ("run_development_no_terminal", ["run", "--skill", "hello", "acme.hello.echo", "--map-root", "data=/srv"]),
    ("run_place_of_installed", ["run", "acme.hello.echo", "--map-root", "data=/srv"]),
    ("dev", ["dev", "hello", "--builds", "1"]),
    ("dev_unknown_origin", ["dev", "hello", "--builds", "1", "--allow-address", "api.example.com=127.0.0.1"]),
    ("init_meant_word", ["init", "other", "--lang", "wta"]),
    ("completion_unknown", ["completion", "bsh"]),
    ("man", ["man", "skills", "verify"]),
    ("man_unknown", ["man", "skils"]),
    ("run_fuel", ["run", "--module", "spin.wat", "--fuel", "1000"]),
    ("runs_list", ["runs", "list"]),
    ("runs_show_unknown", ["runs", "show", "ffffffffffffffffffffffffffffffff"]),
    ("runs_show", ["runs", "show", "{run}"]),
    ("audit_list", ["audit", "list", "--event", "trust"]),
    ("audit_list_bad_time", ["audit", "list", "--since", "yesterday"]),
    ("audit_verify", ["audit", "verify"]),
    ("audit_export", ["audit", "export", "-o", "audit.ndjson"]),
    ("disable", ["skills", "disable", HELLO]),
    ("enable", ["skills", "enable", HELLO]),
    ("build_next", ["skills", "package", "build", "next/hello", "--signing-key-stdin", "-o", "next.palyra-skill"],
     AUTHOR),
    ("update", ["skills", "update", "next.palyra-skill"]),
    ("update_off", ["skills", "update"], b"", {"PALYRA_POLICY__UPDATES": "off"}),
    ("promote_next", ["skills", "promote", f"{HELLO}@0.2.0", "--yes"], b"", ALLOW_FLAG),
    ("rollback", ["skills", "rollback", HELLO, "--yes"], b"", ALLOW_FLAG),
    ("rollback_first", ["skills", "rollback", "acme.weather", "--yes"], b"", ALLOW_FLAG),
    ("history", ["skills", "history", HELLO]),
    ("gc_dry_run", ["skills", "gc", "--dry-run"]),
    ("gc", ["skills", "gc"]),
    ("trust_add_beta", ["trust", "add", "beta", "--key", "made.palyra-key"]),
    ("trust_rotate", ["trust", "rotate", "beta", "--old-key", "made.palyra-key", "--new-key", "other.palyra-key",
                      "--signing-key", "made.palyra-key", "--signing-key", "other.palyra-key",
                      "-o", "beta.palyra-rotation"]),
    ("trust_rotate_apply", ["trust", "rotate", "--apply", "beta.palyra-rotation", "--yes"], b"", ALLOW_FLAG),
    ("trust_revoke", ["trust", "revoke", "--skill", "acme.other", "--yes"], b"", ALLOW_FLAG),
    ("trust_revoke_list", ["trust", "revoke", "--issuer", "beta", "--list-version", "1", "--expires", "+90d", "--skill",
                           "beta.tool", "--signing-key", "other.palyra-key", "-o", "beta.palyra-revocations"]),
    ("trust_revoke_apply", ["trust", "revoke", "--apply", "beta.palyra-revocations"]),
    ("trust_list_all", ["trust", "list", "-v"]),
    ("trust_remove", ["trust", "remove", "beta", "--yes"], b"", ALLOW_FLAG),
    ("trust_export_file", ["trust", "export", "-o", "trust.json"]),
    ("doctor", ["doctor"]),
    ("doctor_clean", ["doctor", "--clean"]),
    ("state_backup", ["state", "backup", "backup.palyra-state"]),
    ("storage_list_of_nothing", ["storage", "list"]),
    ("storage_of_nobody", ["storage", "list", "acme.weather"]),
    ("storage_get_nothing", ["storage", "get", "acme.weather", "notes/", "today"]),
    ("storage_export_nothing", ["storage", "export", "acme.weather", "-o", "notes.ndjson"]),
    ("storage_clear_nothing", ["storage", "clear", "acme.weather"]),
    ("channel_send", ["channel", "send", "jobs", "summarise today"]),
    ("channel_list", ["channel", "list"]),
    ("channel_receive", ["channel", "receive", "jobs"]),
    ("channel_empty", ["channel", "receive", "jobs"]),
    ("channel_list_of_nothing", ["channel", "list"]),
    ("build_notes", ["skills", "package", "build", "notes", "--signing-key-stdin", "-o", "notes.palyra-skill"], AUTHOR),
    ("install_notes", ["skills", "install", "notes.palyra-skill"]),
    ("promote_notes", ["skills", "promote", "acme.notes", "--yes"], b"", ALLOW_FLAG),
    ("run_notes", ["run", "acme.notes.echo", "--input", '{"text":"milk"}', "-v"]),
    ("storage_list", ["storage", "list"]),
    ("storage_list_skill", ["storage", "list", "acme.notes"]),
    ("storage_get", ["storage", "get", "acme.notes", "notes/", "today"]),
    ("storage_export", ["storage", "export", "acme.notes", "-o", "notes.ndjson"]),
    ("storage_clear", ["storage", "clear", "acme.notes", "--yes"], b"", ALLOW_FLAG),
    ("quarantine", ["skills", "quarantine", HELLO]),
    ("remove", ["skills", "remove", HELLO]),
    ("secrets_list_none", ["secrets", "list"]),
    ("secrets_set", ["secrets", "set", "global/weather-key", *PASSPHRASE], b"a value of some length\n"),
    ("secrets_set_unscannable", ["secrets", "set", "skill:acme.weather/pin", "--unscannable", *PASSPHRASE], b"1234\n"),
    ("secrets_list", ["secrets", "list"]),
    ("secrets_change_passphrase", ["secrets", "change-passphrase", *PASSPHRASE, "--new-passphrase-file", "passphrase"]),
    ("secrets_remove", ["secrets", "remove", "skill:acme.weather/pin", *PASSPHRASE]),
]

MASKS = [
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HEX64"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "HEX32"),
    (re.compile(r"^[0-9a-f]{12}(?=  )", re.M), "HEX12"),
    (re.compile(r"\b\d{13}-\d+\.ndjson"), "SEGMENT.ndjson"),
    (re.compile(r'("duration_ms": )[\d.e-]+'), r"\g<1>0"),
    (re.compile(r'("(?:peak_memory_bytes|commit)": )("[^"]*"|\d+)'), r"\g<1>MASKED"),
    (re.compile(r"\b\d+(\.\d+)? (ms|us|µs)\b"), r"0 \2"),
    (re.compile(r"(commit:? +)[0-9a-f]+\+?"), r"\1COMMIT"),
    (re.compile(r"uid \d+( \([^)]*\))?"), "uid 0 (user)"),
    (re.compile(r"(\(|, |: )\d+ bytes of memory"), r"\1N bytes of memory"),
]


def masked(text, home):
    for private in sorted({str(home.home), os.path.realpath(home.home)}, key=len, reverse=True):
        text = text.replace(private, "~")
    text = text.replace(str(Path(home.program).parent), "BIN")
    for pattern, with_what in MASKS:
        text = pattern.sub(with_what, text)
    return text


def quoted(argument):
    return argument if re.fullmatch(r"[\w./@=,:{}-]+", argument) else "'" + argument + "'"


def json_text(raw):
    return "".join(json.dumps(json.loads(line), indent=1, ensure_ascii=False) + "\n" for line in raw.splitlines())


class Player:
    def __init__(self, program, style, preparation):
        self.home = Installation(program)
        self.style = style
        preparation(self.home)

    def filled(self, arguments):
        """What cannot be known before: a key, a grant's text, a run."""
        values = {}
        typed = " ".join(arguments)
        if "{author}" in typed:
            verdict = self.home.run("skills", "package", "verify", "hello.palyra-skill", "--json").document()
            values["{author}"] = verdict["signers"][0]["public_key"]
        if "{storage}" in typed:
            shown = self.home.ok("skills", "promote", "acme.weather", "--dry-run")
            values["{storage}"] = shown["grants"][0]["text"]
        if "{run}" in typed:
            runs = self.home.ok("runs", "list")["runs"]
            values["{run}"] = [run["run_id"] for run in runs if run["outcome"] == "ok"][-1]
        return [functools.reduce(lambda text, value: text.replace(*value), values.items(), argument)
                for argument in arguments]

    def played(self, arguments, stdin=b"", environment=None):
        """The result as it came, and the golden text."""
        typed = arguments if self.style == "text" else [*arguments, "--json"]
        result = self.home.run(*self.filled(typed), stdin=stdin, **{**FIXED, **(environment or {})})
        out, err = result.out.decode(), result.err.decode()
        err = "".join(line for line in err.splitlines(True) if not line.endswith(" ...\n"))  # progress: a matter of time
        if self.style == "json":
            out, err = json_text(out), json_text(err)
        variables = "".join(f"{key}={value} " for key, value in (environment or {}).items())
        command = " ".join(quoted(argument) for argument in typed)
        text = f"$ {variables}palyra {command}".rstrip() + f"\nexit {result.status}\n--- out\n{out}--- err\n{err}"
        return result, masked(text, self.home)


def subcommands(help_text):
    section = re.search(r"^(?:SUBCOMMANDS|Subcommands):\n((?:  .*\n|\n)+)", help_text, re.M)
    return re.findall(r"^  (\S+)", section.group(1), re.M) if section else []


def helps(home):
    """Every node of the command tree with its help; and the leaves."""
    texts, leaves, todo = {}, [], [[]]
    while todo:
        path = todo.pop()
        result = home.run(*path, "--help", **FIXED)
        assert result.status == 0, (path, result)
        texts["help_" + "_".join(path or ["palyra"])] = result.out.decode()
        below = subcommands(result.out.decode())
        todo += [[*path, name] for name in below]
        if not below:
            leaves.append(" ".join(path))
    return texts, leaves


def without_case(leaves):
    typed = [" ".join(case[1]) for case in SCENARIO]
    return [leaf for leaf in leaves if not any(line == leaf or line.startswith(leaf + " ") for line in typed)]


def main(program, update):
    home = Installation(program)
    texts, leaves = helps(home)
    home.close()
    texts = {f"{name}.txt": text for name, text in texts.items()}
    problems = [f"no golden case runs `palyra {leaf}`" for leaf in without_case(leaves)]
    for style, ending in (("text", "txt"), ("json", "json.txt")):
        player = Player(program, style, prepare)
        for name, *case in SCENARIO:
            texts[f"{name}.{ending}"] = player.played(*case)[1]
        player.home.close()
        player = Player(program, style, errors.prepare)
        of_errors, wrong = errors.play(player)
        problems += wrong
        texts.update({f"{name}.{ending}": text for name, text in of_errors.items()})
        player.home.close()
    problems += errors.check_complete(texts.values())
    files = {path.name for path in HERE.glob("*.txt")}
    for name in sorted(files | set(texts)):
        path = HERE / name
        before = path.read_text() if path.exists() else None
        after = texts.get(name)
        if before == after:
            continue
        if update and after is None:
            path.unlink()
        elif update:
            path.write_text(after)
        else:
            problems.append("".join(difflib.unified_diff((before or "").splitlines(True), (after or "").splitlines(True),
                                                         f"expected/{name}", f"printed/{name}")))
    print("\n".join(problems))
    print(f"{len(texts)} files, {len(leaves)} commands, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--update" in sys.argv[2:]))
