#!/bin/sh
# Compiles assembly/greet.ts to modules/{{name}}.wasm. Needs the AssemblyScript compiler: `npm install` brings the one that
# package.json names, ASC may name another.
set -eu
cd "$(dirname "$0")"
mkdir -p modules
PATH=$PWD/node_modules/.bin:$PATH
# What the language would import from `env`, which no skill has, comes from the SDK.
"${ASC:-asc}" assembly/greet.ts -o modules/{{name}}.wasm --runtime stub --optimizeLevel 3 --shrinkLevel 2 \
  --use abort=assembly/palyra/palyra/hostAbort \
  --use trace=assembly/palyra/palyra/hostTrace \
  --use seed=assembly/palyra/palyra/hostSeed
echo "modules/{{name}}.wasm"
