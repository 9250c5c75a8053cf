#!/bin/sh
# Compiles src/*.rs to modules/{{name}}.wasm. Needs cargo and rustc, 1.87 or newer, with the target wasm32-unknown-unknown; where
# only the library's source is there (Debian: rustc-web cargo-web rust-web-src lld-19), builds core and alloc as well.
set -eu
cd "$(dirname "$0")"
mkdir -p modules
target=wasm32-unknown-unknown
rustc=${RUSTC:-rustc}
# The instructions that Palyra's engine accepts beyond the first version of WebAssembly. The stack lies below the data,
# so that running out of it traps.
flags="-C target-cpu=mvp -C target-feature=+mutable-globals,+sign-ext,+bulk-memory,+nontrapping-fptoint"
flags="$flags -C link-arg=--stack-first -C link-arg=-zstack-size=131072"
set -- build --release --target "$target" --target-dir .target
if [ ! -d "$("$rustc" --print target-libdir --target "$target")" ]; then
  library=$("$rustc" --print sysroot)/lib/rustlib/src/rust/library
  if [ ! -d "$library/core" ]; then
    echo "$rustc has neither the target $target (rustup target add $target) nor the source of its library" >&2
    exit 1
  fi
  export RUSTC_BOOTSTRAP=1 # building the library is not stable yet
  set -- "$@" -Zbuild-std=core,alloc
  if [ -d "$library/vendor" ]; then
    set -- "$@" --config 'source.crates-io.replace-with="vendored"' --config "source.vendored.directory=\"$library/vendor\""
  fi
  flags="$flags -C linker=${WASM_LD:-wasm-ld-19}"
fi
RUSTFLAGS="$flags" "${CARGO:-cargo}" "$@"
cp ".target/$target/release/skill.wasm" modules/{{name}}.wasm
echo "modules/{{name}}.wasm"
