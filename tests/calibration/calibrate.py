#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows real Wasm modules to the worker of `palyra` and writes what admission thinks of them as docs/audit-calibration.md.

    tests/calibration/fetch_modules.py DIRECTORY
    tests/calibration/calibrate.py DIRECTORY BUILD/bin/palyra

Each module goes alone into a container that nobody signed and is described by `palyra skills package inspect --unverified`: the same worker, parser, features and caps as for any artifact.
Its imports are not judged here, because these modules were made for other hosts; only those of files are counted.
"""
import collections
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/audit-calibration.md"
MAX_ENTRY = 16 << 20
CAPS = [("functions", "functions", 50_000), ("locals of one function", "locals_max", 10_000), ("imports", "imports", 10_000), ("exports", "exports", 4_096),
        ("data segments", "data_segments", 100_000), ("element segments", "element_segments", 10_000), ("tables", "tables", 4), ("bytes of custom sections", "custom_bytes", 4 << 20)]
MANIFEST = b"# described, never run\n"


def container(module):
    """The canonical container of docs/formats/skill-artifact.md, around one module and documents that say nothing."""
    entries = sorted({"skill.toml": MANIFEST, "sbom.cdx.json": b"{}", "provenance.json": b"{}", "modules/main.wasm": module}.items()) + [("signature.json", b"none")]
    body, central = b"", b""
    for name, data in entries:
        shared = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(name), 0)
        central += b"PK\1\2" + struct.pack("<H", 20) + shared + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\3\4" + shared + name.encode() + data
    return body + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(central), len(body), 0)


def describe(palyra, module, scratch):
    """The facts of the module, or the reason why there are none."""
    if len(module) > MAX_ENTRY:
        return {"error": f"larger than an entry of an artifact may be, {MAX_ENTRY} bytes"}
    artifact = scratch / "module.palyra-skill"
    artifact.write_bytes(container(module))
    done = subprocess.run([palyra, "skills", "package", "inspect", artifact, "--unverified", "--json", "--state-root", scratch / "state"],
                          capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"palyra could not inspect the container: {done.stderr}")
    return json.loads(done.stdout)["result"]["modules"][0]


def counts(facts):
    wasi = [each["name"] for each in facts["imports"] if each["module"] == "wasi_snapshot_preview1"]
    return {"functions": facts["functions_imported"] + facts["functions_defined"], "locals_max": facts["locals_max"], "imports": len(facts["imports"]), "exports": len(facts["exports"]),
            "data_segments": facts["data_segments"], "element_segments": facts["element_segments"], "tables": len(facts["tables_elements"]), "custom_bytes": facts["custom_bytes"],
            "wasi": len(wasi), "paths": sum(name.startswith("path_") for name in wasi)}


def judge(row, facts):
    error = facts.get("error", "")
    if not error:
        return dict(row, caps="pass", features="pass", reason="", counts=counts(facts))
    if "admission.feature_disabled" in error:
        return dict(row, caps="pass so far", features="refused", reason=error)
    if "larger than an entry" in error:
        return dict(row, caps="not run", features="not run", reason=error)
    return dict(row, caps="refused", features="not run", reason=error)


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def page(rows):
    packages = {row["package"] for row in rows}
    looked = [row for row in rows if row["caps"] != "not run"]
    described = [row for row in rows if "counts" in row]
    proposals = collections.Counter(row["reason"].split(" uses ")[1].split(",")[0] for row in rows if row["features"] == "refused")
    large = sum(row["caps"] == "not run" for row in rows)
    lines = ["# Calibration of the audit", "",
             f"What admission thinks of {len(rows)} Wasm modules from {len(packages)} packages of the npm registry, each module read by the real worker. Made by `tests/calibration/calibrate.py`; the modules are not kept in the repository.", "",
             "Only caps and features are judged here. Imports are not: these modules were made for other hosts, so that nearly all of them import functions that Palyra does not offer.", "",
             f"- refused by a cap: **{sum(row['caps'] == 'refused' for row in rows)}** of {len(looked)} that an artifact can hold; {len(described)} were counted to their end",
             f"- refused for a WebAssembly proposal that is switched off: {sum(proposals.values())} ({', '.join(f'{name} {count}' for name, count in sorted(proposals.items()))}), each named below. A module is counted and validated section by section, so that its caps are judged up to there (`pass so far`)",
             f"- larger than an entry of an artifact may be (16 MiB), so that no artifact can hold them: {large}", "",
             "The cap on exports was 1,024 until these modules were looked at: PostgreSQL (`@electric-sql/pglite`), linked so that extensions can be loaded, exports 2,124 things and is honest. It is 4,096 now; no other cap was met. The default policy still fails a module with more than 1,024 exported functions, and `max_exported_functions` raises that.", "",
             "## How near they come", "", "| | largest seen | module | cap |", "|---|---|---|---|"]
    for name, key, cap in CAPS:
        top = max(described, key=lambda row: row["counts"][key])
        lines.append(f"| {name} | {top['counts'][key]:,} | {top['package']} {top['path']} | {cap:,} |")
    exporting = sum(1 for row in described if row["counts"]["exports"] > 128)
    wasi = sum(1 for row in described if row["counts"]["wasi"])
    opening = sum(1 for row in described if row["counts"]["paths"])
    lines += ["", f"{exporting} of {len(described)} export more than 128 things: the policy's warning for exported functions.", "",
              f"{wasi} of {len(described)} import functions of WASI preview 1, and {opening} of them a `path_…` function, "
              "which `wasm_wasi_filesystem_imports` warns of in a skill that declares no filesystem root.", "",
              "## Every module", "", "| package | version | module | bytes | SHA-256 | functions | caps | features | reason |", "|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        functions = f"{row['counts']['functions']:,}" if "counts" in row else ""
        lines.append(f"| {row['package']} | {row['version']} | {cell(row['path'])} | {row['size']:,} | `{row['sha256'][:16]}` | {functions} | {row['caps']} | {row['features']} | {cell(row['reason'])} |")
    return "\n".join(lines) + "\n"


def main(directory, palyra):
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for row in sorted(json.loads((directory / "index.json").read_text()), key=lambda row: row["file"]):
            module = (directory / row["file"]).read_bytes()
            assert hashlib.sha256(module).hexdigest() == row["sha256"], row["file"]
            rows.append(judge(row, describe(palyra, module, pathlib.Path(scratch))))
            print(f"{row['package']}@{row['version']} {row['path']}: caps {rows[-1]['caps']}, features {rows[-1]['features']} {rows[-1]['reason']}")
    PAGE.write_text(page(rows))
    refused = sum(row["caps"] == "refused" for row in rows)
    print(f"{len(rows)} modules, {refused} refused by caps")
    return 1 if refused else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()))
