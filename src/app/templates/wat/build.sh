#!/bin/sh
# Signs and packages the skill; `palyra skills package build` assembles modules/*.wat itself.
# usage: ./build.sh KEY.palyra-key
set -eu
cd "$(dirname "$0")"
"${PALYRA:-palyra}" skills package build . --signing-key "${1:?name a signing key; palyra skills package keygen -o FILE makes one}" \
  -o {{name}}.palyra-skill
