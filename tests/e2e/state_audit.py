# SPDX-License-Identifier: Apache-2.0
"""Judges a state directory without the program: the log's chain, the objects, and what the log says must be there."""

import hashlib
import sqlite3
import struct


class Violation(Exception):
    """The state is neither of those that it may be."""


def expect(condition, text):
    if not condition:
        raise Violation(text)


def _field(value):
    if isinstance(value, int):
        return struct.pack(">Q", value % 2**64)
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">Q", len(data)) + data


def read(state):
    """Rows of the log and of all other tables; the program must have opened the state before, which undoes journals."""
    database = sqlite3.connect(f"file:{state}/trust.db?mode=ro", uri=True)
    try:
        expect(database.execute("PRAGMA integrity_check").fetchone() == ("ok",), "integrity_check")
        tables = {}
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            cursor = database.execute(f'SELECT * FROM "{name}"')
            columns = [column[0] for column in cursor.description]
            tables[name] = [dict(zip(columns, row)) for row in cursor]
        return tables
    finally:
        database.close()


def check_chain(tables):
    """One row a generation; only recovery leaves some out, and after the loss of everything begins anew."""
    previous, generation = bytes(32), 0
    for row in sorted(tables["audit"], key=lambda row: row["generation"]):
        number = row["generation"]
        expect(number == generation + 1 or row["event"] == "state.recovered", f"row {number} stands where {generation + 1} should")
        expect(row["previous"] == previous, f"row {number} does not follow the one before it")
        fields = ("generation", "time", "actor", "event", "subject", "details", "trust_digest", "previous")
        digest = hashlib.sha256(b"palyra/audit/1\0" + b"".join(_field(row[name]) for name in fields)).digest()
        expect(row["digest"] == digest, f"row {number} has another digest")
        previous, generation = digest, number
    (head,) = tables["state"]
    expect((head["generation"], head["audit_digest"]) == (generation, previous), "the head is not the last row")


def check_objects(state, tables):
    """Every row's bytes are there, but the files of removed versions, which may be collected. Bytes without a row are
    garbage, which harms nobody."""
    kept = {row["content_root"] for row in tables["version"] if row["status"] != "removed"}
    for row in [row for row in tables["artifact"] + tables["version_entry"] if row["content_root"] in kept]:
        digest = row["sha256"].hex()
        path = state / "objects/sha256" / digest[:2] / digest
        expect(path.is_file(), f"the object {digest} is missing")
        expect(hashlib.sha256(path.read_bytes()).hexdigest() == digest, f"the object {digest} has other bytes")


def check_generation(state, tables):
    raw = (state / "generation").read_bytes()
    expect(len(raw) in (0, 8), f"the file generation has {len(raw)} bytes")
    reached = int.from_bytes(raw, "little")
    expect(reached <= tables["state"][0]["generation"], f"the file generation says {reached}, which never was")


def check(state):
    tables = read(state)
    check_chain(tables)
    check_objects(state, tables)
    check_generation(state, tables)
    return tables


def unfinished_files(state):
    """What a process that died may leave, and the next one that writes removes."""
    return sorted(str(path.relative_to(state)) for path in state.rglob("*")
                  if path.name.endswith((".tmp", "-journal")) or path.name.startswith("trust.db.init"))
