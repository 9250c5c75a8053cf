#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles src/*.c to modules/note-keeper.wasm. Needs clang-19 and lld-19; CC and PALYRA_SDK may name others.
set -eu
cd "$(dirname "$0")"
mkdir -p modules
exec "${CC:-clang-19}" --target=wasm32 -mcpu=mvp \
  -mmutable-globals -msign-ext -mbulk-memory -mnontrapping-fptoint \
  -std=c11 -Os -Wall -Wextra -Werror -ffreestanding \
  -nostdlib -Wl,--no-entry -Wl,--stack-first -Wl,-z,stack-size=131072 -Wl,--strip-debug \
  -I "${PALYRA_SDK:-../../sdk/c}" src/*.c -o modules/note-keeper.wasm
