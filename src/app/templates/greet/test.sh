#!/bin/sh
# Runs the tool in the sandbox, unsigned and not installed, and compares what it answers.
set -eu
cd "$(dirname "$0")"
palyra="${PALYRA:-palyra}"
expected='{"greeting":"Hello, Ada!"}'
actual="$("$palyra" run --module modules/{{name}}.wasm --export greet --input '{"who":"Ada"}')"
if [ "$actual" != "$expected" ]; then
  echo "expected $expected, got $actual" >&2
  exit 1
fi
echo "ok"
