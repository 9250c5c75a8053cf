#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Artifacts of format 1, made independently of Palyra: from the description of the format and RFC 8032 alone.

usage: make.py            write the samples and index.json beside this file
       make.py --check    exit 1 unless they are what would be written (same bytes with the same zlib)
"""

import base64
import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
NOW = 1800000000

# --- Ed25519, RFC 8032 5.1, plainly and slowly ---------------------------------------------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    x1, y1 = a
    x2, y2 = b
    k = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, P - 2, P) % P)


def times(n, point):
    result = (0, 1)
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def base_point():
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (P - x if x % 2 else x, y)


BASE = base_point()


def encode(point):
    return (point[1] | (point[0] % 2) << 255).to_bytes(32, "little")


def expand(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & ~7 & ~(1 << 255) | 1 << 254
    return scalar, digest[32:]


def public_key(seed):
    return encode(times(expand(seed)[0], BASE))


def sign(seed, message):
    scalar, prefix = expand(seed)
    public = encode(times(scalar, BASE))
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    point = encode(times(r, BASE))
    k = int.from_bytes(hashlib.sha512(point + public + message).digest(), "little") % L
    return point + ((r + k * scalar) % L).to_bytes(32, "little")


assert public_key(bytes(32)).hex() == "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"

# --- the format ----------------------------------------------------------------------------------------------------
KEYS = {name: hashlib.sha256(f"palyra legacy vectors: {name}".encode()).digest() for name in ("author", "other")}
AUTHOR = KEYS["author"]
IDENTITY = encode((0, 1))  # the neutral element: R = A and S = 0 satisfy the equation for every message

# (module (func (export "run") (result i32) (i32.const 42)))
EXIT = bytes.fromhex("0061736d010000000105016000017f030201000707010372756e00000a06010400412a0b")
# reads its input through palyra:skill/call@1.0.0 and writes it as its output
ECHO = bytes.fromhex(
    "0061736d010000000112036000017f60037f7f7f017f60027f7f017f0274031770616c7972613a736b696c6c2f63616c6c40312e302e300c"
    "696e7075742d6c656e67746800001770616c7972613a736b696c6c2f63616c6c40312e302e300a696e7075742d7265616400011770616c79"
    "72613a736b696c6c2f63616c6c40312e302e300c6f75747075742d77726974650002030201000503010002071002066d656d6f7279020003"
    "72756e00030a1301110041001000410010011a4100100010020b")
SBOM = b'{\n  "bomFormat": "CycloneDX",\n  "specVersion": "1.6",\n  "version": 1,\n  "components": []\n}\n'
PROVENANCE = (b'{\n  "builder": {\n    "id": "local-dev"\n  },\n  "subject": [\n    {\n      "name": "module.wasm",\n'
              b'      "digest": {\n        "sha256": "placeholder-generated-at-build"\n      }\n    }\n  ]\n}\n')

MANIFEST_1 = """manifest_version = 1
skill_id = "acme.answer"
name = "Answer"
version = "1.0.0"
publisher = "acme"

[[entrypoints.tools]]
id = "acme.answer"
name = "answer"
description = "Ends with the answer."

[entrypoints.tools.input_schema]
type = "object"

[entrypoints.tools.output_schema]
type = "object"

[capabilities.quotas]
wall_clock_timeout_ms = 2000
fuel_budget = 5000000
max_memory_bytes = 33554432

[compat]
min_protocol_major = 1
min_runtime_version = "0.1.0"
"""
MANIFEST_2 = """manifest_version = 2
skill_id = "acme.echo_older"
name = "Echo"
version = "2.1.0"
publisher = "acme"

[[entrypoints.tools]]
id = "acme.echo_older.echo"
name = "echo"
description = "Answers with its arguments."

[entrypoints.tools.input_schema]
type = "object"

[entrypoints.tools.output_schema]
type = "object"

[capabilities]

[compat]
required_protocol_major = 1
min_palyra_version = "0.1.0"

[operator]
display_name = "Echo"

[operator.plugin]
default_module_path = "modules/wasm/echo.wasm"
"""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def payload_sha256(entries):
    digest = hashlib.sha256(b"palyra.skill.payload.v1")
    for name, data in sorted(entries.items()):
        if name != "signature.json":
            digest.update(len(name).to_bytes(8, "big") + name.encode() + len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def integrity(entries, leave_out=(), wrong=()):
    files = ["", "[integrity]"]
    for name in sorted(entries):
        if name not in leave_out:
            files += ["", "[[integrity.files]]", f'path = "{name}"',
                      f'sha256 = "{sha256(b"other" if name in wrong else entries[name])}"']
    return "\n".join(files) + "\n"


def signature_of(entries, seed=AUTHOR, message=None, publisher="acme"):
    key = public_key(seed)
    payload = payload_sha256(entries)
    return {
        "algorithm": "ed25519-sha256",
        "publisher": publisher,
        "key_id": "ed25519:" + sha256(key)[:16],
        "public_key_base64": base64.b64encode(key).decode(),
        "payload_sha256": payload,
        "signature_base64": base64.b64encode(sign(seed, payload.encode() if message is None else message)).decode(),
        "signed_at_unix_ms": 1700000000123,
    }


def pack(entries, method=zipfile.ZIP_DEFLATED, order=None, directory_mode=0o40755):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in order or sorted(entries):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = (directory_mode if name.endswith("/") else 0o100644) << 16
            stored = method == zipfile.ZIP_STORED or not entries[name] or name.endswith(".txt")
            info.compress_type = zipfile.ZIP_STORED if stored else method
            archive.writestr(info, entries[name])
    return buffer.getvalue()


def payload(manifest=MANIFEST_1, module=("modules/module.wasm", EXIT), more=None, **changes):
    """Everything but signature.json; `integrity` says how the manifest's list differs from what is there."""
    differs = changes.pop("integrity", {})
    entries = {module[0]: module[1], "sbom.cdx.json": SBOM, "provenance.json": PROVENANCE, **(more or {}), **changes}
    listed = "" if differs is None else integrity(entries, **differs)
    return {"skill.toml": (manifest + listed).encode(), **entries}


def artifact(entries, document=None, text=None, **how):
    """Signed by the author, unless `document` or `text` stand for his signature.json."""
    text = json.dumps(document or signature_of(entries), indent=2) if text is None else text
    return pack({**entries, "signature.json": text.encode()}, **how)


def changed(**values):
    entries = payload()
    document = {**signature_of(entries), **values}
    return artifact(entries, {key: value for key, value in document.items() if value is not None})


ROWS = []


def row(name, data, code=None, keys=("author",), threshold=1, decision="allowlisted"):
    ROWS.append(({"file": f"{'x' if code else 'v'}{len(ROWS) + 1:02}-{name}.palyra-skill", "code": code,
                  "sha256": sha256(data), "trust": {"keys": list(keys), "threshold": threshold, "decision": decision}}, data))


def good():
    row("exit-code", artifact(payload()))
    row("echo-two-levels", artifact(payload(MANIFEST_2, ("modules/wasm/echo.wasm", ECHO),
                                            {"assets/prompt.txt": b"Say it again.\n", "assets/empty.json": b""})))
    row("stored", artifact(payload(), method=zipfile.ZIP_STORED))
    entries = payload()
    row("document-layout", artifact(entries, text=json.dumps(dict(reversed(signature_of(entries).items())))))
    listed = {"type": "file", "name": "modules/module.wasm", "hashes": [{"alg": "SHA-256", "content": sha256(EXIT)}]}
    sbom = {**json.loads(SBOM), "components": [listed, {"type": "library", "name": "compiler-rt"}]}
    row("sbom-lists-the-module", artifact(payload(**{"sbom.cdx.json": json.dumps(sbom).encode()})))
    order = ["signature.json", "skill.toml", "sbom.cdx.json", "provenance.json", "modules/module.wasm"]
    row("any-order", artifact(payload(), order=order))
    row("first-use", artifact(payload()), keys=(), decision="first_use")


def container():
    entries = payload(more={"assets/": b""}, integrity={"leave_out": ("assets/",)})
    row("directory-entry", artifact(entries), "container.c4")
    row("directory-entry-of-no-mode", artifact(entries, directory_mode=0o100644), "container.c7")
    row("name-with-a-space", artifact(payload(more={"assets/read me.txt": b"x"})), "container.c7")
    row("names-equal-but-for-case", artifact(payload(more={"assets/A.txt": b"x", "assets/a.txt": b"y"})), "container.c7")
    row("name-not-ascii", artifact(payload(more={"assets/caf\u00e9.txt": b"x"})), "container.c7")
    entries = payload()
    del entries["provenance.json"]
    row("no-provenance", artifact(entries), "container.c8")
    data = bytearray(artifact(payload()))
    data[-22 - 1:-22] = b""  # one byte of the directory
    row("directory-cut", bytes(data), "container.c2")


def document():
    row("unknown-key", changed(not_after=1900000000), "signature_shape.unknown_key")
    row("missing-key", changed(signed_at_unix_ms=None), "signature_shape.missing_key")
    row("algorithm", changed(algorithm="ed25519"), "signature_shape.algorithm_unknown")
    row("publisher-syntax", changed(publisher="Acme"), "signature_shape.publisher_syntax")
    row("key-id", changed(key_id="ed25519:0000000000000000"), "signature_shape.key_id")
    key = public_key(AUTHOR)
    row("key-id-whole", changed(key_id="ed25519:" + sha256(key)), "signature_shape.key_id")
    row("key-length", changed(public_key_base64=base64.b64encode(key[:31]).decode()), "signature_shape.public_key_length")
    row("key-hex", changed(public_key_base64=key.hex()), "signature_shape.public_key_length")
    row("base64-padding", changed(public_key_base64=base64.b64encode(key).decode().rstrip("=")), "signature_shape.base64")
    row("signature-length", changed(signature_base64=""), "signature_shape.signature_length")
    row("digest-upper-case", changed(payload_sha256=payload_sha256(payload()).upper()), "signature_shape.hex_syntax")
    row("time-negative", changed(signed_at_unix_ms=-1), "signature_shape.integer_range")
    row("time-2-53", changed(signed_at_unix_ms=2**53), "signature_shape.integer_range")
    row("time-text", changed(signed_at_unix_ms="1700000000123"), "signature_shape.wrong_type")
    entries = payload()
    text = json.dumps(signature_of(entries))
    row("duplicate-key", artifact(entries, text=text[:-1] + ', "publisher": "acme"}'), "signature_shape.duplicate_key")
    row("size", artifact(entries, text=text + " " * 8192), "signature_shape.size")
    row("not-json", artifact(entries, text=text[:-1]), "signature_shape.not_json")


def signature():
    entries = payload()
    signed = signature_of(entries)
    flipped = {**entries, "modules/module.wasm": EXIT[:-2] + b"\x2b\x0b"}
    row("other-module", artifact(flipped, signed), "content_root.content_root_mismatch")
    renamed = payload(more={"assets/a.txt": b"x"})
    signed_names = signature_of(renamed)
    renamed["assets/b.txt"] = renamed.pop("assets/a.txt")
    row("entry-renamed", artifact(renamed, signed_names), "content_root.content_root_mismatch")
    row("entry-added", artifact({**entries, "assets/a.txt": b"x"}, signed), "content_root.content_root_mismatch")
    row("payload-digest", changed(payload_sha256="0" * 64), "content_root.content_root_mismatch")
    other = signature_of(entries, KEYS["other"])
    row("other-keys-signature", changed(signature_base64=other["signature_base64"]), "signature.equation_cofactorless")
    raw = bytes.fromhex(signed["payload_sha256"])
    row("digest-signed-raw", artifact(entries, signature_of(entries, message=raw)), "signature.equation_cofactorless")
    upper = signed["payload_sha256"].upper().encode()
    row("digest-signed-upper-case", artifact(entries, signature_of(entries, message=upper)),
        "signature.equation_cofactorless")
    neutral = base64.b64encode(IDENTITY).decode()
    forged = {"public_key_base64": neutral, "key_id": "ed25519:" + sha256(IDENTITY)[:16],
              "signature_base64": base64.b64encode(IDENTITY + bytes(32)).decode()}
    row("key-of-small-order", changed(**forged), "signature.a_not_small_order")
    point_and_scalar = base64.b64decode(signed["signature_base64"])
    scalar = int.from_bytes(point_and_scalar[32:], "little") + L
    malleable = base64.b64encode(point_and_scalar[:32] + scalar.to_bytes(32, "little")).decode()
    row("s-plus-l", changed(signature_base64=malleable), "signature.s_canonical")


def manifest():
    row("integrity-misses-a-file", artifact(payload(integrity={"leave_out": ("provenance.json",)})), "manifest.integrity")
    row("integrity-absent", artifact(payload(integrity=None)), "manifest.integrity")
    row("integrity-other-digest", artifact(payload(integrity={"wrong": ("modules/module.wasm",)})), "manifest.integrity")
    more = MANIFEST_1 + '\n[[integrity.files]]\npath = "assets/none.txt"\nsha256 = "' + "0" * 64 + '"\n'
    row("integrity-names-too-much", artifact(payload(more, integrity=None)), "manifest.integrity")
    version_3 = MANIFEST_1.replace("manifest_version = 1", "manifest_version = 3")
    row("manifest-version-3", artifact(payload(version_3)), "manifest.integer_range")
    entries = payload()
    row("other-publisher", artifact(entries, signature_of(entries, publisher="evil")), "manifest.publisher_mismatch")
    row("unknown-manifest-key", artifact(payload("reviewed = true\n" + MANIFEST_1)), "manifest.unknown_key")


def trust():
    row("key-mismatch", artifact(payload()), "trust.key_mismatch", keys=("other",), decision="key_mismatch")
    row("two-of-two", artifact(payload()), "trust.threshold_not_met", keys=("author", "other"), threshold=2,
        decision="threshold_not_met")


def documents():
    def with_documents(**changes):
        names = {"sbom": "sbom.cdx.json", "provenance": "provenance.json"}
        return artifact(payload(**{names[key]: value.encode() for key, value in changes.items()}))
    row("sbom-not-cyclonedx", with_documents(sbom='{"specVersion": "1.6"}'), "sbom.bom_format")
    listed = {"type": "file", "name": "modules/module.wasm", "hashes": [{"alg": "SHA-256", "content": "0" * 64}]}
    sbom = {**json.loads(SBOM), "components": [listed]}
    row("sbom-other-digest", with_documents(sbom=json.dumps(sbom)), "sbom.digest_mismatch")
    statement = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1",
                 "subject": [{"name": "modules/module.wasm", "digest": {"sha256": sha256(EXIT)}}],
                 "predicate": {"buildDefinition": {"buildType": "x"}, "runDetails": {"builder": {"id": "y"}}}}
    row("provenance-of-format-2", with_documents(provenance=json.dumps(statement)), "provenance.predicate")
    row("provenance-no-subject", with_documents(provenance='{"builder": {}, "subject": []}'), "provenance.subject")


def main():
    for group in (good, container, document, signature, manifest, trust, documents):
        group()
    index = {
        "notes": ["code: null when the artifact is good; otherwise the error of the first stage that refuses it.",
                  "trust: the whole trust store to verify with (publisher acme, source operator), and the decision.",
                  "keys: of tests. Their seeds are public: trust none of them."],
        "now": NOW,
        "keys": {name: {"seed": seed.hex(), "public_key": public_key(seed).hex()} for name, seed in KEYS.items()},
        "samples": [entry for entry, _ in ROWS],
    }
    files = {entry["file"]: data for entry, data in ROWS}
    files["index.json"] = (json.dumps(index, indent=1) + "\n").encode()
    if "--check" in sys.argv:
        there = {path.name: path.read_bytes() for path in HERE.iterdir() if path.suffix in (".palyra-skill", ".json")}
        sys.exit(0 if there == files else 1)
    for old in HERE.glob("*.palyra-skill"):
        old.unlink()
    for name, data in files.items():
        (HERE / name).write_bytes(data)
    print(f"{len(ROWS)} samples, {sum(map(len, files.values()))} bytes")


if __name__ == "__main__":
    main()
