#!/bin/sh
# Signs and packages the skill; `palyra skills package build` assembles modules/*.wat itself.
# usage: ./build.sh KEY.palyra-key
set -eu
cd "$(dirname "$0")"
"${PALYRA:-palyra}" skills package build . --signing-key "${1:?a signing key: palyra skills package keygen}" \
  -o {{name}}.palyra-skill
