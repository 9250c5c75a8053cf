# SPDX-License-Identifier: Apache-2.0
"""What a person sees of each error: for every code that simple files and a few commands can raise, the command and what
it says. golden.py plays them, one golden file for each area; a code of docs/error-codes.md that is in no golden file
needs a reason in NOT_HERE.
"""

import json
import os
import re
import shutil
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
AUTHOR = b"11" * 32
OTHER = b"22" * 32
ALLOW = {"PALYRA_POLICY__NONINTERACTIVE_PROMOTE": "true"}
BUILD = ["skills", "package", "build"]
PASSPHRASE = ["--passphrase-file", "passphrase"]
KEY = ["--signing-key-stdin", "-o", "out.palyra-skill"]
DEEP = "[" * 100 + "]" * 100


# What is wrong with the manifest of `hello`, by what is in it and what is there instead. Empty: at its end.
MANIFESTS = {
    "missing_key": ('version = "0.1.0"\n', ""),
    "text_blank": ('name = "hello"', 'name = " "'),
    "license": ('name = "hello"', 'name = "hello"\nlicense = "My Own"'),
    "publisher_syntax": ('publisher = "acme"', 'publisher = "Acme"'),
    "skill_id_syntax": ('skill_id = "acme.hello"', 'skill_id = "acme.Hello"'),
    "version_syntax": ('version = "0.1.0"', 'version = "1"'),
    "choice": ("", '\n[config.properties.region]\ntype = "place"\n'),
    "config": ("", '\n[config.properties.region]\ntype = "string"\nenum_values = ["a"]\ndefault = "b"\n'),
    "secret_uses": ("", '\n[[capabilities.secrets]]\nscope = "global"\nkey_names = ["mac"]\n'
                        'uses = ["hmac-sha256", "http"]\n'),
    "duplicate": ("", '\n[[capabilities.channels]]\nname = "inbox"\ndirection = "send"\n'
                      '[[capabilities.channels]]\nname = "inbox"\ndirection = "send"\n'),
    "schema": ('type = "object"\nproperties.text', 'type = "object"\nminProperties = "one"\nproperties.text'),
    "wasi": ('export = "echo"', 'abi = "wasi"\nexport = "echo"'),
}


def vectors():
    """For each code that a file of the format's vectors has, the first such file."""
    index = json.loads((TESTS / "vectors/skill-v2/index.json").read_text())["vectors"]
    found = [(f"{row['stage']}.{row['reason'].lower()}", TESTS / "vectors/skill-v2" / row["file"]) for row in index
             if row["verdict"] != "valid" and row["stage"] != "trust"]
    corpus = json.loads((TESTS / "corpora/zip/index.json").read_text())
    found = [(f"container.{row['rule'].lower()}", TESTS / "corpora/zip" / row["file"]) for row in corpus
             if row["verdict"] != "accept"] + found
    return {code: file for code, file in reversed(found)}


def edited(home, name, manifest, old, new):
    """A copy of the skill `hello` with another manifest."""
    directory = Path(home.file(name))
    (directory / "modules").mkdir(parents=True)
    module = Path(home.file("hello/modules/hello.wat")).read_bytes()
    (directory / "modules/hello.wat").write_bytes(module)
    assert old in manifest, (name, old)
    (directory / "skill.toml").write_text(manifest.replace(old, new))


def prepare(home):
    """The files that the cases name; `hello` is installed, `notes` asks for storage, `spin` and others are modules."""
    home.ok("init", "hello", "--lang", "wat", "--publisher", "acme")
    manifest = Path(home.file("hello/skill.toml")).read_text()
    storage = '\n[[capabilities.storage]]\nprefix = "notes/"\n'
    for name, old, new in [
        ("example", 'echo = { text = "hello" }', 'echo = { text = "bye" }'),
        ("newer", 'version = "0.1.0"', 'version = "0.2.0"'),
        ("elsewhere", "Answers with its own arguments.", "Other content of the same version."),
    ]:
        edited(home, name, manifest, old, new)
    edited(home, "notes", manifest.replace("acme.hello", "acme.notes") + storage, "acme.notes", "acme.notes")
    edited(home, "thief", manifest.replace('id = "acme.hello"', 'id = "acme.thief"', 1), "acme.thief", "acme.thief")
    for name, (old, new) in MANIFESTS.items():
        edited(home, name, manifest if old else manifest + new, old, new if old else "")
    for name, old, new in [
        ("approval", 'name = "Echo"', 'name = "Echo"\nrisk.requires_approval = true'),
        ("future", 'name = "hello"', 'name = "hello"\ncompat.required_protocol_major = 1\n'
                                       'compat.min_palyra_version = "99.0.0"'),
        ("dev1", 'version = "0.1.0"', 'version = "0.3.0-dev.1"'),
        ("dev2", 'version = "0.1.0"\nname = "hello"', 'version = "0.3.0-dev.1"\nname = "hello again"'),
    ]:
        whole = manifest.replace("acme.hello", "acme.draft") if name.startswith("dev") else manifest
        edited(home, name, whole, old, new)
    for file in vectors().values():
        home.file(file.name, file.read_bytes())
    for name, key, more in [
        ("hello", AUTHOR, []), ("elsewhere", AUTHOR, []), ("newer", AUTHOR, []), ("notes", AUTHOR, []),
        ("thief", AUTHOR, []), ("forged", OTHER, []), ("dev1", AUTHOR, []), ("dev2", AUTHOR, []),
        ("expired", AUTHOR, ["--not-after", "1767225601"]),
    ]:
        directory = "hello" if name in ("forged", "expired") else name
        home.ok(*BUILD, directory, "--signing-key-stdin", "-o", f"{name}.palyra-skill", *more, stdin=key,
                SOURCE_DATE_EPOCH="1767225600")
    for name in ("link", "unnamed"):
        edited(home, name, manifest, "acme", "acme")
    os.symlink("/etc/hostname", home.file("link/modules/link.wasm"))
    os.rename(home.file("unnamed/modules/hello.wat"), home.file("unnamed/modules/hello.txt"))
    home.file("empty/skill.toml", manifest)
    home.file("failing/skill.toml", manifest)
    script = Path(home.file("failing/build.sh", "#!/bin/sh\nexit 3\n"))
    script.chmod(0o755)
    os.mkdir(home.file("nothing"))
    home.file("latin1", b"caf\xe9\n")
    home.file("no-passphrase", "")
    home.file("passphrase", "correct horse\n")
    home.file("wrong-passphrase", "battery staple\n")
    home.file("garbage", "no such thing\n")
    with open(home.file("huge"), "wb") as huge:
        huge.truncate(80 << 20)
    for key in "abc":
        home.ok("skills", "package", "keygen", "-o", f"{key}.palyra-key", "--no-passphrase")
    home.ok("skills", "package", "keygen", "-o", "locked.palyra-key", "--passphrase-file", "passphrase")
    for name, text in {
        "unknown": "[limits]\nfuel = 1\n", "type": '[limits]\nfuel_budget = "many"\n', "syntax": "limits = [\n",
        "twice": "a = 1\na = 1\n", "date": "a = 2026-01-01\n", "number": "a = inf\n", "deep": f"a = {DEEP}\n",
    }.items():
        home.file(f"{name}.toml", text)
    home.file("latin1.toml", b'a = "caf\xe9"\n')
    with open(home.file("huge.toml"), "w", encoding="ascii") as huge:
        huge.write("# far too much\n" * 200_000)
    home.file("duplicate.json", '{"a":1,"a":1}')
    home.file("number.json", '{"a":1e999}')
    home.file("deep.json", '{"a":' + DEEP + "}")
    home.file("list.json", "[1]")
    keys = []
    for name in ("hello", "forged"):
        verdict = home.run("skills", "package", "verify", f"{name}.palyra-skill", "--json").document()
        keys.append(verdict["signers"][0]["public_key"])
    home.file("two.json", json.dumps({"format": "palyra/trust/1",
                                      "publishers": {"acme": {"keys": sorted(keys), "threshold": 2}}}))
    for name, text in {
        "spin": '(func (export "run") (result i32) (loop (br 0)) (i32.const 0))',
        "trap": '(func (export "run") (result i32) unreachable)',
        "recursion": '(func $f (export "run") (result i32) (call $f))',
        "typed": '(func (export "run") (param i64))',
        "entry": '(func (export "other") (result i32) (i32.const 0))',
        "import": '(import "env" "system" (func)) (func (export "run") (result i32) (i32.const 0))',
        "mistyped": '(import "palyra:skill/call@1.0.0" "input-length" (func)) (memory (export "memory") 1)'
                    '(func (export "run") (result i32) (i32.const 0))',
        "large": '(memory 60000) (func (export "run") (result i32) (i32.const 0))',
        "tables": '(table 9000000 funcref) (func (export "run") (result i32) (i32.const 0))',
        "hidden": '(import "palyra:skill/call@1.0.0" "input-read" (func (param i32 i32 i32) (result i32)))'
                  '(memory 1) (func (export "run") (result i32) (i32.const 0))',
        "threads": '(memory 1 1 shared) (func (export "run") (result i32) (i32.const 0))',
    }.items():
        home.file(f"{name}.wat", f"(module {text})")
    home.file("component.wat", "(component)")
    home.file("broken.wat", "(module (func")
    home.file("broken.wasm", b"\0asm\1\0\0\0\xff\xff\xff")


def module(name, *more):
    return ["run", "--module", f"{name}.wat", *more]


def config(name):
    return ["config", "show"], b"", {"PALYRA_CONFIG": f"{name}.toml"}


def damage_objects(home):
    for path in (home.state / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"something else")


def rotation(code, old, new, signers, *more):
    """Makes a statement that the keys of `beta` become others, and applies it."""
    file = f"{code.partition('.')[2]}.palyra-rotation"
    signing = [argument for key in signers for argument in ("--signing-key", f"{key}.palyra-key")]
    make = ["trust", "rotate", "beta", "--old-key", f"{old}.palyra-key", "--new-key", f"{new}.palyra-key", *signing,
            "-o", file, *more]
    return [(None, make), (code if code != "trust.first" else None,
                           ["trust", "rotate", "--apply", file, "--yes"], b"", ALLOW)]


def rotations():
    return [
        ("trust.rotation_shape", ["trust", "rotate", "--apply", "garbage", "--yes"], b"", ALLOW),
        *rotation("trust.rotation_new_threshold", "a", "b", "a"),
        *rotation("trust.rotation_old_threshold", "a", "b", "b"),
        *rotation("trust.rotation_old_keys", "c", "b", "cb"),
        *rotation("trust.rotation_not_before", "a", "b", "ab", "--not-before", "+7d"),
        *rotation("trust.rotation_gap", "a", "b", "ab", "--sequence", "5"),
        *rotation("trust.first", "a", "b", "ab"),
        ("trust.rotation_replay", ["trust", "rotate", "--apply", "first.palyra-rotation", "--yes"], b"", ALLOW),
        *rotation("trust.rotation_retired_key", "b", "a", "ab"),
    ]


def revocation(code, version, skill, signer):
    """Makes a list of `beta`, and applies it."""
    file = f"{code.partition('.')[2]}.palyra-revocations"
    make = ["trust", "revoke", "--issuer", "beta", "--list-version", version, "--expires", "+90d", "--skill", skill,
            "--signing-key", f"{signer}.palyra-key", "-o", file]
    return [(None, make), (code if code != "trust.second" else None, ["trust", "revoke", "--apply", file])]


def revocations():
    return [
        ("trust.revocation_shape", ["trust", "revoke", "--apply", "garbage"]),
        *revocation("trust.revocation_threshold", "1", "beta.tool", "c"),
        *revocation("trust.second", "2", "beta.tool", "b"),
        *revocation("trust.revocation_older", "1", "beta.tool", "b"),
        (None, ["trust", "revoke", "--skill", "acme.notes", "--yes"], b"", ALLOW),
        ("trust.revoked", ["skills", "verify", "acme.notes"]),
    ]


# Code, arguments, standard input, environment, what is done to the installation before it; in order. A code
# of None: it only prepares for the next one.
CASES = [
    *((code, ["skills", "package", "verify", file.name]) for code, file in sorted(vectors().items())),
    *((f"manifest.{reason}", [*BUILD, reason, *KEY], AUTHOR) for reason in MANIFESTS),
    ("cli.no_home", ["trust", "list"], b"", {"HOME": "", "PALYRA_STATE_ROOT": ""}),
    ("cli.input_not_utf8", ["run", "acme.hello.echo", "--input-file", "text=latin1"]),
    ("cli.input_not_an_object", ["run", "acme.hello.echo", "--input", "[1]", "--input-file", "text=garbage"]),
    ("cli.passphrase_empty", ["skills", "package", "keygen", "-o", "k", "--passphrase-file", "no-passphrase"]),
    ("config.unknown_key", *config("unknown")),
    ("config.wrong_type", *config("type")),
    ("toml.syntax", *config("syntax")),
    ("toml.duplicate_key", *config("twice")),
    ("toml.date", *config("date")),
    ("toml.number", *config("number")),
    ("toml.too_deep", *config("deep")),
    ("toml.not_utf8", *config("latin1")),
    ("json.syntax", ["run", "acme.hello.echo", "--input", "{", "--input-file", "text=garbage"]),
    ("json.not_utf8", ["run", "acme.hello.echo", "--input", "@latin1", "--input-file", "text=garbage"]),
    ("json.duplicate_key", ["run", "acme.hello.echo", "--input", "@duplicate.json", "--input-file", "text=garbage"]),
    ("json.number_out_of_range", ["run", "acme.hello.echo", "--input", "@number.json", "--input-file", "text=garbage"]),
    ("json.too_deep", ["run", "acme.hello.echo", "--input", "@deep.json", "--input-file", "text=garbage"]),
    ("io.not_a_regular_file", ["skills", "package", "verify", "hello"]),
    ("io.too_large", ["skills", "package", "verify", "huge"]),
    ("io.already_exists", ["skills", "package", "keygen", "-o", "garbage", "--no-passphrase"]),
    ("key.malformed", [*BUILD, "hello", "--signing-key", "garbage", "-o", "out.palyra-skill"]),
    ("key.passphrase_needed", [*BUILD, "hello", "--signing-key", "locked.palyra-key", "-o", "out.palyra-skill"]),
    ("key.passphrase_wrong", [*BUILD, "hello", "--signing-key", "locked.palyra-key", "--passphrase-file",
                              "wrong-passphrase", "-o", "out.palyra-skill"]),
    ("package.not_a_file", [*BUILD, "link", *KEY], AUTHOR),
    ("package.no_module", [*BUILD, "empty", *KEY], AUTHOR),
    ("package.module_name", [*BUILD, "unnamed", *KEY], AUTHOR),
    ("package.example_failed", [*BUILD, "example", *KEY], AUTHOR),
    ("package.init_name", ["init", "x", "--publisher", "Not a name"]),
    ("package.build_failed", ["run", "--skill", "failing", "acme.hello.echo"]),
    ("run.needs_approval", ["run", "--skill", "approval", "acme.hello.echo"]),
    ("run.incompatible_host", ["run", "--skill", "future", "acme.hello.echo"]),
    ("run.trapped", module("trap")),
    ("run.stack_exhausted", module("recursion")),
    ("run.timed_out", module("spin", "--timeout", "2000", "--fuel", "1000000000000")),
    ("run.invalid_wat", module("broken")),
    ("admission.invalid_module", ["run", "--module", "broken.wasm"]),
    ("admission.component", module("component")),
    ("admission.feature_disabled", module("threads")),
    ("admission.no_export", module("entry")),
    ("admission.export_type", module("typed")),
    ("admission.unknown_import", module("import")),
    ("admission.import_type", module("mistyped")),
    ("admission.memory_quota", module("large")),
    ("admission.table_limit", module("tables")),
    ("admission.memory_not_exported", module("hidden")),
    (None, ["trust", "init"]),
    ("package.nothing_found", ["skills", "install", "nothing"]),
    ("trust.arguments", ["skills", "package", "verify", "garbage", "--trust-store", "garbage", "--trusted-publisher",
                         "acme={author}"]),
    ("trust.publisher_invalid", ["trust", "add", "Acme!", "--key", "{author}"]),
    ("trust.threshold_not_met", ["skills", "package", "verify", "hello.palyra-skill", "--trust-store", "two.json"]),
    ("trust.store_malformed", ["skills", "package", "verify", "hello.palyra-skill", "--trust-store", "list.json"]),
    ("trust.untrusted", ["skills", "install", "hello.palyra-skill", "--promote", "--yes"], b"", ALLOW),
    (None, ["trust", "add", "acme", "--key", "{author}"]),
    (None, ["skills", "install", "hello.palyra-skill"]),
    ("cli.skill_selector", ["skills", "show", "Hello!"]),
    ("secret.vault_missing", ["secrets", "remove", "global/key", *PASSPHRASE]),
    ("secret.name", ["secrets", "set", "key"], b"a value of some length"),
    ("secret.too_short", ["secrets", "set", "global/pin", *PASSPHRASE], b"1234"),
    ("secret.too_long", ["secrets", "set", "global/key", *PASSPHRASE], b"x" * 8193),
    ("secret.characters", ["secrets", "set", "global/key", *PASSPHRASE], b"two lines\nof some length"),
    ("secret.passphrase_needed", ["secrets", "set", "global/key"], b"a value of some length"),
    (None, ["secrets", "set", "global/key", *PASSPHRASE], b"a value of some length"),
    ("secret.not_found", ["secrets", "remove", "global/other", *PASSPHRASE]),
    ("secret.passphrase_wrong", ["secrets", "remove", "global/key", "--passphrase-file", "wrong-passphrase"]),
    ("secret.vault_damaged", ["secrets", "list"], b"", {}, lambda home: (home.state / "vault").write_bytes(b"nothing")),
    (None, ["trust", "list"], b"", {}, lambda home: (home.state / "vault").unlink()),
    ("policy.noninteractive_promote", ["skills", "promote", "acme.hello", "--yes"]),
    (None, ["skills", "promote", "acme.hello", "--yes"], b"", ALLOW),
    ("schema.does_not_conform", ["run", "acme.hello.echo", "--input", '{"text":5}']),
    ("run.input_too_large", ["run", "acme.hello.echo", "--input", '{"text":"hi"}'], b"",
     {"PALYRA_CEILINGS__INPUT_BYTES": "4"}),
    ("schema.duplicate_key", ["run", "acme.hello.echo", "--input", "@duplicate.json"]),
    ("schema.not_utf8", ["run", "acme.hello.echo", "--input", "@latin1"]),
    ("schema.number_out_of_range", ["run", "acme.hello.echo", "--input", "@number.json"]),
    ("schema.too_deep", ["run", "acme.hello.echo", "--input", "@deep.json"]),
    ("run.tool_failed", ["run", "acme.hello.echo"], b"", {"PALYRA_CEILINGS__OUTPUT_BYTES": "2"}),
    ("trust.equivocation", ["skills", "install", "elsewhere.palyra-skill"]),
    ("trust.key_mismatch", ["skills", "install", "forged.palyra-skill"]),
    ("trust.expired", ["skills", "install", "expired.palyra-skill"]),
    (None, ["skills", "install", "notes.palyra-skill"]),
    ("policy.unknown_capability", ["skills", "promote", "acme.notes", "--only", "other/", "--dry-run"]),
    ("state.tool_conflict", ["skills", "install", "thief.palyra-skill", "--promote", "--yes"], b"", ALLOW),
    (None, ["skills", "install", "newer.palyra-skill", "--promote", "--yes"], b"", ALLOW),
    ("trust.rollback", ["skills", "promote", "acme.hello@0.1.0", "--yes"], b"", ALLOW),
    (None, ["skills", "install", "dev1.palyra-skill"]),
    (None, ["skills", "install", "dev2.palyra-skill"]),
    ("cli.skill_ambiguous", ["skills", "show", "acme.draft"]),
    ("key.argument", ["trust", "add", "other", "--key", "not-a-key"]),
    ("key.fingerprint_unknown", ["trust", "revoke", "--fingerprint", "ed25519:" + "00" * 32, "--yes"], b"", ALLOW),
    ("policy.allow_address", ["skills", "promote", "acme.notes", "--allow-address", "nowhere", "--dry-run"]),
    ("channel.invalid", ["channel", "send", "No Name", "text"]),
    ("storage.damaged", ["storage", "list"], b"", {}, lambda home: (home.state / "storage.db").write_bytes(b"nothing")),
    (None, ["trust", "list"], b"", {}, lambda home: (home.state / "storage.db").unlink()),
    ("policy.map_root", ["skills", "promote", "acme.notes", "--map-root", "nowhere=/tmp", "--dry-run"]),
    ("policy.audit_policy_malformed", ["skills", "audit", "acme.notes", "--policy", "unknown.toml"]),
    ("state.not_disabled", ["skills", "enable", "acme.hello"]),
    ("state.not_active", ["skills", "disable", "acme.notes"]),
    (None, ["trust", "add", "beta", "--key", "a.palyra-key"]),
    *rotations(),
    *revocations(),
    ("state.object_damaged", ["run", "acme.hello.echo"], b"", {}, damage_objects),
    ("state.object_missing", ["run", "acme.hello.echo"], b"", {}, lambda home: shutil.rmtree(home.state / "objects")),
    ("state.run_log_broken", ["audit", "verify"], b"", {}, lambda home: shutil.rmtree(home.state / "runs")),
    ("state.not_private", ["trust", "list"], b"", {}, lambda home: home.state.chmod(0o777)),
    (None, ["trust", "list"], b"", {}, lambda home: home.state.chmod(0o700)),
    ("trust.store_damaged", ["trust", "list"], b"", {}, lambda home: (home.state / "trust.db").write_bytes(b"nothing")),
]

# Codes that no golden file shows, by the reason.
NOT_HERE = {
    "our tools refuse to make such a file, and the vectors have none": """
        signature_shape.key_id signature.length trust.publisher_conflict manifest.depth manifest.integrity
        manifest.capability_conflict sbom.missing sbom.size sbom.depth sbom.not_object sbom.component
        sbom.component_duplicate sbom.hash_count provenance.missing provenance.size provenance.depth provenance.not_json
        provenance.duplicate_key provenance.predicate_type provenance.module_missing key.public_mismatch
        policy.wildcard package.legacy""",
    "shown under the code of the layer above: a schema is manifest.schema, a module is admission's": """
        schema.not_a_schema schema.invalid_schema schema.unresolved_ref schema.reference_loop schema.foreign_schema
        schema.foreign_ref schema.inner_id schema.chain_too_long schema.too_many_subschemas schema.too_complex
        run.invalid_module run.component run.feature_disabled run.module_over_cap run.unknown_import run.import_type
        run.no_entry run.entry_type admission.memories""",
    "another limit is met first": """
        admission.over_cap admission.too_costly schema.too_large schema.too_many_values schema.too_costly json.too_large
        state.never_promoted policy.capability_malformed toml.too_large run.wat_too_large run.output_too_large policy.too_many_grants
        policy.conflicting_grants channel.message_too_large""",
    "needs another machine, user, process or moment": """
        signature.unsafe_library key.derivation state.code_cache_key state.schema_newer state.permission_denied
        state.busy state.unavailable state.sqlite state.changed state.quarantine_full state.audit_broken
        policy.audit_not_run
        policy.update_needs_person run.stopped run.cancelled run.no_randomness
        run.worker_missing run.worker_mismatch run.worker_failed run.compile_limit run.compile_timed_out
        run.compile_cancelled run.engine_too_old run.engine_failed run.ambiguous schema.internal io.permission_denied
        io.failed""",
    "statements for another day or another's publisher; tests/vectors/trust has them": """
        trust.rotation_chain trust.rotation_fork trust.revocation_limit trust.revocation_scope
        trust.revocations_stale""",
    "needs an older file, or a thousand values; vault_test.cc has them": "secret.vault_rolled_back secret.too_many",
    "stands in run records alone; tests/e2e/denials.py has them": """
        channel.not_granted channel.too_many_hops files.not_granted handle.not_opened secret.in_output
        secret.not_granted secret.struck_out storage.not_granted""",
    "only a guest sees what became of its files; skill_files_test.cc has them": """
        files.denied files.disk_full files.exists files.invalid files.is_a_directory files.not_a_directory
        files.not_empty files.not_found files.over_quota files.read_only files.unavailable""",
    "needs a server, or a thousand messages; http_egress_test.cc and channels_test.cc have them": """
        http.address_refused http.cancelled http.connect_failed http.header_refused http.name_unresolved
        http.not_granted http.reply_broken http.reply_too_large http.reply_too_slow http.secret_unusable http.timed_out
        http.tls_failed http.unusable channel.mailbox_full storage.disk_full""",
    "needs a person at a terminal": "cli.not_confirmed cli.passphrases_differ",
    "for other callers than the command, which has no way around the person": "policy.recovery_needs_person",
    "needs a tool that goes wrong in its own way; execute_module_test.cc has them": """
        run.memory_exhausted run.table_exhausted run.instances_exhausted run.capability_denied run.output_invalid
        run.arguments""",
}


def check_complete(texts):
    """Every documented code is shown, or has a reason not to be."""
    documented = set(re.findall(r"^\| `([a-z0-9_.]+)` \|", (TESTS.parent / "docs/error-codes.md").read_text(), re.M))
    shown = {code for text in texts for code in re.findall(r"\[([a-z0-9_]+\.[a-z0-9_]+)\]", text)}
    excused = {code for codes in NOT_HERE.values() for code in codes.split()}
    return [f"no golden file shows {code}: add a case to errors.py, or a reason" for code in
            sorted(documented - shown - excused)] + [
            f"{code} has a reason not to be shown, and is shown or unknown" for code in
            sorted((excused & shown) | (excused - documented))]


def play(player):
    """Gives the golden texts, by file name without its ending, and what went otherwise than it should."""
    texts, problems = {}, []
    for code, arguments, *more in CASES:
        if len(more) == 3:
            more.pop()(player.home)
        result, text = player.played(arguments, *more)
        if code is None:
            if result.status != 0:
                problems.append(f"{arguments}: {result}")
            continue
        if player.style == "json" and (not result.err.strip() or result.error()["code"] != code):
            problems.append(f"{arguments} should raise {code}: {result}")
        head, _, rest = text.partition("--- out\n")
        texts.setdefault(f"errors_{code.partition('.')[0]}", []).append(head + rest.partition("--- err\n")[2])
    return {name: "\n".join(blocks) for name, blocks in texts.items()}, problems
