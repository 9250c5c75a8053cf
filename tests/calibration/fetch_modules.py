#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetches the Wasm modules of the packages in packages.txt with `npm pack` into DIRECTORY; none of them is kept in the repository.

    tests/calibration/fetch_modules.py DIRECTORY

Of each package come at most MODULES_EACH distinct modules, the largest first. Nothing of a package is executed. What is there already is not fetched again.
"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MODULES_EACH = 2
MAGIC = b"\0asm"


def packages():
    for line in (HERE / "packages.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, version = line.split()
            yield name, version


def modules_of(archive):
    """(path, bytes) of each distinct module, the largest first."""
    seen, found = set(), []
    with tarfile.open(archive) as tar:
        for member in tar:
            if not member.isfile() or not member.name.endswith(".wasm"):
                continue
            data = tar.extractfile(member).read()
            digest = hashlib.sha256(data).digest()
            if data.startswith(MAGIC) and digest not in seen:
                seen.add(digest)
                found.append((member.name.removeprefix("package/"), data))
    return sorted(found, key=lambda module: (-len(module[1]), module[0]))[:MODULES_EACH]


def fetch(name, version, directory):
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", f"{name}@{version}", "--ignore-scripts", "--pack-destination", scratch],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=600)
        archive = next(pathlib.Path(scratch).glob("*.tgz"))
        index = []
        for number, (path, data) in enumerate(modules_of(archive)):
            file = f"{name.replace('/', '+')}-{version}-{number}.wasm"
            (directory / file).write_bytes(data)
            index.append({"package": name, "version": version, "path": path, "file": file,
                          "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
        return index


def main(directory):
    directory.mkdir(parents=True, exist_ok=True)
    index_file = directory / "index.json"
    index = json.loads(index_file.read_text()) if index_file.exists() else []
    done = {(row["package"], row["version"]) for row in index}
    for name, version in packages():
        if (name, version) in done:
            continue
        try:
            rows = fetch(name, version, directory)
        except subprocess.SubprocessError as error:
            print(f"{name}@{version}: {error}", file=sys.stderr)
            continue
        print(f"{name}@{version}: {len(rows)} modules")
        index += rows
        index_file.write_text(json.dumps(index, indent=1) + "\n")
    print(f"{len(index)} modules of {len({row['package'] for row in index})} packages in {directory}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
