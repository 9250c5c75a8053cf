#!/bin/sh
# Compiles src/*.cpp to modules/{{name}}.wasm. Needs clang and lld, version 19 or newer, and a libc++ for wasm32-wasi (Debian:
# libc++-19-dev-wasm32 libc++abi-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc); CXX may name another compiler.
set -eu
cd "$(dirname "$0")"
mkdir -p modules
# The instructions that Palyra's engine accepts beyond the first version of WebAssembly. The stack lies below the data,
# so that running out of it traps. A reactor has _initialize, which runs constructors, and no main.
"${CXX:-clang++-19}" --target=wasm32-wasi -mexec-model=reactor -mcpu=mvp \
  -mmutable-globals -msign-ext -mbulk-memory -mnontrapping-fptoint \
  -std=c++20 -Os -Wall -Wextra -fno-exceptions -fno-rtti \
  -Wl,--stack-first -Wl,-z,stack-size=131072 -Wl,--strip-debug \
  -I sdk src/*.cpp -o modules/{{name}}.wasm
echo "modules/{{name}}.wasm"
