#!/bin/sh
# Compiles src/*.c to modules/{{name}}.wasm. Needs clang and lld, version 19 or newer; CC may name another compiler.
set -eu
cd "$(dirname "$0")"
mkdir -p modules
# The instructions that Palyra's engine accepts beyond the first version of WebAssembly. The stack lies below the data,
# so that running out of it traps.
"${CC:-clang-19}" --target=wasm32 -mcpu=mvp \
  -mmutable-globals -msign-ext -mbulk-memory -mnontrapping-fptoint \
  -std=c11 -Os -Wall -Wextra -ffreestanding \
  -nostdlib -Wl,--no-entry -Wl,--stack-first -Wl,--strip-debug \
  -I sdk src/*.c -o modules/{{name}}.wasm
echo "modules/{{name}}.wasm"
