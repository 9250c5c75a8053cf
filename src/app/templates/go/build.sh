#!/bin/sh
# Compiles *.go to modules/{{name}}.wasm. Needs Go 1.24 or newer; GO may name another.
set -eu
cd "$(dirname "$0")"
mkdir -p modules
GOOS=wasip1 GOARCH=wasm "${GO:-go}" build -buildmode=c-shared -trimpath -ldflags=-s -o modules/{{name}}.wasm .
echo "modules/{{name}}.wasm"
