#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the vectors of docs/formats/key-rotation.md and docs/formats/revocation-list.md, from those pages alone.

Needs the Python package `cryptography`. Usage: make.py (writes beside itself).
"""
import base64
import hashlib
import json
import pathlib
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).resolve().parent
CREATED = 1795305600
NOW = 1800000000


class Key:
    def __init__(self, name):
        self.seed = hashlib.sha256(b"palyra trust vector key " + name.encode()).digest()
        self._key = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message):
        return self._key.sign(message)


KEYS = {name: Key(name) for name in "ABCDEFGHIJKLMNOPQR"}


def b64(data):
    return base64.b64encode(data).decode()


def keys(names):
    return sorted(KEYS[name].public for name in names)


def number(value, width=8):
    return value.to_bytes(width, "big")


def fields(context, values):
    out = context + b"\0" + struct.pack(">I", len(values))
    for tag, value in enumerate(values, 1):
        out += struct.pack(">HI", tag, len(value)) + value
    return out


def signatures(message, names):
    return sorted(({"algorithm": "ed25519", "public_key": b64(KEYS[n].public), "signature": b64(KEYS[n].sign(message))}
                   for n in names), key=lambda s: base64.b64decode(s["public_key"]))


def line(value):
    """One element: an object on one line, or a string."""
    if isinstance(value, str):
        return "    " + json.dumps(value)
    return "    { " + ", ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()) + " }"


def layout(document):
    parts = []
    for name, value in document.items():
        if isinstance(value, list):
            text = "[\n" + ",\n".join(map(line, value)) + "\n  ]" if value else "[]"
        else:
            text = json.dumps(value)
        parts.append(f"  {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def rotation(publisher="acme", sequence=1, old="A", new="B", threshold=1, not_before=0, created=CREATED, signers=None,
             message=None):
    signed = fields(b"palyra/key-rotation/1",
                    [publisher.encode(), number(sequence), b"".join(keys(old)), b"".join(keys(new)),
                     number(threshold, 4), number(not_before), number(created)])
    document = {"format": "palyra/key-rotation/1", "publisher": publisher, "sequence": sequence,
                "old_keys": [b64(k) for k in keys(old)], "new_keys": [b64(k) for k in keys(new)],
                "new_threshold": threshold, "not_before": not_before, "created": created,
                "signatures": signatures(message or signed, signers if signers is not None else old + new)}
    return document, signed


def entry_bytes(entry):
    if "key" in entry:
        kind, value = 1, base64.b64decode(entry["key"])
    elif "content_root" in entry:
        kind, value = 2, bytes.fromhex(entry["content_root"])
    else:
        kind, value = 3, "\0".join([entry["skill_id"], entry["from"], entry["to"]]).encode()
    return struct.pack(">BI", kind, len(value)) + value


def revocation(entries, issuer="acme", version=1, created=CREATED, expires=CREATED + 30 * 86400, signers="A",
               message=None, sort=True):
    entries = sorted(entries, key=entry_bytes) if sort else entries
    signed = fields(b"palyra/revocation/1",
                    [issuer.encode(), number(version), number(created), number(expires),
                     struct.pack(">I", len(entries)) + b"".join(map(entry_bytes, entries))])
    document = {"format": "palyra/revocation/1", "issuer": issuer, "list_version": version, "created": created,
                "expires": expires, "entries": entries, "signatures": signatures(message or signed, signers)}
    return document, signed


def key_entry(name):
    return {"key": b64(KEYS[name].public)}


def root_entry(byte):
    return {"content_root": f"{byte:02x}" * 32}


def versions_entry(skill, first="", last=""):
    return {"skill_id": skill, "from": first, "to": last}


index = []


def store(names="A", threshold=1, sequence=0, retired="", list_version=0, entries=()):
    """What the reader knows of `acme` beforehand."""
    return {"publisher": "acme", "keys": [k.hex() for k in keys(names)], "threshold": threshold, "sequence": sequence,
            "retired": [k.hex() for k in keys(retired)], "list_version": list_version,
            "revoked_keys": [KEYS[n].public.hex() for n in entries]}


def write(name, text, signed=None, code=None, reason=None, given=None, after=None):
    data = text if isinstance(text, bytes) else text.encode()
    (HERE / name).write_bytes(data)
    record = {"file": name, "now": NOW, "store": given or store(), "code": code, "reason": reason}
    if signed is not None:
        record["signed"] = signed.hex()
    if after is not None:
        record["after"] = after
    index.append(record)


def rotations():
    first, signed = rotation()
    write("r001-first.palyra-rotation", layout(first), signed, after=store("B", 1, 1, "A"))
    document, signed = rotation(sequence=2, old="B", new="CD", threshold=2)
    write("r002-second.palyra-rotation", layout(document), signed, given=store("B", 1, 1, "A"),
          after=store("CD", 2, 2, "AB"))
    document, signed = rotation(old="AB", new="BC", signers="ABC")
    write("r003-one-key-stays.palyra-rotation", layout(document), signed, given=store("AB", 2), after=store("BC", 1, 1, "A"))
    document, signed = rotation(sequence=3, old="CD", new="E", signers="CE")
    write("r004-fresh-pin.palyra-rotation", layout(document), signed, given=store("E"), after=store("E", 1, 3, "CD"))
    document, signed = rotation(old="ABCDEFGH", new="IJKLMNOP", threshold=8)
    write("r005-eight-to-eight.palyra-rotation", layout(document), signed, given=store("ABCDEFGH", 8),
          after=store("IJKLMNOP", 8, 1, "ABCDEFGH"))
    document, signed = rotation(old="ABC", new="D", signers="ABD")
    write("r006-two-of-three.palyra-rotation", layout(document), signed, given=store("ABC", 2), after=store("D", 1, 1, "ABC"))

    document, signed = rotation(sequence=3, old="CD", new="E", signers="CE")
    write("r007-met-again.palyra-rotation", layout(document), signed, given=store("E", 1, 1, "A"),
          after=store("E", 1, 3, "ACD"))

    shape = "trust.rotation_shape"
    count = [0]

    def bad(title, text, reason, code=shape, **more):
        count[0] += 1
        write(f"x{count[0]:03}-{title}.palyra-rotation", text, code=code, reason=reason, **more)

    def changed(**values):
        return layout({**first, **values})

    good = layout(first)
    bad("not-json", good[:-2], "not_json")
    bad("trailing", good + "\n", "not_canonical")
    bad("bom", "\ufeff" + good, "not_json")
    bad("duplicate-key", good.replace('  "sequence"', '  "sequence": 1,\n  "sequence"'), "duplicate_key")
    bad("unknown-key", good.replace('  "sequence"', '  "note": 1,\n  "sequence"'), "unknown_key")
    bad("missing-key", good.replace('  "not_before": 0,\n', ""), "missing_key")
    bad("array", "[]\n", "wrong_type")
    bad("format", changed(format="palyra/key-rotation/2"), "format")
    bad("format-type", changed(format=1), "wrong_type")
    bad("publisher", changed(publisher="Acme"), "publisher_syntax")
    bad("sequence-0", changed(sequence=0), "values")
    bad("sequence-range", changed(sequence=2**53), "integer_range")
    bad("sequence-text", changed(sequence="1"), "wrong_type")
    bad("sequence-float", good.replace('"sequence": 1', '"sequence": 1.0'), "wrong_type")
    bad("not-before-negative", changed(not_before=-1), "integer_range")
    bad("created-range", changed(created=2**64), "integer_range")
    bad("threshold-0", changed(new_threshold=0), "values")
    bad("threshold-above", changed(new_threshold=2), "values")
    bad("no-old-keys", changed(old_keys=[]), "values")
    bad("no-new-keys", changed(new_keys=[]), "values")
    bad("nine-keys", changed(new_keys=[b64(k) for k in keys("BCDEFGHIJ")]), "values")
    bad("keys-not-sorted", changed(new_keys=[b64(k) for k in reversed(keys("BC"))]), "values")
    bad("keys-twice", changed(new_keys=[b64(KEYS["B"].public)] * 2), "values")
    bad("keys-object", changed(new_keys={}), "wrong_type")
    bad("key-number", changed(new_keys=[]).replace('"new_keys": []', '"new_keys": [\n    1\n  ]'), "wrong_type")
    bad("key-short", changed(new_keys=[b64(KEYS["B"].public[:31])]), "public_key_length")
    bad("key-base64", changed(new_keys=[b64(KEYS["B"].public)[:-1]]), "base64")
    bad("key-small-order", changed(new_keys=[b64(bytes([1]) + bytes(31))]), "a_not_small_order")
    bad("signature-stranger", changed(signatures=signatures(b"", "ABC")), "values")
    bad("no-signatures", changed(signatures=[]), "signature_count")
    bad("17-signatures", changed(signatures=signatures(b"", "ABCDEFGHIJKLMNOPQ")), "signature_count")
    bad("signers-twice", changed(signatures=first["signatures"][:1] * 2), "signers_duplicate")
    bad("signers-not-sorted", changed(signatures=first["signatures"][::-1]), "signers_not_sorted")
    bad("algorithm", good.replace('"ed25519"', '"ed25519ph"', 1), "algorithm_unknown")
    bad("layout-space", good.replace('"sequence": 1', '"sequence":  1'), "not_canonical")
    bad("layout-crlf", good.replace("\n", "\r\n"), "not_canonical")
    bad("layout-order", layout({**{k: first[k] for k in ("format", "sequence", "publisher")}, **first}), "not_canonical")
    bad("layout-escape", good.replace('"acme"', '"\\u0061cme"'), "not_canonical")
    bad("size", good + " " * (16 * 1024), "size")

    def refused(title, built, code, **more):
        document, signed = built
        count[0] += 1
        write(f"x{count[0]:03}-{title}.palyra-rotation", layout(document), signed, code=code, **more)

    refused("unknown-publisher", rotation(publisher="other"), "trust.publisher_unknown")
    refused("replay", rotation(sequence=1, old="A", new="B"), "trust.rotation_replay", given=store("C", 1, 2, "AB"))
    refused("replay-of-the-last", rotation(), "trust.rotation_replay", given=store("B", 1, 1, "A"))
    refused("fork", rotation(new="C"), "trust.rotation_fork", given=store("B", 1, 1, "A"))
    refused("fork-threshold", rotation(old="A", new="BC", threshold=2), "trust.rotation_fork",
            given=store("BC", 1, 1, "A"))
    refused("gap", rotation(sequence=2), "trust.rotation_gap")
    refused("gap-later", rotation(sequence=5, old="B", new="C"), "trust.rotation_gap", given=store("B", 1, 3, "A"))
    refused("other-old-keys", rotation(old="B", new="C"), "trust.rotation_old_keys")
    refused("too-many-old-keys", rotation(old="AB", new="C"), "trust.rotation_old_keys")
    refused("too-few-old-keys", rotation(old="A", new="C"), "trust.rotation_old_keys", given=store("AB"))
    refused("only-by-old", rotation(signers="A"), "trust.rotation_new_threshold")
    refused("only-by-new", rotation(signers="B"), "trust.rotation_old_threshold")
    refused("old-threshold", rotation(old="AB", new="C", signers="AC"), "trust.rotation_old_threshold",
            given=store("AB", 2))
    refused("new-threshold", rotation(new="BC", threshold=2, signers="AB"), "trust.rotation_new_threshold")
    refused("revoked-old-key", rotation(), "trust.rotation_old_threshold", given=store(list_version=1, entries="A"))
    refused("loop", rotation(sequence=2, old="B", new="A"), "trust.rotation_retired_key", given=store("B", 1, 1, "A"))
    refused("revoked-new-key", rotation(new="BC", signers="AB"), "trust.revoked", given=store(list_version=1, entries="C"))
    refused("too-early", rotation(not_before=NOW + 1), "trust.rotation_not_before")
    refused("fresh-pin-without-old", rotation(sequence=3, old="CD", new="E", signers="E"),
            "trust.rotation_old_threshold", given=store("E"))
    refused("fresh-pin-other-threshold", rotation(sequence=3, old="CD", new="EF", threshold=2),
            "trust.rotation_gap", given=store("EF", 1))
    other = fields(b"palyra/artifact-signature/2", [b"acme"] * 7)
    refused("signature-of-an-artifact", rotation(message=other), "signature.equation_cofactorless")
    document, _ = rotation()
    _, later = rotation(created=CREATED + 1)
    document["signatures"] = signatures(later, "AB")
    refused("signature-of-another", (document, later), "signature.equation_cofactorless")
    index[-1].pop("signed")
    refused("fresh-pin-one-key-for-both", rotation(sequence=3, old="DE", new="E", signers="E"),
            "trust.rotation_old_threshold", given=store("E"))
    refused("changes-nothing", rotation(old="A", new="A", signers="A"), "trust.rotation_old_threshold")
    refused("fresh-pin-far-away", rotation(sequence=1_000_001), "trust.rotation_gap", given=store("B"))


def revocations():
    entries = [key_entry("A"), root_entry(0x11), root_entry(0x22), versions_entry("acme.weather", "1.0.0", "1.4.2"),
               versions_entry("acme.mail", "", "2.0.0-rc.1"), versions_entry("acme.old")]
    first, signed = revocation(entries)
    write("l001-every-kind.palyra-revocations", layout(first), signed, after=store(list_version=1, entries="A"))
    document, signed = revocation([], version=2)
    write("l002-empty.palyra-revocations", layout(document), signed, given=store(list_version=1),
          after=store(list_version=2))
    document, signed = revocation([key_entry("B")], version=7, signers="AC")
    write("l003-two-signers.palyra-revocations", layout(document), signed, given=store("AC", 2, 1, "B"),
          after=store("AC", 2, 1, "B", 7, "B"))
    document, signed = revocation([key_entry("B")], version=3)
    write("l004-again.palyra-revocations", layout(document), signed, given=store("AB", list_version=3, entries="B"),
          after=store("AB", list_version=3, entries="B"))
    document, signed = revocation([key_entry("B")])
    write("l005-unknown-key.palyra-revocations", layout(document), signed, after=store(list_version=1, entries="B"))

    shape = "trust.revocation_shape"
    count = [0]

    def bad(title, text, reason, **more):
        count[0] += 1
        write(f"y{count[0]:03}-{title}.palyra-revocations", text, code=shape, reason=reason, **more)

    def changed(**values):
        return layout({**first, **values})

    good = layout(first)
    bad("not-json", good[:-2], "not_json")
    bad("duplicate-key", good.replace('  "expires"', '  "created": 1,\n  "expires"'), "duplicate_key")
    bad("unknown-key", good.replace('  "expires"', '  "note": 1,\n  "expires"'), "unknown_key")
    bad("missing-key", good.replace(f'  "created": {CREATED},\n', ""), "missing_key")
    bad("format", changed(format="palyra/revocation/2"), "format")
    bad("issuer", changed(issuer="-acme"), "publisher_syntax")
    bad("issuer-operator", changed(issuer="operator"), "values")
    bad("version-0", changed(list_version=0), "values")
    bad("version-range", changed(list_version=2**53), "integer_range")
    bad("expires-0", changed(expires=0), "values")
    bad("expires-at-created", changed(expires=CREATED), "values")
    bad("entries-object", changed(entries={}), "wrong_type")
    bad("entry-unknown-kind", changed(entries=[{"tool_id": "acme.x"}]), "unknown_key")
    bad("entry-two-kinds", changed(entries=[{**key_entry("A"), **root_entry(1)}]), "unknown_key")
    bad("entry-root-and-skill", changed(entries=[{**root_entry(1), "skill_id": "acme.x"}]), "unknown_key")
    bad("entry-text", changed(entries=["x"]), "wrong_type")
    bad("entry-empty", changed(entries=[{}]), "missing_key")
    bad("entry-no-from", changed(entries=[{"skill_id": "acme.x", "to": ""}]), "missing_key")
    bad("entry-key-short", changed(entries=[{"key": b64(bytes(31))}]), "public_key_length")
    bad("entry-key-zero", changed(entries=[{"key": b64(bytes(32))}]), "a_not_small_order")
    bad("entry-root-upper", changed(entries=[{"content_root": "AB" * 32}]), "hex_syntax")
    bad("entry-skill", changed(entries=[versions_entry("acme..x")]), "skill_id_syntax")
    bad("entry-version", changed(entries=[versions_entry("acme.x", "1.0")]), "version_syntax")
    bad("entry-range", changed(entries=[versions_entry("acme.x", "2.0.0", "1.0.0")]), "values")
    bad("entries-not-sorted", changed(entries=first["entries"][::-1]), "values")
    bad("entries-twice", changed(entries=[root_entry(1)] * 2), "values")
    bad("no-signatures", changed(signatures=[]), "signature_count")
    bad("nine-signatures", changed(signatures=signatures(b"", "ABCDEFGHI")), "signature_count")
    bad("layout-space", good.replace('"entries": [', '"entries":  ['), "not_canonical")
    bad("layout-empty", changed(entries=[]).replace('"entries": []', '"entries": [\n  ]'), "not_canonical")

    def refused(title, built, code, **more):
        document, signed = built
        count[0] += 1
        write(f"y{count[0]:03}-{title}.palyra-revocations", layout(document), signed, code=code, **more)

    refused("unknown-issuer", revocation([], issuer="other"), "trust.publisher_unknown")
    refused("older", revocation([], version=2), "trust.revocation_older", given=store(list_version=3))
    refused("same-version-more", revocation([key_entry("A")], version=3), "trust.revocation_older",
            given=store(list_version=3))
    refused("by-a-stranger", revocation([], signers="B"), "trust.revocation_threshold")
    refused("by-too-few", revocation([], signers="A"), "trust.revocation_threshold", given=store("AB", 2))
    refused("by-a-retired-key", revocation([], signers="A"), "trust.revocation_threshold", given=store("B", 1, 1, "A"))
    refused("by-a-revoked-key", revocation([], version=2), "trust.revocation_threshold",
            given=store(list_version=1, entries="A"))
    refused("again-by-the-key-it-revokes", revocation([key_entry("A")], version=3), "trust.revocation_threshold",
            given=store(list_version=3, entries="A"))
    refused("another-skill", revocation([versions_entry("other.skill")]), "trust.revocation_scope")
    refused("prefix-skill", revocation([versions_entry("acme-labs.skill")]), "trust.revocation_scope")
    other = fields(b"palyra/key-rotation/1", [b"acme"] * 7)
    refused("signature-of-a-rotation", revocation([], message=other), "signature.equation_cofactorless")


def main():
    for old in [*HERE.glob("*.palyra-*")]:
        old.unlink()
    rotations()
    revocations()
    seeds = {name: key.seed.hex() for name, key in KEYS.items()}
    (HERE / "index.json").write_text(json.dumps({"keys": seeds, "vectors": index}, indent=1) + "\n")


main()
