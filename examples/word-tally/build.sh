#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles src/tally.c, an ordinary program, to modules/word-tally.wasm. Needs clang-19, lld-19 and a libc (Debian: wasi-libc
# libclang-rt-19-dev-wasm32); CC may name another compiler.
set -eu
cd "$(dirname "$0")"
mkdir -p modules
exec "${CC:-clang-19}" --target=wasm32-wasi -mcpu=mvp \
  -mmutable-globals -msign-ext -mbulk-memory -mnontrapping-fptoint \
  -std=c11 -Os -Wall -Wextra -Werror -Wl,--stack-first -Wl,-z,stack-size=131072 -Wl,--strip-debug \
  src/tally.c -o modules/word-tally.wasm
